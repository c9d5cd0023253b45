//! The shared state of the parts of a worker.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use signals_core::db::Db;
use signals_core::error::Result;
use tokio::runtime;
#[cfg(all(test, feature = "sqlite"))]
use tokio::sync::mpsc;
use tokio::sync::watch;

use super::runs::Runs;
use crate::models::KEEP_DEAD;
use crate::own::{DEADLINE, ErrorLog, Overdue, within};
use crate::store::Claimed;
#[cfg(all(test, feature = "sqlite"))]
use crate::store::End;
use crate::threads::Threads;

/// The settings of a worker.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// `None` for all queues.
    pub(super) queues: Option<Vec<String>>,
    /// Of the queues whose weight is not 1.
    pub(super) weights: HashMap<String, u16>,
    pub(super) concurrency: usize,
    pub(super) lease: Duration,
    pub(super) grace: Duration,
    pub(super) poll: Duration,
    pub(super) keep_done: Duration,
    pub(super) keep_dead: Duration,
    pub(super) burst: bool,
    pub(super) with_beat: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            queues: None,
            weights: HashMap::new(),
            concurrency: 0,
            lease: Duration::from_mins(1),
            grace: Duration::from_secs(30),
            poll: Duration::from_millis(250),
            keep_done: Duration::from_hours(24),
            keep_dead: KEEP_DEAD,
            burst: false,
            with_beat: false,
        }
    }
}

/// The ways in which a worker is asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stop {
    No,
    Gracefully,
    Now,
}

/// A running worker.
pub(super) struct Shared {
    /// Different at each start, even with the same host and process id.
    pub(super) id: String,
    pub(super) settings: Settings,
    /// The application's connections, for tasks.
    pub(super) app: Db,
    /// The worker's own.
    pub(super) own: Db,
    /// Whether no other process can reach the database, so that leases are not needed.
    pub(super) is_alone: bool,
    /// The runtime for the tasks.
    pub(super) runtime: runtime::Handle,
    pub(super) runs: Runs,
    /// The threads of blocking tasks.
    pub(super) threads: Threads,
    pub(super) stop: watch::Receiver<Stop>,
    pub(super) errors: ErrorLog,
    pub(super) looked: LastLook,
}

impl Shared {
    /// Returns the time since the worker last looked for runs without a failure. A worker that is asked to stop
    /// need not look.
    pub(super) fn unseen(&self) -> Duration {
        if self.stop() == Stop::No { self.looked.elapsed() } else { Duration::ZERO }
    }

    /// Returns whether and how the worker is asked to stop. It stops at once if its future was dropped.
    pub(super) fn stop(&self) -> Stop {
        if self.stop.has_changed().is_err() { Stop::Now } else { *self.stop.borrow() }
    }

    /// Returns whether the lease of a run that has not started has ended by this process's own clock. It then gives the
    /// run back.
    pub(super) fn has_expired(&self, run: &Claimed) -> bool {
        !self.is_alone && self.runs.drop_expired(run, self.settings.lease)
    }

    /// Returns the names of blocking tasks whose runs have ended, and whose threads have not returned.
    pub(super) fn left_behind(&self) -> Vec<String> {
        self.threads.names(|held| !self.runs.holds(held.id, held.claims))
    }

    /// Waits until the worker is asked to stop, at least in this way.
    pub(super) async fn stopped(&self, at_least: Stop) {
        let mut stop = self.stop.clone();
        // An error means that the worker's future was dropped.
        drop(stop.wait_for(|stop| *stop >= at_least).await);
    }

    /// Runs one of the worker's own statements, with the limit of all.
    pub(super) async fn within<T>(&self, statement: impl Future<Output = Result<T>> + Send) -> Result<T> {
        self.within_time(DEADLINE, statement).await
    }

    /// Runs one of the worker's own statements, with this time limit.
    pub(super) async fn within_time<T>(
        &self,
        limit: Duration,
        statement: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        within(limit, self.overdue(), statement).await
    }

    /// Returns what happens to the connection of an own statement that takes too long.
    pub(super) fn overdue(&self) -> Overdue {
        if self.is_alone { Overdue::Keep } else { Overdue::Close }
    }
}

#[cfg(all(test, feature = "sqlite"))]
impl Shared {
    /// A worker with one slot, whose tasks and own statements share the connections.
    pub(super) fn for_test(db: &Db, ends: mpsc::UnboundedSender<End>, stop: watch::Receiver<Stop>) -> Self {
        Self {
            id: "a".to_owned(),
            settings: Settings { concurrency: 1, ..Settings::default() },
            app: db.clone(),
            own: db.clone(),
            is_alone: false,
            runtime: runtime::Handle::current(),
            runs: Runs::new(ends),
            threads: Threads::default(),
            stop,
            errors: ErrorLog::of("worker"),
            looked: LastLook::default(),
        }
    }
}

/// The last time at which the worker looked for runs without a failure.
pub(super) struct LastLook(Mutex<Instant>);

impl Default for LastLook {
    fn default() -> Self {
        Self(Mutex::new(Instant::now()))
    }
}

impl LastLook {
    /// Records that a look succeeded.
    pub(super) fn succeeded(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}
