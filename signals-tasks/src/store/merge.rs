//! Merges the open runs of a durable receiver and a row into one.

use std::time::Duration;

use signals_core::db::{Db, IntoHandle as _, Tx};
use signals_core::error::Result;
use uuid::Uuid;

use super::Claimed;
use super::end::{ENDED, FENCE, GIVEN_BACK};
use super::pick::begin;
use super::statement::{Value, places, read, run};
use crate::dialect::Dialect;
use crate::merged::merged;

/// The maximum number of runs that one statement ends.
const BATCH: usize = 500;

/// How the open runs of a durable receiver and a row become one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Merging {
    /// The time without a write of the row after which the run starts.
    pub(crate) debounce: Duration,
    /// The longest time from the first write to the start of the run.
    pub(crate) max_wait: Duration,
}

/// The other runs of a receiver and a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Others {
    /// Whether another claim of a run is held.
    pub(crate) running: bool,
    /// Whether a run may be merged.
    pub(crate) open: bool,
}

/// Returns whether there are other runs with this key, besides those that the caller has claimed.
pub(crate) async fn others(db: &Db, key: &str, claimed: &Claimed, mine: &[Claimed]) -> Result<Others> {
    let sql = "SELECT id, state FROM signals_task WHERE merge_key = ? AND state IN (0, 1, 2) AND id <> ?";
    let values = [key.into(), claimed.id.into()];
    let rows = read(db.into_handle(), sql, &values, |row| Ok((row.get::<Uuid>("id")?, row.get::<i16>("state")?)));
    let mut others = Others::default();
    for (id, state) in rows.await? {
        if state != 2 {
            others.open = true;
        } else if mine.iter().all(|run| run.id != id) {
            others.running = true;
        }
    }
    Ok(others)
}

/// An open run.
struct Open {
    id: Uuid,
    args: String,
    attempts: i32,
    created_at: i64,
    due_at: i64,
    now: i64,
}

/// The result of a merge.
#[derive(Debug)]
pub(crate) enum Merged {
    /// The claimed run continues, with the arguments of all.
    Run { args: String },
    /// It was given back, because the row was written a short while ago.
    Postponed,
    /// The claim is lost. Nothing was changed.
    Lost,
}

/// Ends the open runs with the key of a claimed run, and those of `mine`, and merges their arguments into it.
///
/// It only ends runs that are committed and not locked, so the row as it is after this call has their writes.
/// A run that crashed is not merged: it runs alone later.
pub(crate) async fn merge(
    db: &Db,
    claimed: &Claimed,
    mine: &[Claimed],
    merging: Merging,
    keep: Duration,
) -> Result<Merged> {
    let tx = begin(db).await?;
    let note = format!("merged into the run {}", claimed.id);
    let open = end_open(&tx, claimed, &note, keep).await?;
    for other in mine {
        let sql = format!("UPDATE signals_task SET state = 3, {ENDED}, last_error = ? {FENCE}");
        let values = [keep.into(), note.as_str().into(), other.id.into(), other.claims.into()];
        run(tx.into_handle(), "UPDATE", &sql, &values).await?;
    }
    let mut runs: Vec<_> = open.iter().map(|it| (it.id, it.args.as_str())).collect();
    runs.extend(std::iter::once(claimed).chain(mine).map(|it| (it.id, it.args.as_str())));
    // The ids are in the order of the calls that made them.
    runs.sort_unstable();
    // Arguments that cannot be read end the run with their own error.
    let args = merged(runs.iter().map(|(_, args)| *args)).unwrap_or_else(|_| claimed.args.clone());
    let created = std::iter::once(claimed).chain(mine).map(|it| it.created_at);
    let created = created.chain(open.iter().map(|it| it.created_at)).min().unwrap_or(claimed.created_at);
    let postponed = postponed_to(&open, created, merging);
    let mut set = "args = ?, created_at = ?".to_owned();
    let mut values: Vec<Value> = vec![args.as_str().into(), Value::Int(created)];
    if let Some(due) = postponed {
        set = format!("{set}, state = 1, {GIVEN_BACK}, due_at = ?");
        values.push(Value::Int(due));
    }
    values.extend([claimed.id.into(), claimed.claims.into()]);
    if run(tx.into_handle(), "UPDATE", &format!("UPDATE signals_task SET {set} {FENCE}"), &values).await? == 0 {
        tx.rollback().await?;
        return Ok(Merged::Lost);
    }
    tx.commit().await?;
    Ok(if postponed.is_some() { Merged::Postponed } else { Merged::Run { args } })
}

/// Returns the time at which the newest run is due, if it is not due yet and the first write may wait for it.
/// Runs that wait for another attempt do not count.
fn postponed_to(open: &[Open], created: i64, merging: Merging) -> Option<i64> {
    let now = open.first()?.now;
    let newest = open.iter().filter(|it| it.attempts == 0).map(|it| it.due_at).max()?;
    let max_wait = i64::try_from(merging.max_wait.as_millis()).unwrap_or(i64::MAX);
    Some(newest.min(created.saturating_add(max_wait))).filter(|due| *due > now)
}

/// Ends the open runs with the key of a claimed run, and returns them.
async fn end_open(tx: &Tx, claimed: &Claimed, note: &str, keep: Duration) -> Result<Vec<Open>> {
    let on = tx.into_handle();
    let lock = Dialect::of(on.backend()).lock;
    let select = format!(
        "SELECT id, args, attempts, created_at, due_at, {{now}} AS present FROM signals_task \
         WHERE merge_key = ? AND state IN (0, 1) AND crashes = 0 AND id <> ? ORDER BY id LIMIT {BATCH}{lock}"
    );
    let values = [claimed.merge_key.as_deref().unwrap_or_default().into(), claimed.id.into()];
    let mut all = Vec::new();
    loop {
        let open = read(on, &select, &values, |row| {
            Ok(Open {
                id: row.get("id")?,
                args: row.get("args")?,
                attempts: row.get("attempts")?,
                created_at: row.get("created_at")?,
                due_at: row.get("due_at")?,
                now: row.get("present")?,
            })
        });
        let open = open.await?;
        if open.is_empty() {
            return Ok(all);
        }
        let is_last = open.len() < BATCH;
        let ids = places(open.len());
        let sql = format!("UPDATE signals_task SET state = 3, {ENDED}, last_error = ? WHERE id IN ({ids})");
        let mut values = vec![keep.into(), note.into()];
        values.extend(open.iter().map(|it| Value::Id(it.id)));
        run(on, "UPDATE", &sql, &values).await?;
        all.extend(open);
        if is_last {
            return Ok(all);
        }
    }
}

/// Makes waiting runs due that have not been tried yet, and returns their number.
pub(crate) async fn make_due(db: &Db) -> Result<u64> {
    let sql = "UPDATE signals_task SET due_at = {now} WHERE state = 1 AND attempts = 0 AND due_at > {now}";
    run(db.into_handle(), "UPDATE", sql, &[]).await
}
