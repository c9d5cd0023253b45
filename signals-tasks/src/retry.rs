//! The error with which a task controls its next attempt.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use signals_core::error::BoxError;

/// An error that defines when the run is tried again. After any other error the run is tried again after the
/// task's backoff.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use signals::BoxError;
/// use signals::tasks::{Retry, task};
///
/// # async fn charge(_card: i64) -> Result<u16, BoxError> { Ok(200) }
/// #[task]
/// async fn pay(card: i64) -> Result<(), BoxError> {
///     match charge(card).await? {
///         200 => Ok(()),
///         429 => Err(Retry::after(Duration::from_secs(30)).into()), // does not count as an attempt
///         status => Err(Retry::never().because(format!("status {status}")).into()), // dead at once
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Retry {
    after: Option<Duration>,
    reason: Option<BoxError>,
}

impl Retry {
    /// Tries the run again after this time. The attempt does not count.
    pub fn after(delay: Duration) -> Self {
        Self { after: Some(delay), reason: None }
    }

    /// Gives up the run. It is dead at once.
    pub fn never() -> Self {
        Self { after: None, reason: None }
    }

    /// Adds the reason. It becomes the `last_error` of the run.
    #[must_use]
    pub fn because(mut self, reason: impl Into<BoxError>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Returns the pause, or `None` if the run is given up.
    pub(crate) fn delay(&self) -> Option<Duration> {
        self.after
    }

    /// Returns whether the error has a reason.
    pub(crate) fn has_reason(&self) -> bool {
        self.reason.is_some()
    }
}

impl fmt::Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.after {
            Some(delay) => write!(f, "retry after {delay:?}")?,
            None => f.write_str("no retry")?,
        }
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

impl Error for Retry {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.reason.as_ref().map(|reason| &**reason as _)
    }
}
