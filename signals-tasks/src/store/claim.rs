//! Claims runs.

use std::fmt;
use std::time::Duration;

use signals_core::backend::Row;
use signals_core::db::Db;
use signals_core::error::Result;
use uuid::Uuid;

use super::pick::{Change, Pick};

/// A run that a worker has claimed.
#[derive(Clone)]
pub(crate) struct Claimed {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) queue: String,
    pub(crate) args: String,
    pub(crate) priority: i16,
    /// Including this attempt.
    pub(crate) attempts: i32,
    pub(crate) max_attempts: i32,
    /// The fence: every later write of the run checks it.
    pub(crate) claims: i32,
    pub(crate) crashes: i32,
    pub(crate) merge_key: Option<String>,
    pub(crate) trace: Option<String>,
    pub(crate) created_at: i64,
    /// The time since which no worker knew the name, in milliseconds, or 0.
    pub(crate) unknown_for: i64,
}

/// The order of priorities for a claim within a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Runs of the lowest priority number.
    First,
    /// Runs of the next higher priority number after this one, so that each priority gets a turn under
    /// constant load.
    After(i16),
}

const COLUMNS: &str = "id, name, queue, args, priority, attempts, max_attempts, claims, crashes, merge_key, trace, \
                       created_at, COALESCE({now} - unknown_since, 0) AS unknown_for";
const BEFORE: &str = "id, name, queue, args, priority, attempts + 1 AS attempts, max_attempts, claims + 1 AS claims, \
                      crashes, merge_key, trace, created_at, COALESCE({now} - unknown_since, 0) AS unknown_for";
const SET: &str = "state = {running}, claims = claims + 1, attempts = attempts + 1, claimed_by = ?, \
                   started_at = {now}, due_at = {now} + ?";

/// Claims at most `limit` runs of a queue.
pub(crate) async fn claim(
    db: &Db,
    queue: &str,
    turn: Turn,
    limit: usize,
    by: &str,
    lease: Duration,
) -> Result<Vec<Claimed>> {
    let (filter, order) = match turn {
        Turn::First => (("state = {ready} AND queue = ?", vec![queue.into()]), "priority, id"),
        Turn::After(priority) => {
            let filter = "state = {ready} AND queue = ? AND priority = \
                          (SELECT MIN(other.priority) FROM signals_task AS other \
                          WHERE other.state = {ready} AND other.queue = ? AND other.priority > ?)";
            ((filter, vec![queue.into(), queue.into(), i32::from(priority).into()]), "id")
        }
    };
    let change = Change::Set(SET, vec![by.into(), lease.into()]);
    let mut claimed =
        Pick { filter, order, limit, change, columns: COLUMNS, columns_before: BEFORE }.run(db, Claimed::read).await?;
    claimed.sort_by_key(|run| (run.priority, run.id));
    Ok(claimed)
}

/// Claims one run that must run alone, if the queue has one that has been ready for at least `since`.
pub(crate) async fn claim_isolated(
    db: &Db,
    queue: &str,
    since: Duration,
    by: &str,
    lease: Duration,
) -> Result<Option<Claimed>> {
    let filter = ("state = {isolated} AND queue = ? AND due_at <= {now} - ?", vec![queue.into(), since.into()]);
    let change = Change::Set(SET, vec![by.into(), lease.into()]);
    let pick = Pick { filter, order: "due_at, id", limit: 1, change, columns: COLUMNS, columns_before: BEFORE };
    Ok(pick.run(db, Claimed::read).await?.pop())
}

impl fmt::Debug for Claimed {
    /// Shows the length of the arguments and not their values, which may be personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, name, queue, args, attempts, claims, crashes, .. } = self;
        let args = format_args!("{} bytes", args.len());
        let mut shown = f.debug_struct("Claimed");
        shown.field("id", id).field("name", name).field("queue", queue).field("args", &args);
        shown.field("attempts", attempts).field("claims", claims).field("crashes", crashes).finish_non_exhaustive()
    }
}

impl Claimed {
    fn read(row: &Row<'_>) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            queue: row.get("queue")?,
            args: row.get("args")?,
            priority: row.get("priority")?,
            attempts: row.get("attempts")?,
            max_attempts: row.get("max_attempts")?,
            claims: row.get("claims")?,
            crashes: row.get("crashes")?,
            merge_key: row.get("merge_key")?,
            trace: row.get("trace")?,
            created_at: row.get("created_at")?,
            unknown_for: row.get("unknown_for")?,
        })
    }
}
