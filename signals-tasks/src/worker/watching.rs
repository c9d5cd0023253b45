//! Names the tasks that do not yield: while such a task runs, its thread runs no other one.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::shared::Shared;
use crate::store::Claimed;

/// The time without a yield after which a task is named.
const LONG: Duration = Duration::from_secs(1);
/// The interval at which the worker looks for such tasks.
const INTERVAL: Duration = Duration::from_millis(250);

/// The start of this process's measurements.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The present poll of a task.
#[derive(Debug)]
pub(super) struct Polls {
    id: Uuid,
    task: String,
    /// The time of its begin, in milliseconds after [`START`] and at least 1. 0 between two polls.
    since: AtomicU64,
    is_named: AtomicBool,
}

impl Polls {
    pub(super) fn of(claimed: &Claimed) -> Arc<Self> {
        let (id, task) = (claimed.id, claimed.name.clone());
        Arc::new(Self { id, task, since: AtomicU64::new(0), is_named: AtomicBool::new(false) })
    }

    /// Polls a task, and records when each poll begins and ends.
    pub(super) fn around<F: Future>(self: Arc<Self>, task: F) -> impl Future<Output = F::Output> {
        let mut task = Box::pin(task);
        poll_fn(move |context| {
            self.since.store(now(), Ordering::Relaxed);
            let _poll = PollGuard(&self);
            task.as_mut().poll(context)
        })
    }

    /// Warns once of a poll that takes long.
    fn look(&self) {
        let since = self.since.load(Ordering::Relaxed);
        let elapsed = Duration::from_millis(now().saturating_sub(since));
        if since > 0 && elapsed >= LONG && !self.is_named.swap(true, Ordering::Relaxed) {
            let Self { id, task, .. } = self;
            tracing::warn!(target: "signals", %id, task, ?elapsed, "a task does not yield: it blocks its thread, so it cannot be dropped; use `#[task(blocking)]`");
        }
    }
}

/// A poll that has begun. It ends with its drop, also after a panic.
struct PollGuard<'p>(&'p Polls);

impl Drop for PollGuard<'_> {
    fn drop(&mut self) {
        // If the worker shares its thread with the task, nothing has looked during the poll.
        self.0.look();
        self.0.since.store(0, Ordering::Relaxed);
        self.0.is_named.store(false, Ordering::Relaxed);
    }
}

fn now() -> u64 {
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
}

/// Looks for tasks that do not yield, until it is dropped.
pub(super) async fn watching(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        for polls in shared.runs.polls() {
            polls.look();
        }
    }
}
