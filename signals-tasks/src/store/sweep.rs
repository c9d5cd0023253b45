//! Makes due runs ready, and gives back the runs of lost workers.

use std::time::Duration;

use signals_core::db::{Db, IntoHandle as _};
use signals_core::error::Result;
use uuid::Uuid;

use super::pick::{Change, Pick};
use super::statement::{Value, places, read, run};

/// The maximum number of rows that one transaction changes.
const BATCH: usize = 500;
/// The number of crashes after which a run is dead: one beside others, and three alone.
const MOST_CRASHES: i32 = 4;

/// The kinds of due runs.
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of one statement")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Due {
    /// Runs that become ready.
    pub(crate) waiting: bool,
    /// Runs whose lease has ended.
    pub(crate) lost: bool,
    /// Runs of unknown names that are tried again.
    pub(crate) unknown: bool,
    /// Runs that ended long ago.
    pub(crate) old: bool,
}

/// Returns which kinds of runs are due. It writes nothing, so that an idle worker takes no lock.
pub(crate) async fn due(db: &Db) -> Result<Due> {
    let is_due =
        |state: i16| format!("EXISTS (SELECT 1 FROM signals_task WHERE state = {state} AND due_at <= {{now}})");
    let flag = |condition: String, name: &str| format!("CASE WHEN {condition} THEN 1 ELSE 0 END AS {name}");
    let old = [3, 4, 5].map(is_due).join(" OR ");
    let flags = [flag(is_due(1), "waiting"), flag(is_due(2), "lost"), flag(is_due(8), "unknown"), flag(old, "old")];
    let sql = format!("SELECT {}", flags.join(", "));
    let due = read(db.into_handle(), &sql, &[], |row| {
        let flag = |name| row.get::<i32>(name).map(|flag| flag == 1);
        Ok(Due { waiting: flag("waiting")?, lost: flag("lost")?, unknown: flag("unknown")?, old: flag("old")? })
    });
    Ok(due.await?.pop().unwrap_or_default())
}

/// Makes due waiting runs ready, and returns their number.
pub(crate) async fn promote(db: &Db) -> Result<usize> {
    ready(db, "state = 1 AND due_at <= {now}").await
}

/// Makes due runs of unknown names ready, and returns their number.
pub(crate) async fn try_unknown(db: &Db) -> Result<usize> {
    ready(db, "state = 8 AND due_at <= {now}").await
}

async fn ready(db: &Db, filter: &str) -> Result<usize> {
    let mut all = 0;
    loop {
        let change = Change::Set("state = CASE WHEN crashes > 0 THEN 7 ELSE 0 END", Vec::new());
        let filter = (filter, Vec::new());
        let pick = Pick { filter, order: "due_at, id", limit: BATCH, change, columns: "id", columns_before: "id" };
        let made = pick.run(db, |_| Ok(())).await?.len();
        all += made;
        if made < BATCH {
            return Ok(all);
        }
    }
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

/// Gives back runs whose lease has ended, spread over `spread`. Each counts as a crash, and not as an
/// attempt.
pub(crate) async fn sweep_lost(db: &Db, spread: Duration, keep_dead: Duration) -> Result<Vec<Lost>> {
    // MySQL assigns from left to right, so assignments that depend on `crashes` come before it.
    let is_last = format!("crashes >= {}", MOST_CRASHES - 1);
    let set = format!(
        "state = CASE WHEN {is_last} THEN 4 ELSE 1 END, \
         done_at = CASE WHEN {is_last} THEN {{now}} ELSE done_at END, \
         open_key = CASE WHEN {is_last} THEN NULL ELSE open_key END, \
         due_at = CASE WHEN {is_last} THEN {{now}} + ? ELSE {{now}} + {{up_to}} END, \
         last_error = 'the worker was lost while it ran this', claimed_by = NULL, \
         attempts = attempts - 1, crashes = crashes + 1"
    );
    let mut all = Vec::new();
    loop {
        let change = Change::Set(&set, vec![keep_dead.into(), spread.into()]);
        let pick = Pick {
            filter: ("state = 2 AND due_at <= {now}", Vec::new()),
            order: "due_at, id",
            limit: BATCH,
            change,
            columns: "id, name, crashes",
            columns_before: "id, name, crashes + 1 AS crashes",
        };
        let lost =
            pick.run(db, |row| Ok(Lost { id: row.get("id")?, name: row.get("name")?, crashes: row.get("crashes")? }));
        let lost = lost.await?;
        let is_last = lost.len() < BATCH;
        all.extend(lost);
        if is_last {
            return Ok(all);
        }
    }
}

/// Makes runs of unknown names due at once if they have one of these names.
pub(crate) async fn make_known_due(db: &Db, names: &[&str]) -> Result<u64> {
    let mut all = 0;
    for names in names.chunks(BATCH) {
        let values: Vec<Value> = names.iter().map(|name| Value::from(*name)).collect();
        let sql =
            format!("UPDATE signals_task SET due_at = {{now}} WHERE state = 8 AND name IN ({})", places(names.len()));
        all += run(db.into_handle(), "UPDATE", &sql, &values).await?;
    }
    Ok(all)
}
