//! One physical connection, and its statements.

use std::future::ready;
#[cfg(feature = "migrate")]
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use sqlx::Error as SqlxError;
#[cfg(feature = "migrate")]
use sqlx::migrate::{Migrate, MigrateError, Migration};

use super::answer::{Done, Failed, TransactionStatus};
use super::args::Args;
use super::borrowed::Connection;
use super::kind::Backend;
#[cfg(feature = "mysql")]
use super::mysql::{self, CancelSafeConnection};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use super::pool::pooled::Pooled;
use super::pool::pooled::{end_in_background, is_discarding};
#[cfg(feature = "postgres")]
use super::postgres::{self, Naming};
use super::row::Row;
#[cfg(feature = "sqlite")]
use super::sqlite;
use super::text::Text;
use crate::error::{Result, escaped};

/// A connection taken from the pool. It returns to the pool when it is dropped.
pub(crate) enum Conn {
    #[cfg(feature = "sqlite")]
    Sqlite(Pooled<sqlx::Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(Pooled<sqlx::Postgres>, Naming),
    #[cfg(feature = "mysql")]
    Mysql(CancelSafeConnection),
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

    /// Runs a statement, or several in one string. Returns the answer of the one at this place, counted from 0.
    #[cfg_attr(not(feature = "sqlite"), expect(unused_variables, reason = "the others run one statement at a time"))]
    pub(crate) async fn run(&mut self, text: Text, args: Args, place: usize) -> Result<Done, Failed> {
        match (self, args) {
            #[cfg(feature = "sqlite")]
            (Self::Sqlite(connection), Args::Sqlite(args)) => sqlite::run(connection, text, *args, place).await,
            #[cfg(feature = "postgres")]
            (Self::Postgres(connection, naming), Args::Postgres(args)) => {
                postgres::run(connection, naming.of(text), *args).await
            }
            #[cfg(feature = "mysql")]
            (Self::Mysql(connection), Args::Mysql(args)) => mysql::run(connection, text, *args).await,
            #[allow(unreachable_patterns, reason = "there may be only one backend")]
            _ => Err(Failed { completed: 0, source: other_values() }),
        }
    }

    /// Runs a block of statements, which is one transaction. Its last statement returns the number of changed rows
    /// and the generated key.
    #[cfg_attr(not(feature = "mysql"), allow(unused_variables, clippy::unused_async, reason = "only MySQL has blocks"))]
    pub(crate) async fn run_block(&mut self, text: Text, args: Args) -> Result<Done, SqlxError> {
        match (self, args) {
            #[cfg(feature = "mysql")]
            (Self::Mysql(connection), Args::Mysql(args)) => mysql::run_block(connection, text, *args).await,
            #[allow(unreachable_patterns, reason = "MySQL may be the only backend")]
            _ => Err(other_values()),
        }
    }

    /// Runs a query and reads its first row.
    pub(crate) async fn first<T>(
        &mut self,
        text: Text,
        args: Args,
        read: impl FnOnce(&Row<'_>) -> Result<T, SqlxError> + Send,
    ) -> Result<Option<T>, SqlxError> {
        match (self, args) {
            #[cfg(feature = "sqlite")]
            (Self::Sqlite(connection), Args::Sqlite(args)) => sqlite::first(connection, text, *args, read).await,
            #[cfg(feature = "postgres")]
            (Self::Postgres(connection, naming), Args::Postgres(args)) => {
                postgres::first(connection, naming.of(text), *args, read).await
            }
            #[cfg(feature = "mysql")]
            (Self::Mysql(connection), Args::Mysql(args)) => mysql::first(connection, text, *args, read).await,
            #[allow(unreachable_patterns, reason = "there may be only one backend")]
            _ => Err(other_values()),
        }
    }

    /// Runs a query and reads its rows as they come.
    pub(crate) fn rows<'c, T: Send + 'c>(
        &'c mut self,
        text: Text,
        args: Args,
        read: impl FnMut(&Row<'_>) -> Result<T, SqlxError> + Send + 'c,
    ) -> BoxStream<'c, Result<T, SqlxError>> {
        match (self, args) {
            #[cfg(feature = "sqlite")]
            (Self::Sqlite(connection), Args::Sqlite(args)) => sqlite::rows(connection, text, *args, read),
            #[cfg(feature = "postgres")]
            (Self::Postgres(connection, naming), Args::Postgres(args)) => {
                postgres::rows(connection, naming.of(text), *args, read)
            }
            #[cfg(feature = "mysql")]
            (Self::Mysql(connection), Args::Mysql(args)) => mysql::rows(connection, text, *args, read),
            #[allow(unreachable_patterns, reason = "there may be only one backend")]
            _ => stream::once(ready(Err(other_values()))).boxed(),
        }
    }

    /// Runs statements that bind nothing.
    pub(crate) async fn control(&mut self, text: Text) -> Result<(), SqlxError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => sqlite::control(connection, text).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(connection, _) => postgres::control(connection, text).await,
            #[cfg(feature = "mysql")]
            Self::Mysql(connection) => mysql::control(connection, text).await,
        }
    }

    /// Returns the status of the transaction on the connection.
    pub(crate) async fn transaction_status(&mut self) -> Result<TransactionStatus, SqlxError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => sqlite::transaction_status(connection).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(connection, _) => postgres::transaction_status(connection).await,
            #[cfg(feature = "mysql")]
            Self::Mysql(connection) => mysql::transaction_status(connection).await,
        }
    }

    /// Returns whether the checks of references are deferred until the end of the transaction.
    pub(crate) async fn defers_references(&mut self) -> Result<bool, SqlxError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => sqlite::defers_references(connection).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(connection, _) => postgres::defers_references(connection).await,
            #[cfg(feature = "mysql")]
            Self::Mysql(connection) => mysql::defers_references(connection).await,
        }
    }

    /// Returns the connection for a migrator, if nothing runs on it.
    #[cfg(feature = "migrate")]
    pub(crate) fn migrate(&mut self) -> Option<&mut (dyn Migrate + Send)> {
        Some(match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => &mut **connection,
            #[cfg(feature = "postgres")]
            Self::Postgres(connection, _) => &mut **connection,
            #[cfg(feature = "mysql")]
            Self::Mysql(connection) => connection.idle()?,
        })
    }

    /// Applies a migration. Returns `None` if something runs on the connection.
    #[cfg(feature = "migrate")]
    pub(crate) async fn apply_migration(
        &mut self,
        table: &str,
        migration: &Migration,
    ) -> Option<Result<Duration, MigrateError>> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => Some(sqlite::apply_migration(connection, table, migration).await),
            #[allow(unreachable_patterns, reason = "SQLite may be the only backend")]
            connection => Some(connection.migrate()?.apply(table, migration).await),
        }
    }

    /// Waits until nothing runs on the connection, such as a query whose last row was read.
    #[cfg_attr(not(feature = "mysql"), expect(clippy::unused_async, reason = "the others have nothing to wait for"))]
    pub(crate) async fn free(&mut self) -> Result<(), SqlxError> {
        match self {
            #[cfg(feature = "mysql")]
            Self::Mysql(connection) => connection.free().await.map(drop),
            #[allow(unreachable_patterns, reason = "MySQL may be the only backend")]
            _ => Ok(()),
        }
    }

    /// Returns the connection as the type of its backend, if nothing runs on it.
    pub(crate) fn borrowed(&mut self) -> Option<Connection<'_>> {
        Some(match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => Connection::Sqlite(connection),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection, _) => Connection::Postgres(connection),
            #[cfg(feature = "mysql")]
            Self::Mysql(connection) => Connection::Mysql(connection.idle()?),
        })
    }

    /// Returns the connection if it is SQLite's.
    #[cfg(feature = "sqlite")]
    pub(crate) fn sqlite(&mut self) -> Result<&mut sqlx::SqliteConnection> {
        match self {
            Self::Sqlite(connection) => Ok(connection),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            other => Err(other.backend().is_not(Backend::Sqlite)),
        }
    }

    /// Returns the connection if it is PostgreSQL's.
    #[cfg(feature = "postgres")]
    pub(crate) fn postgres(&mut self) -> Result<&mut sqlx::PgConnection> {
        match self {
            Self::Postgres(connection, _) => Ok(connection),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            other => Err(other.backend().is_not(Backend::Postgres)),
        }
    }

    /// Returns the connection if it is MySQL's and nothing runs on it.
    #[cfg(feature = "mysql")]
    pub(crate) fn mysql(&mut self) -> Result<&mut sqlx::MySqlConnection> {
        match self {
            Self::Mysql(connection) => {
                let why = "something still runs on its connection";
                connection.idle().ok_or(crate::error::Error::TransactionEnded { why, source: None })
            }
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            other => Err(other.backend().is_not(Backend::Mysql)),
        }
    }

    /// Rolls everything back in the background, and then returns the connection to the pool.
    ///
    /// `undo` is the rollback. `unchecked` is whether the checks of references were left off.
    pub(crate) fn abandon(self, undo: Text, unchecked: bool) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // Without a runtime nothing can be sent. A closed connection rolls back by itself.
            return self.discard();
        };
        if is_discarding() {
            return self.discard();
        }
        let is_of_server = self.is_of_server();
        let rollback = self.roll_back_and_return(undo, unchecked);
        if is_of_server { end_in_background(&runtime, rollback) } else { drop(runtime.spawn(rollback)) }
    }

    /// Rolls everything back, and returns the connection to the pool.
    async fn roll_back_and_return(mut self, undo: Text, unchecked: bool) {
        let backend = self.backend();
        // No transaction is open if its BEGIN was never sent. In both cases none is open after this.
        let mut undone = self.control(undo).await;
        if undone.is_ok()
            && unchecked
            && let Some(text) = backend.capabilities().references.reset()
        {
            undone = self.control(Text::Static(text)).await;
        }
        if let Err(error) = undone
            && !backend.has_nothing_to_undo(&error)
        {
            tracing::warn!(target: "signals", error = %escaped(error), "a connection is closed because it cannot roll back");
            self.discard();
        }
    }

    /// Returns whether it is a connection to a server, whose answers a network may lose.
    fn is_of_server(&self) -> bool {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => false,
            #[allow(unreachable_patterns, reason = "SQLite may be the only backend")]
            _ => true,
        }
    }

    /// Abandons a connection whose session may hold a lock that only ends with the session. SQLite has no
    /// such lock. Its settings that a migration without a transaction may have changed get their usual values.
    #[cfg(feature = "migrate")]
    pub(crate) fn abandon_session(self) {
        match self {
            #[cfg(feature = "sqlite")]
            connection @ Self::Sqlite(_) => connection.abandon(Text::Static(ABANDON_MIGRATION), false),
            #[allow(unreachable_patterns, reason = "SQLite may be the only backend")]
            connection => connection.discard(),
        }
    }

    /// Closes the connection.
    pub(crate) fn discard(self) {
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

/// Ends a transaction of SQLite, if there is one, and restores its settings. A ROLLBACK without a transaction would fail.
#[cfg(all(feature = "migrate", feature = "sqlite"))]
const ABANDON_MIGRATION: &str =
    "SAVEPOINT signals_abandoned; ROLLBACK; PRAGMA legacy_alter_table = OFF; PRAGMA foreign_keys = ON";

/// Returns the error for values that were bound for another backend.
fn other_values() -> SqlxError {
    SqlxError::Configuration("the values were bound for another backend".into())
}
