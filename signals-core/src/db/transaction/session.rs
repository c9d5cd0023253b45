//! A session of a level on the connection. It first cleans up after dropped futures, then runs statements.
//! One session ends the level.

use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use tokio::sync::{MappedMutexGuard, MutexGuard};

use super::callback::End;
use super::connection_user::{ConnectionUse, UseGuard};
use super::database::TxDatabase;
use super::level::Level;
use super::state::{ENDED, TransactionState};
use super::statement::{Doing, Statement};
use super::to_the_end::{caught, to_the_end};
use crate::backend::{Args, Conn, Done, Row, Text};
use crate::error::{Error, Result, escaped};

/// The connection, held by one level.
pub(in crate::db) struct Session<'a, D: TxDatabase> {
    level: &'a Level<D>,
    // Dropped before `lock`, so that the next call finds the level as it is.
    stream: Option<UseGuard<'a>>,
    state: MutexGuard<'a, TransactionState<Conn>>,
    // Dropped after `state`, so that the connection is free when the level is.
    lock: MutexGuard<'a, ()>,
}

impl<'a, D: TxDatabase> Session<'a, D> {
    /// Takes the connection when no child of the level is open, and cleans up after dropped futures.
    pub(in crate::db) async fn enter(level: &'a Level<D>) -> Result<Self> {
        let lock = level.lock().await?;
        let state = level.transaction.state().await?;
        level.check_outer()?;
        let mut session = Self { level, stream: None, state, lock };
        session.settle().await?;
        Ok(session)
    }

    /// Runs [`enter`](Self::enter) for a statement in a level that can continue.
    pub(in crate::db) async fn enter_to_run(level: &'a Level<D>) -> Result<Self> {
        level.check()?;
        let mut session = Self::enter(level).await?;
        level.check()?;
        session.verify().await?;
        session.state.release().await?;
        Ok(session)
    }

    /// Fails if the database has ended the transaction, or if a write in it is in doubt.
    async fn verify(&mut self) -> Result<()> {
        self.state.verify().await;
        self.check()
    }

    /// Runs [`verify`](Self::verify) for a transaction that is about to be committed.
    async fn verify_to_commit(&mut self) -> Result<()> {
        self.state.verify_to_commit().await;
        self.check()
    }

    /// Fails if the transaction is known to have ended, or a write in it is in doubt.
    fn check(&self) -> Result<()> {
        self.state.check()?;
        if self.level.transaction.notes().doubt.is_some() { Err(Error::InDoubt) } else { Ok(()) }
    }

    /// Cleans up after dropped futures and dropped levels.
    async fn settle(&mut self) -> Result<()> {
        let doubt = self.state.resolve_in_flight().await?;
        let undo = {
            let mut notes = self.level.transaction.notes();
            // A write that is undone anyway is not in doubt.
            notes.doubt = notes.doubt.or(doubt).filter(|doubt| notes.undo.is_none_or(|undo| undo > *doubt));
            notes.undo
        };
        if let Some(level) = undo {
            self.state.undo_if_open(level).await?;
            let mut notes = self.level.transaction.notes();
            // Another level may have been dropped meanwhile.
            notes.undo = notes.undo.filter(|undo| *undo < level);
        }
        Ok(())
    }

    /// Opens this level and those below it.
    pub(in crate::db) async fn open(&mut self) -> Result<()> {
        self.state.open(self.level.depth + 1).await
    }

    /// Removes the mark of this library's writes before the connection is lent.
    pub(in crate::db) async fn unmark(&mut self) -> Result<()> {
        self.state.unmark(self.level.depth).await
    }

    /// Notes that a statement that returns rows is about to run.
    pub(in crate::db) fn note_mark(&mut self, statement: &Statement) {
        self.state.note_mark(statement);
    }

    /// Waits until nothing runs on the connection, such as the end of a query after its last row.
    pub(in crate::db) async fn free(&mut self) -> Result<()> {
        self.state.free().await
    }

    /// Runs a statement.
    pub(in crate::db) async fn run(&mut self, statement: &Statement, args: Args, doing: Doing) -> Result<Done> {
        self.state.run(self.level.depth, statement, args, doing).await
    }

    /// Runs a query and reads its first row.
    pub(in crate::db) async fn first(
        &mut self,
        statement: &Statement,
        args: Args,
        doing: Doing,
        show: &mut (dyn FnMut(&Row<'_>) -> Result<(), sqlx::Error> + Send),
    ) -> Result<()> {
        self.state.note_mark(statement);
        let connection = self.state.begin_reading(self.level.depth).await?;
        let outcome = connection.first(statement.text(), args, show).await;
        self.state.answered();
        match outcome {
            Ok(_) => Ok(()),
            Err(source) => Err(self.state.failed(doing, source).await),
        }
    }

    /// Marks this session as used by a stream, until the session is dropped.
    pub(in crate::db) fn reserve_for_stream(&mut self) {
        self.stream = Some(self.level.transaction.user.begin(ConnectionUse::Stream));
    }

    /// Lends the connection for a query, until [`end_reading`](Self::end_reading).
    pub(in crate::db) async fn begin_reading(&mut self) -> Result<&mut Conn> {
        self.state.begin_reading(self.level.depth).await
    }

    /// Lends the connection for a write that returns rows, as [`begin_reading`](Self::begin_reading) does.
    pub(in crate::db) async fn begin_writing(&mut self) -> Result<&mut Conn> {
        self.state.begin_writing(self.level.depth).await
    }

    /// Handles the outcome of a query.
    pub(in crate::db) async fn end_reading(&mut self, doing: Doing, outcome: Result<(), sqlx::Error>) -> Result<()> {
        self.state.end_reading(doing, outcome).await
    }

    /// Defers the check of references until the commit.
    pub(in crate::db) async fn defer_references(&mut self) -> Result<()> {
        self.state.defer_references(self.level.depth).await
    }

    /// Checks references again.
    pub(in crate::db) async fn recheck_references(&mut self) -> Result<()> {
        self.state.recheck_references(self.level.depth).await
    }

    /// Returns whether the check of references is deferred or off.
    pub(in crate::db) async fn defers_references(&mut self) -> Result<bool> {
        self.state.defers_references(self.level.depth).await
    }

    /// Runs a statement without bound values and without preparing it.
    pub(in crate::db) async fn control(&mut self, text: Text, doing: Doing) -> Result<()> {
        self.state.control(self.level.depth, text, doing).await
    }

    /// Merges the writes of this level into the level below it.
    fn keep(&mut self) {
        self.state.keep(self.level.depth);
    }

    /// Commits the transaction and returns the connection.
    async fn commit(&mut self) -> Result<()> {
        self.state.commit().await
    }

    /// Takes the state, so that the caller can end the transaction.
    fn take(&mut self) -> TransactionState<Conn> {
        self.state.take()
    }
}

impl<'a, D: TxDatabase> Session<'a, D> {
    /// Lends the connection out, as the type of its backend.
    pub(in crate::db) fn borrow<C>(
        self,
        choose: impl FnOnce(&mut Conn) -> Result<&mut C>,
    ) -> Result<TxConnection<'a, C>> {
        let mut refusal = ENDED;
        let chosen =
            MutexGuard::try_map(self.state, |state| state.borrow().map(choose)?.map_err(|error| refusal = error).ok());
        let connection = chosen.map_err(|_| refusal)?;
        self.level.transaction.notes().may_alter = true;
        let in_use = self.level.transaction.user.begin(ConnectionUse::Plain);
        Ok(TxConnection { _in_use: in_use, connection, _lock: self.lock })
    }
}

/// The connection of a transaction, lent to plain sqlx. Until it is dropped, calls of other tasks on the
/// transaction wait, and calls of the same task fail.
pub struct TxConnection<'a, C> {
    // Dropped before the others, so that the next user of the connection may lend it again.
    _in_use: UseGuard<'a>,
    connection: MappedMutexGuard<'a, C>,
    _lock: MutexGuard<'a, ()>,
}

impl<C> Deref for TxConnection<'_, C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.connection
    }
}

impl<C> DerefMut for TxConnection<'_, C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.connection
    }
}

impl<C> fmt::Debug for TxConnection<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TxConnection")
    }
}

/// Commits a transaction, or makes a savepoint part of the level around it.
pub(in crate::db) async fn commit<D: TxDatabase>(level: &Level<D>) -> Result<()> {
    level.start_ending()?;
    let mut session = Session::enter(level).await?;
    if level.depth == 0 {
        session.verify_to_commit().await?;
        return commit_outermost(level, session).await;
    }
    session.verify().await?;
    session.keep();
    level.transaction.notes().keep(level.depth);
    drop(session);
    level.done();
    Ok(())
}

/// Rolls a transaction back, and waits for the receivers that are called then. A savepoint is only marked as
/// given up.
pub(in crate::db) async fn rollback<D: TxDatabase>(level: &Level<D>) -> Result<()> {
    level.start_ending()?;
    if level.depth == 0 {
        level.transaction.state().await?.rollback().await?;
        level.give_up_and_notify().await;
    }
    Ok(())
}

/// Commits, returns the connection, and runs the callbacks.
async fn commit_outermost<D: TxDatabase>(level: &Level<D>, mut session: Session<'_, D>) -> Result<()> {
    let (ended, tables) = {
        let mut notes = level.transaction.notes();
        (notes.take_all(), std::mem::take(&mut notes.tables))
    };
    if ended.is_empty() {
        session.commit().await?;
        level.transaction.db.database().tables().keep_own(tables);
        drop(session);
        level.done();
        return Ok(());
    }
    let db = level.transaction.db_at_end();
    let mut state = session.take();
    let database = Arc::clone(level.transaction.db.database());
    let work = async move {
        let committed = caught(state.commit()).await.unwrap_or_else(|error| Err(unknown(error)));
        let concluded = caught(async {
            match committed {
                Ok(()) => {
                    db.database().tables().keep_own(tables);
                    ended.conclude(&db, End::Committed).await;
                }
                Err(Error::CommitUnknown { .. }) => ended.conclude_unknown(&db).await,
                Err(_) => ended.conclude(&db, End::RolledBack).await,
            }
        });
        if let Err(error) = concluded.await {
            // The end of the transaction is known, whatever fails later.
            tracing::error!(target: "signals", using = db.database().name(), error = %escaped(error), "no receiver was called at the end of a transaction");
        }
        committed
    };
    // A dropped future of `commit` stops neither the commit nor the callbacks.
    let work = to_the_end(work, move |outcome| {
        if let Err(error) = outcome.unwrap_or_else(|error| Err(unknown(error))) {
            tracing::error!(target: "signals", using = database.name(), error = %escaped(error), "a commit failed after its future was dropped");
        }
    });
    drop(session);
    level.done();
    work.await.unwrap_or_else(|error| Err(unknown(error)))
}

/// Returns the error of a COMMIT that was cancelled or that panicked, and so may have happened.
fn unknown(error: Error) -> Error {
    Error::CommitUnknown { source: sqlx::Error::Io(io::Error::other(error)) }
}
