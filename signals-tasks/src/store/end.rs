//! Writes the ends of attempts. Each statement checks the claim: if another worker has the run, it changes no
//! row.

use std::time::Duration;

use signals_core::db::{Db, Handle, IntoHandle as _, Tx};
use signals_core::error::Result;
use uuid::Uuid;

use super::statement::{Value, list, read, ready_state, run};
use super::transaction::{begin, conclude};
use crate::models::TaskState;

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

impl How {
    /// Returns the states in which it leaves the run.
    fn states(&self) -> &'static [TaskState] {
        match self {
            Self::Done | Self::Skipped { .. } => &[TaskState::Done],
            Self::Again { .. } | Self::Later { .. } => &[TaskState::Waiting],
            Self::Dead { .. } => &[TaskState::Dead],
            Self::Unknown { .. } => &[TaskState::Unknown],
            Self::Released => &[TaskState::Ready, TaskState::Isolated],
        }
    }
}

/// The assignments for each run that has ended.
pub(super) const ENDED: &str = "claimed_by = NULL, open_key = NULL, done_at = {now}, due_at = {now} + ?";
/// The assignments for each run that is open again.
const GIVEN_BACK: &str = "claimed_by = NULL, attempts = attempts - 1";
/// The assignment for each run whose name is known.
const KNOWN: &str = "unknown_since = NULL";
/// The condition on the claim.
pub(super) const FENCE: &str = "WHERE id = ? AND claims = ? AND state = {running}";

/// Writes that a run is done, in the transaction of its writes. Returns whether the claim still held.
pub(crate) async fn finish_in(tx: &Tx, id: Uuid, claims: i32, keep: Duration) -> Result<bool> {
    let sql = format!("UPDATE signals_task SET state = {{done}}, {ENDED} {FENCE}");
    Ok(run(tx.into_handle(), "UPDATE", &sql, &[keep.into(), id.into(), claims.into()]).await? == 1)
}

/// Writes that runs of one number of claims are done, and returns how many claims still held.
pub(crate) async fn write_done(db: &Db, mut ids: Vec<Uuid>, claims: i32, keep: Duration) -> Result<u64> {
    // Sorted, so that two writers of the same rows cannot deadlock.
    ids.sort_unstable();
    let mut values = vec![Value::from(keep)];
    let list = list(&mut values, ids);
    let sql = format!(
        "UPDATE signals_task SET state = {{done}}, {ENDED} WHERE id IN ({list}) AND claims = ? AND state = {{running}}"
    );
    values.push(claims.into());
    run(db.into_handle(), "UPDATE", &sql, &values).await
}

/// Returns whether an earlier try has written this end, although its answer was lost.
pub(crate) async fn is_written(db: &Db, end: &End) -> Result<bool> {
    let sql = "SELECT state FROM signals_task WHERE id = ? AND claims = ?";
    let values = [end.id.into(), end.claims.into()];
    let states = read(db.into_handle(), sql, &values, |row| row.get::<i16>("state")).await?;
    Ok(end.how.states().iter().any(|state| states.contains(&state.number())))
}

/// Writes ends of any kind, in one transaction if there are several. Returns how many claims still held.
pub(crate) async fn write_each(db: &Db, ends: &[End], keep_done: Duration, keep_dead: Duration) -> Result<u64> {
    if let [end] = ends {
        return write_one(db.into_handle(), end, keep_done, keep_dead).await;
    }
    let tx = begin(db).await?;
    let written = write_all(tx.into_handle(), ends, keep_done, keep_dead).await;
    conclude(tx, written).await
}

async fn write_all(on: Handle<'_>, ends: &[End], keep_done: Duration, keep_dead: Duration) -> Result<u64> {
    let mut written = 0;
    for end in ends {
        written += write_one(on, end, keep_done, keep_dead).await?;
    }
    Ok(written)
}

async fn write_one(on: Handle<'_>, end: &End, keep_done: Duration, keep_dead: Duration) -> Result<u64> {
    let (set, mut values) = set(&end.how, keep_done, keep_dead);
    values.extend([end.id.into(), end.claims.into()]);
    run(on, "UPDATE", &format!("UPDATE signals_task SET {set} {FENCE}"), &values).await
}

fn set(how: &How, keep_done: Duration, keep_dead: Duration) -> (String, Vec<Value>) {
    match how {
        How::Done => (format!("state = {{done}}, {ENDED}"), vec![keep_done.into()]),
        How::Skipped { note } => {
            (format!("state = {{done}}, {ENDED}, last_error = ?"), vec![keep_done.into(), note.as_str().into()])
        }
        How::Dead { error } => {
            (format!("state = {{dead}}, {ENDED}, last_error = ?"), vec![keep_dead.into(), error.as_str().into()])
        }
        How::Again { delay, error } => {
            let set = format!("state = {{waiting}}, claimed_by = NULL, {KNOWN}, due_at = {{now}} + ?, last_error = ?");
            (set, vec![(*delay).into(), error.as_str().into()])
        }
        How::Later { delay, error: Some(error) } => {
            let set = format!("state = {{waiting}}, {GIVEN_BACK}, {KNOWN}, due_at = {{now}} + ?, last_error = ?");
            (set, vec![(*delay).into(), error.as_str().into()])
        }
        How::Later { delay, error: None } => {
            (format!("state = {{waiting}}, {GIVEN_BACK}, {KNOWN}, due_at = {{now}} + ?"), vec![(*delay).into()])
        }
        How::Unknown { delay, error } => {
            let set = format!(
                "state = {{unknown}}, {GIVEN_BACK}, unknown_since = COALESCE(unknown_since, {{now}}), \
                 due_at = {{now}} + ?, \
                 last_error = ?"
            );
            (set, vec![(*delay).into(), error.as_str().into()])
        }
        How::Released => {
            let set = format!("state = {}, {GIVEN_BACK}, due_at = {{now}}", ready_state());
            (set, Vec::new())
        }
    }
}
