//! The causes of an error. A search sees all of them; a log sees those that are not shown yet.

use std::cell::Cell;
use std::error::Error as StdError;
use std::fmt;
use std::iter::successors;

use super::Error;
use super::display::escaped;
use super::receiver::ReceiverError;

type Cause = dyn StdError + 'static;

thread_local! {
    /// Whether a search is asking one of our errors for its source, directly or through an application's
    /// error that forwards to it.
    static SEARCHING: Cell<bool> = const { Cell::new(false) };
}

/// Returns an error and all its causes, outermost first. The error of a failed receiver starts with the
/// failed call.
pub(super) fn causes(error: &Error) -> impl Iterator<Item = &Cause> {
    let first: &Cause = match error {
        Error::Receiver(failure) => &**failure,
        other => other,
    };
    causes_of(first)
}

/// Returns an error of any type and all its causes, outermost first.
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

/// Returns the source of an error that shows `cause` in its own text: the first cause that is not part of
/// that text.
fn behind<'a>(shown: &dyn fmt::Display, cause: &'a Cause) -> Option<&'a Cause> {
    if SEARCHING.get() {
        return Some(cause);
    }
    let shown = escaped(shown).to_string();
    successors(Some(cause), |&error| error.source()).find(|cause| !shown.contains(&escaped(cause).to_string()))
}

impl Error {
    /// Finds the first error of type `E` among the causes of this one, outermost first.
    ///
    /// It finds the error type of a receiver through any number of nested saves, and through errors of the
    /// application that wrap this type.
    ///
    /// An error whose [`Display`](std::fmt::Display) shows its cause leaves it out of
    /// [`source`](StdError::source), so that a log of the chain repeats nothing. This method looks at every
    /// cause.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::Error;
    /// let error = Error::other(std::fmt::Error);
    /// assert!(error.find::<std::fmt::Error>().is_some());
    /// ```
    pub fn find<E: StdError + 'static>(&self) -> Option<&E> {
        causes(self).find_map(<dyn StdError>::downcast_ref)
    }

    /// Finds the last error of type `E` among the causes of this one, which is the first that occurred.
    ///
    /// An application's error type often wraps this one, so nested saves put it in the chain several times.
    /// [`find`](Self::find) returns the outermost, which is only a wrapper. This method returns the error
    /// that the innermost receiver returned.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::fmt;
    /// # use signals::Error;
    /// #[derive(Debug)]
    /// enum AppError {
    ///     OutOfStock,
    ///     Signals(Error),
    /// }
    /// # impl fmt::Display for AppError {
    /// #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    /// #         f.write_str("the order failed")
    /// #     }
    /// # }
    /// # impl std::error::Error for AppError {
    /// #     fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
    /// #         match self {
    /// #             Self::OutOfStock => None,
    /// #             Self::Signals(error) => Some(error),
    /// #         }
    /// #     }
    /// # }
    ///
    /// let error = Error::other(AppError::Signals(Error::other(AppError::OutOfStock)));
    /// assert!(matches!(error.find_innermost(), Some(AppError::OutOfStock)));
    /// ```
    pub fn find_innermost<E: StdError + 'static>(&self) -> Option<&E> {
        causes(self).filter_map(<dyn StdError>::downcast_ref).last()
    }

    /// Returns the error that this error wraps, if any.
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
            Self::Invalid(invalid) => Some(&**invalid),
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
