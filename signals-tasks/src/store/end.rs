//! Writes the ends of attempts. Each statement checks the claim: if another worker has the run, it changes no
//! row.

use std::collections::BTreeMap;
use std::time::Duration;

use signals_core::db::{Db, Handle, IntoHandle as _, Tx};
use signals_core::error::Result;
use uuid::Uuid;

use super::pick::begin;
use super::statement::{Value, places, run};

/// The end of an attempt.
#[derive(Debug, Clone)]
pub(crate) struct End {
    pub(crate) id: Uuid,
    pub(crate) claims: i32,
    pub(crate) how: How,
}

/// The kinds of ends of an attempt.
#[derive(Debug, Clone)]
pub(crate) enum How {
    /// It succeeded.
    Done,
    /// It did not run, for this reason, and will not.
    Skipped { note: String },
    /// It failed. The run is tried again.
    Again { delay: Duration, error: String },
    /// The run is tried again. The attempt does not count.
    Later { delay: Duration, error: Option<String> },
    /// It failed. The run is dead.
    Dead { error: String },
    /// No task has the run's name. The attempt does not count.
    Unknown { delay: Duration, error: String },
    /// It did not run to its end. The attempt does not count.
    Released,
}

/// The assignments for each run that has ended.
pub(super) const ENDED: &str = "claimed_by = NULL, open_key = NULL, done_at = {now}, due_at = {now} + ?";
/// The assignments for each run that is open again.
pub(super) const GIVEN_BACK: &str = "claimed_by = NULL, attempts = attempts - 1";
/// The condition on the claim.
pub(super) const FENCE: &str = "WHERE id = ? AND claims = ? AND state = 2";

/// Writes that a run is done, in the transaction of its writes. Returns whether the claim still held.
pub(crate) async fn finish_in(tx: &Tx, id: Uuid, claims: i32, keep: Duration) -> Result<bool> {
    let sql = format!("UPDATE signals_task SET state = 3, {ENDED} {FENCE}");
    Ok(run(tx.into_handle(), "UPDATE", &sql, &[keep.into(), id.into(), claims.into()]).await? == 1)
}

/// Writes that runs are done, and returns how many claims still held.
pub(crate) async fn write_done(db: &Db, ends: &[End], keep: Duration) -> Result<u64> {
    // Most runs are claimed once, so these are few statements.
    let mut ids: BTreeMap<i32, Vec<Uuid>> = BTreeMap::new();
    for end in ends {
        ids.entry(end.claims).or_default().push(end.id);
    }
    let mut written = 0;
    for (claims, mut ids) in ids {
        // Sorted, so that two writers of the same rows cannot deadlock.
        ids.sort_unstable();
        let list = places(ids.len());
        let sql =
            format!("UPDATE signals_task SET state = 3, {ENDED} WHERE id IN ({list}) AND claims = ? AND state = 2");
        let mut values = vec![Value::from(keep)];
        values.extend(ids.into_iter().map(Value::Id));
        values.push(claims.into());
        written += run(db.into_handle(), "UPDATE", &sql, &values).await?;
    }
    Ok(written)
}

/// Writes ends of any kind, in one transaction if there are several. Returns how many claims still held.
pub(crate) async fn write_each(db: &Db, ends: &[End], keep_done: Duration, keep_dead: Duration) -> Result<u64> {
    if let [end] = ends {
        return write_one(db.into_handle(), end, keep_done, keep_dead).await;
    }
    let tx = begin(db).await?;
    let mut written = 0;
    for end in ends {
        written += write_one(tx.into_handle(), end, keep_done, keep_dead).await?;
    }
    tx.commit().await?;
    Ok(written)
}

async fn write_one(on: Handle<'_>, end: &End, keep_done: Duration, keep_dead: Duration) -> Result<u64> {
    let (set, mut values) = set(&end.how, keep_done, keep_dead);
    values.extend([end.id.into(), end.claims.into()]);
    run(on, "UPDATE", &format!("UPDATE signals_task SET {set} {FENCE}"), &values).await
}

fn set(how: &How, keep_done: Duration, keep_dead: Duration) -> (String, Vec<Value>) {
    match how {
        How::Done => (format!("state = 3, {ENDED}"), vec![keep_done.into()]),
        How::Skipped { note } => {
            (format!("state = 3, {ENDED}, last_error = ?"), vec![keep_done.into(), note.as_str().into()])
        }
        How::Dead { error } => {
            (format!("state = 4, {ENDED}, last_error = ?"), vec![keep_dead.into(), error.as_str().into()])
        }
        How::Again { delay, error } => {
            let set = "state = 1, claimed_by = NULL, due_at = {now} + ?, last_error = ?";
            (set.to_owned(), vec![(*delay).into(), error.as_str().into()])
        }
        How::Later { delay, error: Some(error) } => {
            let set = format!("state = 1, {GIVEN_BACK}, due_at = {{now}} + ?, last_error = ?");
            (set, vec![(*delay).into(), error.as_str().into()])
        }
        How::Later { delay, error: None } => {
            (format!("state = 1, {GIVEN_BACK}, due_at = {{now}} + ?"), vec![(*delay).into()])
        }
        How::Unknown { delay, error } => {
            let set = format!("state = 8, {GIVEN_BACK}, due_at = {{now}} + ?, last_error = ?");
            (set, vec![(*delay).into(), error.as_str().into()])
        }
        How::Released => {
            let set = format!("state = CASE WHEN crashes > 0 THEN 7 ELSE 0 END, {GIVEN_BACK}, due_at = {{now}}");
            (set, Vec::new())
        }
    }
}
