//! The senders of signals.

use super::slot::Slot;
use crate::signal::{Event, Signal};

/// A type that sends signal `S`.
///
/// Every model sends the model signals. A signal of your own sends itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not send `{S}`",
    label = "not a sender of `{S}`",
    note = "the model signals are sent by models: write `#[derive(Model)]` on the struct"
)]
pub trait Sender<S: Signal>: Sized + Send + Sync + 'static {
    /// Returns the sender's name, as errors and logs show it.
    fn name() -> &'static str;

    /// Returns the slot with the receivers of this signal and sender.
    fn slot() -> &'static Slot<S, Self>;

    /// Returns the payload without the sender's type, for receivers that name none.
    ///
    /// Returns `None` for a signal that is its own sender.
    fn erase<'a>(event: &'a mut Event<'_, S, Self>) -> Option<Event<'a, S, S::Any>> {
        let _ = event;
        None
    }
}
