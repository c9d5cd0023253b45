//! One physical connection, and the statements that go through it.

use std::future::ready;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use sqlx::Error as SqlxError;
use sqlx::error::DatabaseError;

use super::lent::wrong_backend;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use super::pooled::Pooled;
#[cfg(feature = "postgres")]
use super::postgres::Naming;
use super::{Text, statement};
use crate::backend::{Args, Backend, Row};
use crate::error::{Error, Result, escaped};

/// A connection taken from the pool, given back when it is dropped.
pub(super) enum Conn {
    #[cfg(feature = "sqlite")]
    Sqlite(Pooled<sqlx::Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(Pooled<sqlx::Postgres>, Naming),
    #[cfg(feature = "mysql")]
    Mysql(super::mysql::CancelSafeConnection),
}

/// What a write answered.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Done {
    /// How many rows the last statement touched.
    pub(crate) rows: u64,
    /// The key that the database made for the last inserted row.
    pub(crate) last_insert_id: i64,
}

/// How a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TransactionStatus {
    Open,
    /// A statement failed, and no other is taken until that is undone.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "the other databases go on"))]
    Aborted,
    Ended,
}

/// Why a string of statements failed, and how many of them had succeeded.
pub(super) struct Failed {
    pub(super) completed: usize,
    pub(super) source: SqlxError,
}

impl Conn {
    fn backend(&self) -> Backend {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Backend::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(..) => Backend::Postgres,
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => Backend::Mysql,
        }
    }

    /// Runs a statement, or several in one string, and answers for the last.
    pub(super) async fn run(&mut self, text: Text, args: Args) -> Result<Done, Failed> {
        match (self, args) {
            #[cfg(feature = "sqlite")]
            (Self::Sqlite(connection), Args::Sqlite(args)) => super::sqlite::run(connection, text, args).await,
            #[cfg(feature = "postgres")]
            (Self::Postgres(connection, naming), Args::Postgres(args)) => {
                super::postgres::run(connection, naming.of(text), args).await
            }
            #[cfg(feature = "mysql")]
            (Self::Mysql(connection), Args::Mysql(args)) => super::mysql::run(connection, text, args).await,
            #[allow(unreachable_patterns, reason = "there may be one backend alone")]
            _ => Err(Failed { completed: 0, source: other_values() }),
        }
    }

    /// Runs a query and reads its first row.
    pub(super) async fn first<T>(
        &mut self,
        text: Text,
        args: Args,
        read: impl FnOnce(&Row<'_>) -> Result<T, SqlxError> + Send,
    ) -> Result<Option<T>, SqlxError> {
        match (self, args) {
            #[cfg(feature = "sqlite")]
            (Self::Sqlite(connection), Args::Sqlite(args)) => super::sqlite::first(connection, text, args, read).await,
            #[cfg(feature = "postgres")]
            (Self::Postgres(connection, naming), Args::Postgres(args)) => {
                super::postgres::first(connection, naming.of(text), args, read).await
            }
            #[cfg(feature = "mysql")]
            (Self::Mysql(connection), Args::Mysql(args)) => super::mysql::first(connection, text, args, read).await,
            #[allow(unreachable_patterns, reason = "there may be one backend alone")]
            _ => Err(other_values()),
        }
    }

    /// Runs a query and reads its rows as they come.
    pub(super) fn rows<'c, T: Send + 'c>(
        &'c mut self,
        text: Text,
        args: Args,
        read: impl FnMut(&Row<'_>) -> Result<T, SqlxError> + Send + 'c,
    ) -> BoxStream<'c, Result<T, SqlxError>> {
        match (self, args) {
            #[cfg(feature = "sqlite")]
            (Self::Sqlite(connection), Args::Sqlite(args)) => super::sqlite::rows(connection, text, args, read),
            #[cfg(feature = "postgres")]
            (Self::Postgres(connection, naming), Args::Postgres(args)) => {
                super::postgres::rows(connection, naming.of(text), args, read)
            }
            #[cfg(feature = "mysql")]
            (Self::Mysql(connection), Args::Mysql(args)) => super::mysql::rows(connection, text, args, read),
            #[allow(unreachable_patterns, reason = "there may be one backend alone")]
            _ => stream::once(ready(Err(other_values()))).boxed(),
        }
    }

    /// Runs statements that bind nothing.
    pub(super) async fn control(&mut self, text: Text) -> Result<(), SqlxError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => super::sqlite::control(connection, text).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(connection, _) => super::postgres::control(connection, text).await,
            #[cfg(feature = "mysql")]
            Self::Mysql(connection) => super::mysql::control(connection, text).await,
        }
    }

    /// How the transaction on it stands.
    pub(super) async fn standing(&mut self) -> Result<TransactionStatus, SqlxError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => super::sqlite::standing(connection).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(connection, _) => super::postgres::standing(connection).await,
            #[cfg(feature = "mysql")]
            Self::Mysql(connection) => super::mysql::standing(connection).await,
        }
    }

    /// Whether references may be wrong until the end of the transaction.
    pub(super) async fn defers_references(&mut self) -> Result<bool, SqlxError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => super::sqlite::defers_references(connection).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(connection, _) => super::postgres::defers_references(connection).await,
            #[cfg(feature = "mysql")]
            Self::Mysql(connection) => super::mysql::defers_references(connection).await,
        }
    }

    /// Rolls everything back without being waited for, and gives the connection back after that.
    ///
    /// `undo` is the rollback; `unminded` says that references were left unchecked on it.
    pub(super) fn abandon(self, undo: Text, unminded: bool) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // Without a runtime nothing can be sent; a connection that is closed rolls back by itself.
            return self.discard();
        };
        runtime.spawn(async move {
            let mut connection = self;
            // No transaction may be open, if its BEGIN was never sent; both ways none is after this.
            let mut undone = connection.control(undo).await;
            if undone.is_ok()
                && unminded
                && let Some(text) = statement::anew(connection.backend())
            {
                undone = connection.control(text).await;
            }
            if let Err(error) = undone
                && !nothing_to_undo(&error)
            {
                tracing::warn!(target: "signals", error = %escaped(error), "a connection is closed, since it cannot roll back");
                connection.discard();
            }
        });
    }

    /// The same for a connection whose session may hold a lock, which only ends with it. SQLite has none.
    #[cfg(feature = "migrate")]
    pub(super) fn abandon_session(self) {
        match self {
            #[cfg(feature = "sqlite")]
            connection @ Self::Sqlite(_) => connection.abandon(statement::undo(0), false),
            #[allow(unreachable_patterns, reason = "SQLite may be the only backend")]
            connection => connection.discard(),
        }
    }

    /// Closes the connection.
    pub(super) fn discard(self) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => connection.discard(),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection, _) => connection.discard(),
            #[cfg(feature = "mysql")]
            Self::Mysql(connection) => connection.discard(),
        }
    }
}

/// A physical connection, as `connection_created` shows it: of the backend's own type, behind an accessor.
#[derive(Debug)]
#[non_exhaustive]
pub enum Connection<'a> {
    /// A connection of SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(&'a mut sqlx::SqliteConnection),
    /// A connection of PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(&'a mut sqlx::PgConnection),
    /// A connection of MySQL.
    #[cfg(feature = "mysql")]
    Mysql(&'a mut sqlx::MySqlConnection),
}

impl Connection<'_> {
    /// Which database it is of.
    pub fn backend(&self) -> Backend {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Backend::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Backend::Postgres,
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => Backend::Mysql,
        }
    }

    /// The connection, if it is SQLite's.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`] if it is another backend's.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(&mut self) -> Result<&mut sqlx::SqliteConnection> {
        match self {
            Self::Sqlite(connection) => Ok(connection),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            other => Err(wrong_backend(other.backend(), "SQLite")),
        }
    }

    /// The connection, if it is PostgreSQL's.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`] if it is another backend's.
    #[cfg(feature = "postgres")]
    pub fn postgres(&mut self) -> Result<&mut sqlx::PgConnection> {
        match self {
            Self::Postgres(connection) => Ok(connection),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            other => Err(wrong_backend(other.backend(), "PostgreSQL")),
        }
    }

    /// The connection, if it is MySQL's.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`] if it is another backend's.
    #[cfg(feature = "mysql")]
    pub fn mysql(&mut self) -> Result<&mut sqlx::MySqlConnection> {
        match self {
            Self::Mysql(connection) => Ok(connection),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            other => Err(wrong_backend(other.backend(), "MySQL")),
        }
    }
}

/// The error of a statement that cannot be told from its text alone.
pub(super) fn failed(doing: &str, source: SqlxError) -> Error {
    Error::database(doing)(source)
}

/// Whether a statement only failed because the transaction or the savepoint that it ends is not there.
pub(super) fn nothing_to_undo(error: &SqlxError) -> bool {
    let SqlxError::Database(error) = error else { return false };
    let message = error.message();
    // SQLite's words, then the codes of PostgreSQL, and MySQL's for a savepoint; without a transaction the latter two say nothing.
    message.starts_with("no such savepoint")
        || message.contains("no transaction is active")
        || matches!(error.code().as_deref(), Some("3B001" | "25P01"))
        || is_missing_savepoint(&**error)
}

/// Whether MySQL knows no savepoint of the name.
#[cfg(feature = "mysql")]
fn is_missing_savepoint(error: &dyn DatabaseError) -> bool {
    error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().is_some_and(|error| error.number() == 1305)
}

#[cfg(not(feature = "mysql"))]
fn is_missing_savepoint(_: &dyn DatabaseError) -> bool {
    false
}

/// The error of values that were bound for another backend.
fn other_values() -> SqlxError {
    SqlxError::Configuration("the values were bound for another backend".into())
}
