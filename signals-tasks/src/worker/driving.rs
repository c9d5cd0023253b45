//! Runs a worker from its start to its end, on its own thread.

use std::sync::Arc;
use std::time::Duration;

use signals_core::error::{Error, Result};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::Stopped;
use super::capturing::capturing;
use super::claiming::claiming;
use super::flushing::flushing;
use super::keeping::{expiring, keeping};
use super::listening::listening;
use super::shared::{Shared, Stop};
use super::sweeping::sweeping;
use super::watching::watching;
use crate::beat::beating_in_worker;
use crate::capture::{self, CapturedKind};
use crate::store::{self, End};

/// The maximum time for a dropped task to end. A task that blocks its thread does not end.
const TO_DROP: Duration = Duration::from_secs(2);
/// The longest grace period, so that its end does not overflow.
const LONGEST_GRACE: Duration = Duration::from_hours(24 * 365);
/// The maximum time after the grace period: to drop tasks, to write the last ends, to delete the worker's row, and to
/// close its connections.
const LAST: Duration = Duration::from_secs(6);

/// Runs the worker.
///
/// # Errors
///
/// If a part of it panics. Then the whole worker stops.
pub(super) async fn drive(shared: Arc<Shared>, ends: UnboundedReceiver<End>) -> Result<Stopped> {
    tracing::info!(target: "signals", worker = shared.id, concurrency = shared.settings.concurrency, "the worker starts");
    let mut parts = JoinSet::new();
    parts.spawn(keeping(Arc::clone(&shared)));
    parts.spawn(expiring(Arc::clone(&shared)));
    parts.spawn(sweeping(Arc::clone(&shared)));
    parts.spawn(flushing(Arc::clone(&shared), ends));
    parts.spawn(listening(Arc::clone(&shared)));
    parts.spawn(watching(Arc::clone(&shared)));
    // In a burst, the claimer sends captured writes, so that it does not end before they are sent.
    if capture::is_used() && !shared.settings.burst {
        for kind in CapturedKind::ALL {
            parts.spawn(capturing(Arc::clone(&shared), kind));
        }
    }
    if shared.settings.with_beat {
        parts.spawn(beating_in_worker(shared.own.clone(), shared.overdue(), shared.runtime.clone()));
    }
    let (grace, failed) = match claim(&shared, &mut parts).await {
        Ok(grace) => (grace, None),
        Err(failed) => (Instant::now(), Some(failed)),
    };
    wait_for_runs(&shared, grace).await;
    let last = Instant::now() + LAST;
    let stopped = drop_runs(&shared, last).await;
    // They have ended when this returns, and their connections are back in the pool.
    parts.shutdown().await;
    finish(&shared, last).await;
    if let Some(failed) = failed {
        return Err(failed);
    }
    tracing::info!(target: "signals", worker = shared.id, ?stopped, "the worker has stopped");
    Ok(stopped)
}

/// Claims until the worker is asked to stop. Returns the end of the grace period, which begins when the worker
/// is asked, even if a claim still waits for the database.
async fn claim(shared: &Arc<Shared>, parts: &mut JoinSet<()>) -> Result<Instant> {
    let grace = shared.settings.grace.min(LONGEST_GRACE);
    let own = Arc::clone(shared);
    let mut claimer = tokio::spawn(async move { claiming(&own).await });
    let mut until = None;
    loop {
        tokio::select! {
            ended = &mut claimer => {
                ended.map_err(|error| failed(shared, Some(&error)))?;
                return Ok(until.unwrap_or_else(|| Instant::now() + grace));
            }
            ended = parts.join_next() => {
                claimer.abort();
                return Err(failed(shared, ended.and_then(Result::err).as_ref()));
            }
            () = shared.stopped(Stop::Gracefully), if until.is_none() => until = Some(Instant::now() + grace),
            () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => break,
            () = shared.stopped(Stop::Now) => break,
        }
    }
    claimer.abort();
    // Its connection is back in the pool, or closed.
    drop(claimer.await);
    Ok(until.unwrap_or_else(Instant::now))
}

/// Returns the error of a part that ended although the worker was not asked to stop.
fn failed(shared: &Shared, error: Option<&JoinError>) -> Error {
    let error = error.map_or_else(|| "it returned".to_owned(), ToString::to_string);
    tracing::error!(target: "signals", worker = shared.id, error, "a part of the worker ended: the worker stops");
    Error::other(format!("a part of the worker ended: {error}"))
}

/// Waits for the runs to end within the grace period.
async fn wait_for_runs(shared: &Shared, grace: Instant) {
    tokio::select! {
        () = until(shared, grace, || shared.runs.running() == 0 && shared.left_behind().is_empty()) => {}
        () = shared.stopped(Stop::Now) => {}
    }
}

/// Drops the runs that have not ended, gives them back, and waits until all ends are written.
async fn drop_runs(shared: &Shared, last: Instant) -> Stopped {
    let runs = &shared.runs;
    let dropped = runs.dropped();
    runs.abort_all();
    until(shared, Instant::now() + TO_DROP, || runs.running() == 0).await;
    let mut left_running = runs.names();
    left_running.extend(shared.left_behind());
    left_running.sort();
    if !left_running.is_empty() {
        tracing::warn!(target: "signals", ?left_running, "these tasks still block their threads: their runs that have not ended start again after their leases");
    }
    let released = runs.dropped() - dropped;
    until(shared, last, || runs.ending() == 0).await;
    let unwritten = runs.ending();
    if unwritten > 0 {
        tracing::warn!(target: "signals", unwritten, "the ends of runs were not written: their tasks run again after their leases");
    }
    Stopped { released, left_running, unwritten, lost_claims: runs.lost() }
}

/// Deletes the worker's row, and closes its connections.
async fn finish(shared: &Shared, last: Instant) {
    let left = last.saturating_duration_since(Instant::now());
    if let Err(error) = shared.within_time(left, store::unshow_worker(&shared.own, &shared.id)).await {
        shared.errors.failed("to delete its row in `signals_worker`", &error);
    }
    if !shared.is_alone {
        match timeout_at(last, shared.own.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(target: "signals", %error, "the worker's connections were not closed"),
            Err(_elapsed) => tracing::debug!(target: "signals", "the worker's connections were not closed in time"),
        }
    }
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

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use signals_core::db::Db;
    use tokio::sync::{mpsc, watch};
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_worker_stops_if_a_part_of_it_ends() -> Result<()> {
        let db = Db::connect("sqlite::memory:").await?;
        let (sender, _ends) = mpsc::unbounded_channel();
        let (_stop, stop) = watch::channel(Stop::No);
        let shared = Shared { is_alone: true, ..Shared::for_test(&db, sender, stop) };
        // Its sender is dropped, so the part that writes ends returns.
        let (_, ends) = mpsc::unbounded_channel();
        let stopped = timeout(Duration::from_secs(10), drive(Arc::new(shared), ends)).await.map_err(Error::other)?;
        let error = stopped.err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("a part of the worker ended: it returned"));
        Ok(())
    }
}
