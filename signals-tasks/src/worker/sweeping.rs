//! Makes due runs ready, gives back lost ones and deletes old ones.

use std::sync::Arc;
use std::time::{Duration, Instant};

use signals_core::error::Result;

use super::shared::Shared;
use crate::holdoff::HoldOff;
use crate::registry;
use crate::store;
use crate::wake;

/// The time over which the runs of a lost worker are spread, or a quarter of the lease if that is shorter.
const SPREAD: Duration = Duration::from_secs(8);
/// The maximum number of batches of one kind in a sweep.
const MOST_BATCHES: usize = 20;
/// The pause if there is more to do.
const SHORT: Duration = Duration::from_millis(10);
/// The shortest interval between two lookups of runs that other workers do not know. They read all runs of
/// unknown names, so a lookup that takes long is followed by a pause of this many times its duration.
const KNOWN: Duration = Duration::from_secs(1);
const KNOWN_PAUSE: u32 = 20;
/// The interval at which rows of killed workers are deleted.
const WORKERS: Duration = Duration::from_hours(1);

/// Sweeps until it is dropped.
pub(super) async fn sweeping(shared: Arc<Shared>) {
    let settings = &shared.settings;
    // Lost runs must be noticed even if nothing else is looked for.
    let interval = settings.poll.min(settings.lease / 3);
    let (hold_off, now) = (HoldOff::new(settings.lease), Instant::now());
    let mut sweeper = Sweeper { shared: &shared, hold_off, known: now, workers: now };
    loop {
        let has_more = match sweeper.sweep().await {
            Ok(has_more) => has_more,
            Err(error) => {
                // A conflict with another transaction is an answer of the database, and no outage.
                if !error.is_retryable() {
                    sweeper.hold_off.failed();
                }
                shared.errors.failed("to sweep", &error);
                false
            }
        };
        tokio::time::sleep(if has_more { SHORT.min(interval) } else { interval }).await;
    }
}

struct Sweeper<'a> {
    shared: &'a Shared,
    hold_off: HoldOff,
    /// The time of the next lookup of runs that other workers do not know.
    known: Instant,
    /// The time at which rows of killed workers are deleted next.
    workers: Instant,
}

impl Sweeper<'_> {
    /// Does what is due. Returns whether there may be more.
    async fn sweep(&mut self) -> Result<bool> {
        let (shared, asked) = (self.shared, Instant::now());
        let db = &shared.own;
        let due = shared.within(store::due(db)).await?;
        self.hold_off.succeeded(asked, due.now);
        let mut has_more = false;
        if due.waiting {
            has_more |= self.ready(|| store::promote(db)).await?;
        }
        if due.unknown {
            has_more |= self.ready(|| store::try_unknown(db)).await?;
        }
        if due.any_unknown && self.known <= Instant::now() {
            self.try_known().await?;
        }
        if due.lost && self.hold_off.is_over() && !shared.is_alone {
            has_more |= self.lost().await?;
        }
        if self.workers <= Instant::now() {
            shared.within(store::forget_workers(db)).await?;
            self.workers = Instant::now() + WORKERS;
        }
        Ok(has_more | (due.old && self.prune().await))
    }

    /// Makes runs ready, batch by batch. Returns whether there may be more.
    async fn ready<F>(&self, batch: impl Fn() -> F) -> Result<bool>
    where
        F: Future<Output = Result<usize>> + Send,
    {
        for _ in 0..MOST_BATCHES {
            let ready = self.shared.within(batch()).await?;
            if ready > 0 {
                wake::wake();
            }
            if ready < store::BATCH {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Makes runs ready whose names only other workers do not know. In a rolling deploy these give them back
    /// again and again.
    async fn try_known(&mut self) -> Result<()> {
        let start = Instant::now();
        for names in registry::names().chunks(store::BATCH) {
            self.ready(|| store::try_known(&self.shared.own, names)).await?;
        }
        self.known = Instant::now() + KNOWN.max(start.elapsed() * KNOWN_PAUSE);
        Ok(())
    }

    /// Gives back the runs of lost workers. Returns whether there may be more.
    async fn lost(&self) -> Result<bool> {
        let settings = &self.shared.settings;
        let spread = SPREAD.min(settings.lease / 4);
        for _ in 0..MOST_BATCHES {
            let lost = store::sweep_lost(&self.shared.own, &self.shared.id, spread, settings.keep_dead);
            let lost = self.shared.within(lost).await?;
            for lost in &lost {
                let (id, task, crashes, is_dead) = (lost.id, &lost.name, lost.crashes, lost.is_dead());
                tracing::warn!(target: "signals", %id, task, crashes, is_dead, "a run was lost with its worker");
            }
            if lost.len() < store::BATCH {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Deletes a batch of old runs. Returns whether there may be more. A failure does not affect the sweep.
    async fn prune(&self) -> bool {
        match self.shared.within(store::prune(&self.shared.own)).await {
            Ok(has_more) => has_more,
            Err(error) => {
                self.shared.errors.failed("to delete old runs", &error);
                false
            }
        }
    }
}
