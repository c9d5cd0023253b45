//! The receivers that the program expects to be linked.

use super::linked;
use super::similar::most_similar;
use crate::error::{Error, MissingReceiver, Result};
use crate::signal::ReceiverInfo;

/// An expected receiver, as generated code submits it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Expectation {
    name: &'static str,
    file: &'static str,
    line: u32,
}

impl Expectation {
    /// Expects a receiver of this uid or path.
    pub const fn new(name: &'static str, file: &'static str, line: u32) -> Self {
        Self { name, file, line }
    }

    fn is_met_by(&self, receiver: &ReceiverInfo) -> bool {
        receiver.uid_or_path() == self.name || receiver.path() == self.name
    }

    fn missing(&self, linked: &[ReceiverInfo]) -> MissingReceiver {
        let Self { name, file, line } = *self;
        let crate_name = MissingReceiver::crate_name(name);
        let is_of = |receiver: &ReceiverInfo| receiver.path().split("::").next() == crate_name;
        let unlinked_crate = crate_name.filter(|_| !linked.iter().any(is_of));
        // A receiver of another crate is not the one that is meant.
        let candidates = linked.iter().filter(|receiver| crate_name.is_none() || is_of(receiver));
        let similar = most_similar(name, candidates.map(ReceiverInfo::uid_or_path));
        MissingReceiver { name, file, line, unlinked_crate, similar }
    }
}

inventory::collect!(Expectation);

/// Returns an error if an expected receiver is not linked.
pub(super) fn check() -> Result<()> {
    let linked: Vec<ReceiverInfo> = linked::all().into_iter().map(|entry| entry.receiver).collect();
    let expectations = inventory::iter::<Expectation>.into_iter();
    let unmet = expectations.filter(|expectation| !linked.iter().any(|receiver| expectation.is_met_by(receiver)));
    let mut missing: Vec<_> = unmet.map(|expectation| expectation.missing(&linked)).collect();
    // The order of the linker means nothing to a reader.
    missing.sort_by_key(|receiver| (receiver.file, receiver.line, receiver.name));
    if missing.is_empty() { Ok(()) } else { Err(Error::MissingReceivers { missing }) }
}
