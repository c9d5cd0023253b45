//! A transaction and its levels: the transaction itself at 0, and a savepoint at each level above.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, MutexGuard as AsyncMutexGuard, OwnedMutexGuard};

use super::callback::{End, Waiting, conclude_in_background, conclude_to_the_end};
use super::connection_user::ConnectionUser;
use super::database::TxDatabase;
use super::notes::Notes;
use super::state::{ENDED, TransactionState};
use crate::backend::{Conn, Mode};
use crate::db::hooks::TestHooks;
use crate::dispatch::{Frame, Scope};
use crate::error::{Error, Result};

/// One transaction on one connection, shared by the handles of all its levels.
pub(in crate::db) struct Transaction<D> {
    pub(in crate::db) db: D,
    /// Whether the database refuses writes in it.
    pub(in crate::db) is_read_only: bool,
    pub(super) state: AsyncMutex<TransactionState<Conn>>,
    /// The current user of the connection.
    pub(super) user: ConnectionUser,
    /// The test tools of this transaction, created at the first use.
    pub(in crate::db) hooks: OnceLock<Arc<TestHooks>>,
    notes: Mutex<Notes<D>>,
}

impl<D: TxDatabase> Transaction<D> {
    pub(in crate::db) fn new(db: D, connection: Conn, mode: Mode) -> Arc<Self> {
        let state = TransactionState::new(db.database().pool().backend(), Some(connection), mode);
        // A transaction that a receiver begins after the end of another one gets that one's test tools.
        let hooks = db.own_hooks().cloned().map_or_else(OnceLock::new, OnceLock::from);
        Arc::new(Self {
            db,
            is_read_only: mode.read_only,
            state: AsyncMutex::new(state),
            user: ConnectionUser::default(),
            hooks,
            notes: Mutex::default(),
        })
    }

    /// Returns the database, for the receivers that are notified of the end of this transaction.
    pub(super) fn db_at_end(&self) -> D {
        self.db.at_end(self.hooks.get().cloned())
    }

    /// Locks the notes. They stay consistent if a thread panics while it holds the lock: each change is one
    /// assignment or one push.
    pub(in crate::db) fn notes(&self) -> MutexGuard<'_, Notes<D>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for another user of the connection, but not longer than for a connection of the pool.
    pub(super) async fn wait<T>(&self, lock: impl Future<Output = T> + Send) -> Result<T> {
        self.user.wait(self.db.database().acquire_timeout(), lock).await
    }

    /// Returns the connection when no call is running on any level.
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

const OPEN: u8 = 0;
const ENDING: u8 = 1;
const DONE: u8 = 2;

/// A level. One child may be open at a time. Until the child ends, calls on this level wait, or fail if they
/// would wait for themselves.
pub(in crate::db) struct Level<D: TxDatabase> {
    pub(in crate::db) transaction: Arc<Transaction<D>>,
    pub(in crate::db) depth: usize,
    parent: Option<LevelRef<D>>,
    /// The number of handles that keep it open.
    owners: AtomicUsize,
    /// Held by the running call, or by the open child.
    lock: Arc<AsyncMutex<()>>,
    /// Whether the application began the open child, and decides how long it stays open.
    has_savepoint: AtomicBool,
    state: AtomicU8,
    /// The parent's lock, held until this level ends.
    held: Mutex<Option<OwnedMutexGuard<()>>>,
}

impl<D: TxDatabase> Level<D> {
    pub(in crate::db) fn outermost(transaction: Arc<Transaction<D>>) -> LevelRef<D> {
        Self::at(transaction, 0, None, None)
    }

    fn at(
        transaction: Arc<Transaction<D>>,
        depth: usize,
        parent: Option<LevelRef<D>>,
        held: Option<OwnedMutexGuard<()>>,
    ) -> LevelRef<D> {
        LevelRef::first(Self {
            transaction,
            depth,
            parent,
            owners: AtomicUsize::new(1),
            lock: Arc::default(),
            has_savepoint: AtomicBool::new(false),
            state: AtomicU8::new(OPEN),
            held: Mutex::new(held),
        })
    }

    /// Begins a savepoint in the level of `parent`. `lent` is true if the application holds it, and false for
    /// a save that is sure to end it.
    pub(in crate::db) async fn child(parent: &LevelRef<D>, lent: bool) -> Result<LevelRef<D>> {
        let level = parent.level();
        level.check()?;
        let lock = if let Ok(lock) = Arc::clone(&level.lock).try_lock_owned() {
            lock
        } else {
            level.may_wait()?;
            level.transaction.wait(Arc::clone(&level.lock).lock_owned()).await?
        };
        if lent {
            // The lock is held during the checks, so that the level cannot end in between.
            let notes = level.transaction.notes();
            level.check().and_then(|()| level.check_database(notes.undo))?;
        } else {
            // A save or a receiver without statements may go on. Its first statement fails.
            level.check()?;
        }
        level.has_savepoint.store(lent, Ordering::Release);
        Ok(Self::at(Arc::clone(&level.transaction), level.depth + 1, Some(parent.clone()), Some(lock)))
    }

    /// Waits until no child is open and no other call is running.
    pub(super) async fn lock(&self) -> Result<AsyncMutexGuard<'_, ()>> {
        if let Ok(lock) = self.lock.try_lock() {
            return Ok(lock);
        }
        self.may_wait()?;
        self.transaction.wait(self.lock.lock()).await
    }

    /// Fails if the current task might wait for itself.
    fn may_wait(&self) -> Result<()> {
        let scope = Frame::current().scope();
        let within_child = scope.tx == self.transaction.scope() && scope.level > self.depth;
        if self.has_savepoint.load(Ordering::Acquire) || within_child {
            return Err(Error::SavepointOpen);
        }
        self.may_use_connection()
    }

    /// Fails if a wait would be for a use of the connection that the current task itself has to end.
    pub(in crate::db) fn may_use_connection(&self) -> Result<()> {
        self.transaction.user.may_wait()
    }

    /// Returns this level and those around it, innermost first.
    fn and_outer(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |level| level.parent.as_ref().map(|parent| &**parent.level()))
    }

    /// Fails if this level, or one around it, has ended.
    pub(in crate::db) fn check(&self) -> Result<()> {
        if self.and_outer().all(|level| level.state.load(Ordering::Acquire) == OPEN) { Ok(()) } else { Err(ENDED) }
    }

    /// Fails if the database has ended this level. While another call runs this is unknown, and the next call
    /// returns the error.
    fn check_database(&self, undo: Option<usize>) -> Result<()> {
        self.transaction.state.try_lock().map_or(Ok(()), |state| state.check_level(self.depth, undo))
    }

    /// Fails if a level around this one has ended.
    pub(super) fn check_outer(&self) -> Result<()> {
        if self.and_outer().skip(1).all(|level| level.state.load(Ordering::Acquire) != DONE) {
            Ok(())
        } else {
            Err(ENDED)
        }
    }

    /// Reserves this level for its end, so that no other call can use it.
    pub(super) fn start_ending(&self) -> Result<()> {
        self.check()?;
        self.state.compare_exchange(OPEN, ENDING, Ordering::AcqRel, Ordering::Acquire).map_or(Err(ENDED), |_| Ok(()))
    }

    /// Marks this level as ended, with nothing left to undo.
    pub(super) fn done(&self) {
        self.state.store(DONE, Ordering::Release);
        self.release_parent();
    }

    /// Ends this level in the background, unless it has ended. Its writes are undone before the next
    /// statement. Other handles no longer keep it open.
    pub(in crate::db) fn give_up(&self) {
        if self.state.swap(DONE, Ordering::AcqRel) == DONE {
            return;
        }
        // If a level around this one has ended, this one ended with it, and another level may have its
        // number.
        let mut notes = self.transaction.notes();
        let callbacks = self.check_outer().is_ok().then(|| notes.give_up(self.depth));
        let undone = if self.depth == 0 { notes.take_undone() } else { Vec::new() };
        // A callback may own a handle of this transaction, whose drop takes the lock.
        drop(notes);
        drop(callbacks);
        // If a call is running, the last handle returns the connection.
        if self.depth == 0
            && let Ok(mut state) = self.transaction.state.try_lock()
        {
            drop(state.take());
        }
        conclude_in_background(&self.transaction.db_at_end(), undone, End::RolledBack);
        self.release_parent();
    }

    /// Ends a transaction that was rolled back, and waits for the receivers that are called then.
    pub(super) async fn give_up_and_notify(&self) {
        let undone = {
            let mut notes = self.transaction.notes();
            let callbacks = notes.give_up(0);
            let undone = notes.take_undone();
            drop(notes);
            drop(callbacks);
            undone
        };
        conclude_to_the_end(&self.transaction.db_at_end(), undone, End::RolledBack).await;
    }

    /// Keeps a callback or a change until the end. The lock is held during the check, so that the level
    /// cannot end in between.
    pub(in crate::db) fn wait_for_end(&self, waiting: Waiting<D>) -> Result<()> {
        let mut notes = self.transaction.notes();
        let open = self.check().and_then(|()| self.check_database(notes.undo));
        if open.is_ok() {
            notes.wait(self.depth, waiting);
            return Ok(());
        }
        drop(notes);
        drop(waiting);
        open
    }

    /// Returns the identity of this level, for the receivers that take it.
    pub(in crate::db) fn scope(&self) -> Scope {
        Scope { db: self.transaction.db.database().scope(), tx: self.transaction.scope(), level: self.depth }
    }

    fn release_parent(&self) {
        if let Some(parent) = &self.parent {
            parent.level().has_savepoint.store(false, Ordering::Release);
        }
        self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// A handle's reference to its level.
#[derive(Clone)]
pub(in crate::db) enum LevelRef<D: TxDatabase> {
    /// Keeps the level open.
    Strong(Strong<D>),
    /// Uses the level while other handles keep it open.
    ///
    /// A callback may own a weak reference without a cycle: after the last strong one is dropped, the level
    /// and its callbacks end.
    Weak(Arc<Level<D>>),
}

impl<D: TxDatabase> LevelRef<D> {
    /// Returns the first strong reference to a level.
    fn first(level: Level<D>) -> Self {
        Self::Strong(Strong(Arc::new(level)))
    }

    pub(in crate::db) fn level(&self) -> &Arc<Level<D>> {
        match self {
            Self::Strong(Strong(level)) | Self::Weak(level) => level,
        }
    }

    /// Returns a weak reference to the same level.
    pub(in crate::db) fn weak(&self) -> Self {
        Self::Weak(Arc::clone(self.level()))
    }
}

/// A strong reference to a level. The level ends when the last one is dropped.
pub(in crate::db) struct Strong<D: TxDatabase>(Arc<Level<D>>);

impl<D: TxDatabase> Clone for Strong<D> {
    fn clone(&self) -> Self {
        self.0.owners.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

impl<D: TxDatabase> Drop for Strong<D> {
    fn drop(&mut self) {
        if self.0.owners.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.give_up();
        }
    }
}
