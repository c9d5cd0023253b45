//! The receivers: those that the linker registered and those connected at run time, in order.

pub(crate) mod connect;
mod expected;
mod linked;
mod model_signal;
#[cfg(feature = "_models")]
pub(crate) mod models;
mod open;
mod registered;
#[cfg(feature = "_models")]
pub(crate) mod relations;
mod sender;
mod similar;
mod site;
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
pub use registered::{RegisteredReceiver, Registry};
#[cfg(feature = "_models")]
pub use relations::RelationEntry;
pub use sender::Sender;
pub(crate) use site::Site;
pub(crate) use slot::Entry;
pub use slot::Slot;
#[cfg(feature = "_models")]
pub(crate) use slot::{NoReceivers, Snapshot};

/// Returns every receiver, sorted by signal, then by sender, then in the order in which they run.
///
/// # Examples
///
/// ```
/// println!("{}", signals::registry()); // a table of all receivers
///
/// let all = signals::registry();
/// let robust = all.iter().filter(|entry| entry.receiver.is_robust());
/// println!("{} of {} receivers are robust", robust.count(), all.len());
/// ```
pub fn registry() -> Registry {
    let mut all = linked::all();
    all.extend(connect::all());
    Registry::sorted(all)
}

/// Checks the linked receivers.
///
/// - No two receivers of a signal and a sender share a uid.
/// - The sender of each receiver of `m2m_changed` is a through model.
/// - Each receiver that [`expect_receivers!`] names is linked.
///
/// [`Db::connect`](crate::db::Db::connect) calls this. A program without a database may call it at its start.
///
/// # Errors
///
/// - [`Error::DuplicateReceiver`](crate::error::Error::DuplicateReceiver), which names both receivers;
/// - [`Error::UnusableReceiver`](crate::error::Error::UnusableReceiver) for a receiver that would never be
///   called;
/// - [`Error::MissingReceivers`](crate::error::Error::MissingReceivers), which names each missing receiver and
///   the line that expects it.
///
/// [`expect_receivers!`]: https://docs.rs/signals-orm/latest/signals/macro.expect_receivers.html
///
/// # Examples
///
/// ```
/// fn main() -> signals::Result<()> {
///     signals::receivers::check_receivers()?;
///     // ..
///     Ok(())
/// }
/// ```
pub fn check_receivers() -> Result<()> {
    expected::check()?;
    linked::check()?;
    #[cfg(feature = "_models")]
    relations::check()?;
    Ok(())
}
