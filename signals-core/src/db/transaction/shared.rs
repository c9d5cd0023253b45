//! One transaction on one connection.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, MutexGuard as AsyncMutexGuard};

use super::connection_user::ConnectionUser;
use super::database::TxDatabase;
use super::notes::Notes;
use super::state::TransactionState;
use crate::backend::{Conn, Mode};
use crate::db::hooks::TestHooks;
use crate::error::Result;

/// One transaction on one connection, shared by the handles of all its levels.
pub(in crate::db) struct Transaction<D> {
    pub(in crate::db) db: D,
    pub(super) state: AsyncMutex<TransactionState<Conn>>,
    /// Who has the connection for as long as the application likes.
    pub(super) user: ConnectionUser,
    /// The test tools of this transaction; made when a test first asks for one.
    pub(in crate::db) hooks: OnceLock<Arc<TestHooks>>,
    notes: Mutex<Notes<D>>,
}

impl<D: TxDatabase> Transaction<D> {
    pub(in crate::db) fn new(db: D, connection: Conn, mode: Mode) -> Arc<Self> {
        let state = TransactionState::new(db.database().pool().backend(), Some(connection), mode);
        // A transaction that a receiver begins at the end of another one has the test tools of that.
        let hooks = db.own_hooks().cloned().map_or_else(OnceLock::new, OnceLock::from);
        Arc::new(Self {
            db,
            state: AsyncMutex::new(state),
            user: ConnectionUser::default(),
            hooks,
            notes: Mutex::default(),
        })
    }

    /// The database, for the receivers that are notified of the end of this transaction.
    pub(super) fn db_at_end(&self) -> D {
        self.db.at_end(self.hooks.get().cloned())
    }

    /// The notes stay whole if a thread panics while it holds the lock: each change is one assignment or one push.
    pub(in crate::db) fn notes(&self) -> MutexGuard<'_, Notes<D>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for someone else who uses the connection, but not for longer than for a connection of the pool.
    pub(super) async fn wait<T>(&self, lock: impl Future<Output = T> + Send) -> Result<T> {
        self.user.wait(self.db.database().acquire_timeout(), lock).await
    }

    /// The connection, as soon as no call is under way on any level.
    pub(super) async fn state(&self) -> Result<AsyncMutexGuard<'_, TransactionState<Conn>>> {
        if let Ok(state) = self.state.try_lock() {
            return Ok(state);
        }
        self.user.may_wait()?;
        self.wait(self.state.lock()).await
    }

    pub(super) fn scope(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self) as usize
    }
}
