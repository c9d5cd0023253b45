//! One physical connection, and the statements that go through it.

use futures_util::stream::BoxStream;
use sqlx::Error as SqlxError;

use super::{Text, statement};
use crate::error::{Error, Result};
use crate::field::{Args, Row};

/// A connection taken from the pool, given back when it is dropped.
pub(super) enum Conn {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::pool::PoolConnection<sqlx::Sqlite>),
}

/// What a write answered.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Done {
    /// How many rows the last statement touched.
    pub(crate) rows: u64,
    /// The key that the database made for the last inserted row.
    pub(crate) last_insert_id: i64,
}

/// Why a string of statements failed, and how many of them had succeeded.
pub(super) struct Failed {
    pub(super) completed: usize,
    pub(super) source: SqlxError,
}

impl Conn {
    /// Runs a statement, or several in one string, and answers for the last.
    pub(super) async fn run(&mut self, text: Text, args: Args) -> Result<Done, Failed> {
        match (self, args) {
            #[cfg(feature = "sqlite")]
            (Self::Sqlite(connection), Args::Sqlite(args)) => super::sqlite::run(connection, text, args).await,
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
        }
    }

    /// Runs a query and reads its rows as they come.
    pub(super) fn rows<'c, T: 'c>(
        &'c mut self,
        text: Text,
        args: Args,
        read: impl FnMut(&Row<'_>) -> Result<T, SqlxError> + Send + 'c,
    ) -> BoxStream<'c, Result<T, SqlxError>> {
        match (self, args) {
            #[cfg(feature = "sqlite")]
            (Self::Sqlite(connection), Args::Sqlite(args)) => super::sqlite::rows(connection, text, args, read),
        }
    }

    /// Runs statements that bind nothing.
    pub(super) async fn control(&mut self, text: Text) -> Result<(), SqlxError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => super::sqlite::control(connection, text).await,
        }
    }

    /// Whether a transaction is open on it.
    pub(super) async fn in_transaction(&mut self) -> Result<bool, SqlxError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => super::sqlite::in_transaction(connection).await,
        }
    }

    /// Whether references may be wrong until the end of the transaction.
    pub(super) async fn defers_references(&mut self) -> Result<bool, SqlxError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => super::sqlite::defers_references(connection).await,
        }
    }

    /// Rolls everything back without being waited for, and gives the connection back after that.
    pub(super) fn abandon(self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // Without a runtime nothing can be sent; a connection that is closed rolls back by itself.
            return self.discard();
        };
        runtime.spawn(async move {
            let mut connection = self;
            // No transaction may be open, if its BEGIN was never sent; both ways none is after this.
            if let Err(error) = connection.control(statement::undo(0)).await
                && !nothing_to_undo(&error)
            {
                tracing::warn!(target: "signals", %error, "a connection is closed, since it cannot roll back");
                connection.discard();
            }
        });
    }

    fn discard(self) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => drop(connection.detach()),
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
}

impl Connection<'_> {
    /// The connection, if it is SQLite's.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`] if it is another backend's.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(&mut self) -> Result<&mut sqlx::SqliteConnection> {
        match self {
            Self::Sqlite(connection) => Ok(connection),
        }
    }
}

/// The error of a statement that cannot be told from its text alone.
pub(super) fn failed(doing: &str, source: SqlxError) -> Error {
    Error::database(doing)(source)
}

/// Whether a statement only failed because the transaction or the savepoint that it ends is not there.
pub(super) fn nothing_to_undo(error: &SqlxError) -> bool {
    #[cfg(feature = "sqlite")]
    if super::sqlite::nothing_to_undo(error) {
        return true;
    }
    false
}
