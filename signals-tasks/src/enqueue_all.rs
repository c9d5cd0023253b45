//! Enqueues many runs with few statements.

use signals_core::db::{Handle, IntoHandle, Tx};
use signals_core::error::Result;
use signals_core::store::Model as _;
use uuid::Uuid;

use crate::enqueue::{Enqueue, announce};
use crate::models::{Task, TaskState};
use crate::store;

/// Enqueues many runs, and returns their ids in the order of the calls. All of them are enqueued, or none.
///
/// One statement inserts up to 512 runs. The calls may be of several tasks, and have their own `delay`, `queue` and
/// `priority`; the handle of each call is replaced by `on`. Calls with a `unique_key` are enqueued one by one, since
/// each has an answer of its own.
///
/// # Errors
///
/// The first error of an argument that cannot be stored, before anything is written, or that of the database.
///
/// # Cancel safety
///
/// If the future is dropped, no run is enqueued, unless the commit on a `Db` was under way.
///
/// # Examples
///
/// ```standalone_crate
/// use signals::tasks::{DbTasks as _, enqueue_all, task};
/// use signals::{Db, Result};
///
/// #[task]
/// async fn resize(image: i64) {
///     println!("image {image}");
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///     let runs = enqueue_all(&db, (1..=1000).map(|image| resize::enqueue(&db, image))).await?;
///     assert_eq!(runs.len(), 1000);
///     assert_eq!(db.drain_tasks().await?.done, 1000);
///     Ok(())
/// }
/// ```
pub async fn enqueue_all<'a, 'c>(
    on: impl IntoHandle<'a>,
    calls: impl IntoIterator<Item = Enqueue<'c>>,
) -> Result<Vec<Uuid>> {
    let on = on.into_handle();
    let rows: Vec<Task> = calls.into_iter().map(Enqueue::into_row).collect::<Result<_>>()?;
    let ids = rows.iter().map(|row| row.id).collect();
    match on {
        Handle::Db(db) => db.atomic(|tx| async move { insert(&tx, rows).await }).await?,
        Handle::Tx(tx) => tx.atomic(|savepoint| async move { insert(&savepoint, rows).await }).await?,
    }
    Ok(ids)
}

/// Inserts the rows of runs without unique keys. The signals of a save of [`Task`] are sent only if they have
/// receivers.
pub(crate) async fn insert(tx: &Tx, mut rows: Vec<Task>) -> Result<()> {
    let on = tx.into_handle();
    let ready = TaskState::Ready.number();
    let has_ready = rows.iter().any(|row| row.state == ready);
    if <Task as signals_core::store::Model>::state().has_no_save_receivers(on) {
        store::insert(on, rows).await?;
    } else {
        Task::bulk_create(tx, &mut rows).await?;
    }
    if has_ready { announce(on, ready).await } else { Ok(()) }
}
