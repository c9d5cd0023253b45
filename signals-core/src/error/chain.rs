//! The causes of an error: all of them for a search, those that are not shown yet for a log.

use std::cell::Cell;
use std::error::Error as StdError;
use std::fmt;
use std::iter::successors;

use super::{Error, ReceiverError, escaped};

type Cause = dyn StdError + 'static;

thread_local! {
    /// Whether a search is asking an error of ours for its source, directly or through an application's error that forwards to it.
    static SEARCHING: Cell<bool> = const { Cell::new(false) };
}

/// An error and every cause of it, outermost first. A failed receiver's error begins with the call that failed.
pub(super) fn causes(error: &Error) -> impl Iterator<Item = &Cause> {
    let first: &Cause = match error {
        Error::Receiver(failure) => &**failure,
        other => other,
    };
    causes_of(first)
}

/// The same for an error of any type.
pub(super) fn causes_of(error: &Cause) -> impl Iterator<Item = &Cause> {
    successors(Some(error), |&error| searching(|| error.source()))
}

fn searching<R>(ask: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            SEARCHING.set(self.0);
        }
    }
    let _restore = Restore(SEARCHING.replace(true));
    ask()
}

/// The source of an error that shows `cause` in its own text: the first cause whose text is not part of that.
fn behind<'a>(shown: &dyn fmt::Display, cause: &'a Cause) -> Option<&'a Cause> {
    if SEARCHING.get() {
        return Some(cause);
    }
    let shown = escaped(shown).to_string();
    successors(Some(cause), |&error| error.source()).find(|cause| !shown.contains(&escaped(cause).to_string()))
}

impl Error {
    /// What this error is made of, if that is an error.
    fn cause(&self) -> Option<&Cause> {
        match self {
            #[cfg(feature = "_models")]
            Self::Database { source, .. }
            | Self::CommitUnknown { source }
            | Self::Value { source, .. }
            | Self::KeyTaken { source, .. } => Some(source),
            #[cfg(all(feature = "migrate", feature = "_models"))]
            Self::Migration { source, .. } => Some(source),
            Self::Receiver(failure) => Some(&**failure),
            Self::Recursion(recursion) => Some(&**recursion),
            Self::TransactionEnded { source, .. } => source.as_deref().map(|error| error as &Cause),
            Self::Other(error) => Some(&**error),
            _ => None,
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        behind(self, self.cause()?)
    }
}

impl StdError for ReceiverError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        behind(self, &*self.source)
    }
}
