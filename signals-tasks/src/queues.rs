//! Pauses and resumes queues.

use std::time::SystemTime;

use signals_core::db::{Handle, IntoHandle};
use signals_core::error::Result;
use signals_core::store::Model as _;

use crate::enqueue::check;
use crate::models::TaskQueue;
use crate::time::milliseconds;

/// Pauses a queue. Workers start no more runs of it, and finish those that they have claimed. They notice the
/// pause within a second.
///
/// # Errors
///
/// [`Error::Other`](signals_core::error::Error::Other) for a name that no queue can have. Otherwise as saving
/// a model.
///
/// # Transactions
///
/// On a [`Tx`](signals_core::db::Tx) the pause is part of the transaction.
pub async fn pause_queue<'a>(on: impl IntoHandle<'a>, queue: &str) -> Result<()> {
    set_paused(on.into_handle(), queue, Some(milliseconds(SystemTime::now()))).await
}

/// Resumes a paused queue, so that workers start its runs again.
///
/// # Errors
///
/// As [`pause_queue`].
///
/// # Transactions
///
/// As [`pause_queue`].
pub async fn resume_queue<'a>(on: impl IntoHandle<'a>, queue: &str) -> Result<()> {
    set_paused(on.into_handle(), queue, None).await
}

async fn set_paused(on: Handle<'_>, queue: &str, paused_at: Option<i64>) -> Result<()> {
    check("the name of a queue", queue)?;
    let mut queue = TaskQueue { name: queue.to_owned(), paused_at };
    queue.save(on).await
}
