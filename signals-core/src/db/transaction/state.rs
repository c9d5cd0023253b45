//! The state of a transaction's connection: the open levels, and the remains of dropped futures.

#[cfg(all(test, feature = "sqlite"))]
mod tests;

use std::sync::Arc;

use super::state_connection::StateConnection;
use super::statement::{self, Deferral, Doing, Statement};
use crate::backend::{Args, Backend, Done, Failed, Mode, Text, TransactionStatus, UNMARK};
use crate::error::{Error, Result, copy};

/// The state of a transaction's connection. Nothing is sent for a level before its first statement, and
/// nothing when a savepoint ends: it is released, or rolled back to, before the next statement.
#[expect(clippy::struct_excessive_bools, reason = "each is one independent fact of the connection")]
pub(super) struct TransactionState<C: StateConnection> {
    backend: Backend,
    mode: Mode,
    /// Whether the connection refuses writes until its mode is reset.
    query_only: bool,
    connection: Option<C>,
    /// The number of open levels.
    opened: usize,
    /// The number of levels that are open in the database. Those above `opened` have ended and are not
    /// released yet.
    standing: usize,
    /// The running statement, or the one whose future was dropped.
    in_flight: Option<InFlight>,
    /// The lowest level that defers references until the commit.
    deferring: Option<usize>,
    /// Whether the database may have ended the transaction unnoticed.
    suspect: bool,
    /// Whether the database ended the transaction by itself.
    lost: bool,
    /// The level in which a failed statement makes the database reject all others, until the level is undone.
    aborted: Option<usize>,
    /// The failure of the statement that ended the transaction, or aborted a level of it.
    fatal: Option<Arc<Error>>,
    /// Whether a statement marked itself for triggers in a way that lasts longer than the statement.
    marked: bool,
    /// Whether ended savepoints are being released, or were when the future was dropped.
    releasing: bool,
}

/// A running statement.
#[derive(Clone, Copy)]
pub(super) struct InFlight {
    /// The number of open levels before it.
    before: usize,
    /// The level it belongs to.
    level: usize,
    /// Whether it may write.
    writes: bool,
}

impl<C: StateConnection> TransactionState<C> {
    pub(super) fn new(backend: Backend, connection: Option<C>, mode: Mode) -> Self {
        Self {
            backend,
            mode,
            query_only: false,
            connection,
            opened: 0,
            standing: 0,
            in_flight: None,
            deferring: None,
            suspect: false,
            lost: false,
            aborted: None,
            fatal: None,
            marked: false,
            releasing: false,
        }
    }

    /// Takes the state, so that the caller can end the transaction.
    pub(super) fn take(&mut self) -> Self {
        let ended = Self::new(self.backend, None, self.mode);
        std::mem::replace(self, ended)
    }

    /// Fails if the database has ended the transaction.
    pub(super) fn check(&self) -> Result<()> {
        match (self.lost, self.aborted) {
            (true, _) => Err(self.ended_by(LOST)),
            (false, Some(_)) => Err(self.ended_by(ABORTED)),
            (false, None) => Ok(()),
        }
    }

    /// Fails if the database has ended this level, or one around it. Levels from `undo` on are about to be
    /// undone.
    pub(super) fn check_level(&self, level: usize, undo: Option<usize>) -> Result<()> {
        let is_aborted = |aborted: usize| aborted <= level && undo.is_none_or(|undo| aborted < undo);
        match (self.lost, self.aborted.is_some_and(is_aborted)) {
            (true, _) => Err(self.ended_by(LOST)),
            (false, true) => Err(self.ended_by(ABORTED)),
            (false, false) => Ok(()),
        }
    }

    fn ended_by(&self, why: &'static str) -> Error {
        Error::TransactionEnded { why, source: self.fatal.clone() }
    }

    /// Returns whether the database has anything to roll back.
    fn is_open(&self) -> bool {
        self.opened > 0 || self.in_flight.is_some() || self.query_only
    }

    /// Returns the text that ends the transaction, or a level of it.
    fn end(&self, text: Text) -> Text {
        if self.query_only { statement::writable(text) } else { text }
    }

    /// Returns the connection, to be lent to plain sqlx, which may do anything with it.
    pub(super) fn borrow(&mut self) -> Option<&mut C> {
        self.suspect = true;
        self.connection.as_mut()
    }

    fn conn(&mut self) -> Result<&mut C> {
        // `ok_or` would create and drop an error at each statement that succeeds.
        match &mut self.connection {
            Some(connection) => Ok(connection),
            None => Err(ENDED),
        }
    }

    fn mark_in_flight(&mut self, level: usize, writes: bool) {
        self.in_flight = Some(InFlight { before: self.opened, level, writes });
    }

    fn opened(&mut self, levels: usize) {
        (self.opened, self.standing) = (levels, levels);
    }

    /// Cleans up after a dropped future. Returns the level in which a write may or may not have happened.
    pub(super) async fn resolve_in_flight(&mut self) -> Result<Option<usize>> {
        let Some(flight) = self.in_flight else { return Ok(None) };
        let mut doubt = None;
        if flight.before <= flight.level {
            // It was only opening levels, so nothing else has happened in them.
            if let Some(text) = statement::make_sure_of(self.backend, flight.before) {
                self.conn()?.control(text).await.map_err(|error| failed("a rollback", error))?;
            }
            self.undo(flight.before).await?;
        } else {
            self.suspect = true;
            doubt = flight.writes.then_some(flight.level);
        }
        self.in_flight = None;
        Ok(doubt)
    }

    /// Undoes a level that may be open.
    pub(super) async fn undo_if_open(&mut self, level: usize) -> Result<()> {
        if self.opened > level { self.undo(level).await } else { Ok(()) }
    }

    /// Undoes a level, whether or not the database had it open.
    async fn undo(&mut self, level: usize) -> Result<()> {
        let text = self.end(statement::undo(level));
        let standing = match self.conn()?.control(text).await {
            Ok(()) if level > 0 => level + 1,
            Ok(()) => 0,
            Err(error) if self.backend.has_nothing_to_undo(&error) => {
                self.suspect |= level > 0;
                level
            }
            Err(error) => {
                self.lost = true;
                self.fatal.get_or_insert_with(|| Arc::new(failed("a rollback", copy(&error))));
                return Err(failed("a rollback", error));
            }
        };
        if self.deferring.is_some_and(|deferring| deferring >= level) {
            if level > 0 || self.backend.capabilities().references.deferral_outlives {
                self.deferred(Deferral::Off).await?;
            }
            self.deferring = None;
        }
        self.query_only &= level > 0;
        self.opened = self.opened.min(level);
        self.standing = standing;
        self.aborted = self.aborted.filter(|aborted| *aborted < level);
        if self.check().is_ok() {
            self.fatal = None;
        }
        Ok(())
    }

    /// Defers the check of references until the commit, or until the level is undone. The commit fails if a
    /// reference is broken.
    ///
    /// The deferral is not ended earlier: SQLite forgets broken references when the check is turned on again.
    pub(super) async fn defer_references(&mut self, level: usize) -> Result<()> {
        // If the check is already deferred, such as by the application, that lasts longer than this level.
        if !self.defers_references(level).await? {
            self.mark_in_flight(level, false);
            self.deferring = Some(level);
            self.deferred(Deferral::On).await?;
            self.in_flight = None;
        }
        Ok(())
    }

    /// Checks references again, if this level turned the check off and has to turn it on before its end.
    pub(super) async fn recheck_references(&mut self, level: usize) -> Result<()> {
        if self.deferring == Some(level) {
            self.mark_in_flight(level, false);
            self.deferred(Deferral::Off).await?;
            self.deferring = None;
            self.in_flight = None;
        }
        Ok(())
    }

    /// Returns whether the check of references is deferred or off.
    pub(super) async fn defers_references(&mut self, level: usize) -> Result<bool> {
        self.open(level + 1).await?;
        self.mark_in_flight(level, false);
        let defers = self
            .conn()?
            .defers_references()
            .await
            .map_err(|error| failed("reading whether references are deferred", error));
        self.in_flight = None;
        defers
    }

    async fn deferred(&mut self, deferral: Deferral) -> Result<()> {
        let Some(text) = statement::references(self.backend, deferral) else { return Ok(()) };
        self.conn()?.control(text).await.map_err(|error| failed("deferring references", error))
    }

    /// Queries the state of the transaction, if the database may have ended it.
    pub(super) async fn verify(&mut self) {
        if !self.suspect || self.opened == 0 {
            self.suspect = false;
            return;
        }
        let Some(connection) = &mut self.connection else { return };
        match connection.transaction_status().await {
            Ok(TransactionStatus::Open) => {}
            Ok(TransactionStatus::Aborted) => self.aborted = self.opened.checked_sub(1),
            Ok(TransactionStatus::Ended) => {
                self.lost = true;
                self.opened(0);
            }
            // A transaction whose state cannot be queried cannot continue, but must still be rolled back.
            Err(error) => {
                self.lost = true;
                self.fatal.get_or_insert_with(|| Arc::new(failed("reading the status of a transaction", copy(&error))));
            }
        }
        self.suspect = false;
    }

    /// Runs [`verify`](Self::verify) before a commit, unless the commit itself would fail.
    pub(super) async fn verify_to_commit(&mut self) {
        if !self.backend.capabilities().transactions.commit_fails_after_end {
            self.verify().await;
        }
    }

    /// Releases ended savepoints, so that others can use their levels.
    pub(super) async fn release(&mut self) -> Result<()> {
        if self.standing > self.opened {
            if std::mem::replace(&mut self.releasing, true)
                && let Some(text) = statement::make_sure_of(self.backend, self.opened)
            {
                self.conn()?.control(text).await.map_err(|error| failed("releasing a savepoint", error))?;
            }
            let text = statement::close(self.opened);
            match self.conn()?.control(text).await {
                Ok(()) => {}
                // A dropped future has released it.
                Err(error) if self.backend.has_nothing_to_undo(&error) => {}
                Err(error) => return Err(failed("releasing a savepoint", error)),
            }
            self.standing = self.opened;
            self.releasing = false;
        }
        Ok(())
    }

    /// Merges the writes of a savepoint into the level below it.
    pub(super) fn keep(&mut self, level: usize) {
        self.opened = self.opened.min(level);
        self.deferring = self.deferring.map(|deferring| deferring.min(level.saturating_sub(1)));
    }

    /// Commits the open transaction, and returns the connection. If the database rejects the commit, the
    /// transaction is rolled back.
    pub(super) async fn commit(&mut self) -> Result<()> {
        let mut text = self.end(statement::close(0));
        if self.marked {
            text = statement::unmarked(text);
        }
        if self.opened > 0
            && let Err(error) = self.conn()?.control(text).await
        {
            if self.backend.has_nothing_to_undo(&error) {
                return Err(self.ended_by(LOST));
            }
            let undone = self.undo(0).await;
            return Err(match undone {
                Err(_) if error.as_database_error().is_none() => Error::CommitUnknown { source: error },
                _ => failed("COMMIT", error),
            });
        }
        self.opened(0);
        self.query_only = false;
        if self.deferring.take().is_some()
            && self.backend.capabilities().references.deferral_outlives
            && let Err(error) = self.deferred(Deferral::Off).await
        {
            // The commit stays. The connection would leave references unchecked, so it is closed.
            tracing::warn!(target: "signals", %error, "a connection is closed, since its check of references could not be turned on");
            if let Some(connection) = self.connection.take() {
                connection.discard();
            }
        }
        self.connection = None;
        Ok(())
    }

    /// Rolls back the open transaction, and returns the connection.
    pub(super) async fn rollback(&mut self) -> Result<()> {
        if self.is_open() {
            self.undo(0).await?;
            self.in_flight = None;
        }
        self.connection = None;
        Ok(())
    }

    /// Opens levels until there are this many.
    pub(super) async fn open(&mut self, levels: usize) -> Result<()> {
        while self.opened < levels {
            let level = self.opened;
            let text = Text::Built(statement::open(self.backend, level, self.mode).into());
            self.query_only |= self.mode.read_only && self.backend.capabilities().transactions.read_only_outlives;
            self.mark_in_flight(level, true);
            // After a failure it stays in flight: an interrupted BEGIN may fail and still begin.
            self.conn()?.control(text).await.map_err(|error| failed("beginning a transaction", error))?;
            self.in_flight = None;
            self.opened(level + 1);
        }
        Ok(())
    }

    /// Notes that a statement that returns rows is about to run.
    pub(super) fn note_mark(&mut self, statement: &Statement) {
        // In a read-only transaction the mark fails, and so would its removal.
        self.marked |= statement.is_marked() && !self.mode.read_only;
    }

    /// Removes the mark of this library's writes, so that triggers record those of others on this connection. A savepoint
    /// that is rolled back may bring it back, so it is removed each time.
    pub(super) async fn unmark(&mut self, level: usize) -> Result<()> {
        if self.marked {
            self.mark_in_flight(level, false);
            self.conn()?.control(Text::Static(UNMARK)).await.map_err(|error| failed("removing a mark", error))?;
            self.in_flight = None;
        }
        Ok(())
    }

    /// Waits until nothing runs on the connection.
    pub(super) async fn free(&mut self) -> Result<()> {
        self.conn()?.free().await.map_err(|error| failed("waiting for a query", error))
    }

    /// Runs a statement in a level. Opens the level in the same string if the database allows that.
    pub(super) async fn run(&mut self, level: usize, statement: &Statement, args: Args, doing: Doing) -> Result<Done> {
        self.open(level).await?;
        let mut text = statement.text();
        let mut opening = false;
        if self.opened == level {
            match statement.opening(self.backend, level).filter(|_| !self.mode.read_only) {
                Some(with_opening) => (text, opening) = (with_opening, true),
                None => self.open(level + 1).await?,
            }
        }
        self.mark_in_flight(level, true);
        self.note_mark(statement);
        let place = usize::from(opening) + usize::from(statement.is_marked());
        let outcome = self.conn()?.run(text, args, place).await;
        let opened = outcome.as_ref().map_or_else(|failed| failed.completed > 0, |_| true);
        if opened || !opening {
            self.in_flight = None;
        }
        if opened && opening {
            self.opened(level + 1);
        }
        match outcome {
            Ok(done) => Ok(done),
            Err(Failed { source, .. }) => Err(self.failed(doing, source).await),
        }
    }

    /// Runs a statement in a level, without bound values and without preparing it.
    pub(super) async fn control(&mut self, level: usize, text: Text, doing: Doing) -> Result<()> {
        self.open(level + 1).await?;
        self.mark_in_flight(level, true);
        let outcome = self.conn()?.control(text).await;
        self.in_flight = None;
        match outcome {
            Ok(()) => Ok(()),
            Err(source) => Err(self.failed(doing, source).await),
        }
    }

    /// Lends the connection for a query in a level, until [`end_reading`](Self::end_reading).
    pub(super) async fn begin_reading(&mut self, level: usize) -> Result<&mut C> {
        self.open(level + 1).await?;
        self.mark_in_flight(level, false);
        self.conn()
    }

    /// Lends the connection for a write that returns rows, as [`begin_reading`](Self::begin_reading) does.
    pub(super) async fn begin_writing(&mut self, level: usize) -> Result<&mut C> {
        self.open(level + 1).await?;
        self.mark_in_flight(level, true);
        self.conn()
    }

    /// Marks the running statement as finished.
    pub(super) fn answered(&mut self) {
        self.in_flight = None;
    }

    /// Handles the outcome of a query.
    pub(super) async fn end_reading(&mut self, doing: Doing, outcome: Result<(), sqlx::Error>) -> Result<()> {
        self.answered();
        match outcome {
            Ok(()) => Ok(()),
            Err(source) => Err(self.failed(doing, source).await),
        }
    }

    /// Finds out whether an error ended the transaction, and returns it with its context.
    pub(super) async fn failed(&mut self, doing: Doing, source: sqlx::Error) -> Error {
        let could_go_on = self.check().is_ok();
        self.suspect = true;
        self.verify().await;
        if could_go_on && self.check().is_err() {
            self.fatal = Some(Arc::new(doing.failed(copy(&source))));
        }
        doing.failed(source)
    }
}

/// The last owner returns the connection. If a transaction is still open, it is rolled back in the
/// background.
impl<C: StateConnection> Drop for TransactionState<C> {
    fn drop(&mut self) {
        let unchecked = self.deferring.is_some();
        let is_open = self.is_open();
        let undo = self.end(statement::undo(0));
        let Some(connection) = self.connection.take() else { return };
        if is_open {
            connection.abandon(undo, unchecked);
        }
    }
}

const LOST: &str =
    "the database rolled it back after an error, or MySQL committed it before a statement that defines a table";
const ABORTED: &str =
    "a statement in it failed, so the database rejects all others; put the statement into a savepoint to keep the rest";
pub(in crate::db) const ENDED: Error = Error::TransactionEnded { why: "it was committed or rolled back", source: None };

fn failed(doing: &str, source: sqlx::Error) -> Error {
    Error::database(doing)(source)
}
