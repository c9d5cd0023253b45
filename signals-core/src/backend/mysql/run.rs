//! Running statements on MySQL and MariaDB.

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use sqlx::error::DatabaseError;
use sqlx::mysql::{MySql, MySqlArguments, MySqlDatabaseError, MySqlRow};
use sqlx::query::Query;
use sqlx::{Error as SqlxError, Executor as _, MySqlConnection, Row as _};
use tokio::sync::mpsc;

use super::cancel_safe::CancelSafeConnection;
use crate::backend::answer::{Done, Failed, TransactionStatus};
use crate::backend::row::Row;
use crate::backend::text::Text;

/// The maximum length of a kept text that was built for one call. A list that is too long for padding has a
/// longer text.
const LONGEST_KEPT: usize = 48_000;

/// The most rows that are handed over together. One by one, they take half as long again as in plain sqlx.
const ROWS_AT_ONCE: usize = 16;

/// Returns the query of a statement.
///
/// Every statement is kept until there are too many. The server does not answer the close of a statement, so
/// the next statement would wait about 40 milliseconds for the acknowledgment of TCP. Only statements so long
/// that many of them would fill the memory are closed.
fn query<'q>(text: Text, args: MySqlArguments) -> Query<'q, MySql, MySqlArguments> {
    let kept = text.is_kept() || text.as_str().len() <= LONGEST_KEPT;
    sqlx::query_with(text, args).persistent(kept)
}

/// Runs a statement. For an INSERT, returns the key of its last row: MySQL reports the first key, and the
/// others are consecutive.
pub(in crate::backend) async fn run(
    connection: &mut CancelSafeConnection,
    text: Text,
    args: MySqlArguments,
) -> Result<Done, Failed> {
    let answer = connection.complete(move |connection| connection.execute(query(text, args))).await;
    let answer = answer.map_err(|source| Failed { completed: 0, source })?;
    let (first, rows) = (answer.last_insert_id(), answer.rows_affected());
    // A key beyond `i64::MAX` is negative here.
    let last_insert_id = first.saturating_add(rows.saturating_sub(1)).cast_signed();
    Ok(Done { rows, last_insert_id })
}

/// Runs a block of statements, which is one transaction. Its last statement returns the number of changed rows
/// and the generated key.
///
/// After an error the transaction is rolled back, even if the caller is dropped meanwhile.
pub(in crate::backend) async fn run_block(
    connection: &mut CancelSafeConnection,
    text: Text,
    args: MySqlArguments,
) -> Result<Done, SqlxError> {
    let row = connection.complete(move |connection| Box::pin(undone_if_failed(connection, text, args))).await?;
    let rows: i64 = row.try_get(0)?;
    let last_insert_id: Option<i64> = row.try_get(1)?;
    Ok(Done { rows: rows.try_into().unwrap_or_default(), last_insert_id: last_insert_id.unwrap_or_default() })
}

async fn undone_if_failed(
    connection: &mut MySqlConnection,
    text: Text,
    args: MySqlArguments,
) -> Result<MySqlRow, SqlxError> {
    let answer = connection.fetch_one(query(text, args)).await;
    if answer.is_err() {
        connection.execute(sqlx::raw_sql("ROLLBACK")).await?;
    }
    answer
}

/// Runs a query and reads its first row.
pub(in crate::backend) async fn first<T>(
    connection: &mut CancelSafeConnection,
    text: Text,
    args: MySqlArguments,
    read: impl FnOnce(&Row<'_>) -> Result<T, SqlxError> + Send,
) -> Result<Option<T>, SqlxError> {
    let row = connection.complete(move |connection| connection.fetch_optional(query(text, args))).await?;
    row.map(|row| read(&Row::Mysql(&row))).transpose()
}

/// Runs a query and reads its rows as they come.
pub(in crate::backend) fn rows<'c, T: Send + 'c>(
    connection: &'c mut CancelSafeConnection,
    text: Text,
    args: MySqlArguments,
    mut read: impl FnMut(&Row<'_>) -> Result<T, SqlxError> + Send + 'c,
) -> BoxStream<'c, Result<T, SqlxError>> {
    let (sender, mut receiver) = mpsc::channel(1);
    let query = async move {
        let started = connection.start(move |connection| {
            Box::pin(async move {
                let mut parts = connection.fetch(query(text, args)).ready_chunks(ROWS_AT_ONCE);
                while let Some(part) = parts.next().await
                    && sender.send(part).await.is_ok()
                {}
            })
        });
        started.await?;
        connection.free().await.map(drop)
    };
    // The query continues only while its rows are read.
    let parts = stream::poll_fn(move |context| receiver.poll_recv(context));
    let failure = stream::once(query).filter_map(async |ended| ended.err().map(|error| vec![Err(error)]));
    stream::select(parts, failure).flat_map(stream::iter).map(move |row| read(&Row::Mysql(&row?))).boxed()
}

/// Runs a statement that binds nothing, without preparing it.
pub(in crate::backend) async fn control(connection: &mut CancelSafeConnection, text: Text) -> Result<(), SqlxError> {
    connection.complete(move |connection| connection.execute(sqlx::raw_sql(text))).await.map(drop)
}

/// Returns the status of the transaction. A deadlock ends it, as does a statement that changes the schema.
pub(in crate::backend) async fn transaction_status(
    connection: &mut CancelSafeConnection,
) -> Result<TransactionStatus, SqlxError> {
    // Outside of a transaction the savepoint is gone at once.
    match control(connection, Text::Static("SAVEPOINT signals_probe; RELEASE SAVEPOINT signals_probe")).await {
        Ok(()) => Ok(TransactionStatus::Open),
        Err(SqlxError::Database(error)) if has_nothing_to_undo(&*error) => Ok(TransactionStatus::Ended),
        Err(error) => Err(error),
    }
}

/// Returns whether the checks of references are off.
pub(in crate::backend) async fn defers_references(connection: &mut CancelSafeConnection) -> Result<bool, SqlxError> {
    let text = Text::Static("SELECT CAST(@@foreign_key_checks AS SIGNED) AS checked");
    let checked = first(connection, text, MySqlArguments::default(), |row| row.get::<i64>("checked")).await?;
    Ok(checked == Some(0))
}

/// Returns whether the savepoint does not exist. Without a transaction, MySQL reports success.
pub(super) fn has_nothing_to_undo(error: &dyn DatabaseError) -> bool {
    error.try_downcast_ref::<MySqlDatabaseError>().is_some_and(|error| error.number() == 1305)
}
