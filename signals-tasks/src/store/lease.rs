//! Extends the leases of claims while the worker runs their tasks.

use std::time::Duration;

use signals_core::backend::Row;
use signals_core::db::{Db, IntoHandle as _};
use signals_core::error::Result;
use uuid::Uuid;

use super::pick::{Change, Pick};
use super::statement::{Value, list, read};

/// A claim that the database still holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Held {
    pub(crate) id: Uuid,
    pub(crate) claims: i32,
}

impl Held {
    fn read(row: &Row<'_>) -> Result<Self, sqlx::Error> {
        Ok(Self { id: row.get("id")?, claims: row.get("claims")? })
    }
}

/// The number of leases that one statement extends.
const MOST: usize = 500;
/// The values of a claim.
const CLAIM: &str = "id, claims";

/// Extends the leases of these runs, and returns those claims that still hold.
///
/// A row that another transaction has locked is not extended. While it is locked, no worker can take it.
pub(crate) async fn extend(db: &Db, ids: &[Uuid], by: &str, lease: Duration) -> Result<Vec<Held>> {
    let mut held = Vec::new();
    for ids in ids.chunks(MOST) {
        let mut values = Vec::new();
        let list = list(&mut values, ids.iter().copied());
        values.push(by.into());
        let filter = format!("id IN ({list}) AND state = {{running}} AND claimed_by = ?");
        let pick = Pick {
            filter: (&filter, values),
            order: "id",
            limit: MOST,
            change: Change::Set("due_at = {now} + ?", vec![lease.into()]),
            columns: CLAIM,
            columns_before: CLAIM,
        };
        let extended = pick.run(db, Held::read).await?;
        let is_other = |id: &&Uuid| !extended.iter().any(|held| held.id == **id);
        let others: Vec<_> = ids.iter().filter(is_other).copied().collect();
        held.extend(extended);
        held.extend(not_extended(db, &others, by).await?);
    }
    Ok(held)
}

/// Returns the claims of these runs that hold although their leases were not extended: those of locked rows,
/// and those of runs that are done. After the commit of such a run its task still runs `on_commit` callbacks.
async fn not_extended(db: &Db, ids: &[Uuid], by: &str) -> Result<Vec<Held>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut values = Vec::new();
    let list = list(&mut values, ids.iter().copied());
    values.push(by.into());
    let sql = format!(
        "SELECT {CLAIM} FROM signals_task WHERE id IN ({list}) \
         AND (state = {{done}} OR (state = {{running}} AND claimed_by = ?))"
    );
    read(db.into_handle(), &sql, &values, Held::read).await
}

/// Returns all claims of a worker.
pub(crate) async fn claims_of(db: &Db, by: &str) -> Result<Vec<Held>> {
    let sql = format!("SELECT {CLAIM} FROM signals_task WHERE state = {{running}} AND claimed_by = ?");
    read(db.into_handle(), &sql, &[Value::from(by)], Held::read).await
}
