//! Writes the ends of runs, many at once.

use std::sync::Arc;
use std::time::Duration;

use signals_core::error::Result;
use tokio::sync::mpsc::UnboundedReceiver;

use super::shared::Shared;
use crate::definition::scattered;
use crate::store::{self, End, How};

/// The number of ends that are written at once.
const BATCH: usize = 200;
/// The pause after a failure.
const FAILED: Duration = Duration::from_millis(200);
/// The number of failures after which the text of an error is assumed to be the cause.
const PATIENCE: u32 = 5;

/// Writes ends as they arrive, until the worker has stopped.
pub(super) async fn flushing(shared: Arc<Shared>, mut ends: UnboundedReceiver<End>) {
    let mut batch = Vec::with_capacity(BATCH);
    while ends.recv_many(&mut batch, BATCH).await > 0 {
        let (done, others): (Vec<_>, Vec<_>) = batch.drain(..).partition(|end| matches!(end.how, How::Done));
        write_done(&shared, done).await;
        write_others(&shared, others).await;
    }
}

/// Retries until the database accepts the write, so that an outage after a task loses no end.
async fn write_done(shared: &Shared, ends: Vec<End>) {
    if ends.is_empty() {
        return;
    }
    loop {
        match shared.within(store::write_done(&shared.own, &ends, shared.settings.keep_done)).await {
            Ok(written) => return leave(shared, &ends, written),
            Err(error) => {
                shared.complaints.about("to write that runs are done", &error);
                tokio::time::sleep(scattered(FAILED)).await;
            }
        }
    }
}

/// Writes the other ends in one transaction, or one by one if the transaction fails.
async fn write_others(shared: &Shared, mut ends: Vec<End>) {
    if ends.len() > 1
        && let Ok(written) = shared.within(write_all(shared, &ends)).await
    {
        return leave(shared, &ends, written);
    }
    let mut failures = 0;
    while let Some(end) = ends.pop() {
        match shared.within(write_all(shared, std::slice::from_ref(&end))).await {
            Ok(written) => {
                failures = 0;
                leave(shared, std::slice::from_ref(&end), written);
            }
            Err(error) => {
                shared.complaints.about("to write the end of a run", &error);
                failures += 1;
                tokio::time::sleep(scattered(FAILED)).await;
                let is_refused = failures > PATIENCE && !error.is_connection_lost();
                ends.push(if is_refused { without_text(end) } else { end });
            }
        }
    }
}

async fn write_all(shared: &Shared, ends: &[End]) -> Result<u64> {
    store::write_each(&shared.own, ends, shared.settings.keep_done, shared.settings.keep_dead).await
}

fn leave(shared: &Shared, ends: &[End], written: u64) {
    let lost = (ends.len() as u64).saturating_sub(written);
    if lost > 0 {
        shared.runs.count_lost(lost);
        tracing::warn!(target: "signals", lost, "the ends of runs were not written: other workers have taken them, or they were cancelled");
    }
    for end in ends {
        shared.runs.leave(end.id, end.claims);
    }
}

/// Returns the same end without the text of its error, which the database may have refused.
fn without_text(end: End) -> End {
    let text = || "the database refused the text of the error".to_owned();
    let how = match end.how {
        How::Again { delay, .. } => How::Again { delay, error: text() },
        How::Later { delay, .. } => How::Later { delay, error: None },
        How::Dead { .. } => How::Dead { error: text() },
        How::Unknown { delay, .. } => How::Unknown { delay, error: text() },
        how @ (How::Done | How::Skipped { .. } | How::Released) => how,
    };
    End { how, ..end }
}
