//! Writes the ends of runs, many at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use signals_core::error::{Error, Result};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep, sleep_until};

use super::shared::Shared;
use crate::definition::scattered;
use crate::dialect::is_value_refused;
use crate::store::{self, End, How};

/// The number of ends that are written at once.
const BATCH: usize = 200;
/// The pause after a failure. It doubles after each further one of the same end.
const FAILED: Duration = Duration::from_millis(200);
/// The maximum number of doublings, so that the longest pause is 6 seconds.
const MOST_DOUBLINGS: u32 = 5;
/// The number of ends of a batch that may fail alone, before the others of the batch wait.
const MOST_FAILED: usize = 3;
/// The number of failures after which the text of an error is assumed to be the cause.
const PATIENCE: u32 = 5;

/// Writes ends as they arrive, until the worker has stopped.
pub(super) async fn flushing(shared: Arc<Shared>, mut ends: UnboundedReceiver<End>) {
    let mut flusher = Flusher { shared: &shared, failing: Vec::new() };
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let next = flusher.failing.iter().map(|unwritten| unwritten.due).min();
        tokio::select! {
            received = ends.recv_many(&mut batch, BATCH) => {
                if received == 0 {
                    return;
                }
            }
            () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {}
        }
        flusher.write(batch.drain(..).map(Unwritten::new).collect()).await;
        let now = Instant::now();
        let due = flusher.failing.extract_if(.., |unwritten| unwritten.due <= now).collect();
        flusher.write_alone(due).await;
    }
}

/// An end that must be written.
struct Unwritten {
    end: End,
    failures: u32,
    /// The time of the next try, after a failure.
    due: Instant,
}

impl Unwritten {
    fn new(end: End) -> Self {
        Self { end, failures: 0, due: Instant::now() }
    }

    /// Records a failure.
    fn failed(&mut self, error: &Error) {
        self.failures += 1;
        let pause = FAILED * (1 << (self.failures - 1).min(MOST_DOUBLINGS));
        self.due = Instant::now() + scattered(pause);
        if self.failures > PATIENCE && is_value_refused(error) {
            without_text(&mut self.end.how);
        }
    }
}

struct Flusher<'a> {
    shared: &'a Shared,
    /// The ends that could not be written. They hold up no others.
    failing: Vec<Unwritten>,
}

impl Flusher<'_> {
    /// Writes ends, those of one kind in one statement or transaction.
    async fn write(&mut self, ends: Vec<Unwritten>) {
        let (done, others): (Vec<_>, Vec<_>) = ends.into_iter().partition(|it| matches!(it.end.how, How::Done));
        // Most runs are claimed once, so these are few groups.
        let mut groups: BTreeMap<i32, Vec<Unwritten>> = BTreeMap::new();
        for unwritten in done {
            groups.entry(unwritten.end.claims).or_default().push(unwritten);
        }
        for group in groups.into_values().chain([others]) {
            self.write_group(group).await;
        }
    }

    /// Writes ends at once. If the database is unreachable, it retries until the database is back, so that an
    /// outage after a task loses no end. If the database refuses the write, it writes each end alone.
    async fn write_group(&mut self, mut ends: Vec<Unwritten>) {
        if ends.is_empty() {
            return;
        }
        loop {
            let error = match self.try_to_write(&ends).await {
                Ok(written) => return self.leave(&ends, written).await,
                Err(error) => error,
            };
            self.shared.errors.failed("to write the ends of runs", &error);
            let is_unreachable = is_unreachable(&error);
            // It may have been written, although its answer was lost.
            for unwritten in &mut ends {
                unwritten.failures += 1;
            }
            if !is_unreachable {
                return self.write_alone(ends).await;
            }
            sleep(scattered(FAILED)).await;
        }
    }

    /// Writes each end alone. One that fails is tried again later.
    async fn write_alone(&mut self, ends: Vec<Unwritten>) {
        let mut failed = 0;
        for mut unwritten in ends {
            if failed == MOST_FAILED {
                unwritten.due = Instant::now() + FAILED;
                self.failing.push(unwritten);
                continue;
            }
            match self.try_to_write(std::slice::from_ref(&unwritten)).await {
                Ok(written) => self.leave(std::slice::from_ref(&unwritten), written).await,
                Err(error) => {
                    self.shared.errors.failed("to write the end of a run", &error);
                    failed += 1;
                    unwritten.failed(&error);
                    self.failing.push(unwritten);
                }
            }
        }
    }

    /// Writes ends that are all done with one number of claims, or all of other kinds. Returns how many
    /// claims still held.
    async fn try_to_write(&self, ends: &[Unwritten]) -> Result<u64> {
        let (db, settings) = (&self.shared.own, &self.shared.settings);
        if let Some(Unwritten { end: End { claims, how: How::Done, .. }, .. }) = ends.first() {
            let ids = ends.iter().map(|it| it.end.id).collect();
            return self.shared.within(store::write_done(db, ids, *claims, settings.keep_done)).await;
        }
        let ends: Vec<_> = ends.iter().map(|it| it.end.clone()).collect();
        self.shared.within(store::write_each(db, &ends, settings.keep_done, settings.keep_dead)).await
    }

    /// Removes runs whose ends were written, and counts those claims that were lost.
    async fn leave(&self, ends: &[Unwritten], written: u64) {
        let mut lost = (ends.len() as u64).saturating_sub(written);
        if lost > 0 && ends.iter().all(|unwritten| unwritten.failures > 0) {
            lost = (ends.len() as u64).saturating_sub(self.count_written(ends).await);
        }
        if lost > 0 {
            self.shared.runs.count_lost(lost);
            tracing::warn!(target: "signals", lost, "the ends of runs were not written: other workers have taken them, or they were cancelled");
        }
        for Unwritten { end, .. } in ends {
            self.shared.runs.leave(end.id, end.claims);
        }
    }

    /// Returns how many of these ends are written, by this try or by an earlier one whose answer was lost.
    async fn count_written(&self, ends: &[Unwritten]) -> u64 {
        let mut written = 0;
        for unwritten in ends {
            match self.shared.within(store::is_written(&self.shared.own, &unwritten.end)).await {
                Ok(is_written) => written += u64::from(is_written),
                Err(error) => self.shared.errors.failed("to look for the end of a run", &error),
            }
        }
        written
    }
}

/// Returns whether nothing can be written, whatever it is.
fn is_unreachable(error: &Error) -> bool {
    let has_no_connection = matches!(error, Error::Database { source: sqlx::Error::PoolTimedOut, .. });
    error.is_connection_lost() || has_no_connection
}

/// Removes the text of its error from an end, because the database refuses the text.
fn without_text(how: &mut How) {
    match how {
        How::Again { error, .. } | How::Dead { error } | How::Unknown { error, .. } => {
            "the database refused the text of the error".clone_into(error);
        }
        How::Later { error, .. } => *error = None,
        How::Done | How::Skipped { .. } | How::Released => {}
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_outage_does_not_replace_the_text_of_an_error() {
        let how = How::Dead { error: "the cause".to_owned() };
        let mut unwritten = Unwritten::new(End { id: Uuid::from_u128(1), claims: 1, how });
        for _ in 0..100 {
            unwritten.failed(&Error::from(sqlx::Error::PoolTimedOut));
        }
        assert!(matches!(unwritten.end.how, How::Dead { error } if error == "the cause"));
    }
}
