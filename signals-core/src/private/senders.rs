//! The check that a type sends a signal, with its own error for each kind of signal.

use std::any::Any;
use std::marker::PhantomData;

#[cfg(feature = "_models")]
use super::Kept;
#[cfg(feature = "_models")]
use crate::model::AnyModel;
use crate::registry::{OpenSignal, Sender};
use crate::signal::Signal;
#[cfg(feature = "_models")]
use crate::store::Model;

/// The senders of signal `S`. The placeholder `A` for the sender distinguishes the kinds of signals.
///
/// Each kind has a `name_of` with its own bound, so that the compiler names what a sender lacks. Only for
/// models it is an inherent method. If `S` is not a signal, the compiler takes that one, and reports one
/// error.
#[derive(Debug)]
pub struct Senders<S, A: ?Sized>(PhantomData<fn() -> S>, PhantomData<fn() -> A>);

/// The senders of signal `S`.
pub type SendersOf<S> = Senders<S, <S as Signal>::Any>;

#[cfg(feature = "_models")]
impl<S> Senders<S, dyn AnyModel> {
    /// Returns the sender's name.
    pub fn name_of<M: Model>() -> &'static str {
        model_name::<M>()
    }
}

/// Returns the name of a model.
#[cfg(feature = "_models")]
pub fn model_name<M: Model>() -> &'static str {
    M::meta().name()
}

/// Returns the name of a model whose instances are kept until the transaction has ended.
#[cfg(feature = "_models")]
pub fn kept_model_name<M: Model + Kept>() -> &'static str {
    M::meta().name()
}

/// The senders of a signal that any type may send.
pub trait AnyType<S> {
    /// Returns the sender's name.
    fn name_of<M: Send + Sync + 'static>() -> &'static str;
}

impl<S: OpenSignal> AnyType<S> for Senders<S, dyn Any + Send + Sync> {
    fn name_of<M: Send + Sync + 'static>() -> &'static str {
        <M as Sender<S>>::name()
    }
}

/// The sender of a signal that only sends itself.
pub trait Itself<S> {
    /// Returns the sender's name.
    fn name_of<M: ItsOwnSender<S>>() -> &'static str;
}

#[expect(clippy::mismatching_type_param_order, reason = "the signal stands for its own sender")]
impl<S: Signal> Itself<S> for Senders<S, S> {
    fn name_of<M: ItsOwnSender<S>>() -> &'static str {
        S::NAME
    }
}

/// The only sender of a signal without senders: the signal.
#[diagnostic::on_unimplemented(
    message = "`{S}` has no senders",
    label = "leave `sender` out",
    note = "the model signals alone are sent by models; receivers of `{S}` get each payload that is sent"
)]
pub trait ItsOwnSender<S> {}

#[diagnostic::do_not_recommend]
impl<S> ItsOwnSender<S> for S {}
