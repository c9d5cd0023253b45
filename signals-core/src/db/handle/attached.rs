//! Statements that insert rows of another table beside their own: all of them, or none.

use sqlx::error::DatabaseError;

use super::{Db, Handle};
use crate::backend::{Args, AttachedForm, Conn, Done, Failed, Text};
use crate::db::transaction::{Doing, Statement};
use crate::error::{Error, Result};

/// The place of the statement in its own transaction, after the BEGIN.
const AFTER_BEGIN: usize = 1;
/// The number of statements before the COMMIT.
const BEFORE_COMMIT: usize = 3;

impl Handle<'_> {
    /// Returns how a statement inserts the rows of another table too, or `None` if it cannot on this handle.
    pub(crate) async fn attached_form(self) -> Option<AttachedForm> {
        let form = self.backend().capabilities().inserts.attached;
        let AttachedForm::Block { probe } = form else { return Some(form) };
        let Handle::Db(db) = self else { return None };
        has_blocks(db, probe).await.then_some(form)
    }

    /// Runs a statement with the rows that it inserts.
    pub(crate) async fn run_attached(self, statement: &Statement, args: Args, doing: Doing) -> Result<Done> {
        match (self, self.backend().capabilities().inserts.attached) {
            (Handle::Db(db), AttachedForm::OneString) if !statement.is_marked() => {
                run_alone(db, statement, args, doing).await
            }
            (Handle::Db(db), AttachedForm::Block { .. }) => {
                let mut connection = db.acquire().await?;
                connection.run_block(statement.text(), args).await.map_err(|source| doing.failed(source))
            }
            (Handle::Tx(_), AttachedForm::Block { .. }) => {
                Err(Error::other("a block of statements, which has its own transaction, cannot run in another one"))
            }
            _ => self.run(statement, args, doing).await,
        }
    }
}

/// Returns whether the server has blocks of statements. It is asked once.
async fn has_blocks(db: &Db, probe: &'static str) -> bool {
    let known = db.database().has_blocks();
    if let Some(known) = known.get() {
        return *known;
    }
    let Ok(mut connection) = db.acquire().await else { return false };
    let mut args = Args::new(db.backend(), 1);
    if args.add(&1_i64).is_err() {
        return false;
    }
    match connection.first(Text::Static(probe), args, |_| Ok(())).await {
        Ok(_) => *known.get_or_init(|| true),
        Err(error) if is_syntax_error(&error) => *known.get_or_init(|| false),
        Err(_) => false,
    }
}

fn is_syntax_error(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| code == "42000")
}

/// Runs several statements of one string in their own transaction, in the same string.
async fn run_alone(db: &Db, statement: &Statement, args: Args, doing: Doing) -> Result<Done> {
    let mut guard = RollbackGuard { connection: Some(db.acquire().await?) };
    let Some(connection) = &mut guard.connection else { return Ok(Done::default()) };
    let Failed { completed, source } = match connection.run(statement.alone(db.backend()), args, AFTER_BEGIN).await {
        Ok(done) => {
            guard.connection = None;
            return Ok(done);
        }
        Err(failed) => failed,
    };
    match connection.control(ROLLBACK).await {
        Err(error) if !db.backend().has_nothing_to_undo(&error) => {}
        _undone => guard.connection = None,
    }
    Err(match source.as_database_error() {
        None if completed >= BEFORE_COMMIT => Error::CommitUnknown { source },
        _ => doing.failed(source),
    })
}

const ROLLBACK: Text = Text::Static("ROLLBACK");

/// Rolls back in the background if the statements were dropped before their end.
struct RollbackGuard {
    connection: Option<Conn>,
}

impl Drop for RollbackGuard {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.abandon(ROLLBACK, false);
        }
    }
}
