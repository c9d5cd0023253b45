//! The result of an attempt.

use crate::store::How;

/// The result of an attempt.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Its end must be written.
    Ended(How),
    /// Its end was committed with its writes.
    Committed,
    /// It was given back.
    Postponed,
    /// Another worker has the run. Nothing was written.
    Lost,
}
