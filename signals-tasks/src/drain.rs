//! Runs all due tasks in the calling task, for tests.

use std::time::{Duration, SystemTime};

use signals_core::db::Db;
use signals_core::error::Result;
use uuid::Uuid;

use crate::beat;
use crate::execute::{Executor, execute};
use crate::merging::by_key;
use crate::models::KEEP_DEAD;
use crate::outcome::Outcome;
use crate::registry;
use crate::store::{self, Claimed, End, How, Ready, Turn};
use crate::threads::Threads;
use crate::time::milliseconds;

/// The number of runs that are claimed at once.
const BATCH: usize = 20;
/// The lease. A drain does not extend its claims.
const LEASE: Duration = Duration::from_hours(1);

/// The number of runs of [`DbTasks::drain_tasks`], by their ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Drained {
    /// Runs that succeeded.
    pub done: usize,
    /// Attempts that failed. Their runs wait for the next attempt.
    pub failed: usize,
    /// Runs that are dead.
    pub dead: usize,
    /// Runs that the task postponed, whose row was written a short while ago, or that have an unknown name.
    pub put_off: usize,
    /// Runs of durable receivers that were not needed, because the row is gone.
    pub skipped: usize,
}

/// The methods that tasks add to a [`Db`].
pub trait DbTasks: sealed::Sealed {
    /// Runs all due runs, one after another, until none is due. Meant for tests.
    ///
    /// It also runs those that the tasks enqueue. A run that fails waits for its next attempt, as in a
    /// worker, and is due after its backoff. It works on the `Db` of a transaction too
    /// ([`Tx::as_db`](signals_core::db::Tx::as_db)).
    ///
    /// # Errors
    ///
    /// [`Error::Database`](signals_core::error::Error::Database) if the database fails. A failed task is not
    /// an error; the returned value counts it.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the runs that it has claimed, up to 20 of each queue, stay claimed for an hour.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::tasks::{DbTasks as _, task};
    /// use signals::{Db, Result};
    ///
    /// #[task]
    /// async fn count_down(from: u32, db: &Db) -> Result<()> {
    ///     if from > 0 {
    ///         count_down::enqueue(db, from - 1).await?;
    ///     }
    ///     Ok(())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// db.create_tables().await?;
    /// count_down::enqueue(&db, 2).await?;
    /// assert_eq!(db.drain_tasks().await?.done, 3);
    /// # Ok(()) }
    /// ```
    fn drain_tasks(&self) -> impl Future<Output = Result<Drained>> + Send;

    /// Makes the waiting runs due that have not been tried yet, and returns their number. Meant for tests of
    /// durable receivers with `debounce`, and of tasks with a delay: call it before
    /// [`drain_tasks`](Self::drain_tasks).
    ///
    /// # Errors
    ///
    /// [`Error::Database`](signals_core::error::Error::Database) if the database fails.
    fn make_tasks_due(&self) -> impl Future<Output = Result<u64>> + Send;

    /// Enqueues the tasks whose schedules have a tick at this time or missed one, as a beat does that starts then.
    /// Returns the number of runs. Meant for tests.
    ///
    /// The first call enqueues nothing, because a schedule starts when a beat first sees it. The runs are due at
    /// once, so [`drain_tasks`](Self::drain_tasks) runs them. [`Context::scheduled_at`](crate::Context::scheduled_at)
    /// is their tick.
    ///
    /// # Errors
    ///
    /// [`Error::Database`](signals_core::error::Error::Database) if the database fails.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use std::time::{Duration, SystemTime};
    ///
    /// use signals::tasks::{DbTasks as _, scheduled, task};
    /// use signals::{Db, Result};
    ///
    /// #[scheduled(every = "10m")]
    /// #[task]
    /// async fn clean_up() {}
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// db.create_tables().await?;
    /// let start = SystemTime::now();
    /// assert_eq!(db.tick_beat(start).await?, 0);
    /// assert_eq!(db.tick_beat(start + Duration::from_mins(9)).await?, 0);
    /// assert_eq!(db.tick_beat(start + Duration::from_mins(10)).await?, 1);
    /// assert_eq!(db.drain_tasks().await?.done, 1);
    /// # Ok(()) }
    /// ```
    fn tick_beat(&self, at: impl Into<SystemTime> + Send) -> impl Future<Output = Result<usize>> + Send;
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for signals_core::db::Db {}
}

impl DbTasks for Db {
    async fn tick_beat(&self, at: impl Into<SystemTime> + Send) -> Result<usize> {
        registry::check()?;
        beat::tick_once(self, milliseconds(at.into())).await
    }

    async fn drain_tasks(&self) -> Result<Drained> {
        registry::check()?;
        let by = format!("drain:{}", Uuid::now_v7());
        let mut drained = Drained::default();
        loop {
            let runs = claim(self, &by).await?;
            if runs.is_empty() {
                return Ok(drained);
            }
            let mut groups = by_key(runs).into_iter();
            while let Some(mut group) = groups.next() {
                let result = drain_group(self, &mut group, &mut drained).await;
                if result.is_err() {
                    group.extend(groups.flatten());
                    give_back(self, &group).await;
                    return result.map(|()| drained);
                }
            }
        }
    }

    async fn make_tasks_due(&self) -> Result<u64> {
        store::make_due(self).await
    }
}

/// Runs claimed runs of one key, one after another. If they merge, the first one stands for all. After an error,
/// the group has those that were not started.
async fn drain_group(db: &Db, group: &mut Vec<Claimed>, drained: &mut Drained) -> Result<()> {
    group.reverse();
    let threads = Threads::default();
    while let Some(claimed) = group.pop() {
        let outcome = execute(Executor { db, keep: KEEP_DEAD, threads: &threads }, &claimed, group).await;
        if let Outcome::Ended(how) = &outcome {
            let end = End { id: claimed.id, claims: claimed.claims, how: how.clone() };
            if store::write_each(db, &[end], KEEP_DEAD, KEEP_DEAD).await? == 0 {
                // Another worker has taken the run, or it was cancelled.
                continue;
            }
        }
        drained.count(&outcome);
    }
    Ok(())
}

impl Drained {
    fn count(&mut self, outcome: &Outcome) {
        let count = match outcome {
            Outcome::Committed | Outcome::Ended(How::Done) => &mut self.done,
            Outcome::Ended(How::Skipped { .. }) => &mut self.skipped,
            Outcome::Ended(How::Again { .. }) => &mut self.failed,
            Outcome::Ended(How::Dead { .. }) => &mut self.dead,
            Outcome::Ended(How::Later { .. } | How::Unknown { .. } | How::Released) | Outcome::Postponed => {
                &mut self.put_off
            }
            Outcome::Lost => return,
        };
        *count += 1;
    }
}

/// Gives back the runs that were not started. The error of the drain is more important than one of this.
async fn give_back(db: &Db, runs: &[Claimed]) {
    let ends: Vec<_> = runs.iter().map(|run| End { id: run.id, claims: run.claims, how: How::Released }).collect();
    drop(store::write_each(db, &ends, KEEP_DEAD, KEEP_DEAD).await);
}

/// Claims some due runs of all queues that are not paused.
async fn claim(db: &Db, by: &str) -> Result<Vec<Claimed>> {
    if store::due(db).await?.waiting {
        store::promote(db).await?;
    }
    let mut runs = Vec::new();
    let result = claim_all(db, by, &mut runs).await;
    if result.is_err() {
        give_back(db, &runs).await;
    }
    result.map(|()| runs)
}

async fn claim_all(db: &Db, by: &str, runs: &mut Vec<Claimed>) -> Result<()> {
    let paused = store::paused(db).await?;
    let mut queue = String::new();
    while let Some(next) = store::next_queue(db, Ready::Ordinary, &queue).await? {
        if !paused.contains(&next) {
            runs.extend(store::claim(db, &next, Turn::First, BATCH, by, LEASE).await?);
        }
        queue = next;
    }
    queue.clear();
    while let Some(next) = store::next_queue(db, Ready::Isolated, &queue).await? {
        if !paused.contains(&next) {
            runs.extend(store::claim_isolated(db, &next, Duration::ZERO, by, LEASE).await?);
        }
        queue = next;
    }
    Ok(())
}
