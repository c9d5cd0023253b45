//! SQLite: opening the pool, running statements, and lending the connection to plain sqlx.

use std::str::FromStr as _;
use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnectOptions, SqliteJournalMode};
use sqlx::{Either, Error as SqlxError, Executor as _, SqliteConnection, SqlitePool};

use super::connection::{Connection, Done, Failed, TransactionStatus};
use super::lent::{TxConnection, wrong_backend};
use super::pool::not_opened;
use super::url::{decoded, parameters};
use super::{Conn, Db, DbBuilder, Pool, Text, Tx, created, pool};
use crate::backend::Row;
use crate::error::Result;

/// The longest busy timeout that SQLite takes, in milliseconds.
const LONGEST_BUSY: u64 = i32::MAX as u64;

/// What a URL names.
struct Named {
    /// A database in memory, of which each connection would see another one.
    in_memory: bool,
    /// Nothing, for which SQLite makes a file that it deletes when the connection closes.
    nothing: bool,
    /// Nobody may write to it.
    read_only: bool,
}

impl Named {
    fn by(url: &str) -> Self {
        let has = |wanted: &[(&str, &str)]| {
            parameters(url).any(|(name, value)| wanted.contains(&(name.as_str(), value.as_str())))
        };
        // As sqlx reads it.
        let name = url.trim_start_matches("sqlite://").trim_start_matches("sqlite:");
        let name = decoded(name.split('?').next().unwrap_or_default());
        // SQLite takes a URI too, with parameters of its own.
        let uri = name.strip_prefix("file:").map(|uri| uri.trim_start_matches("//"));
        let file = uri.map_or(name.as_str(), |uri| uri.split(['?', '#']).next().unwrap_or_default());
        let uri_in_memory = uri.is_some_and(|uri| uri.contains("mode=memory") || uri.contains("vfs=memdb"));
        let in_memory = file == ":memory:" || uri_in_memory || has(&[("mode", "memory"), ("vfs", "memdb")]);
        let read_only = has(&[("mode", "ro")]) || parameters(url).any(|(name, _)| name == "immutable");
        Self { in_memory, nothing: file.is_empty() && !in_memory, read_only }
    }
}

/// Makes the pool. In memory there is one connection, never closed, since each connection is a database of its own.
pub(super) fn open(settings: &DbBuilder) -> Result<Pool> {
    let bad_url = |source| not_opened(source, &settings.url);
    let named = Named::by(&settings.url);
    if named.nothing {
        return Err(bad_url(SqlxError::Configuration(NAMES_NOTHING.into())));
    }
    let busy = settings.busy_timeout.min(Duration::from_millis(LONGEST_BUSY));
    let options = SqliteConnectOptions::from_str(&settings.url).map_err(bad_url)?;
    // Rows come through a channel from the thread of the connection; with more room than sqlx's own 50 the two wait less for each other.
    let mut options = options.foreign_keys(true).busy_timeout(busy).row_buffer_size(200);
    let mut pool = pool::options(settings);
    if named.in_memory {
        pool = pool.max_connections(1).idle_timeout(None).max_lifetime(None);
    } else if !named.read_only {
        options = options.journal_mode(SqliteJournalMode::Wal);
    }
    let using = settings.name.clone();
    let pool = pool.after_connect(move |connection, _| {
        let using = using.clone();
        Box::pin(async move { created::announce(Connection::Sqlite(connection), &using).await })
    });
    Ok(Pool::Sqlite(pool.connect_lazy_with(options)))
}

const NAMES_NOTHING: &str = "it names no file, so each connection would have a database of its own; \
    write `sqlite::memory:` for a database in memory, or `sqlite://app.db?mode=rwc` for a file";

fn query<'q>(text: Text, args: SqliteArguments) -> Query<'q, Sqlite, SqliteArguments> {
    let kept = text.is_kept();
    sqlx::query_with(text, args).persistent(kept)
}

/// Runs the statements of `text` and answers for the last of them.
///
/// The rows that `BEGIN` is said to have touched are those of the statement before it, so the answers are not added up.
pub(super) async fn run(connection: &mut SqliteConnection, text: Text, args: SqliteArguments) -> Result<Done, Failed> {
    let mut done = Done::default();
    let mut completed = 0;
    let mut answers = connection.fetch_many(query(text, args));
    loop {
        match answers.try_next().await {
            Ok(Some(Either::Left(answer))) => {
                completed += 1;
                done = Done { rows: answer.rows_affected(), last_insert_id: answer.last_insert_rowid() };
            }
            Ok(Some(Either::Right(_row))) => {}
            Ok(None) => return Ok(done),
            Err(source) => return Err(Failed { completed, source }),
        }
    }
}

/// Runs a query and reads its first row.
pub(super) async fn first<T>(
    connection: &mut SqliteConnection,
    text: Text,
    args: SqliteArguments,
    read: impl FnOnce(&Row<'_>) -> Result<T, SqlxError> + Send,
) -> Result<Option<T>, SqlxError> {
    let row = connection.fetch_optional(query(text, args)).await?;
    row.map(|row| read(&Row::Sqlite(&row))).transpose()
}

/// Runs a query and reads its rows as they come.
pub(super) fn rows<'c, T: Send + 'c>(
    connection: &'c mut SqliteConnection,
    text: Text,
    args: SqliteArguments,
    mut read: impl FnMut(&Row<'_>) -> Result<T, SqlxError> + Send + 'c,
) -> BoxStream<'c, Result<T, SqlxError>> {
    let rows = connection.fetch(query(text, args));
    rows.map(move |row| read(&Row::Sqlite(&row?))).boxed()
}

/// Runs statements that bind nothing.
pub(super) async fn control(connection: &mut SqliteConnection, text: Text) -> Result<(), SqlxError> {
    connection.execute(sqlx::query_with(text, SqliteArguments::default())).await.map(drop)
}

/// Whether a transaction is open: SQLite ends one by itself after some errors, and tells nobody.
///
/// This asks for something that it refuses in a transaction and that cannot be done outside of one either, so that nothing
/// happens both ways, also if this future is dropped.
pub(super) async fn standing(connection: &mut SqliteConnection) -> Result<TransactionStatus, SqlxError> {
    match control(connection, Text::Static("VACUUM INTO NULL")).await {
        Ok(()) => Ok(TransactionStatus::Ended),
        Err(SqlxError::Database(error)) if error.message().contains("within a transaction") => {
            Ok(TransactionStatus::Open)
        }
        Err(SqlxError::Database(error)) if error.message().contains("non-text filename") => {
            Ok(TransactionStatus::Ended)
        }
        Err(error) => Err(error),
    }
}

/// Whether references may be wrong until the end of the transaction.
pub(super) async fn defers_references(connection: &mut SqliteConnection) -> Result<bool, SqlxError> {
    let name = "defer_foreign_keys";
    let text = Text::Static("PRAGMA defer_foreign_keys");
    let defers = first(connection, text, SqliteArguments::default(), |row| row.get::<i64>(name)).await?;
    Ok(defers == Some(1))
}

impl Db {
    /// The pool, for plain sqlx.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`](crate::error::Error::Schema) if this is another backend, or a `Db` within a transaction: use [`Tx::sqlite`] there.
    pub fn sqlite(&self) -> Result<&SqlitePool> {
        self.refuse_within("`tx.sqlite()`")?;
        match &self.shared.pool {
            Pool::Sqlite(pool) => Ok(pool),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            _ => Err(wrong_backend(self.backend(), "SQLite")),
        }
    }
}

impl Tx {
    /// The transaction's connection, for plain sqlx: `query.execute(&mut *tx.sqlite().await?)`.
    ///
    /// Calls of other tasks on the transaction wait until the guard is dropped, for at most the builder's `acquire_timeout`; those of the same task fail with
    /// [`Error::ConnectionLent`](crate::error::Error::ConnectionLent). Bind a result with `let` before a loop over it, since the head of a `for` or a `match`
    /// holds the connection for the whole body. Leave `BEGIN`, `COMMIT` and savepoints to `Tx`.
    ///
    /// # Errors
    ///
    /// [`Error::TransactionEnded`](crate::error::Error::TransactionEnded), or
    /// [`Error::SavepointOpen`](crate::error::Error::SavepointOpen) while a savepoint below this level is open.
    ///
    /// # Cancel safety
    ///
    /// A statement of plain sqlx whose future is dropped may or may not be executed, as always with sqlx.
    pub async fn sqlite(&self) -> Result<SqliteTxConnection<'_>> {
        let db = self.try_db()?;
        let mut session = self.session().await?;
        session.open().await?;
        session.borrow(|connection| match connection {
            Conn::Sqlite(connection) => Ok(&mut **connection),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            _ => Err(wrong_backend(db.backend(), "SQLite")),
        })
    }
}

/// The connection of a transaction, lent to plain sqlx.
pub type SqliteTxConnection<'a> = TxConnection<'a, SqliteConnection>;
