//! Runs all due tasks in the calling task, for tests.

use std::time::Duration;

use signals_core::db::Db;
use signals_core::error::Result;
use uuid::Uuid;

use crate::execute::{Outcome, execute};
use crate::registry;
use crate::store::{self, Claimed, End, How, Ready, Turn};

/// The number of runs that are claimed at once.
const BATCH: usize = 20;
/// The lease. A drain does not extend its claims.
const LEASE: Duration = Duration::from_hours(1);
/// The time for which ended runs are kept, so that a test can read them.
const KEEP: Duration = Duration::from_hours(24 * 7);

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
    /// Runs that the task postponed, or that have an unknown name.
    pub put_off: usize,
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
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for signals_core::db::Db {}
}

impl DbTasks for Db {
    async fn drain_tasks(&self) -> Result<Drained> {
        registry::check()?;
        let by = format!("drain:{}", Uuid::now_v7());
        let mut drained = Drained::default();
        loop {
            let runs = claim(self, &by).await?;
            if runs.is_empty() {
                return Ok(drained);
            }
            let mut runs = runs.into_iter();
            while let Some(claimed) = runs.next() {
                let how = match execute(self, &claimed, KEEP).await {
                    Outcome::Ended(how) => how,
                    Outcome::Committed => {
                        drained.done += 1;
                        continue;
                    }
                    Outcome::Lost => continue,
                };
                let end = End { id: claimed.id, claims: claimed.claims, how };
                match store::write_each(self, std::slice::from_ref(&end), KEEP, KEEP).await {
                    Ok(1) => drained.count(&end.how),
                    // Another worker has taken the run, or it was cancelled.
                    Ok(_) => {}
                    Err(error) => {
                        give_back(self, runs).await;
                        return Err(error);
                    }
                }
            }
        }
    }
}

impl Drained {
    fn count(&mut self, how: &How) {
        match how {
            How::Done => self.done += 1,
            How::Again { .. } => self.failed += 1,
            How::Dead { .. } => self.dead += 1,
            How::Later { .. } | How::Unknown { .. } | How::Released => self.put_off += 1,
        }
    }
}

/// Gives back the runs that were not started. The error of the drain is more important than one of this.
async fn give_back(db: &Db, runs: impl Iterator<Item = Claimed>) {
    let ends: Vec<_> = runs.map(|run| End { id: run.id, claims: run.claims, how: How::Released }).collect();
    drop(store::write_each(db, &ends, KEEP, KEEP).await);
}

/// Claims some due runs of all queues that are not paused.
async fn claim(db: &Db, by: &str) -> Result<Vec<Claimed>> {
    if store::due(db).await?.waiting {
        store::promote(db).await?;
    }
    let paused = store::paused(db).await?;
    let mut runs = Vec::new();
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
    Ok(runs)
}
