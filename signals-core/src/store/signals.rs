//! The model signals and their payloads.

use std::ops::Deref;

use super::{DeleteOrigin, Model};
use crate::db::Tx;
use crate::model::{AnyModel, FieldSet, ModelMeta};
use crate::registry::{ModelSignal, Sender, Slot};
use crate::signal::Signal;

/// Makes a model signal: the unit struct, its payload's place, and the slot that each model keeps for it.
macro_rules! model_signal {
    ($(#[$doc:meta])* $signal:ident, $payload:ident) => {
        $(#[$doc])*
        #[allow(non_camel_case_types, reason = "a signal is named as it is called")]
        #[derive(Debug, Clone, Copy)]
        pub struct $signal;

        impl Signal for $signal {
            const NAME: &'static str = stringify!($signal);
            type Event<'a, M: ?Sized + Send + Sync + 'static> = $payload<'a, M>;
            type Any = dyn AnyModel;
            type Response = ();
        }

        impl<M: Model> Sender<$signal> for M {
            fn name() -> &'static str {
                M::meta().name()
            }

            fn slot() -> &'static Slot<$signal, M> {
                &M::state().$signal
            }

            fn erase<'a>(event: &'a mut $payload<'_, M>) -> Option<$payload<'a, dyn AnyModel>> {
                Some(event.erased())
            }
        }

        impl Deref for $signal {
            type Target = ModelSignal<Self>;

            fn deref(&self) -> &Self::Target {
                const { &ModelSignal::new() }
            }
        }
    };
}

model_signal! {
    /// Sent before an instance is written. Receivers may change it, and an error vetoes the save.
    pre_save, PreSave
}
model_signal! {
    /// Sent after an instance was written, in the same transaction. An error undoes the write.
    post_save, PostSave
}
model_signal! {
    /// Sent before an instance's row is deleted. An error vetoes the delete.
    pre_delete, PreDelete
}
model_signal! {
    /// Sent after an instance's row was deleted, in the same transaction. An error undoes the delete.
    post_delete, PostDelete
}

/// The payload of [`pre_save`].
#[derive(Debug)]
#[non_exhaustive]
pub struct PreSave<'a, M: ?Sized> {
    /// The instance that is about to be written.
    pub instance: &'a mut M,
    /// Whether it is written raw, as fixtures are.
    pub raw: bool,
    /// The database's name.
    pub using: &'a str,
    /// The columns that the save is limited to.
    pub update_fields: Option<&'a FieldSet>,
    /// The transaction of this save.
    pub tx: Tx,
    /// The instance's model.
    pub sender: &'static ModelMeta,
    /// The signal's name.
    pub signal: &'static str,
}

/// The payload of [`post_save`].
#[derive(Debug)]
#[non_exhaustive]
pub struct PostSave<'a, M: ?Sized> {
    /// The instance as it was written.
    pub instance: &'a M,
    /// Whether an INSERT was executed.
    pub created: bool,
    /// Whether it was written raw, as fixtures are.
    pub raw: bool,
    /// The database's name.
    pub using: &'a str,
    /// The columns that the save was limited to.
    pub update_fields: Option<&'a FieldSet>,
    /// The transaction of this save.
    pub tx: Tx,
    /// The instance's model.
    pub sender: &'static ModelMeta,
    /// The signal's name.
    pub signal: &'static str,
}

macro_rules! delete_payload {
    ($(#[$doc:meta])* $payload:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        #[non_exhaustive]
        pub struct $payload<'a, M: ?Sized> {
            /// The instance whose row is deleted.
            pub instance: &'a M,
            /// What was asked to be deleted.
            pub origin: DeleteOrigin,
            /// The database's name.
            pub using: &'a str,
            /// The transaction of this delete.
            pub tx: Tx,
            /// The instance's model.
            pub sender: &'static ModelMeta,
            /// The signal's name.
            pub signal: &'static str,
        }

        impl<M: Model> $payload<'_, M> {
            fn erased(&mut self) -> $payload<'_, dyn AnyModel> {
                let Self { instance, origin, using, ref tx, sender, signal } = *self;
                $payload { instance, origin, using, tx: tx.clone(), sender, signal }
            }
        }
    };
}

delete_payload! {
    /// The payload of [`pre_delete`].
    PreDelete
}
delete_payload! {
    /// The payload of [`post_delete`].
    PostDelete
}

impl<M: Model> PreSave<'_, M> {
    fn erased(&mut self) -> PreSave<'_, dyn AnyModel> {
        let Self { ref mut instance, raw, using, update_fields, ref tx, sender, signal } = *self;
        PreSave { instance: &mut **instance, raw, using, update_fields, tx: tx.clone(), sender, signal }
    }
}

impl<M: Model> PostSave<'_, M> {
    fn erased(&mut self) -> PostSave<'_, dyn AnyModel> {
        let Self { instance, created, raw, using, update_fields, ref tx, sender, signal } = *self;
        PostSave { instance, created, raw, using, update_fields, tx: tx.clone(), sender, signal }
    }
}

/// A payload that carries a transaction, which a robust receiver gets a savepoint in.
pub(super) trait HasTx: Send {
    fn tx_mut(&mut self) -> &mut Tx;
}

macro_rules! has_tx {
    ($($payload:ident),*) => {$(
        impl<M: Send + Sync> HasTx for $payload<'_, M> {
            fn tx_mut(&mut self) -> &mut Tx {
                &mut self.tx
            }
        }
    )*};
}

has_tx!(PreSave, PostSave, PreDelete, PostDelete);
