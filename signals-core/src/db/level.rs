//! The levels of a transaction: the transaction itself at 0, a savepoint at each level above.

use std::any::{Any, TypeId};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, MutexGuard as AsyncMutexGuard, OwnedMutexGuard};

use super::Db;
use super::callback::{self, End, Waiting};
use super::connection_user::ConnectionUser;
use super::hooks::TestHooks;
use super::level_ref::LevelRef;
use super::table::OwnTables;
use super::transaction_state::{ENDED, TransactionState};
use crate::backend::{Conn, Mode};
use crate::dispatch::Frame;
use crate::error::{Error, Result};

/// One transaction on one connection, shared by the handles of all its levels.
pub(super) struct Transaction {
    pub(super) db: Db,
    pub(super) state: AsyncMutex<TransactionState>,
    /// Who has the connection for as long as the application likes.
    pub(super) user: ConnectionUser,
    /// The test tools of this transaction; made when a test first asks for one.
    pub(super) hooks: OnceLock<Arc<TestHooks>>,
    notes: Mutex<Notes>,
}

/// What is noted while nobody can wait for the connection, as in a drop.
#[derive(Default)]
pub(super) struct Notes {
    /// The lowest level that was given up, to be undone before the next statement.
    pub(super) undo: Option<usize>,
    /// The level in which a write may or may not have happened.
    pub(super) doubt: Option<usize>,
    /// What waits for the end of the transaction.
    waiting: Vec<Noted>,
    /// The changes of levels that were rolled back, which their receivers are told at the end of the transaction.
    undone: Vec<Noted>,
    /// The place of what is noted next.
    next: u64,
    /// The types of the changes that were noted at any time.
    types: HashSet<TypeId>,
    /// Whether a statement of this transaction may have changed a table.
    pub(super) may_alter: bool,
    /// What tables say of their keys, asked since then.
    pub(super) tables: OwnTables,
}

/// What waits for the end of the transaction.
struct Noted {
    /// The level that it belongs to.
    level: usize,
    /// Its place among all that was noted.
    place: u64,
    what: Waiting,
}

impl Notes {
    /// Notes that a level is to be undone. Returns its callbacks, which may own anything, to be dropped when no lock is held.
    #[must_use]
    fn give_up(&mut self, level: usize) -> Vec<Waiting> {
        self.undo = Some(self.undo.map_or(level, |undo| undo.min(level)));
        self.doubt = self.doubt.filter(|doubt| *doubt < level);
        // The tables may be undone too.
        self.tables.clear();
        let given_up = self.waiting.extract_if(.., |noted| noted.level >= level);
        let is_told = |noted: &Noted| matches!(&noted.what, Waiting::Change(change) if change.told_if_undone);
        let (undone, rest): (Vec<_>, Vec<_>) = given_up.partition(is_told);
        self.undone.extend(undone);
        rest.into_iter().map(|noted| noted.what).collect()
    }

    /// All that waits, and what was rolled back on the way.
    pub(super) fn take_all(&mut self) -> Ended {
        Ended { waiting: std::mem::take(&mut self.waiting), undone: std::mem::take(&mut self.undone) }
    }

    fn wait(&mut self, level: usize, what: Waiting) {
        if let Waiting::Change(change) = &what {
            self.types.insert((*change.what).type_id());
        }
        self.waiting.push(Noted { level, place: self.next, what });
        self.next += 1;
    }

    /// Whether a change of this type was noted.
    pub(super) fn has<T: Any>(&self) -> bool {
        self.types.contains(&TypeId::of::<T>())
    }

    /// What `look` makes of each change of this type that waits.
    pub(super) fn changes<T: Any, R>(&self, look: impl Fn(&T) -> R) -> Vec<R> {
        let changes = self.waiting.iter().filter_map(|noted| match &noted.what {
            Waiting::Change(change) => change.what.downcast_ref(),
            Waiting::Callback(_) => None,
        });
        changes.map(look).collect()
    }

    /// Takes out the changes of this type for which `is_superseded` holds, given the level of each. It is asked from the last to the first.
    #[must_use]
    pub(super) fn take_superseded<T: Any>(&mut self, mut is_superseded: impl FnMut(&T, usize) -> bool) -> Vec<Waiting> {
        let mut taken = HashSet::new();
        for noted in self.waiting.iter().rev() {
            if let Waiting::Change(change) = &noted.what
                && change.what.downcast_ref().is_some_and(|change| is_superseded(change, noted.level))
            {
                taken.insert(noted.place);
            }
        }
        if taken.is_empty() {
            return Vec::new();
        }
        self.waiting.extract_if(.., |noted| taken.contains(&noted.place)).map(|noted| noted.what).collect()
    }

    /// Makes what waits in a level part of the one around it.
    pub(super) fn keep(&mut self, level: usize) {
        for noted in &mut self.waiting {
            noted.level = noted.level.min(level - 1);
        }
    }

    /// What waits for the commit of one level, savepoints in it that were committed included.
    pub(super) fn take_waiting_at(&mut self, level: usize) -> Vec<Waiting> {
        in_order(self.waiting.extract_if(.., |noted| noted.level == level).collect())
    }

    /// The changes that were rolled back on the way, in the order in which they came.
    pub(super) fn take_undone(&mut self) -> Vec<Waiting> {
        in_order(std::mem::take(&mut self.undone))
    }
}

/// What waited for the end of a transaction that is ending.
pub(super) struct Ended {
    waiting: Vec<Noted>,
    undone: Vec<Noted>,
}

impl Ended {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.undone.is_empty()
    }

    /// Leaves what waited alone, since nobody knows how the transaction ended, and runs what had been rolled back on the way.
    pub(super) async fn conclude_unknown(mut self, db: &Db) {
        if !self.waiting.is_empty() {
            let waiting = self.waiting.len();
            tracing::warn!(target: "signals", using = db.name(), waiting, "no receiver is called at the end of a transaction, since it is unknown how it ended");
            self.waiting.clear();
        }
        self.conclude(db, End::Committed).await;
    }

    /// Runs what waited. After a rollback, what had been rolled back on the way is part of the same end.
    pub(super) async fn conclude(mut self, db: &Db, end: End) {
        if end == End::RolledBack {
            self.undone.append(&mut self.waiting);
        }
        callback::conclude(db, in_order(self.waiting), End::Committed).await;
        callback::conclude(db, in_order(self.undone), End::RolledBack).await;
    }
}

fn in_order(mut noted: Vec<Noted>) -> Vec<Waiting> {
    noted.sort_by_key(|noted| noted.place);
    noted.into_iter().map(|noted| noted.what).collect()
}

impl Transaction {
    pub(super) fn new(db: Db, connection: Conn, mode: Mode) -> Arc<Self> {
        let state = TransactionState::new(db.backend(), Some(connection), mode);
        // A transaction that a receiver begins at the end of another one has the test tools of that.
        let hooks = db.hooks_at_end.clone().map_or_else(OnceLock::new, OnceLock::from);
        Arc::new(Self {
            db,
            state: AsyncMutex::new(state),
            user: ConnectionUser::default(),
            hooks,
            notes: Mutex::default(),
        })
    }

    /// The database, for the receivers that are notified of the end of this transaction.
    pub(super) fn db_at_end(&self) -> Db {
        Db { hooks_at_end: self.hooks.get().cloned(), ..self.db.clone() }
    }

    /// The notes stay whole if a thread panics while it holds the lock: each change is one assignment or one push.
    pub(super) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for someone else who uses the connection, but not for longer than for a connection of the pool.
    async fn wait<T>(&self, lock: impl Future<Output = T> + Send) -> Result<T> {
        self.user.wait(self.db.acquire_timeout(), lock).await
    }

    /// The connection, as soon as no call is under way on any level.
    pub(super) async fn state(&self) -> Result<AsyncMutexGuard<'_, TransactionState>> {
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

/// A level. One child may be open at a time; while it is, this level's own calls wait, or fail where they would wait for themselves.
pub(super) struct Level {
    pub(super) transaction: Arc<Transaction>,
    pub(super) depth: usize,
    parent: Option<LevelRef>,
    /// How many handles keep it open.
    pub(super) owners: AtomicUsize,
    /// Held by the call under way, or by the open child.
    lock: Arc<AsyncMutex<()>>,
    /// Whether the application began the open child, and keeps it open as long as it likes.
    has_savepoint: AtomicBool,
    state: AtomicU8,
    /// The parent's turn, held until this level ends.
    held: Mutex<Option<OwnedMutexGuard<()>>>,
}

impl Level {
    pub(super) fn outermost(transaction: Arc<Transaction>) -> LevelRef {
        Self::at(transaction, 0, None, None)
    }

    fn at(
        transaction: Arc<Transaction>,
        depth: usize,
        parent: Option<LevelRef>,
        held: Option<OwnedMutexGuard<()>>,
    ) -> LevelRef {
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

    /// A savepoint in the level of `parent`. `lent` says that the application holds it, and not a save that is sure to end it.
    pub(super) async fn child(parent: &LevelRef, lent: bool) -> Result<LevelRef> {
        let level = parent.level();
        level.check()?;
        let lock = if let Ok(lock) = Arc::clone(&level.lock).try_lock_owned() {
            lock
        } else {
            level.may_wait()?;
            level.transaction.wait(Arc::clone(&level.lock).lock_owned()).await?
        };
        if lent {
            // The lock is held across the checks, so that the level cannot end in between.
            let notes = level.transaction.notes();
            level.check().and_then(|()| level.check_database(notes.undo))?;
        } else {
            // A save or a receiver that sends no statement may go on; its first statement is refused.
            level.check()?;
        }
        level.has_savepoint.store(lent, Ordering::Release);
        Ok(Self::at(Arc::clone(&level.transaction), level.depth + 1, Some(parent.clone()), Some(lock)))
    }

    /// Waits until no child is open and no other call is under way.
    pub(super) async fn lock(&self) -> Result<AsyncMutexGuard<'_, ()>> {
        if let Ok(lock) = self.lock.try_lock() {
            return Ok(lock);
        }
        self.may_wait()?;
        self.transaction.wait(self.lock.lock()).await
    }

    /// Refuses to wait where the wait might be for oneself.
    fn may_wait(&self) -> Result<()> {
        let scope = Frame::current().scope();
        let within_child = scope.tx == self.transaction.scope() && scope.level > self.depth;
        if self.has_savepoint.load(Ordering::Acquire) || within_child {
            return Err(Error::SavepointOpen);
        }
        self.transaction.user.may_wait()
    }

    /// This level and those around it, innermost first.
    fn and_outer(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |level| level.parent.as_ref().map(|parent| &**parent.level()))
    }

    /// Refuses a level that has ended, by itself or with one around it.
    pub(super) fn check(&self) -> Result<()> {
        if self.and_outer().all(|level| level.state.load(Ordering::Acquire) == OPEN) { Ok(()) } else { Err(ENDED) }
    }

    /// Refuses a level that the database has ended. While a call is under way nobody knows; what the call finds out, the next one is told.
    fn check_database(&self, undo: Option<usize>) -> Result<()> {
        self.transaction.state.try_lock().map_or(Ok(()), |state| state.check_level(self.depth, undo))
    }

    /// Refuses a level that has ended with one around it.
    pub(super) fn check_outer(&self) -> Result<()> {
        if self.and_outer().skip(1).all(|level| level.state.load(Ordering::Acquire) != DONE) {
            Ok(())
        } else {
            Err(ENDED)
        }
    }

    /// Lets nobody else use this level, so that it can be ended.
    pub(super) fn start_ending(&self) -> Result<()> {
        self.check()?;
        self.state.compare_exchange(OPEN, ENDING, Ordering::AcqRel, Ordering::Acquire).map_or(Err(ENDED), |_| Ok(()))
    }

    /// Says that nothing of this level is left to undo.
    pub(super) fn done(&self) {
        self.state.store(DONE, Ordering::Release);
        self.release_parent();
    }

    /// Ends this level without being waited for, unless it has ended: what it wrote is undone before the next statement,
    /// and handles that are left of it keep nothing alive.
    pub(super) fn give_up(&self) {
        if self.state.swap(DONE, Ordering::AcqRel) == DONE {
            return;
        }
        // A level around it that has ended took this one along, and its number may be another's by now.
        let mut notes = self.transaction.notes();
        let callbacks = self.check_outer().is_ok().then(|| notes.give_up(self.depth));
        let undone = if self.depth == 0 { notes.take_undone() } else { Vec::new() };
        // What a callback owns may be a handle of this transaction, whose drop takes the lock.
        drop(notes);
        drop(callbacks);
        // Where a call is under way, the last handle gives the connection back.
        if self.depth == 0
            && let Ok(mut state) = self.transaction.state.try_lock()
        {
            drop(state.take());
        }
        callback::conclude_in_background(&self.transaction.db_at_end(), undone, End::RolledBack);
        self.release_parent();
    }

    /// Ends a transaction that was rolled back, and waits for the receivers that are told of it.
    pub(super) async fn give_up_and_notify(&self) {
        let undone = {
            let mut notes = self.transaction.notes();
            let callbacks = notes.give_up(0);
            let undone = notes.take_undone();
            drop(notes);
            drop(callbacks);
            undone
        };
        callback::conclude_to_the_end(&self.transaction.db_at_end(), undone, End::RolledBack).await;
    }

    /// Keeps something until the end. The lock is held across the check, so that the level cannot end in between.
    pub(super) fn wait_for_end(&self, waiting: Waiting) -> Result<()> {
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

    fn release_parent(&self) {
        if let Some(parent) = &self.parent {
            parent.level().has_savepoint.store(false, Ordering::Release);
        }
        self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
