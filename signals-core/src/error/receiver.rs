//! The error of a receiver, and the call that failed.

use std::error::Error as StdError;

/// A boxed error of any type. The `Result<(), E>` of a receiver is converted to it.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// One call of a receiver: the signal, the sender, the receiver, and the location of the receiver's code.
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

/// The failure of one receiver. Its source is the error that the receiver returned.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReceiverError {
    /// The call that failed.
    pub step: ReceiverCall,
    /// The error that the receiver returned.
    pub source: BoxError,
}

impl ReceiverError {
    pub(crate) fn new(step: ReceiverCall, source: BoxError) -> Self {
        Self { step, source }
    }
}
