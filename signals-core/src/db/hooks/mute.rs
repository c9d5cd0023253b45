//! What is muted.

use crate::signal::ReceiverInfo;

/// What a guard silences.
pub(in crate::db) enum Mute {
    Signal(&'static str),
    Receiver(String),
}

impl Mute {
    pub(super) fn covers(&self, signal: &'static str, receiver: &ReceiverInfo) -> bool {
        match self {
            Self::Signal(muted) => family(muted) == family(signal),
            Self::Receiver(name) => is_named(receiver, name),
        }
    }
}

/// The name of a signal without what tells its variants apart: its receivers of sets, and those that wait for the end.
fn family(signal: &str) -> &str {
    signal.split(' ').next().unwrap_or(signal)
}

pub(in crate::db) fn is_named(receiver: &ReceiverInfo, name: &str) -> bool {
    receiver.uid_or_path() == name || receiver.path() == name
}
