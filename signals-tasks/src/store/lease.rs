//! Extends the leases of claims while the worker runs their tasks.

use std::time::Duration;

use signals_core::db::{Db, IntoHandle as _};
use signals_core::error::Result;
use uuid::Uuid;

use super::statement::{Value, places, read, run};

/// A claim that the database still holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Held {
    pub(crate) id: Uuid,
    pub(crate) claims: i32,
}

/// The number of leases that one statement extends.
const MOST: usize = 500;

/// Extends the leases of these runs, and returns those claims that this worker still holds.
pub(crate) async fn extend(db: &Db, ids: &[Uuid], by: &str, lease: Duration) -> Result<Vec<Held>> {
    let mut held = Vec::new();
    for ids in ids.chunks(MOST) {
        let list = places(ids.len());
        let mine = format!("WHERE id IN ({list}) AND claimed_by = ? AND state = 2");
        let mut values: Vec<_> = ids.iter().copied().map(Value::Id).collect();
        values.push(by.into());
        let select = format!("SELECT id, claims FROM signals_task {mine}");
        let on = db.into_handle();
        held.extend(
            read(on, &select, &values, |row| Ok(Held { id: row.get("id")?, claims: row.get("claims")? })).await?,
        );
        values.insert(0, lease.into());
        run(on, "UPDATE", &format!("UPDATE signals_task SET due_at = {{now}} + ? {mine}"), &values).await?;
    }
    Ok(held)
}
