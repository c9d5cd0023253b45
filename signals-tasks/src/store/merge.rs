//! Merges the open runs of a durable receiver and a row into one.

use std::time::Duration;

use signals_core::backend::Row;
use signals_core::db::{Db, IntoHandle as _, Tx};
use signals_core::error::Result;
use uuid::Uuid;

use super::Claimed;
use super::end::{ENDED, FENCE};
use super::statement::{Value, list, read, run};
use super::transaction::{begin, conclude_if};
use crate::dialect::Dialect;
use crate::merged::{is_readable, merged};
use crate::models::TaskState;

/// The maximum number of runs that one merge ends. The others are merged at the next claim.
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
    /// The time since the claimed run was enqueued, if there are others.
    pub(crate) age: Duration,
}

/// Returns whether there are other runs with this key, besides those that the caller has claimed.
pub(crate) async fn others(db: &Db, key: &str, claimed: &Claimed, mine: &[Claimed]) -> Result<Others> {
    let some = |states: &str, name: &str| {
        format!(
            "SELECT * FROM (SELECT id, claims, state, {{now}} AS present FROM signals_task \
             WHERE merge_key = ? AND state IN ({states}) AND id <> ? LIMIT ?) AS {name}"
        )
    };
    let sql = format!("{} UNION ALL {}", some("{ready}, {waiting}", "opened"), some("{running}", "claimed"));
    // A row may have many open runs, of which one is enough. Of the claimed ones, one is not among `mine`.
    let most = i64::try_from(mine.len()).unwrap_or(i64::MAX).saturating_add(1);
    let mut values: Vec<Value> = Vec::new();
    for limit in [1, most] {
        values.extend([key.into(), claimed.id.into(), limit.into()]);
    }
    let mut others = Others::default();
    let show = |row: &Row<'_>| {
        let held = (row.get::<Uuid>("id")?, row.get::<i32>("claims")?);
        if row.get::<i16>("state")? != TaskState::Running.number() {
            others.open = true;
        } else if mine.iter().all(|run| (run.id, run.claims) != held) {
            others.running = true;
        }
        let age = row.get::<i64>("present")?.saturating_sub(claimed.created_at);
        others.age = Duration::from_millis(u64::try_from(age).unwrap_or_default());
        Ok(())
    };
    read(db.into_handle(), &sql, &values, show).await?;
    Ok(others)
}

/// An open run.
struct Open {
    id: Uuid,
    args: String,
    trace: Option<String>,
    attempts: i32,
    created_at: i64,
    due_at: i64,
    now: i64,
}

impl Open {
    fn read(row: &Row<'_>) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.get("id")?,
            args: row.get("args")?,
            trace: row.get("trace")?,
            attempts: row.get("attempts")?,
            created_at: row.get("created_at")?,
            due_at: row.get("due_at")?,
            now: row.get("present")?,
        })
    }
}

/// The result of a merge.
#[derive(Debug)]
pub(crate) enum Merged {
    /// The claimed run continues, with the arguments of all, the context of the last write, and the number of
    /// attempts of the one that was tried least.
    Run { args: String, trace: Option<String>, attempts: i32 },
    /// It was given back, because the row was written a short while ago or because another run of it runs.
    Postponed,
    /// The claim is lost. Nothing was changed.
    Lost,
}

/// A merge that is about to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Merge<'a> {
    pub(crate) claimed: &'a Claimed,
    /// Claims with the same key that the caller holds and has not started.
    pub(crate) mine: &'a [Claimed],
    pub(crate) merging: Merging,
    /// The pause of the merged run, if another run of the row runs.
    pub(crate) pause: Option<Duration>,
    /// The time for which ended runs are kept.
    pub(crate) keep: Duration,
}

impl Merge<'_> {
    /// Ends the oldest open runs with the key of the claimed run, and those of `mine`, and merges their arguments
    /// into it.
    ///
    /// It only ends runs that are committed and not locked, so the row as it is after this call has their
    /// writes. A run that crashed is not merged, and neither is one whose arguments cannot be read: it runs
    /// alone later.
    pub(crate) async fn run(self, db: &Db) -> Result<Merged> {
        let tx = begin(db).await?;
        let merged = self.run_in(&tx).await;
        conclude_if(tx, merged, |merged| !matches!(merged, Merged::Lost)).await
    }

    /// Runs in a transaction, which must be rolled back if the claim is lost.
    async fn run_in(self, tx: &Tx) -> Result<Merged> {
        let Self { claimed, merging, pause, .. } = self;
        let note = format!("merged into the run {}", claimed.id);
        let open = self.end_open(tx, &note).await?;
        let mine = self.end_mine(tx, &note).await?;
        let held = || std::iter::once(claimed).chain(mine.iter().copied());
        let mut runs: Vec<_> = open.iter().map(|it| (it.id, it.args.as_str(), &it.trace)).collect();
        runs.extend(held().map(|it| (it.id, it.args.as_str(), &it.trace)));
        // In the order of the calls that made the ids, and of several machines in that of their clocks.
        runs.sort_unstable();
        let args = merged(runs.iter().map(|(_, args, _)| *args)).unwrap_or_else(|_| claimed.args.clone());
        let trace = runs.last().and_then(|(_, _, trace)| (*trace).clone());
        let attempts = open.iter().map(|it| it.attempts + 1).chain(held().map(|it| it.attempts)).min();
        let attempts = attempts.unwrap_or(claimed.attempts);
        let created = open.iter().map(|it| it.created_at).chain(held().map(|it| it.created_at)).min();
        let created = created.unwrap_or(claimed.created_at);
        let mut set = "args = ?, trace = ?, created_at = ?, attempts = ?".to_owned();
        let mut values = vec![args.as_str().into(), Value::MaybeText(trace.clone()), created.into()];
        let until = postponed_to(&open, created, merging).filter(|_| pause.is_none());
        let is_postponed = pause.is_some() || until.is_some();
        // An attempt that is given back does not count.
        values.push((if is_postponed { attempts - 1 } else { attempts }).into());
        if let Some(pause) = pause {
            set = format!("{set}, state = {{waiting}}, claimed_by = NULL, due_at = {{now}} + ?");
            values.push(pause.into());
        } else if let Some(until) = until {
            set = format!("{set}, state = {{waiting}}, claimed_by = NULL, due_at = ?");
            values.push(until.into());
        }
        values.extend([claimed.id.into(), claimed.claims.into()]);
        if run(tx.into_handle(), "UPDATE", &format!("UPDATE signals_task SET {set} {FENCE}"), &values).await? == 0 {
            return Ok(Merged::Lost);
        }
        Ok(if is_postponed { Merged::Postponed } else { Merged::Run { args, trace, attempts } })
    }

    /// Ends the claims of `mine` that still hold, and returns them.
    async fn end_mine(&self, tx: &Tx, note: &str) -> Result<Vec<&Claimed>> {
        let sql = format!("UPDATE signals_task SET state = {{done}}, {ENDED}, last_error = ? {FENCE}");
        let mut ended = Vec::new();
        for other in self.mine {
            let values = [self.keep.into(), note.into(), other.id.into(), other.claims.into()];
            if run(tx.into_handle(), "UPDATE", &sql, &values).await? == 1 {
                ended.push(other);
            }
        }
        Ok(ended)
    }

    /// Ends the oldest open runs with the key of the claimed run, at most [`BATCH`], and returns them.
    async fn end_open(&self, tx: &Tx, note: &str) -> Result<Vec<Open>> {
        let on = tx.into_handle();
        let lock = Dialect::of(on.backend()).lock;
        let select = format!(
            "SELECT id, args, trace, attempts, created_at, due_at, {{now}} AS present FROM signals_task \
             WHERE merge_key = ? AND state IN ({{ready}}, {{waiting}}) AND crashes = 0 AND id <> ? \
             ORDER BY id LIMIT {BATCH}{lock}"
        );
        let key = self.claimed.merge_key.as_deref().unwrap_or_default();
        let mut open = read(on, &select, &[key.into(), self.claimed.id.into()], Open::read).await?;
        open.retain(|it| is_readable(&it.args));
        if !open.is_empty() {
            let mut values = vec![self.keep.into(), note.into()];
            let ids = list(&mut values, open.iter().map(|it| it.id));
            let sql = format!("UPDATE signals_task SET state = {{done}}, {ENDED}, last_error = ? WHERE id IN ({ids})");
            run(on, "UPDATE", &sql, &values).await?;
        }
        Ok(open)
    }
}

/// Returns the time at which the newest run is due, if it is not due yet and the first write may wait for it.
/// Runs that wait for another attempt do not count.
fn postponed_to(open: &[Open], created: i64, merging: Merging) -> Option<i64> {
    let now = open.first()?.now;
    let newest = open.iter().filter(|it| it.attempts == 0).map(|it| it.due_at).max()?;
    let max_wait = i64::try_from(merging.max_wait.as_millis()).unwrap_or(i64::MAX);
    Some(newest.min(created.saturating_add(max_wait))).filter(|due| *due > now)
}

/// Makes waiting runs due that have not been tried yet, and returns their number.
pub(crate) async fn make_due(db: &Db) -> Result<u64> {
    let sql = "UPDATE signals_task SET due_at = {now} WHERE state = {waiting} AND attempts = 0 AND due_at > {now}";
    run(db.into_handle(), "UPDATE", sql, &[]).await
}
