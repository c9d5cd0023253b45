//! Counts runs and lists workers, for display. Each statement reads at most a bounded part of one index.

use std::time::Duration;

use signals_core::db::Handle;
use signals_core::error::Result;

use super::statement::read;
use crate::models::TaskState;

/// The number up to which runs are counted.
pub(crate) const MOST: u64 = 10_000;

/// The runs of a queue in one state.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counted {
    /// At most one more than [`MOST`].
    pub(crate) runs: u64,
    /// The time since the first of them was due.
    pub(crate) age: Option<Duration>,
}

/// Counts the runs of a queue in this state, with the time since the first of them was due.
///
/// It reads only the rows that it counts. So with more than [`MOST`] runs, it is the first of those that are
/// claimed next.
pub(crate) async fn count_with_age(on: Handle<'_>, state: TaskState, queue: &str) -> Result<Counted> {
    let sql = format!("SELECT count(*) AS runs, {{now}} - MIN(due_at) AS age {}", first(state, "due_at"));
    let values = [queue.into()];
    let counted = read(on, &sql, &values, |row| {
        let age = row.get::<Option<i64>>("age")?.map(milliseconds);
        Ok(Counted { runs: row.get::<i64>("runs")?.unsigned_abs(), age })
    });
    Ok(counted.await?.pop().unwrap_or_default())
}

/// Counts the runs of a queue in this state.
pub(crate) async fn count(on: Handle<'_>, state: TaskState, queue: &str) -> Result<u64> {
    let sql = format!("SELECT count(*) AS runs {}", first(state, "1 AS found"));
    let values = [queue.into()];
    let counted = read(on, &sql, &values, |row| Ok(row.get::<i64>("runs")?.unsigned_abs()));
    Ok(counted.await?.pop().unwrap_or_default())
}

/// The rows to count. Their order makes each database read the index, and not the table.
fn first(state: TaskState, column: &str) -> String {
    let (limit, state) = (MOST + 1, state.number());
    format!(
        "FROM (SELECT {column} FROM signals_task WHERE state = {state} AND queue = ? ORDER BY priority, id \
         LIMIT {limit}) AS counted"
    )
}

/// A row of a worker, with times before the present.
#[derive(Debug, Clone)]
pub(crate) struct SeenWorker {
    pub(crate) id: String,
    pub(crate) queues: String,
    pub(crate) concurrency: i32,
    pub(crate) started: Duration,
    pub(crate) seen: Duration,
}

/// Returns the workers with a heartbeat in this time.
pub(crate) async fn workers(on: Handle<'_>, within: Duration) -> Result<Vec<SeenWorker>> {
    let sql = "SELECT id, queues, concurrency, {now} - started_at AS started, {now} - seen_at AS seen \
               FROM signals_worker WHERE seen_at >= {now} - ? ORDER BY id";
    read(on, sql, &[within.into()], |row| {
        Ok(SeenWorker {
            id: row.get("id")?,
            queues: row.get("queues")?,
            concurrency: row.get("concurrency")?,
            started: milliseconds(row.get("started")?),
            seen: milliseconds(row.get("seen")?),
        })
    })
    .await
}

/// Returns a duration. A time in the future counts as the present.
fn milliseconds(number: i64) -> Duration {
    Duration::from_millis(u64::try_from(number).unwrap_or_default())
}
