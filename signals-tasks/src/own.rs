//! The own statements and the own thread of a worker or a beat.

use std::collections::BTreeMap;
use std::error;
use std::fmt;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use signals_core::db::discarding;
use signals_core::error::{Error, Result};
use tokio::runtime;
use tokio::sync::oneshot;

use crate::causes::with_causes;
use crate::crate_path::__private::escaped;

/// The maximum duration of an own statement.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// What happens to the connection of an own statement that takes too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overdue {
    /// It is closed. Otherwise it would keep its place in the pool until the answer comes, or for 10 seconds.
    Close,
    /// It stays, because the database is in memory and has only this connection.
    Keep,
}

/// Runs own statements, with a time limit.
pub(crate) async fn within<T>(
    limit: Duration,
    overdue: Overdue,
    statement: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut statement = Box::pin(statement);
    if let Ok(outcome) = tokio::time::timeout(limit, statement.as_mut()).await {
        return outcome;
    }
    match overdue {
        Overdue::Close => discarding(|| drop(statement)),
        Overdue::Keep => drop(statement),
    }
    Err(Error::other(TimedOut(limit)))
}

/// The error of an own statement that took too long.
#[derive(Debug)]
struct TimedOut(Duration);

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a statement took longer than {:?}", self.0)
    }
}

impl error::Error for TimedOut {}

/// Limits how often something happens, for each of several keys.
#[derive(Debug)]
pub(crate) struct RateLimit {
    interval: Duration,
    last: BTreeMap<String, Instant>,
}

impl RateLimit {
    pub(crate) fn new(interval: Duration) -> Self {
        Self { interval, last: BTreeMap::new() }
    }

    /// Returns whether the last time of this key is an interval ago.
    fn is_due(&self, key: &str, now: Instant) -> bool {
        self.last.get(key).is_none_or(|last| now.duration_since(*last) >= self.interval)
    }

    fn record(&mut self, key: &str, now: Instant) {
        self.last.insert(key.to_owned(), now);
    }

    /// Returns whether it may happen now, and records that it does.
    pub(crate) fn admits(&mut self, key: &str, now: Instant) -> bool {
        let is_due = self.is_due(key, now);
        if is_due {
            self.record(key, now);
        }
        is_due
    }
}

/// Logs the failures of own statements: at most one line a second, and each kind of failure at least once a
/// minute.
#[derive(Debug)]
pub(crate) struct ErrorLog {
    who: &'static str,
    lines: Mutex<Lines>,
}

/// The times of the last lines.
#[derive(Debug)]
struct Lines {
    all: RateLimit,
    kinds: RateLimit,
}

impl ErrorLog {
    pub(crate) fn of(who: &'static str) -> Self {
        let (all, kinds) = (RateLimit::new(Duration::from_secs(1)), RateLimit::new(Duration::from_mins(1)));
        Self { who, lines: Mutex::new(Lines { all, kinds }) }
    }

    /// Logs that it failed to do this.
    pub(crate) fn failed(&self, doing: &str, error: &Error) {
        if self.is_due(doing, Instant::now()) {
            let error = escaped(with_causes(error));
            tracing::error!(target: "signals", %error, "a {} failed {doing}, and tries again", self.who);
        }
    }

    /// Returns whether a line is due, and records it.
    fn is_due(&self, doing: &str, now: Instant) -> bool {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = lines.all.is_due("", now) || lines.kinds.is_due(doing, now);
        if is_due {
            lines.all.record("", now);
            lines.kinds.record(doing, now);
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
        let ended = runtime::Builder::new_current_thread().enable_all().build().map(|runtime| {
            let ended = runtime.block_on(work());
            // Otherwise it would wait for the look-up of a host, which has no limit.
            runtime.shutdown_background();
            ended
        });
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
        let (log, start) = (ErrorLog::of("worker"), Instant::now());
        let lines = (0..25).filter(|tenth| log.is_due("to claim", start + Duration::from_millis(tenth * 100)));
        assert_eq!(lines.collect::<Vec<_>>(), [0, 10, 20]);
    }

    #[test]
    fn each_kind_of_failure_is_logged_once_a_minute() {
        let (log, start) = (ErrorLog::of("beat"), Instant::now());
        let mut lines = Vec::new();
        for half in 0..=120 {
            let now = start + Duration::from_millis(half * 500);
            // The first always fails shortly before the second.
            for kind in ["the first", "the second"] {
                if log.is_due(kind, now) && kind == "the second" {
                    lines.push(half / 2);
                }
            }
        }
        assert_eq!(lines, [0, 60]);
    }

    #[tokio::test]
    async fn an_own_thread_does_not_wait_for_what_blocks() -> Result<()> {
        let (release, blocked) = std::sync::mpsc::channel::<()>();
        let work = move || async move {
            drop(tokio::task::spawn_blocking(move || blocked.recv().is_err()));
            7
        };
        let ended = tokio::time::timeout(Duration::from_secs(20), on_thread("beat", work)).await;
        assert!(matches!(ended, Ok(Ok(7))), "{ended:?}");
        drop(release);
        Ok(())
    }
}
