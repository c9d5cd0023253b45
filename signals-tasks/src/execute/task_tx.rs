//! The transaction of a task.

use std::time::Duration;

use futures_util::FutureExt as _;
use signals_core::db::{Db, Tx};
use signals_core::error::Result;
use tokio::runtime::Handle;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::own::{Overdue, within};
use crate::store;
use crate::writer::has_one_writer;

/// The maximum duration of a rollback. A statement that was dropped may still run, and a rollback waits for it.
const LONGEST_ROLLBACK: Duration = Duration::from_secs(2);

/// The transaction of a task. If it is dropped before its end, it is rolled back in the background.
///
/// A rollback that takes too long closes the connection, so neither the slot of the run nor the place in the pool waits
/// for the statement of a task that was given up. SQLite cannot stop a statement: there the connection waits for it in
/// the background.
pub(super) struct TaskTx {
    tx: Tx,
    overdue: Overdue,
    is_open: bool,
}

impl TaskTx {
    /// Begins a transaction that is READ COMMITTED. At a higher level, the end of the run would conflict with each
    /// extension of its lease, which changes the same row.
    pub(super) async fn begin(db: &Db) -> Result<Self> {
        let overdue = if has_one_writer(db) { Overdue::Keep } else { Overdue::Close };
        Ok(Self { tx: store::begin(db).await?, overdue, is_open: true })
    }

    pub(super) fn tx(&self) -> &Tx {
        &self.tx
    }

    pub(super) async fn commit(mut self) -> Result<()> {
        self.is_open = false;
        self.tx.clone().commit().await
    }

    pub(super) async fn rollback(mut self) -> Result<()> {
        self.is_open = false;
        rolled_back(self.tx.clone(), self.overdue).await
    }

    /// Rolls back after an error of the run with this id.
    pub(super) async fn undo(self, id: Uuid) {
        if let Err(error) = self.rollback().await {
            tracing::debug!(target: "signals", %id, %error, "the rollback of a task failed");
        }
    }
}

impl Drop for TaskTx {
    fn drop(&mut self) {
        if !self.is_open {
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        let mut rollback = Box::pin(rolled_back(self.tx.clone(), self.overdue).in_current_span());
        // The first poll ends a savepoint, and lets no other handle use the transaction.
        if rollback.as_mut().now_or_never().is_none() {
            runtime.spawn(rollback);
        }
    }
}

async fn rolled_back(tx: Tx, overdue: Overdue) -> Result<()> {
    within(LONGEST_ROLLBACK, overdue, tx.rollback()).await
}
