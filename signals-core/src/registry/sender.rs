//! What sends a signal.

use super::slot::Slot;
use crate::signal::{Event, Signal};

/// A type that sends signal `S`.
///
/// Every model sends the model signals; a signal of one's own sends itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not send `{S}`",
    label = "not a sender of `{S}`",
    note = "the model signals are sent by models: write `#[derive(Model)]` on the struct"
)]
pub trait Sender<S: Signal>: Sized + Send + Sync + 'static {
    /// The sender's name, as errors and logs show it.
    fn name() -> &'static str;

    /// Where the receivers of this signal and sender are kept.
    fn slot() -> &'static Slot<S, Self>;

    /// The payload without the sender's type, for receivers that name none.
    ///
    /// A signal that is its own sender has no such form.
    fn erase<'a>(event: &'a mut Event<'_, S, Self>) -> Option<Event<'a, S, S::Any>> {
        let _ = event;
        None
    }
}
