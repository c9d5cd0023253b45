//! Cancels runs, and makes ended ones ready again.

use signals_core::db::{Handle, IntoHandle};
use signals_core::error::{Error, Result};
use signals_core::store::Model as _;
use uuid::Uuid;

use crate::enqueue::{announce, open_key};
use crate::models::{KEEP_DEAD, Task, TaskState};
use crate::store;

/// Makes a dead or cancelled run ready. It gets all its attempts again.
///
/// # Errors
///
/// - [`Error::DoesNotExist`] if there is no such run;
/// - [`Error::Other`] if it is neither dead nor cancelled, or if an open run has its unique key. The text then
///   names that run.
///
/// # Transactions
///
/// On a [`Tx`](signals_core::db::Tx) the change is part of the transaction.
///
/// # Examples
///
/// ```
/// use signals::tasks::{DbTasks as _, Retry, Task, cancel_run, retry_run, task};
/// use signals::{Db, Result};
///
/// #[task]
/// async fn pay() -> Result<(), Retry> {
///     Err(Retry::never())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let db = Db::connect("sqlite::memory:").await?;
/// # db.create_tables().await?;
/// let id = pay::enqueue(&db).await?;
/// assert_eq!(db.drain_tasks().await?.dead, 1);
/// retry_run(&db, id).await?;
/// assert_eq!(db.drain_tasks().await?.dead, 1);
/// assert!(!cancel_run(&db, id).await?); // it has ended
/// # Ok(()) }
/// ```
pub async fn retry_run<'a>(on: impl IntoHandle<'a>, id: Uuid) -> Result<()> {
    let on = on.into_handle();
    let row = Task::get(on, id).await?;
    let key = row.unique_key.as_ref().map(|key| open_key(&row.name, key));
    let key_to_set = key.as_deref();
    let ready = behind_savepoint(on, async |on| store::make_ready(on, id, key_to_set).await).await;
    match ready {
        Ok(true) => announce(on, TaskState::Ready.number()).await,
        Ok(false) => Err(Error::other(format!("the run {id} is neither dead nor cancelled"))),
        Err(error) if error.is_unique_violation() => {
            let other = store::find_open(on, key.as_deref().unwrap_or_default()).await?;
            let other = other.map_or_else(|| "another run".to_owned(), |id| format!("the run {id}"));
            let key = row.unique_key.unwrap_or_default();
            Err(Error::other(format!("{other} has the unique key `{key}` of the run {id}, and has not ended")))
        }
        Err(error) => Err(error),
    }
}

/// Runs a statement that a unique key may refuse. In a transaction it uses a savepoint, because some databases
/// take no statement after a refused one.
pub(crate) async fn behind_savepoint<T>(
    on: Handle<'_>,
    statement: impl AsyncFnOnce(Handle<'_>) -> Result<T>,
) -> Result<T> {
    match on {
        Handle::Db(db) => statement(db.into_handle()).await,
        Handle::Tx(tx) => tx.atomic(|savepoint| async move { statement(savepoint.into_handle()).await }).await,
    }
}

/// Cancels a run that has not ended. Returns false if it has ended, or if there is no such run.
///
/// A worker that runs it drops the task within a third of its lease, and the writes of a task with `tx` are
/// rolled back. With SQLite in memory the task runs to its end; its end is not written.
///
/// # Errors
///
/// As an [update](signals_core::store::Objects::update) of a model.
///
/// # Transactions
///
/// On a [`Tx`](signals_core::db::Tx) the change is part of the transaction. Its lock on the run's row delays
/// the end of the run, so keep the transaction short.
pub async fn cancel_run<'a>(on: impl IntoHandle<'a>, id: Uuid) -> Result<bool> {
    store::cancel(on.into_handle(), id, KEEP_DEAD).await
}
