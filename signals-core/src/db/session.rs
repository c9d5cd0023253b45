//! A level's turn at the connection: what was left over is settled first, then statements run.

use tokio::sync::MutexGuard;

use super::connection::{Done, Failed, failed};
use super::handle::Doing;
use super::level::{InFlight, Level, Progress};
use super::{Conn, Statement, Text, statement};
use crate::error::{Error, Result};
use crate::field::{Args, Backend, Row};

/// The connection, held by one level.
pub(super) struct Session<'a> {
    level: &'a Level,
    progress: MutexGuard<'a, Progress>,
    // After `progress`, so that the connection is free when the turn is.
    turn: MutexGuard<'a, ()>,
}

impl<'a> Session<'a> {
    /// Takes the connection, as soon as no child of the level is open.
    pub(super) async fn enter(level: &'a Level) -> Result<Self> {
        let turn = level.turn().await?;
        let progress = level.transaction.progress.lock().await;
        let mut session = Self { level, progress, turn };
        session.settle().await?;
        Ok(session)
    }

    /// As [`enter`](Self::enter), and refuses a transaction that cannot go on.
    pub(super) async fn enter_usable(level: &'a Level) -> Result<Self> {
        level.check()?;
        let session = Self::enter(level).await?;
        level.check()?;
        session.usable()?;
        Ok(session)
    }

    pub(super) fn usable(&self) -> Result<()> {
        if self.progress.lost {
            return Err(LOST);
        }
        if self.level.transaction.notes().doubt.is_some() {
            return Err(Error::InDoubt);
        }
        Ok(())
    }

    fn backend(&self) -> Backend {
        self.level.transaction.db.backend()
    }

    /// The connection for writing; the type is total because a session is entered only while there is one.
    fn conn(progress: &mut Progress) -> Result<&mut Conn> {
        progress.connection.as_mut().ok_or(ENDED)
    }

    /// Undoes what dropped futures and dropped levels left behind.
    async fn settle(&mut self) -> Result<()> {
        if let Some(flight) = self.progress.in_flight {
            if flight.before <= flight.level {
                // It was opening levels, so nothing else has happened in them.
                self.undo(flight.before).await?;
            } else if flight.writes {
                let mut notes = self.level.transaction.notes();
                if notes.undo.is_none_or(|undo| undo > flight.level) {
                    notes.doubt = Some(flight.level);
                }
            }
            self.progress.in_flight = None;
        }
        let undo = self.level.transaction.notes().undo;
        if let Some(level) = undo {
            if self.progress.opened > level {
                self.undo(level).await?;
            }
            let mut notes = self.level.transaction.notes();
            notes.forget(level);
            notes.undo = None;
        }
        Ok(())
    }

    /// Undoes a level, whether or not the database had it open.
    pub(super) async fn undo(&mut self, level: usize) -> Result<()> {
        let progress = &mut *self.progress;
        for text in statement::undo(level) {
            let connection = Self::conn(progress)?;
            match connection.control(text).await {
                Ok(()) => {}
                Err(error) if nothing_to_undo(&error) => {
                    let lost = level > 0 && !connection.in_transaction().await?;
                    progress.lost |= lost;
                }
                Err(error) => {
                    progress.lost = true;
                    return Err(failed("a rollback", error));
                }
            }
        }
        progress.opened = progress.opened.min(level);
        Ok(())
    }

    /// Opens this level and those below it.
    pub(super) async fn open(&mut self) -> Result<()> {
        self.open_to(self.level.depth + 1).await
    }

    async fn open_to(&mut self, levels: usize) -> Result<()> {
        let backend = self.backend();
        let progress = &mut *self.progress;
        while progress.opened < levels {
            let level = progress.opened;
            progress.in_flight = Some(InFlight { before: level, level, writes: true });
            let text = Text::Built(statement::open(backend, level).into());
            let opened = Self::conn(progress)?.control(text).await;
            progress.in_flight = None;
            opened.map_err(|error| failed("beginning a transaction", error))?;
            progress.opened += 1;
        }
        Ok(())
    }

    /// Runs a statement, opening this level on its way where the database allows.
    pub(super) async fn run(&mut self, statement: &Statement, args: Args, doing: Doing) -> Result<Done> {
        let depth = self.level.depth;
        self.open_to(depth).await?;
        let mut text = statement.text();
        let mut opening = false;
        if self.progress.opened == depth {
            match statement.opening(self.backend(), depth) {
                Some(with_opening) => (text, opening) = (with_opening, true),
                None => self.open().await?,
            }
        }
        let progress = &mut *self.progress;
        progress.in_flight = Some(InFlight { before: progress.opened, level: depth, writes: true });
        let outcome = Self::conn(progress)?.run(text, args).await;
        progress.in_flight = None;
        match outcome {
            Ok(done) => {
                progress.opened = depth + 1;
                Ok(done)
            }
            Err(Failed { completed, source }) => {
                if opening && completed > 0 {
                    progress.opened = depth + 1;
                }
                self.look_after_error().await;
                Err(doing.failed(source))
            }
        }
    }

    /// Runs a query and reads its first row.
    pub(super) async fn first<T>(
        &mut self,
        statement: &Statement,
        args: Args,
        doing: Doing,
        read: impl FnOnce(&Row<'_>) -> Result<T, sqlx::Error> + Send,
    ) -> Result<Option<T>> {
        self.open().await?;
        let progress = &mut *self.progress;
        progress.in_flight = Some(InFlight { before: progress.opened, level: self.level.depth, writes: false });
        let outcome = Self::conn(progress)?.first(statement.text(), args, read).await;
        progress.in_flight = None;
        match outcome {
            Ok(row) => Ok(row),
            Err(source) => {
                self.look_after_error().await;
                Err(doing.failed(source))
            }
        }
    }

    /// Finds out whether the database ended the transaction with the error.
    async fn look_after_error(&mut self) {
        let progress = &mut *self.progress;
        if progress.opened == 0 {
            return;
        }
        let Some(connection) = &mut progress.connection else { return };
        // A connection that cannot answer has no transaction either.
        if !connection.in_transaction().await.unwrap_or(false) {
            progress.lost = true;
            progress.opened = 0;
        }
    }

    /// Ends this level with one statement, if the database has it open.
    pub(super) async fn close_level(&mut self) -> Result<()> {
        let depth = self.level.depth;
        let progress = &mut *self.progress;
        if progress.opened > depth {
            Self::conn(progress)?
                .control(statement::close(depth))
                .await
                .map_err(|error| failed("releasing a savepoint", error))?;
            progress.opened = depth;
        }
        Ok(())
    }

    /// Whether the database has this level open.
    pub(super) fn is_open(&self) -> bool {
        self.progress.opened > self.level.depth
    }

    /// The connection, to be given back.
    pub(super) fn take(&mut self) -> Result<Conn> {
        self.progress.connection.take().ok_or(ENDED)
    }

    pub(super) fn connection(&mut self) -> Option<&mut Conn> {
        self.progress.connection.as_mut()
    }
}

/// The connection itself, for as long as the level has its turn.
#[cfg(feature = "sqlite")]
pub(super) struct SessionConn<'a> {
    connection: tokio::sync::MappedMutexGuard<'a, Conn>,
    _turn: MutexGuard<'a, ()>,
}

#[cfg(feature = "sqlite")]
impl<'a> Session<'a> {
    /// Lends the connection out.
    pub(super) fn lend(self) -> Result<SessionConn<'a>> {
        let connection =
            MutexGuard::try_map(self.progress, |progress| progress.connection.as_mut()).map_err(|_| ENDED)?;
        Ok(SessionConn { connection, _turn: self.turn })
    }
}

#[cfg(feature = "sqlite")]
impl std::ops::Deref for SessionConn<'_> {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.connection
    }
}

#[cfg(feature = "sqlite")]
impl std::ops::DerefMut for SessionConn<'_> {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.connection
    }
}

const LOST: Error = Error::TransactionEnded { why: "the database rolled it back after an error" };
const ENDED: Error = Error::TransactionEnded { why: "it was committed or rolled back" };

fn nothing_to_undo(error: &sqlx::Error) -> bool {
    #[cfg(feature = "sqlite")]
    if super::sqlite::nothing_to_undo(error) {
        return true;
    }
    false
}
