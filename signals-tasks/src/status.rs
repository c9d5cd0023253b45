//! Reads the state of the queues and of the workers, for display and for monitoring.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use signals_core::db::{Handle, IntoHandle};
use signals_core::error::Result;

use crate::capture;
use crate::host;
use crate::models::TaskState;
use crate::registry;
use crate::store;

/// A worker without a heartbeat for this time is not listed.
const SEEN: Duration = Duration::from_mins(1);

/// The state of the queues and of the workers, as [`status`] returns it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskStatus {
    /// The queues that have runs or are paused, by name.
    pub queues: Vec<QueueStatus>,
    /// The workers with a heartbeat within the last minute.
    pub workers: Vec<WorkerStatus>,
    /// The writes of others that triggers recorded, of all tables.
    pub captured: CaptureStatus,
}

/// The writes of others that triggers recorded, and that are not runs yet. There are none if no model of the program has
/// `#[model(capture)]`, or if the database has no table `signals_capture`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaptureStatus {
    /// Writes that no worker has tried to send.
    pub waiting: RunCount,
    /// Writes that were refused, such as those of a row that cannot be read. They are tried again later.
    pub refused: RunCount,
}

/// The runs of a queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueStatus {
    /// The queue's name.
    pub name: String,
    /// Whether it is paused.
    pub is_paused: bool,
    /// Runs that a worker may claim now.
    pub ready: RunCount,
    /// Runs that become ready when they are due.
    pub waiting: RunCount,
    /// Runs that a worker has claimed.
    pub running: RunCount,
    /// Runs that succeeded and are not deleted yet.
    pub done: RunCount,
    /// Runs that failed and are not tried again.
    pub dead: RunCount,
    /// Runs that were cancelled and are not deleted yet.
    pub cancelled: RunCount,
    /// Runs that wait for a worker that has a task of their name.
    pub unknown: RunCount,
    /// The time for which the oldest ready run has been ready, or `None` if none is ready. With more than
    /// [`RunCount::MOST`] ready runs, it is that of the runs that are claimed next.
    pub lag: Option<Duration>,
}

/// A worker with a heartbeat within the last minute.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct WorkerStatus {
    /// The host, the process and a number of this start.
    pub id: String,
    /// The queues that it serves. Empty for all queues.
    pub queues: Vec<String>,
    /// The maximum number of concurrent runs.
    pub concurrency: u32,
    /// The time since it started.
    pub started: Duration,
    /// The time since it last looked for runs. It is less than 30 seconds if the worker and the database are
    /// healthy.
    pub seen: Duration,
}

impl WorkerStatus {
    /// Returns whether the worker runs on the host of this process.
    ///
    /// It returns false if the name of this host is unknown. On Linux and Windows it is known; on other systems, set
    /// the variable `HOSTNAME` for each process.
    pub fn is_on_this_host(&self) -> bool {
        host::is_of(&self.id, host::name().as_deref())
    }
}

/// A number of runs or of captured writes, counted up to [`MOST`](Self::MOST).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunCount(u64);

impl RunCount {
    /// The number up to which runs are counted, so that counting takes no time with millions of runs.
    pub const MOST: u64 = store::MOST;

    /// Returns the number of runs, or [`MOST`](Self::MOST) if there are more.
    pub fn at_least(self) -> u64 {
        self.0.min(Self::MOST)
    }

    /// Returns whether there are no more runs than were counted.
    pub fn is_exact(self) -> bool {
        self.0 <= Self::MOST
    }

    /// Adds the runs of another state.
    fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl fmt::Display for RunCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_exact() { "" } else { ">" };
        f.pad(&format!("{sign}{}", self.at_least()))
    }
}

/// Counts the runs of each queue by their states, and lists the workers.
///
/// It reads bounded parts of indexes, so it is fast with millions of runs.
///
/// # Errors
///
/// As a query of a model.
///
/// # Examples
///
/// ```
/// use signals::tasks::{status, task};
/// use signals::{Db, Result};
///
/// #[task(queue = "mail")]
/// async fn send() {}
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let db = Db::connect("sqlite::memory:").await?;
/// # db.create_tables().await?;
/// send::enqueue(&db).await?;
/// let status = status(&db).await?;
/// assert_eq!(status.queues[0].name, "mail");
/// assert_eq!(status.queues[0].ready.at_least(), 1);
/// assert!(status.workers.is_empty());
/// # Ok(()) }
/// ```
pub async fn status<'a>(on: impl IntoHandle<'a>) -> Result<TaskStatus> {
    let on = on.into_handle();
    let mut queues: BTreeMap<String, QueueStatus> = BTreeMap::new();
    for name in store::paused(on).await? {
        queues.insert(name.clone(), QueueStatus { name, is_paused: true, ..QueueStatus::default() });
    }
    for state in TaskState::ALL {
        for name in queues_in(on, state).await? {
            let queue = queues.entry(name.clone()).or_insert_with(|| QueueStatus { name, ..QueueStatus::default() });
            queue.count(on, state).await?;
        }
    }
    let captured = capture::count(on).await?;
    let captured = CaptureStatus { waiting: RunCount(captured.new), refused: RunCount(captured.refused) };
    Ok(TaskStatus { queues: queues.into_values().collect(), workers: workers(on).await?, captured })
}

impl QueueStatus {
    async fn count(&mut self, on: Handle<'_>, state: TaskState) -> Result<()> {
        if matches!(state, TaskState::Ready | TaskState::Isolated) {
            let counted = store::count_with_age(on, state, &self.name).await?;
            self.ready = self.ready.plus(RunCount(counted.runs));
            self.lag = self.lag.max(counted.age);
            return Ok(());
        }
        let runs = RunCount(store::count(on, state, &self.name).await?);
        match state {
            TaskState::Waiting => self.waiting = runs,
            TaskState::Running => self.running = runs,
            TaskState::Done => self.done = runs,
            TaskState::Dead => self.dead = runs,
            TaskState::Cancelled => self.cancelled = runs,
            TaskState::Unknown => self.unknown = runs,
            TaskState::Ready | TaskState::Isolated => {}
        }
        Ok(())
    }
}

/// Lists the workers with a heartbeat within the last minute.
///
/// # Errors
///
/// As a query of a model.
pub async fn workers<'a>(on: impl IntoHandle<'a>) -> Result<Vec<WorkerStatus>> {
    let seen = store::workers(on.into_handle(), SEEN).await?;
    let status = |worker: store::SeenWorker| WorkerStatus {
        id: worker.id,
        queues: worker.queues.split(',').filter(|queue| !queue.is_empty()).map(str::to_owned).collect(),
        concurrency: worker.concurrency.unsigned_abs(),
        started: worker.started,
        seen: worker.seen,
    };
    Ok(seen.into_iter().map(status).collect())
}

/// Returns the present time of the database, in milliseconds since 1970.
#[doc(hidden)]
pub async fn database_now<'a>(on: impl IntoHandle<'a>) -> Result<i64> {
    store::now(on.into_handle()).await
}

/// Lists the names of the queues that have runs, are paused, or are the queue of a task of this program.
///
/// # Errors
///
/// As a query of a model.
pub async fn queues<'a>(on: impl IntoHandle<'a>) -> Result<Vec<String>> {
    let on = on.into_handle();
    let mut names: BTreeSet<String> = registry::tasks().into_iter().map(|task| task.queue.to_owned()).collect();
    names.extend(store::paused(on).await?);
    for state in TaskState::ALL {
        names.extend(queues_in(on, state).await?);
    }
    Ok(names.into_iter().collect())
}

/// Returns the queues with runs in this state, by one index lookup for each.
async fn queues_in(on: Handle<'_>, state: TaskState) -> Result<Vec<String>> {
    let (mut found, mut after) = (Vec::new(), String::new());
    while let Some(next) = store::next_queue_in(on, state, &after).await? {
        after.clone_from(&next);
        found.push(next);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_shows_its_limit() {
        let shown = [0, 10_000, 10_001].map(|runs| RunCount(runs).to_string());
        assert_eq!(shown, ["0", "10000", ">10000"]);
        assert_eq!(format!("{:>7}", RunCount(10_001)), " >10000");
        assert_eq!(RunCount(10_001).at_least(), 10_000);
    }
}
