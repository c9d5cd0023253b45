//! Makes due runs ready, and gives back the runs of lost workers.

use std::time::Duration;

use signals_core::db::{Db, IntoHandle as _};
use signals_core::error::Result;
use uuid::Uuid;

use super::pick::{BATCH, Change, Pick};
use super::statement::{MOST_BESIDE, Value, list, read, ready_state};
use crate::models::TaskState;

/// The number of crashes after which a run is dead: two beside others, and three alone.
const MOST_CRASHES: i32 = MOST_BESIDE + 3;

/// The kinds of due runs.
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of one statement")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct DueRuns {
    /// The present time of the database.
    pub(crate) now: Duration,
    /// Runs that become ready.
    pub(crate) waiting: bool,
    /// Runs whose lease has ended.
    pub(crate) lost: bool,
    /// Runs of unknown names that are tried again.
    pub(crate) unknown: bool,
    /// Runs of unknown names, due or not.
    pub(crate) any_unknown: bool,
    /// Runs that ended long ago.
    pub(crate) old: bool,
}

/// Returns which kinds of runs are due. It writes nothing, so that an idle worker takes no lock.
pub(crate) async fn due(db: &Db) -> Result<DueRuns> {
    let exists = |filter: &str| format!("EXISTS (SELECT 1 FROM signals_task WHERE {filter})");
    let is_due = |state: TaskState| exists(&format!("state = {} AND due_at <= {{now}}", state.number()));
    let flag = |condition: String, name: &str| format!("CASE WHEN {condition} THEN 1 ELSE 0 END AS {name}");
    let flags = [
        flag(is_due(TaskState::Waiting), "waiting"),
        flag(is_due(TaskState::Running), "lost"),
        flag(is_due(TaskState::Unknown), "unknown"),
        flag(exists("state = {unknown}"), "any_unknown"),
        flag(TaskState::ENDED.map(is_due).join(" OR "), "old"),
    ];
    let sql = format!("SELECT {{now}} AS now_ms, {}", flags.join(", "));
    let due = read(db.into_handle(), &sql, &[], |row| {
        let flag = |name| row.get::<i32>(name).map(|flag| flag == 1);
        Ok(DueRuns {
            now: Duration::from_millis(row.get::<i64>("now_ms")?.unsigned_abs()),
            waiting: flag("waiting")?,
            lost: flag("lost")?,
            unknown: flag("unknown")?,
            any_unknown: flag("any_unknown")?,
            old: flag("old")?,
        })
    });
    Ok(due.await?.pop().unwrap_or_default())
}

/// Makes a batch of due waiting runs ready, and returns their number.
pub(crate) async fn promote(db: &Db) -> Result<usize> {
    ready(db, "state = {waiting} AND due_at <= {now}", Vec::new()).await
}

/// Makes a batch of due runs of unknown names ready, and returns their number.
pub(crate) async fn try_unknown(db: &Db) -> Result<usize> {
    ready(db, "state = {unknown} AND due_at <= {now}", Vec::new()).await
}

/// Makes a batch of runs of unknown names ready that have one of these names, due or not. Returns their
/// number.
pub(crate) async fn try_known(db: &Db, names: &[&str]) -> Result<usize> {
    let mut values = Vec::new();
    let list = list(&mut values, names.iter().copied());
    ready(db, &format!("state = {{unknown}} AND name IN ({list})"), values).await
}

async fn ready(db: &Db, filter: &str, values: Vec<Value>) -> Result<usize> {
    let set = format!("state = {}", ready_state());
    let change = Change::Set(&set, Vec::new());
    let filter = (filter, values);
    let pick = Pick { filter, order: "due_at, id", limit: BATCH, change, columns: "id", columns_before: "id" };
    Ok(pick.run(db, |_| Ok(())).await?.len())
}

/// A run that was lost with its worker.
#[derive(Debug, Clone)]
pub(crate) struct Lost {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    /// Including this crash.
    pub(crate) crashes: i32,
}

impl Lost {
    /// Returns whether the run is given up.
    pub(crate) fn is_dead(&self) -> bool {
        self.crashes >= MOST_CRASHES
    }
}

/// Gives back a batch of runs of other workers whose lease has ended, spread over `spread`. Each counts as a
/// crash, and not as an attempt.
///
/// This worker's own runs are not lost: a lock may have prevented the extension of their leases.
pub(crate) async fn sweep_lost(db: &Db, own: &str, spread: Duration, keep_dead: Duration) -> Result<Vec<Lost>> {
    // MySQL assigns from left to right, so assignments that depend on `crashes` come before it.
    let is_last = format!("crashes >= {}", MOST_CRASHES - 1);
    let set = format!(
        "state = CASE WHEN {is_last} THEN {{dead}} ELSE {{waiting}} END, \
         done_at = CASE WHEN {is_last} THEN {{now}} ELSE done_at END, \
         open_key = CASE WHEN {is_last} THEN NULL ELSE open_key END, \
         due_at = CASE WHEN {is_last} THEN {{now}} + ? ELSE {{now}} + {{up_to}} END, \
         last_error = 'the worker was lost while it ran this', claimed_by = NULL, \
         attempts = attempts - 1, crashes = crashes + 1"
    );
    let pick = Pick {
        filter: ("state = {running} AND due_at <= {now} AND COALESCE(claimed_by, '') <> ?", vec![own.into()]),
        order: "due_at, id",
        limit: BATCH,
        change: Change::Set(&set, vec![keep_dead.into(), spread.into()]),
        columns: "id, name, crashes",
        columns_before: "id, name, crashes + 1 AS crashes",
    };
    pick.run(db, |row| Ok(Lost { id: row.get("id")?, name: row.get("name")?, crashes: row.get("crashes")? })).await
}
