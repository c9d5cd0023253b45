//! Receivers, as `registry` returns them.

use std::fmt;

use crate::signal::ReceiverInfo;

/// One receiver, as [`registry`](super::registry) returns it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RegisteredReceiver {
    /// The signal's name.
    pub signal: &'static str,
    /// The sender's name, or `None` if the receiver is called for every sender.
    pub sender: Option<&'static str>,
    /// The receiver's place in the source, and its options.
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
