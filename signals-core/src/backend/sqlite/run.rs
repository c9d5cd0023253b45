//! Running statements on SQLite.

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sqlx::error::DatabaseError;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments};
use sqlx::{Either, Error as SqlxError, Executor as _, SqliteConnection};

use crate::backend::answer::{Done, Failed, TransactionStatus};
use crate::backend::row::Row;
use crate::backend::text::Text;

fn query<'q>(text: Text, args: SqliteArguments) -> Query<'q, Sqlite, SqliteArguments> {
    let kept = text.is_kept();
    sqlx::query_with(text, args).persistent(kept)
}

/// Runs the statements of `text` and returns the answer of the one at this place, counted from 0.
pub(in crate::backend) async fn run(
    connection: &mut SqliteConnection,
    text: Text,
    args: SqliteArguments,
    place: usize,
) -> Result<Done, Failed> {
    let mut done = Done::default();
    let mut completed = 0;
    let mut answers = connection.fetch_many(query(text, args));
    loop {
        match answers.try_next().await {
            Ok(Some(Either::Left(answer))) => {
                if completed == place {
                    done = Done { rows: answer.rows_affected(), last_insert_id: answer.last_insert_rowid() };
                }
                completed += 1;
            }
            Ok(Some(Either::Right(_row))) => {}
            Ok(None) => return Ok(done),
            Err(source) => return Err(Failed { completed, source }),
        }
    }
}

/// Runs a query and reads its first row.
pub(in crate::backend) async fn first<T>(
    connection: &mut SqliteConnection,
    text: Text,
    args: SqliteArguments,
    read: impl FnOnce(&Row<'_>) -> Result<T, SqlxError> + Send,
) -> Result<Option<T>, SqlxError> {
    let row = connection.fetch_optional(query(text, args)).await?;
    row.map(|row| read(&Row::Sqlite(&row))).transpose()
}

/// Runs a query and reads its rows as they come.
pub(in crate::backend) fn rows<'c, T: Send + 'c>(
    connection: &'c mut SqliteConnection,
    text: Text,
    args: SqliteArguments,
    mut read: impl FnMut(&Row<'_>) -> Result<T, SqlxError> + Send + 'c,
) -> BoxStream<'c, Result<T, SqlxError>> {
    let rows = connection.fetch(query(text, args));
    rows.map(move |row| read(&Row::Sqlite(&row?))).boxed()
}

/// Runs statements that bind nothing.
pub(in crate::backend) async fn control(connection: &mut SqliteConnection, text: Text) -> Result<(), SqlxError> {
    connection.execute(sqlx::query_with(text, SqliteArguments::default())).await.map(drop)
}

/// Returns whether a transaction is open: SQLite ends one after some errors without reporting it.
///
/// This runs a statement that is refused inside a transaction and fails for another reason outside of one.
/// Nothing happens in either case, even if this future is dropped.
pub(in crate::backend) async fn transaction_status(
    connection: &mut SqliteConnection,
) -> Result<TransactionStatus, SqlxError> {
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

/// Returns whether the checks of references are deferred until the end of the transaction.
pub(in crate::backend) async fn defers_references(connection: &mut SqliteConnection) -> Result<bool, SqlxError> {
    let name = "defer_foreign_keys";
    let text = Text::Static("PRAGMA defer_foreign_keys");
    let defers = first(connection, text, SqliteArguments::default(), |row| row.get::<i64>(name)).await?;
    Ok(defers == Some(1))
}

/// Returns whether the savepoint or the transaction does not exist.
pub(super) fn has_nothing_to_undo(error: &dyn DatabaseError) -> bool {
    let message = error.message();
    message.starts_with("no such savepoint") || message.contains("no transaction is active")
}
