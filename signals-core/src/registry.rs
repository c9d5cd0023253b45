//! Which receivers there are: those the linker registered and those connected at run time, in their order.

pub(crate) mod connect;
mod expected;
mod linked;
mod model_signal;
#[cfg(feature = "_models")]
pub(crate) mod models;
mod open;
mod registered;
#[cfg(feature = "_models")]
mod relations;
mod sender;
mod similar;
mod slot;
pub(crate) mod suggest;
#[cfg(feature = "_models")]
pub(crate) mod warn;

use crate::error::Result;

pub use connect::{ReceiverGuard, ReceiverId};
pub(crate) use connect::{disconnect, scoped};
pub use expected::Expectation;
pub use linked::Registration;
pub use model_signal::ModelSignal;
#[cfg(feature = "_models")]
pub use models::ModelEntry;
pub use open::OpenSignal;
pub use registered::RegisteredReceiver;
#[cfg(feature = "_models")]
pub use relations::RelationEntry;
pub use sender::Sender;
pub(crate) use slot::Entry;
pub use slot::Slot;
#[cfg(feature = "_models")]
pub(crate) use slot::{NoReceivers, Snapshot};

/// Lists every receiver: by signal, then sender, then in the order they run.
///
/// # Examples
///
/// ```
/// for receiver in signals::registry() {
///     println!("{receiver}");
/// }
/// ```
pub fn registry() -> Vec<RegisteredReceiver> {
    let mut all = linked::all();
    all.extend(connect::all());
    all.sort_by(|a, b| (a.signal, a.sender, a.receiver.order()).cmp(&(b.signal, b.sender, b.receiver.order())));
    all
}

/// Checks the linked receivers.
///
/// - No two receivers of a signal and a sender share a uid.
/// - Each receiver of `m2m_changed` names a through model as its sender.
/// - Each receiver that [`expect_receivers!`](../signals/macro.expect_receivers.html) names is linked.
///
/// [`Db::connect`](crate::db::Db::connect) calls this itself. A program without a database may call it at its start.
///
/// # Errors
///
/// [`Error::DuplicateReceiver`](crate::error::Error::DuplicateReceiver), naming both;
/// [`Error::UnusableReceiver`](crate::error::Error::UnusableReceiver) for a receiver that would never be called;
/// [`Error::MissingReceivers`](crate::error::Error::MissingReceivers), naming each and the line that expects it.
pub fn check_receivers() -> Result<()> {
    expected::check()?;
    linked::check()?;
    #[cfg(feature = "_models")]
    relations::check()?;
    Ok(())
}
