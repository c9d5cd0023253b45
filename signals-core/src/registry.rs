//! Which receivers there are: those the linker registered and those connected at run time, in their order.

pub(crate) mod connect;
mod linked;
mod model_signal;
#[cfg(feature = "_models")]
pub(crate) mod models;
mod open;
#[cfg(feature = "_models")]
mod relations;
mod slot;
pub(crate) mod suggest;
#[cfg(feature = "_models")]
pub(crate) mod warn;

use std::fmt;

use crate::error::Result;
use crate::signal::ReceiverInfo;

pub use connect::{ReceiverGuard, ReceiverId};
pub(crate) use connect::{disconnect, scoped};
pub use linked::Registration;
pub use model_signal::ModelSignal;
#[cfg(feature = "_models")]
pub use models::ModelEntry;
pub use open::OpenSignal;
#[cfg(feature = "_models")]
pub use relations::RelationEntry;
pub(crate) use slot::Entry;
#[cfg(feature = "_models")]
pub(crate) use slot::Snapshot;
pub use slot::{Sender, Slot};

/// One receiver, as [`registry`] lists it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RegisteredReceiver {
    /// The signal's name.
    pub signal: &'static str,
    /// The sender's name; `None` hears every sender.
    pub sender: Option<&'static str>,
    /// Where the receiver is written and how it is called.
    pub receiver: ReceiverInfo,
}

impl fmt::Display for RegisteredReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { signal, sender, receiver } = self;
        write!(
            f,
            "{signal:<18} {:<16} {:>5}  {}  {}:{}",
            sender.unwrap_or("*"),
            receiver.priority_value(),
            receiver.uid_or_path(),
            receiver.file(),
            receiver.line(),
        )
    }
}

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

/// Checks that no two linked receivers of a signal and a sender share a uid, and that each receiver of `m2m_changed` names a through model as its sender.
///
/// [`Db::connect`](crate::db::Db::connect) does this by itself; a program without a database may call it at its start.
///
/// # Errors
///
/// [`Error::DuplicateReceiver`](crate::error::Error::DuplicateReceiver), naming both; [`Error::Schema`](crate::error::Error::Schema) for a receiver that would never be called.
pub fn check() -> Result<()> {
    linked::check()?;
    #[cfg(feature = "_models")]
    relations::check()?;
    Ok(())
}
