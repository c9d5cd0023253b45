//! The methods of a database for tests: they run tasks in the calling task.

use std::time::SystemTime;

use signals_core::db::Db;
use signals_core::error::Result;

use crate::beat;
use crate::draining::{Drained, drain};
use crate::eager::EagerTasks;
use crate::registry;
use crate::store;
use crate::time::milliseconds;

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

    /// Runs each enqueued run right after the commit of the outermost transaction, in the task of the caller, until the
    /// returned value is dropped. Meant for tests: it is Celery's `task_always_eager`.
    ///
    /// An `enqueue` on a `Db` returns after its run. So does the commit of a transaction, and the save of a model with
    /// durable receivers. The error of a task does not reach the caller, as with a worker: it is logged and counted
    /// ([`EagerTasks::drained`]), and the row has it.
    ///
    /// - Only due runs start: one with a delay, a debounced one and the next attempt of a failed one wait. Make them due
    ///   and call [`drain_tasks`](Self::drain_tasks).
    /// - Other due runs of the database start too.
    /// - If several tasks of the program commit at once, one of them may run the runs of the others.
    /// - A rolled-back transaction runs nothing, and neither does one that the test rolls back at its end: use
    ///   [`drain_tasks`](Self::drain_tasks) there.
    ///
    /// A second call for the same database replaces the first.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::tasks::{DbTasks as _, task};
    /// use signals::{Db, Result};
    ///
    /// #[task]
    /// async fn greet(name: String) -> Result<(), String> {
    ///     if name.is_empty() { Err("no name".into()) } else { Ok(()) }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// db.create_tables().await?;
    /// let eager = db.run_tasks_eagerly();
    /// greet::enqueue(&db, "Ada".into()).await?;
    /// assert_eq!(eager.drained().done, 1);
    /// greet::enqueue(&db, String::new()).await?;
    /// assert_eq!(eager.drained().failed, 1);
    /// # Ok(()) }
    /// ```
    fn run_tasks_eagerly(&self) -> EagerTasks;

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
        registry::check_tasks()?;
        beat::tick_once(self, milliseconds(at.into())).await
    }

    async fn drain_tasks(&self) -> Result<Drained> {
        let mut drained = Drained::default();
        drain(self, &mut drained).await.map(|()| drained)
    }

    fn run_tasks_eagerly(&self) -> EagerTasks {
        EagerTasks::new(self)
    }

    async fn make_tasks_due(&self) -> Result<u64> {
        store::make_due(self).await
    }
}
