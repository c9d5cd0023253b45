//! Changes of a run from outside of its worker.

use std::time::Duration;

use signals_core::db::Handle;
use signals_core::error::Result;
use uuid::Uuid;

use super::statement::{Value, run};

/// The assignments of a run that is tried again, with all its attempts.
pub(super) const AS_NEW: &str = "attempts = 0, crashes = 0, unknown_since = NULL, done_at = NULL";

/// Makes a run ready that has ended without success. Returns whether there is one.
pub(crate) async fn make_ready(on: Handle<'_>, id: Uuid, open_key: Option<&str>) -> Result<bool> {
    let mut values: Vec<Value> = open_key.map(Value::from).into_iter().collect();
    values.push(id.into());
    let key = if open_key.is_some() { "?" } else { "NULL" };
    let sql = format!(
        "UPDATE signals_task SET state = {{ready}}, {AS_NEW}, due_at = {{now}}, open_key = {key} \
         WHERE id = ? AND state IN ({{dead}}, {{cancelled}})"
    );
    Ok(run(on, "UPDATE", &sql, &values).await? == 1)
}

/// The assignments that cancel a run.
pub(super) const CANCELLED: &str =
    "state = {cancelled}, open_key = NULL, claimed_by = NULL, done_at = {now}, due_at = {now} + ?";

/// Cancels a run that has not ended. Returns whether there is one.
pub(crate) async fn cancel(on: Handle<'_>, id: Uuid, keep: Duration) -> Result<bool> {
    let open = "state IN ({ready}, {waiting}, {running}, {isolated}, {unknown})";
    let sql = format!("UPDATE signals_task SET {CANCELLED} WHERE id = ? AND {open}");
    Ok(run(on, "UPDATE", &sql, &[keep.into(), id.into()]).await? == 1)
}
