//! The statements on the table of writes that triggers recorded.

use signals_core::db::{Db, Handle, IntoHandle as _, Tx};
use signals_core::error::Result;

use super::pick::DELETED;
use super::statement::{Value, list, read, run};
use super::status::MOST;
use crate::dialect::Dialect;

/// A recorded write.
#[derive(Debug)]
pub(crate) struct Captured {
    pub(crate) id: i64,
    pub(crate) table: String,
    pub(crate) operation: String,
    pub(crate) actor: Option<String>,
}

/// The recorded writes that are taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CapturedKind {
    /// Those that were not tried yet.
    New,
    /// Those that were refused and are due.
    Refused,
}

impl CapturedKind {
    /// The kinds, in the order in which they are sent.
    pub(crate) const ALL: [Self; 2] = [Self::New, Self::Refused];

    fn condition(self) -> &'static str {
        match self {
            Self::New => "due_at = 0",
            Self::Refused => "due_at > 0 AND due_at <= {now}",
        }
    }
}

/// Returns whether there are recorded writes of these tables.
pub(crate) async fn has_captured(db: &Db, tables: &[&'static str], kind: CapturedKind) -> Result<bool> {
    Ok(!select(db.into_handle(), tables, kind, 1, "").await?.is_empty())
}

/// Returns the oldest recorded writes of these tables, without those that others have locked, and locks them. They are
/// in the order of their ids.
pub(crate) async fn lock_captured(
    tx: &Tx,
    tables: &[&'static str],
    kind: CapturedKind,
    limit: usize,
) -> Result<Vec<Captured>> {
    select(tx.into_handle(), tables, kind, limit, Dialect::of(tx.backend()).lock).await
}

async fn select(
    on: Handle<'_>,
    tables: &[&'static str],
    kind: CapturedKind,
    limit: usize,
    lock: &str,
) -> Result<Vec<Captured>> {
    let mut values = Vec::new();
    let tables = list(&mut values, tables.iter().copied());
    // The order is that of an index, at whose end are the refused ones that are not due.
    let due = kind.condition();
    let sql = format!(
        "SELECT id, table_name, operation, actor FROM signals_capture WHERE {due} AND table_name IN ({tables}) \
         ORDER BY due_at, id LIMIT {limit}{lock}"
    );
    let captured = read(on, &sql, &values, |row| {
        Ok(Captured {
            id: row.get("id")?,
            table: row.get("table_name")?,
            operation: row.get("operation")?,
            actor: row.get("actor")?,
        })
    });
    let mut captured = captured.await?;
    captured.sort_by_key(|write| write.id);
    Ok(captured)
}

/// Deletes recorded writes.
pub(crate) async fn forget_captured(tx: &Tx, captured: &[Captured]) -> Result<()> {
    for part in captured.chunks(DELETED) {
        let mut values: Vec<Value> = Vec::new();
        let ids = list(&mut values, part.iter().map(|write| write.id));
        let sql = format!("DELETE FROM signals_capture WHERE id IN ({ids})");
        run(tx.into_handle(), "DELETE", &sql, &values).await?;
    }
    Ok(())
}

/// The shortest and the longest time between two tries of a write, in milliseconds: a minute and a day.
const PAUSES: (i64, i64) = (60_000, 86_400_000);

/// Notes why a recorded write cannot be sent. It is tried again at twice its age.
pub(crate) async fn refuse_captured(tx: &Tx, id: i64, error: &str) -> Result<()> {
    let ((shortest, longest), age) = (PAUSES, "{now} - captured_at");
    let pause =
        format!("CASE WHEN {age} < {shortest} THEN {shortest} WHEN {age} > {longest} THEN {longest} ELSE {age} END");
    let sql = format!("UPDATE signals_capture SET error = ?, due_at = {{now}} + {pause} WHERE id = ?");
    run(tx.into_handle(), "UPDATE", &sql, &[error.into(), id.into()]).await.map(drop)
}

/// The number of recorded writes of all tables. Each is at most one more than [`MOST`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CapturedCount {
    /// Those that were not tried yet.
    pub(crate) new: u64,
    /// Those that were refused.
    pub(crate) refused: u64,
}

/// Counts the recorded writes.
pub(crate) async fn count_captured(on: Handle<'_>) -> Result<CapturedCount> {
    Ok(CapturedCount { new: count(on, "due_at = 0").await?, refused: count(on, "due_at > 0").await? })
}

/// Counts the recorded writes with this condition, without the row that marks a transaction in SQLite. Their order makes each database read the index.
async fn count(on: Handle<'_>, condition: &str) -> Result<u64> {
    let limit = MOST + 1;
    let sql = format!(
        "SELECT count(*) AS writes FROM (SELECT 1 AS found FROM signals_capture WHERE {condition} AND id > 0 \
         ORDER BY due_at, id LIMIT {limit}) AS counted"
    );
    let counted = read(on, &sql, &[], |row| Ok(row.get::<i64>("writes")?.unsigned_abs())).await?;
    Ok(counted.into_iter().sum())
}
