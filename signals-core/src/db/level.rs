//! The levels of a transaction: the transaction itself at 0, a savepoint at each level above.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, MutexGuard as Turn, OwnedMutexGuard};

use super::callback::Callback;
use super::{Conn, Db};
use crate::dispatch::Frame;
use crate::error::{Error, Result};

/// One transaction on one connection, shared by the handles of all its levels.
pub(super) struct Transaction {
    pub(super) db: Db,
    pub(super) progress: AsyncMutex<Progress>,
    notes: Mutex<Notes>,
}

/// How far the connection is. Nothing is sent for a level until its first statement.
pub(super) struct Progress {
    pub(super) connection: Option<Conn>,
    /// How many levels the database has open.
    pub(super) opened: usize,
    /// The statement that is under way, or was when its future was dropped.
    pub(super) in_flight: Option<InFlight>,
    /// Whether the database ended the transaction by itself.
    pub(super) lost: bool,
}

/// A statement under way.
#[derive(Clone, Copy)]
pub(super) struct InFlight {
    /// How many levels were open before it.
    pub(super) before: usize,
    /// The level it belongs to.
    pub(super) level: usize,
    /// Whether it may change anything.
    pub(super) writes: bool,
}

/// What is noted while nobody can wait for the connection, as in a drop.
#[derive(Default)]
pub(super) struct Notes {
    /// The lowest level that was dropped, to be undone before the next statement.
    pub(super) undo: Option<usize>,
    /// The level in which a write may or may not have happened.
    pub(super) doubt: Option<usize>,
    /// The callbacks that wait for the commit, with the level each belongs to.
    pub(super) callbacks: Vec<(usize, Callback)>,
}

impl Notes {
    /// Forgets what a level left, since it is undone.
    pub(super) fn forget(&mut self, level: usize) {
        self.callbacks.retain(|(of, _)| *of < level);
        self.doubt = self.doubt.filter(|doubt| *doubt < level);
    }
}

impl Transaction {
    pub(super) fn new(db: Db, connection: Conn) -> Arc<Self> {
        let progress = Progress { connection: Some(connection), opened: 0, in_flight: None, lost: false };
        Arc::new(Self { db, progress: AsyncMutex::new(progress), notes: Mutex::default() })
    }

    /// The notes stay whole if a thread panics while it holds the lock: each change is one assignment or one push.
    pub(super) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
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
    parent: Option<Arc<Level>>,
    /// Held by the call under way, or by the open child.
    turn: Arc<AsyncMutex<()>>,
    /// Whether the open child was begun by the application, which may keep it open as long as it likes.
    lent: AtomicBool,
    state: AtomicU8,
    /// The parent's turn, held until this level ends.
    held: Mutex<Option<OwnedMutexGuard<()>>>,
}

impl Level {
    pub(super) fn outermost(transaction: Arc<Transaction>) -> Arc<Self> {
        Arc::new(Self::at(transaction, 0, None, None))
    }

    fn at(
        transaction: Arc<Transaction>,
        depth: usize,
        parent: Option<Arc<Level>>,
        held: Option<OwnedMutexGuard<()>>,
    ) -> Self {
        Self {
            transaction,
            depth,
            parent,
            turn: Arc::default(),
            lent: AtomicBool::new(false),
            state: AtomicU8::new(OPEN),
            held: Mutex::new(held),
        }
    }

    /// A savepoint in this level. `lent` says that the application holds it, and not a save that is sure to end it.
    pub(super) async fn child(self: &Arc<Self>, lent: bool) -> Result<Arc<Self>> {
        self.check()?;
        let turn = if let Ok(turn) = Arc::clone(&self.turn).try_lock_owned() {
            turn
        } else {
            self.may_wait()?;
            Arc::clone(&self.turn).lock_owned().await
        };
        self.check()?;
        self.lent.store(lent, Ordering::Release);
        Ok(Arc::new(Self::at(Arc::clone(&self.transaction), self.depth + 1, Some(Arc::clone(self)), Some(turn))))
    }

    /// Waits until no child is open and no other call is under way.
    pub(super) async fn turn(&self) -> Result<Turn<'_, ()>> {
        if let Ok(turn) = self.turn.try_lock() {
            return Ok(turn);
        }
        self.may_wait()?;
        Ok(self.turn.lock().await)
    }

    /// Refuses to wait where the wait might be for oneself.
    fn may_wait(&self) -> Result<()> {
        let scope = Frame::current().scope();
        let within_child = scope.tx == self.transaction.scope() && scope.level > self.depth;
        if self.lent.load(Ordering::Acquire) || within_child {
            return Err(Error::SavepointOpen);
        }
        Ok(())
    }

    /// Refuses a level that has ended, by itself or with one below it.
    pub(super) fn check(&self) -> Result<()> {
        let mut level = Some(self);
        while let Some(this) = level {
            if this.state.load(Ordering::Acquire) != OPEN {
                return Err(Error::TransactionEnded { why: "it was committed or rolled back" });
            }
            level = this.parent.as_deref();
        }
        Ok(())
    }

    /// Lets nobody else use this level, so that it can be ended.
    pub(super) fn start_ending(&self) -> Result<()> {
        self.check()?;
        self.state
            .compare_exchange(OPEN, ENDING, Ordering::AcqRel, Ordering::Acquire)
            .map_or(Err(Error::TransactionEnded { why: "it is being committed or rolled back" }), |_| Ok(()))
    }

    /// Says that nothing of this level is left to undo.
    pub(super) fn done(&self) {
        self.state.store(DONE, Ordering::Release);
        self.give_turn_back();
    }

    fn give_turn_back(&self) {
        if let Some(parent) = &self.parent {
            parent.lent.store(false, Ordering::Release);
        }
        self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        if *self.state.get_mut() == DONE {
            return;
        }
        let mut notes = self.transaction.notes();
        notes.undo = Some(notes.undo.map_or(self.depth, |undo| undo.min(self.depth)));
        notes.callbacks.retain(|(level, _)| *level < self.depth);
        drop(notes);
        if self.depth == 0 {
            // Nobody else has a handle any more, so the lock is free.
            if let Ok(mut progress) = self.transaction.progress.try_lock()
                && let Some(connection) = progress.connection.take()
                && (progress.opened > 0 || progress.in_flight.is_some())
            {
                connection.abandon();
            }
        }
        self.give_turn_back();
    }
}
