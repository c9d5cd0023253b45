//! Muted receivers.

use crate::signal::{ReceiverInfo, SignalKind};

/// The receivers that a guard mutes.
pub(in crate::db) enum Mute {
    /// A signal, by its family.
    Signal(&'static str),
    /// A receiver, by its uid or its path.
    Receiver(String),
}

impl Mute {
    pub(super) fn covers(&self, signal: SignalKind, receiver: &ReceiverInfo) -> bool {
        match self {
            Self::Signal(family) => *family == signal.family(),
            Self::Receiver(name) => is_named(receiver, name),
        }
    }
}

pub(in crate::db) fn is_named(receiver: &ReceiverInfo, name: &str) -> bool {
    receiver.uid_or_path() == name || receiver.path() == name
}
