//! The model signals: their names and their payloads.

use std::ops::Deref;

use super::payload::{DeleteFinalized, NoSender, PostDeleteSet, PostSaveSet, PreDeleteSet, PreSaveSet, SaveFinalized};
use crate::db::DbSignal;
use crate::model::AnyModel;
use crate::registry::ModelSignal;
use crate::signal::{Signal, SignalKind};

/// Defines a model signal: the unit struct, and its payload.
macro_rules! model_signal {
    ($(#[$doc:meta])* $signal:ident, $name:literal, $kind:expr, $payload:ident, $any:ty) => {
        $(#[$doc])*
        #[allow(non_camel_case_types, reason = "a signal is named as it is called")]
        #[derive(Debug, Clone, Copy)]
        pub struct $signal;

        impl Signal for $signal {
            const NAME: &'static str = $name;
            const KIND: SignalKind = $kind;
            type Event<'a, M: ?Sized + Send + Sync + 'static> = $payload<'a, M>;
            type Any = $any;
            type Response = ();
        }

        impl Deref for $signal {
            type Target = ModelSignal<Self>;

            fn deref(&self) -> &Self::Target {
                // The compiler makes a constant of a call only in a block of its own.
                const { &ModelSignal::new() }
            }
        }
    };
}

// After the macro that they use.
mod deletes;
mod links;
mod saves;

use deletes::{POST_DELETE, PRE_DELETE};
pub use deletes::{post_delete, pre_delete};
pub use links::m2m_changed;
use saves::{POST_SAVE, PRE_SAVE};
pub use saves::{post_save, pre_save};

/// Defines a signal of whole sets of rows, or of the end of the transaction. Receivers reach it by an option
/// of the signal it belongs to.
macro_rules! of_signal {
    ($signal:ident, $name:literal, $kind:expr, $payload:ident, $any:ty) => {
        model_signal! { #[doc(hidden)] $signal, $name, $kind, $payload, $any }
    };
}

of_signal! { pre_save_set, "pre_save set", PRE_SAVE, PreSaveSet, NoSender }
of_signal! { post_save_set, "post_save set", POST_SAVE, PostSaveSet, NoSender }
of_signal! { pre_delete_set, "pre_delete set", PRE_DELETE, PreDeleteSet, NoSender }
of_signal! { post_delete_set, "post_delete set", POST_DELETE, PostDeleteSet, NoSender }
of_signal! { post_save_committed, "post_save on_commit", POST_SAVE.at_end(), SaveFinalized, dyn AnyModel }
of_signal! { post_delete_committed, "post_delete on_commit", POST_DELETE.at_end(), DeleteFinalized, dyn AnyModel }
of_signal! { post_save_rolled_back, "post_save on_rollback", POST_SAVE.at_end(), SaveFinalized, dyn AnyModel }
of_signal! { post_delete_rolled_back, "post_delete on_rollback", POST_DELETE.at_end(), DeleteFinalized, dyn AnyModel }

impl DbSignal for pre_save {}
impl DbSignal for post_save {}
impl DbSignal for pre_delete {}
impl DbSignal for post_delete {}
impl DbSignal for m2m_changed {}

/// A signal whose receivers may take a whole set of rows at once, with
/// `#[receiver(post_save, sender = User, set)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no sets of rows",
    label = "not sent for sets of rows",
    note = "`set` goes with `pre_save`, `post_save`, `pre_delete` and `post_delete`; leave it out"
)]
pub trait SetSignal: Signal {
    /// The signal that is sent for a set.
    type Set: Signal;
}

/// A signal whose receivers may wait for the end of the transaction, with
/// `#[receiver(post_save, sender = User, on_commit)]`.
#[diagnostic::on_unimplemented(
    message = "receivers of `{Self}` cannot wait for the end of the transaction",
    label = "has no `on_commit` or `on_rollback`",
    note = "`on_commit` and `on_rollback` go with `post_save` and `post_delete`; leave it out; a receiver of `pre_save` or `pre_delete` may take `tx: &Tx` and call `tx.on_commit(..)`"
)]
pub trait FinalizedSignal: Signal {
    /// The signal that is sent after the commit.
    type Committed: Signal;
    /// The signal that is sent after a rollback.
    type RolledBack: Signal;
}

macro_rules! relate {
    ($($signal:ident: $set:ident $(, $committed:ident, $rolled_back:ident)?;)*) => {$(
        impl SetSignal for $signal {
            type Set = $set;
        }

        $(impl FinalizedSignal for $signal {
            type Committed = $committed;
            type RolledBack = $rolled_back;
        })?
    )*};
}

relate! {
    pre_save: pre_save_set;
    post_save: post_save_set, post_save_committed, post_save_rolled_back;
    pre_delete: pre_delete_set;
    post_delete: post_delete_set, post_delete_committed, post_delete_rolled_back;
}
