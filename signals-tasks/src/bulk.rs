//! Retries, cancels and deletes many runs, in small transactions.

use std::future::IntoFuture;
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::BoxFuture;
use signals_core::db::{Db, IntoHandle as _};
use signals_core::error::{Error, Result};
use uuid::Uuid;

use crate::enqueue::open_key;
use crate::manage::behind_savepoint;
use crate::models::{KEEP_DEAD, TaskState};
use crate::store::{self, Dead, Scope, Starts};
use crate::time::milliseconds;

/// The default number of retried runs that start in a second.
const PER_SECOND: u32 = 500;
/// The maximum time to wait for runs that other transactions have locked.
const LOCKED: Duration = Duration::from_secs(5);
/// The pause before another look at such runs.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How often a batch is tried again that the database refuses because of concurrent transactions.
const TRIES_AGAIN: u32 = 5;

/// Is called after each transaction, with the number of changed runs so far.
type OnBatch<'a> = Box<dyn FnMut(u64) + Send + 'a>;

/// What all calls of this file have.
struct Bulk<'a> {
    db: &'a Db,
    scope: Scope,
    on_batch: OnBatch<'a>,
}

impl<'a> Bulk<'a> {
    fn new(db: &'a Db) -> Self {
        Self { db, scope: Scope::default(), on_batch: Box::new(|_| {}) }
    }
}

/// The settings of all calls, and a `Debug` without the callback.
macro_rules! settings {
    ($call:ident) => {
        impl<'a> $call<'a> {
            /// Limits the call to the runs of this queue.
            pub fn queue(mut self, queue: impl Into<String>) -> Self {
                self.bulk.scope.queue = Some(queue.into());
                self
            }

            /// Limits the call to the runs of the task of this name, as it is in the table.
            pub fn task(mut self, name: impl Into<String>) -> Self {
                self.bulk.scope.task = Some(name.into());
                self
            }

            /// Limits the call to these, if they are given.
            #[doc(hidden)]
            pub fn limited_to(mut self, queue: Option<&str>, task: Option<&str>) -> Self {
                let (queue, task) = (queue.map(str::to_owned), task.map(str::to_owned));
                self.bulk.scope = Scope { queue, task };
                self
            }

            /// Calls this function after each transaction, with the number of changed runs so far.
            pub fn on_batch(mut self, call: impl FnMut(u64) + Send + 'a) -> Self {
                self.bulk.on_batch = Box::new(call);
                self
            }
        }

        impl std::fmt::Debug for $call<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($call)).field("scope", &self.bulk.scope).finish_non_exhaustive()
            }
        }
    };
}

/// A call of [`retry_dead`].
#[must_use = "nothing is retried before it is awaited"]
pub struct RetryDead<'a> {
    bulk: Bulk<'a>,
    per_second: u32,
}

/// The result of [`retry_dead`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Retried {
    /// The number of runs that are tried again.
    pub retried: u64,
    /// The number of runs that stay dead, because an open run has their unique key.
    pub key_taken: u64,
}

/// Tries all runs again that are dead. Each gets all its attempts again.
///
/// The runs wait, so that 500 of them become ready in a second
/// ([`per_second`](RetryDead::per_second)). A run whose unique key an open run has stays dead, and is counted.
///
/// # Errors
///
/// As an update of a model.
///
/// # Cancel safety
///
/// Each transaction changes at most 500 runs. After the future was dropped, those of earlier transactions are
/// retried.
///
/// # Examples
///
/// ```standalone_crate
/// use signals::tasks::{DbTasks as _, Retry, retry_dead, task};
/// use signals::{Db, Result};
///
/// #[task(queue = "payments")]
/// async fn pay() -> Result<(), Retry> {
///     Err(Retry::never())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let db = Db::connect("sqlite::memory:").await?;
/// # db.create_tables().await?;
/// pay::enqueue(&db).await?;
/// assert_eq!(db.drain_tasks().await?.dead, 1);
/// let retried = retry_dead(&db).queue("payments").await?;
/// assert_eq!((retried.retried, retried.key_taken), (1, 0));
/// # Ok(()) }
/// ```
pub fn retry_dead(db: &Db) -> RetryDead<'_> {
    RetryDead { bulk: Bulk::new(db), per_second: PER_SECOND }
}

settings!(RetryDead);

impl RetryDead<'_> {
    /// Sets the number of runs that become ready in a second. The default is 500.
    pub fn per_second(mut self, runs: u32) -> Self {
        self.per_second = runs.max(1);
        self
    }
}

impl<'a> IntoFuture for RetryDead<'a> {
    type Output = Result<Retried>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl RetryDead<'_> {
    async fn run(mut self) -> Result<Retried> {
        let Bulk { db, scope, on_batch } = &mut self.bulk;
        let started = store::now(db.into_handle()).await?;
        let mut all = Retried::default();
        let mut after = (i64::MIN, Uuid::nil());
        loop {
            let batch = store::dead_after(db.into_handle(), scope, after, started).await?;
            let Some(last) = batch.last() else { return Ok(all) };
            after = (last.due_at, last.id);
            let starts = starts(started, all.retried, batch.len(), self.per_second);
            let (keyed, others): (Vec<_>, Vec<_>) = batch.iter().partition(|run| run.unique_key.is_some());
            if !others.is_empty() {
                let ids: Vec<_> = others.iter().map(|run| run.id).collect();
                all.retried += retry_without_keys(db, &ids, starts).await?;
            }
            // Each in its own transaction: one that held several keys could deadlock with an enqueue.
            for run in keyed {
                match retry_with_key(db, run, starts).await {
                    Ok(was_dead) => all.retried += u64::from(was_dead),
                    Err(error) if error.is_unique_violation() => all.key_taken += 1,
                    Err(error) => return Err(error),
                }
            }
            on_batch(all.retried);
            if batch.len() < store::BATCH {
                return Ok(all);
            }
        }
    }
}

/// Returns the times at which the runs of a batch become ready, after those of the batches before it.
fn starts(started: i64, before: u64, runs: usize, per_second: u32) -> Starts {
    let milliseconds = |runs: u64| runs.saturating_mul(1_000) / u64::from(per_second);
    let from = started.saturating_add(i64::try_from(milliseconds(before)).unwrap_or(i64::MAX));
    Starts { from, spread: Duration::from_millis(milliseconds(runs as u64)) }
}

async fn retry_with_key(db: &Db, run: &Dead, starts: Starts) -> Result<bool> {
    let key = open_key(&run.name, run.unique_key.as_deref().unwrap_or_default());
    let (id, key) = (run.id, key.as_str());
    let mut refusals = Refusals::default();
    loop {
        let on = db.into_handle();
        match behind_savepoint(on, async |on| store::wait_again_with_key(on, id, key, starts).await).await {
            Ok(was_dead) => return Ok(was_dead),
            Err(error) => refusals.wait_after(error).await?,
        }
    }
}

async fn retry_without_keys(db: &Db, ids: &[Uuid], starts: Starts) -> Result<u64> {
    let mut refusals = Refusals::default();
    loop {
        match store::wait_again(db, ids, starts).await {
            Ok(retried) => return Ok(retried),
            Err(error) => refusals.wait_after(error).await?,
        }
    }
}

/// A call of [`cancel_runs`].
#[must_use = "nothing is cancelled before it is awaited"]
pub struct CancelRuns<'a> {
    bulk: Bulk<'a>,
}

/// Cancels all runs that have not started and were enqueued before the call. Returns their number.
///
/// The time of a run is that of the clock of the process that enqueued it. A run that another transaction has locked
/// for more than 5 seconds, and one that a worker claims meanwhile, is not cancelled.
///
/// # Errors
///
/// As an update of a model.
///
/// # Cancel safety
///
/// As [`retry_dead`].
///
/// # Examples
///
/// ```standalone_crate
/// use signals::tasks::{DbTasks as _, cancel_runs, task};
/// use signals::{Db, Result};
///
/// #[task]
/// async fn remind(_user: i64) {}
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let db = Db::connect("sqlite::memory:").await?;
/// # db.create_tables().await?;
/// remind::enqueue(&db, 1).await?;
/// remind::enqueue(&db, 2).await?;
/// assert_eq!(cancel_runs(&db).queue("default").await?, 2);
/// assert_eq!(db.drain_tasks().await?.done, 0);
/// # Ok(()) }
/// ```
pub fn cancel_runs(db: &Db) -> CancelRuns<'_> {
    CancelRuns { bulk: Bulk::new(db) }
}

settings!(CancelRuns);

impl<'a> IntoFuture for CancelRuns<'a> {
    type Output = Result<u64>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let states = TaskState::NOT_STARTED.to_vec();
            in_batches(self.bulk, &states, async |db, state, scope, before| {
                store::cancel_batch(db, state, scope, before, KEEP_DEAD).await
            })
            .await
        })
    }
}

/// A call of [`purge_runs`].
#[must_use = "nothing is deleted before it is awaited"]
pub struct PurgeRuns<'a> {
    bulk: Bulk<'a>,
    states: Vec<TaskState>,
}

/// Deletes the runs that have not started and were enqueued before the call, or those in other
/// [`states`](PurgeRuns::states). Returns their number.
///
/// A deleted run cannot be retried. [`cancel_runs`] keeps the rows for a week. It has the same limits as this call.
///
/// # Errors
///
/// As a delete of a model.
///
/// # Cancel safety
///
/// As [`retry_dead`].
///
/// # Examples
///
/// ```standalone_crate
/// use signals::tasks::{DbTasks as _, TaskState, purge_runs, task};
/// use signals::{Db, Result};
///
/// #[task]
/// async fn remind(_user: i64) {}
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let db = Db::connect("sqlite::memory:").await?;
/// # db.create_tables().await?;
/// remind::enqueue(&db, 1).await?;
/// assert_eq!(db.drain_tasks().await?.done, 1);
/// remind::enqueue(&db, 2).await?;
/// assert_eq!(purge_runs(&db).await?, 1);
/// assert_eq!(purge_runs(&db).states([TaskState::Done, TaskState::Dead]).await?, 1);
/// # Ok(()) }
/// ```
pub fn purge_runs(db: &Db) -> PurgeRuns<'_> {
    PurgeRuns { bulk: Bulk::new(db), states: TaskState::NOT_STARTED.to_vec() }
}

settings!(PurgeRuns);

impl PurgeRuns<'_> {
    /// Deletes the runs in these states. Runs that a worker has claimed are not deleted: cancel them first.
    pub fn states(mut self, states: impl IntoIterator<Item = TaskState>) -> Self {
        let given: Vec<_> = states.into_iter().collect();
        let all = TaskState::NOT_STARTED.into_iter().chain(TaskState::ENDED);
        self.states = all.filter(|state| given.contains(state)).collect();
        self
    }
}

impl<'a> IntoFuture for PurgeRuns<'a> {
    type Output = Result<u64>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { in_batches(self.bulk, &self.states, store::purge).await })
    }
}

/// Changes the runs in these states batch by batch, and returns their number.
async fn in_batches(
    mut bulk: Bulk<'_>,
    states: &[TaskState],
    change: impl AsyncFn(&Db, TaskState, &Scope, i64) -> Result<usize>,
) -> Result<u64> {
    let Bulk { db, scope, on_batch } = &mut bulk;
    // A run has the time of the process that enqueued it, which may be this one.
    let before = store::now(db.into_handle()).await?.max(milliseconds(SystemTime::now()));
    let (mut all, mut last) = (0, Instant::now());
    loop {
        let mut is_changed = false;
        for state in states {
            let mut refusals = Refusals::default();
            loop {
                let changed = match change(db, *state, scope, before).await {
                    Ok(changed) => changed,
                    Err(error) => {
                        refusals.wait_after(error).await?;
                        continue;
                    }
                };
                refusals = Refusals::default();
                all += changed as u64;
                if changed > 0 {
                    is_changed = true;
                    on_batch(all);
                }
                if changed < store::BATCH {
                    break;
                }
            }
        }
        if is_changed {
            last = Instant::now();
            continue;
        }
        // A batch skips locked rows: a worker may make them ready at this moment.
        if last.elapsed() >= LOCKED || !has_any(db, states, scope, before).await? {
            return Ok(all);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// The failures of one batch that the database refused because of concurrent transactions, such as a deadlock with a
/// worker.
#[derive(Default)]
struct Refusals(u32);

impl Refusals {
    /// Waits until the batch may be tried again, or returns the error if it may not.
    async fn wait_after(&mut self, error: Error) -> Result<()> {
        if !error.is_retryable() || self.0 == TRIES_AGAIN {
            return Err(error);
        }
        self.0 += 1;
        tokio::time::sleep(LOOK_AGAIN * self.0).await;
        Ok(())
    }
}

async fn has_any(db: &Db, states: &[TaskState], scope: &Scope, before: i64) -> Result<bool> {
    for state in states {
        if store::has_any(db, *state, scope, before).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starts_of_batches_follow_each_other() {
        let Starts { from, spread } = starts(1_000, 0, 500, 500);
        assert_eq!((from, spread), (1_000, Duration::from_secs(1)));
        assert_eq!(starts(1_000, 500, 500, 500).from, 2_000);
        assert_eq!(starts(1_000, 0, 1, 500).spread, Duration::from_millis(2));
        assert_eq!(starts(1_000, u64::MAX, usize::MAX, 1).from, i64::MAX);
    }
}
