//! The failure of a receiver, and which call of it failed.

use std::error::Error as StdError;

/// An error of any type, boxed: what a receiver's `Result<(), E>` is turned into.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// One call of a receiver: which signal, from which sender, to which receiver, and where that one is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ReceiverCall {
    /// The signal's name.
    pub signal: &'static str,
    /// The sender's name.
    pub sender: &'static str,
    /// The receiver's path, or its uid if it was connected at run time.
    pub receiver: String,
    /// The file the receiver is written in.
    pub file: &'static str,
    /// The line of that file.
    pub line: u32,
}

impl ReceiverCall {
    pub(crate) fn new(
        signal: &'static str,
        sender: &'static str,
        receiver: String,
        file: &'static str,
        line: u32,
    ) -> Self {
        Self { signal, sender, receiver, file, line }
    }
}

/// The failure of one receiver, with the error it returned as its source.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReceiverError {
    /// Which receiver of which signal failed.
    pub step: ReceiverCall,
    /// What the receiver returned.
    pub source: BoxError,
}

impl ReceiverError {
    pub(crate) fn new(step: ReceiverCall, source: BoxError) -> Self {
        Self { step, source }
    }
}
