//! Deletes old runs.

use signals_core::db::Db;
use signals_core::error::Result;

use super::pick::{BATCH, Change, Pick};
use crate::models::TaskState;

/// Deletes one batch of the oldest runs, and returns whether there may be more.
pub(crate) async fn prune(db: &Db) -> Result<bool> {
    let mut is_full = false;
    for state in TaskState::ENDED.map(TaskState::number) {
        let filter = format!("state = {state} AND due_at <= {{now}}");
        let filter = (filter.as_str(), Vec::new());
        let change = Change::Delete;
        let pick = Pick { filter, order: "due_at, id", limit: BATCH, change, columns: "id", columns_before: "id" };
        is_full |= pick.run(db, |_| Ok(())).await?.len() == BATCH;
    }
    Ok(is_full)
}
