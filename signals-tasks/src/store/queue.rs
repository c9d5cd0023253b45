//! Finds queues with ready runs.

use signals_core::db::{Db, Handle, IntoHandle};
use signals_core::error::Result;

use super::statement::read;
use crate::models::TaskState;

/// The kinds of ready runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ready {
    /// Runs beside others.
    Ordinary,
    /// Runs alone in its worker.
    Isolated,
}

impl Ready {
    fn state(self) -> TaskState {
        match self {
            Self::Ordinary => TaskState::Ready,
            Self::Isolated => TaskState::Isolated,
        }
    }
}

/// Returns the first queue with ready runs after this name. Each call is one index lookup.
pub(crate) async fn next_queue(db: &Db, ready: Ready, after: &str) -> Result<Option<String>> {
    next_queue_in(db.into_handle(), ready.state(), after).await
}

/// Returns the first queue after this name that has runs in this state. Each call is one index lookup.
pub(crate) async fn next_queue_in(on: Handle<'_>, state: TaskState, after: &str) -> Result<Option<String>> {
    let state = state.number();
    let sql = format!("SELECT queue FROM signals_task WHERE state = {state} AND queue > ? ORDER BY queue LIMIT 1");
    Ok(read(on, &sql, &[after.into()], |row| row.get("queue")).await?.pop())
}

/// Returns whether a queue has ready runs.
pub(crate) async fn is_ready(db: &Db, ready: Ready, queue: &str) -> Result<bool> {
    let state = ready.state().number();
    let sql = format!("SELECT 1 AS found FROM signals_task WHERE state = {state} AND queue = ? LIMIT 1");
    Ok(!read(db.into_handle(), &sql, &[queue.into()], |_| Ok(())).await?.is_empty())
}

/// Returns the paused queues.
pub(crate) async fn paused<'a>(on: impl IntoHandle<'a>) -> Result<Vec<String>> {
    let sql = "SELECT name FROM signals_queue WHERE paused_at IS NOT NULL";
    read(on.into_handle(), sql, &[], |row| row.get("name")).await
}
