//! The own statements and the own thread of a worker or a beat.

use std::fmt::Display;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use signals_core::db::{Db, discarding};
use signals_core::error::{Error, Result};
use tokio::runtime;
use tokio::sync::oneshot;

use crate::dialect::{Dialect, Picking};

/// The maximum duration of an own statement. After it the connection is closed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// Runs own statements, with a timeout.
pub(crate) async fn within<T>(db: &Db, statement: impl Future<Output = Result<T>> + Send) -> Result<T> {
    within_time(db, DEADLINE, statement).await
}

/// Runs own statements. After this time the connection to a server is closed, because it would wait for the answer
/// before it is used again. SQLite has no server, and in memory the connection is the database.
pub(crate) async fn within_time<T>(
    db: &Db,
    limit: Duration,
    statement: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    let mut statement = Box::pin(statement);
    if let Ok(outcome) = tokio::time::timeout(limit, statement.as_mut()).await {
        return outcome;
    }
    if Dialect::of(db.backend()).picking == Picking::Alone {
        drop(statement);
    } else {
        discarding(|| drop(statement));
    }
    Err(Error::other(format!("a statement took longer than {limit:?}")))
}

/// Logs the failures of own statements, at most one line per second.
#[derive(Debug)]
pub(crate) struct Complaints {
    who: &'static str,
    last: Mutex<Option<Instant>>,
}

impl Complaints {
    pub(crate) fn of(who: &'static str) -> Self {
        Self { who, last: Mutex::new(None) }
    }

    pub(crate) fn about(&self, doing: &str, error: &impl Display) {
        if self.is_due(Instant::now()) {
            tracing::error!(target: "signals", %error, "a {} failed {doing}, and tries again", self.who);
        }
    }

    /// Returns whether the last line is a second old, and records a line.
    fn is_due(&self, now: Instant) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| now.duration_since(last) >= Duration::from_secs(1));
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

/// Runs a future on a thread and a runtime of its own, so that it goes on while the application blocks its
/// threads.
pub(crate) async fn on_thread<F>(who: &'static str, work: impl FnOnce() -> F + Send + 'static) -> Result<F::Output>
where
    F: Future,
    F::Output: Send + 'static,
{
    let (answer, ended) = oneshot::channel();
    let work = move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let ended = runtime.map(|runtime| runtime.block_on(work()));
        // An error means that the future was dropped.
        drop(answer.send(ended));
    };
    thread::Builder::new().name(format!("signals-{who}")).spawn(work).map_err(Error::other)?;
    match ended.await {
        Ok(ended) => ended.map_err(Error::other),
        Err(_dropped) => Err(Error::other(format!("the thread of the {who} panicked"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_logged_once_a_second() {
        let (complaints, start) = (Complaints::of("worker"), Instant::now());
        let lines = (0..25).filter(|tenth| complaints.is_due(start + Duration::from_millis(tenth * 100)));
        assert_eq!(lines.collect::<Vec<_>>(), [0, 10, 20]);
    }
}
