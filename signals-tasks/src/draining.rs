//! Runs all due runs in the calling task.

use std::time::Duration;

use signals_core::db::Db;
use signals_core::error::Result;
use uuid::Uuid;

use crate::capture;
use crate::execute::{Executor, execute};
use crate::merging::by_key;
use crate::metrics::TaskOutcome;
use crate::models::KEEP_DEAD;
use crate::outcome::Outcome;
use crate::registry;
use crate::store::{self, Claimed, End, How, Ready, Turn};
use crate::threads::Threads;

/// The number of runs that are claimed at once.
const BATCH: usize = 20;
/// The lease. A drain does not extend its claims.
const LEASE: Duration = Duration::from_hours(1);

/// The number of runs of [`DbTasks::drain_tasks`](crate::DbTasks::drain_tasks), by their ends.
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

/// Runs all due runs, and counts them.
pub(crate) async fn drain(db: &Db, drained: &mut Drained) -> Result<()> {
    registry::check_tasks()?;
    let by = format!("drain:{}", Uuid::now_v7());
    loop {
        capture::send_all(db).await?;
        let runs = claim(db, &by).await?;
        if runs.is_empty() {
            return Ok(());
        }
        let mut groups = by_key(runs).into_iter();
        while let Some(mut group) = groups.next() {
            let result = drain_group(db, &mut group, drained).await;
            if result.is_err() {
                group.extend(groups.flatten());
                give_back(db, &group).await;
                return result;
            }
        }
    }
}

/// Runs claimed runs of one key, one after another. If they merge, the first one stands for all. After an error,
/// the group has those that were not started.
async fn drain_group(db: &Db, group: &mut Vec<Claimed>, drained: &mut Drained) -> Result<()> {
    group.reverse();
    let threads = Threads::default();
    while let Some(claimed) = group.pop() {
        let outcome =
            execute(Executor { db, keep: KEEP_DEAD, threads: &threads, longest_write: None }, &claimed, group).await;
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
    /// Adds the numbers of another call.
    pub(crate) fn add(&mut self, other: Self) {
        let Self { done, failed, dead, put_off, skipped } = other;
        self.done += done;
        self.failed += failed;
        self.dead += dead;
        self.put_off += put_off;
        self.skipped += skipped;
    }

    fn count(&mut self, outcome: &Outcome) {
        let count = match TaskOutcome::of(outcome) {
            TaskOutcome::Done => &mut self.done,
            TaskOutcome::Failed => &mut self.failed,
            TaskOutcome::Dead => &mut self.dead,
            TaskOutcome::PutOff => &mut self.put_off,
            TaskOutcome::Skipped => &mut self.skipped,
            TaskOutcome::Lost => return,
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
