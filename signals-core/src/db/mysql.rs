//! MySQL and MariaDB: opening the pool, running statements, and lending the connection to plain sqlx.

mod cancel_safe;

use std::str::FromStr as _;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use sqlx::mysql::{MySql, MySqlArguments, MySqlConnectOptions};
use sqlx::query::Query;
use sqlx::{Error as SqlxError, Executor as _, MySqlConnection, MySqlPool};
use tokio::sync::mpsc;

use super::connection::{Connection, Done, Failed, TransactionStatus, nothing_to_undo};
use super::lent::{TxConnection, wrong_backend};
use super::pool::not_opened;
use super::transaction_state::ENDED;
use super::url::parameters;
use super::{Conn, Db, DbBuilder, Pool, Text, Tx, created, pool};
use crate::backend::Row;
use crate::error::Result;

pub(super) use cancel_safe::CancelSafeConnection;

/// How many statements a connection keeps, where the URL does not say.
const KEPT_STATEMENTS: usize = 500;

/// Makes the pool.
pub(super) fn open(settings: &DbBuilder) -> Result<Pool> {
    let mut options =
        MySqlConnectOptions::from_str(&settings.url).map_err(|source| not_opened(source, &settings.url))?;
    if parameters(&settings.url).all(|(name, _)| name != "statement-cache-capacity") {
        options = options.statement_cache_capacity(KEPT_STATEMENTS);
    }
    let freshness = Arc::new(settings.freshness());
    let checking = Arc::clone(&freshness);
    let using = settings.name.clone();
    let pool = pool::options(settings)
        .before_acquire(move |connection, idle| checking.check(connection, idle.idle_for))
        .after_connect(move |connection, _| {
            let using = using.clone();
            Box::pin(async move { created::announce(Connection::Mysql(connection), &using).await })
        });
    Ok(Pool::Mysql(pool.connect_lazy_with(options), freshness))
}

/// How long the text of a statement for one call may be to be kept. The text of a list that is too long to be padded is longer.
const LONGEST_KEPT: usize = 48_000;

/// Every statement is kept, until too many are: one that is closed has no answer, and the next would wait some forty milliseconds for TCP to say that it came.
/// Only those are closed that are so long that many of them would fill the memory.
fn query<'q>(text: Text, args: MySqlArguments) -> Query<'q, MySql, MySqlArguments> {
    let kept = text.is_kept() || text.len() <= LONGEST_KEPT;
    sqlx::query_with(text, args).persistent(kept)
}

/// Runs a statement. An INSERT answers with the key of its last row: MySQL tells that of the first, and the others follow it.
pub(super) async fn run(
    connection: &mut CancelSafeConnection,
    text: Text,
    args: MySqlArguments,
) -> Result<Done, Failed> {
    let answer = connection.complete(move |connection| connection.execute(query(text, args))).await;
    let answer = answer.map_err(|source| Failed { completed: 0, source })?;
    let (first, rows) = (answer.last_insert_id(), answer.rows_affected());
    let last_insert_id = i64::try_from(first.saturating_add(rows.saturating_sub(1))).unwrap_or(i64::MAX);
    Ok(Done { rows, last_insert_id })
}

/// Runs a query and reads its first row.
pub(super) async fn first<T>(
    connection: &mut CancelSafeConnection,
    text: Text,
    args: MySqlArguments,
    read: impl FnOnce(&Row<'_>) -> Result<T, SqlxError> + Send,
) -> Result<Option<T>, SqlxError> {
    let row = connection.complete(move |connection| connection.fetch_optional(query(text, args))).await?;
    row.map(|row| read(&Row::Mysql(&row))).transpose()
}

/// Runs a query and reads its rows as they come.
pub(super) fn rows<'c, T: Send + 'c>(
    connection: &'c mut CancelSafeConnection,
    text: Text,
    args: MySqlArguments,
    mut read: impl FnMut(&Row<'_>) -> Result<T, SqlxError> + Send + 'c,
) -> BoxStream<'c, Result<T, SqlxError>> {
    let (sender, mut receiver) = mpsc::channel(1);
    let query = async move {
        let started = connection.start(move |connection| {
            Box::pin(async move {
                let mut rows = connection.fetch(query(text, args));
                while let Some(row) = rows.next().await
                    && sender.send(row).await.is_ok()
                {}
            })
        });
        started.await?;
        connection.free().await.map(drop)
    };
    // The query goes on only while its rows are asked for.
    let rows = stream::poll_fn(move |context| receiver.poll_recv(context));
    let failure = stream::once(query).filter_map(async |ended| ended.err().map(Err));
    stream::select(rows, failure).map(move |row| read(&Row::Mysql(&row?))).boxed()
}

/// Runs a statement that binds nothing, without preparing it.
pub(super) async fn control(connection: &mut CancelSafeConnection, text: Text) -> Result<(), SqlxError> {
    connection.complete(move |connection| connection.execute(sqlx::raw_sql(text))).await.map(drop)
}

/// How the transaction stands: a deadlock ends one, and so does a statement that defines a part of the schema.
pub(super) async fn standing(connection: &mut CancelSafeConnection) -> Result<TransactionStatus, SqlxError> {
    // Outside of a transaction the savepoint is gone at once.
    match control(connection, Text::Static("SAVEPOINT signals_probe; RELEASE SAVEPOINT signals_probe")).await {
        Ok(()) => Ok(TransactionStatus::Open),
        Err(error) if nothing_to_undo(&error) => Ok(TransactionStatus::Ended),
        Err(error) => Err(error),
    }
}

/// Whether references are left unchecked.
pub(super) async fn defers_references(connection: &mut CancelSafeConnection) -> Result<bool, SqlxError> {
    let text = Text::Static("SELECT CAST(@@foreign_key_checks AS SIGNED) AS checked");
    let checked = first(connection, text, MySqlArguments::default(), |row| row.get::<i64>("checked")).await?;
    Ok(checked == Some(0))
}

impl Db {
    /// The pool, for plain sqlx.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`](crate::error::Error::Schema) if this is another backend, or a `Db` within a transaction: use [`Tx::mysql`] there.
    pub fn mysql(&self) -> Result<&MySqlPool> {
        self.refuse_within("`tx.mysql()`")?;
        match &self.shared.pool {
            Pool::Mysql(pool, _) => Ok(pool),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            _ => Err(wrong_backend(self.backend(), "MySQL")),
        }
    }
}

impl Tx {
    /// The transaction's connection, for plain sqlx: `query.execute(&mut *tx.mysql().await?)`.
    ///
    /// Calls of other tasks on the transaction wait until the guard is dropped, for at most the builder's `acquire_timeout`; those of the same task fail with
    /// [`Error::ConnectionLent`](crate::error::Error::ConnectionLent). Bind a result with `let` before a loop over it, since the head of a `for` or a `match`
    /// holds the connection for the whole body. Leave `BEGIN`, `COMMIT` and savepoints to `Tx`.
    ///
    /// # Errors
    ///
    /// [`Error::TransactionEnded`](crate::error::Error::TransactionEnded),
    /// [`Error::SavepointOpen`](crate::error::Error::SavepointOpen) while a savepoint below this level is open, or
    /// [`Error::Schema`](crate::error::Error::Schema) if this is another backend.
    ///
    /// # Cancel safety
    ///
    /// Let a statement of plain sqlx run to its end: sqlx leaves a connection whose future is dropped in the middle of an answer, which the next statement then takes for its own.
    pub async fn mysql(&self) -> Result<MysqlTxConnection<'_>> {
        let db = self.try_db()?;
        let mut session = self.session().await?;
        session.open().await?;
        session.free().await?;
        session.borrow(|connection| match connection {
            Conn::Mysql(connection) => connection.idle().ok_or(ENDED),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            _ => Err(wrong_backend(db.backend(), "MySQL")),
        })
    }
}

/// The connection of a transaction, lent to plain sqlx.
pub type MysqlTxConnection<'a> = TxConnection<'a, MySqlConnection>;
