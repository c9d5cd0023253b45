//! Runs a worker from its start to its end, on its own thread.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep, timeout_at};

use super::Stopped;
use super::claiming::claiming;
use super::flushing::flushing;
use super::keeping::keeping;
use super::listening::listening;
use super::shared::{Shared, Stop};
use super::sweeping::sweeping;
use crate::beat::beating_in_worker;
use crate::registry;
use crate::store::{self, End};

/// The maximum time for a dropped task to end. A task that blocks its thread does not end.
const TO_DROP: Duration = Duration::from_millis(500);
/// The longest grace period, so that its end does not overflow.
const LONGEST_GRACE: Duration = Duration::from_hours(24 * 365);
/// The maximum time to write the last ends.
const TO_WRITE: Duration = Duration::from_secs(5);

/// Runs the worker.
pub(super) async fn drive(shared: Arc<Shared>, ends: UnboundedReceiver<End>) -> Stopped {
    tracing::info!(target: "signals", worker = shared.id, concurrency = shared.settings.concurrency, "the worker starts");
    // Runs of unknown names need not wait if this worker has their tasks.
    if let Err(error) = shared.within(store::make_known_due(&shared.own, &registry::names())).await {
        shared.complaints.about("to look for runs of its tasks", &error);
    }
    let listener = tokio::spawn(listening(Arc::clone(&shared)));
    let keeper = tokio::spawn(keeping(Arc::clone(&shared)));
    let sweeper = tokio::spawn(sweeping(Arc::clone(&shared)));
    let flusher = tokio::spawn(flushing(Arc::clone(&shared), ends));
    let beat = shared.settings.with_beat.then(|| tokio::spawn(beating_in_worker(shared.own.clone())));
    claiming(&shared).await;
    let stopped = stop(&shared).await;
    for task in [listener, keeper, sweeper, flusher].into_iter().chain(beat) {
        task.abort();
        // It has ended when this returns, and its connection is back in the pool.
        drop(task.await);
    }
    if let Err(error) = shared.within(store::unshow_worker(&shared.own, &shared.id)).await {
        shared.complaints.about("to say that it stops", &error);
    }
    if !shared.is_alone
        && let Err(error) = shared.own.close().await
    {
        tracing::debug!(target: "signals", %error, "the worker's connections were not closed");
    }
    tracing::info!(target: "signals", worker = shared.id, ?stopped, "the worker has stopped");
    stopped
}

/// Waits for the runs to end within the grace period, gives back the others, and writes all ends.
async fn stop(shared: &Arc<Shared>) -> Stopped {
    let grace = Instant::now() + shared.settings.grace.min(LONGEST_GRACE);
    tokio::select! {
        () = until(shared, grace, || shared.runs.running() == 0) => {}
        () = shared.stopped(Stop::Now) => {}
    }
    shared.runs.abort_all();
    until(shared, Instant::now() + TO_DROP, || shared.runs.running() == 0).await;
    let left_running = shared.runs.names();
    if !left_running.is_empty() {
        tracing::warn!(target: "signals", ?left_running, "these tasks block their threads, and keep their leases until they end");
    }
    let released = shared.runs.release_dropped();
    until(shared, Instant::now() + TO_WRITE, || shared.runs.ending() == 0).await;
    Stopped { released, left_running, lost_claims: shared.runs.lost() }
}

/// Waits until the condition holds, or until the deadline.
async fn until(shared: &Shared, deadline: Instant, is_so: impl Fn() -> bool) {
    while !is_so() && Instant::now() < deadline {
        let changed = timeout_at(deadline, shared.runs.changed.notified());
        // A change between the check and the wait is noticed after the timeout.
        tokio::select! {
            _ = changed => {}
            () = sleep(Duration::from_millis(20)) => {}
        }
    }
}
