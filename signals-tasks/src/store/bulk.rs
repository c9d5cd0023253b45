//! Changes of many runs, a batch for each transaction.

use std::time::Duration;

use signals_core::db::{Db, Handle, IntoHandle as _};
use signals_core::error::Result;
use uuid::Uuid;

use super::change::{AS_NEW, CANCELLED};
use super::pick::{BATCH, Change, Pick};
use super::statement::{Value, list, read, run};
use super::transaction::{begin, conclude};
use crate::models::TaskState;

/// The runs that a change is limited to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    pub(crate) queue: Option<String>,
    pub(crate) task: Option<String>,
}

impl Scope {
    /// Returns the condition for runs in this state that were enqueued until `before`, with its values.
    fn filter(&self, state: TaskState, before: i64) -> (String, Vec<Value>) {
        let (mut filter, mut values) = (format!("state = {} AND created_at <= ?", state.number()), vec![before.into()]);
        self.limit(&mut filter, &mut values);
        (filter, values)
    }

    /// Adds the conditions for queue and task.
    fn limit(&self, filter: &mut String, values: &mut Vec<Value>) {
        for (column, value) in [("queue", &self.queue), ("name", &self.task)] {
            if let Some(value) = value {
                filter.extend([" AND ", column, " = ?"]);
                values.push(value.as_str().into());
            }
        }
    }

    /// The order in which an index returns the rows.
    fn order(&self) -> &'static str {
        if self.queue.is_some() { "priority, id" } else { "due_at, id" }
    }
}

/// Deletes a batch of runs in this state that were enqueued until `before`, and returns its size.
pub(crate) async fn purge(db: &Db, state: TaskState, scope: &Scope, before: i64) -> Result<usize> {
    batch(db, state, scope, before, Change::Delete).await
}

/// Cancels a batch of runs in this state that were enqueued until `before`, and returns its size.
pub(crate) async fn cancel_batch(
    db: &Db,
    state: TaskState,
    scope: &Scope,
    before: i64,
    keep: Duration,
) -> Result<usize> {
    batch(db, state, scope, before, Change::Set(CANCELLED, vec![keep.into()])).await
}

/// Returns whether there are runs in this state that were enqueued until `before`, also those that another
/// transaction has locked.
pub(crate) async fn has_any(db: &Db, state: TaskState, scope: &Scope, before: i64) -> Result<bool> {
    let (filter, values) = scope.filter(state, before);
    let sql = format!("SELECT 1 AS found FROM signals_task WHERE {filter} LIMIT 1");
    Ok(!read(db.into_handle(), &sql, &values, |_| Ok(())).await?.is_empty())
}

async fn batch(db: &Db, state: TaskState, scope: &Scope, before: i64, change: Change<'_>) -> Result<usize> {
    let (filter, values) = scope.filter(state, before);
    let order = scope.order();
    let filter = (filter.as_str(), values);
    let pick = Pick { filter, order, limit: BATCH, change, columns: "id", columns_before: "id" };
    Ok(pick.run(db, |_| Ok(())).await?.len())
}

/// A run that is dead.
#[derive(Debug, Clone)]
pub(crate) struct Dead {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) unique_key: Option<String>,
    pub(crate) due_at: i64,
}

/// Returns the next batch of dead runs after this one. They died until `before`.
pub(crate) async fn dead_after(
    on: Handle<'_>,
    scope: &Scope,
    (due_at, id): (i64, Uuid),
    before: i64,
) -> Result<Vec<Dead>> {
    let mut filter = "state = {dead} AND due_at >= ? AND (due_at > ? OR id > ?) AND done_at <= ?".to_owned();
    let mut values: Vec<Value> = vec![due_at.into(), due_at.into(), id.into(), before.into()];
    scope.limit(&mut filter, &mut values);
    let sql = format!(
        "SELECT id, name, unique_key, due_at FROM signals_task WHERE {filter} ORDER BY due_at, id LIMIT {BATCH}"
    );
    read(on, &sql, &values, |row| {
        Ok(Dead {
            id: row.get("id")?,
            name: row.get("name")?,
            unique_key: row.get("unique_key")?,
            due_at: row.get("due_at")?,
        })
    })
    .await
}

/// The time at which runs become ready: `from` in milliseconds since 1970, and up to `spread` later.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Starts {
    pub(crate) from: i64,
    pub(crate) spread: Duration,
}

/// The assignments of a run that is tried again at a start.
fn again() -> String {
    format!("state = {{waiting}}, {AS_NEW}, due_at = ? + {{up_to}}")
}

/// A condition that no index serves: with old statistics, a database would read all dead runs in place of those
/// with the ids.
const STILL_DEAD: &str = "state + 0 = {dead}";

/// Lets dead runs without a unique key wait for their start, and returns their number.
pub(crate) async fn wait_again(db: &Db, ids: &[Uuid], starts: Starts) -> Result<u64> {
    let mut ids = ids.to_vec();
    // Sorted, so that two writers of the same rows cannot deadlock.
    ids.sort_unstable();
    let mut values: Vec<Value> = vec![starts.from.into(), starts.spread.into()];
    let ids = list(&mut values, ids);
    let sql = format!("UPDATE signals_task SET {} WHERE id IN ({ids}) AND {STILL_DEAD}", again());
    let tx = begin(db).await?;
    let retried = run(tx.into_handle(), "UPDATE", &sql, &values).await;
    conclude(tx, retried).await
}

/// Lets a dead run with a unique key wait for its start. Returns whether it was still dead.
pub(crate) async fn wait_again_with_key(on: Handle<'_>, id: Uuid, open_key: &str, starts: Starts) -> Result<bool> {
    let sql = format!("UPDATE signals_task SET {}, open_key = ? WHERE id = ? AND {STILL_DEAD}", again());
    let values = [starts.from.into(), starts.spread.into(), open_key.into(), id.into()];
    Ok(run(on, "UPDATE", &sql, &values).await? == 1)
}
