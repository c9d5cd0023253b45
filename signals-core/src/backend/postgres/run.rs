//! Running statements on PostgreSQL.

use std::sync::Arc;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryFutureExt as _, TryStreamExt as _};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Either, Error as SqlxError, Executor as _, PgConnection, Row as _, SqlSafeStr as _};

use crate::backend::answer::{Done, Failed, TransactionStatus};
use crate::backend::row::Row;
use crate::backend::text::Text;

fn query<'q>(text: Text, args: PgArguments) -> Query<'q, Postgres, PgArguments> {
    let kept = text.is_kept();
    sqlx::query_with(text, args).persistent(kept)
}

/// Lets the connection know the types of the columns and parameters of a statement that it does not keep.
///
/// sqlx looks up unknown types, such as those of extensions, by a simple query after it has prepared the statement. That
/// makes the server forget a statement without a name. The sources have names, and are prepared once per connection.
async fn know_types(connection: &mut PgConnection, text: &Text) -> Result<(), SqlxError> {
    for source in text.type_sources() {
        connection.prepare(AssertSqlSafe(Arc::clone(source)).into_sql_str()).await?;
    }
    Ok(())
}

/// Runs a statement. For an INSERT, returns the key of its row.
pub(in crate::backend) async fn run(
    connection: &mut PgConnection,
    text: Text,
    args: PgArguments,
) -> Result<Done, Failed> {
    let mut done = Done::default();
    if let Err(source) = know_types(connection, &text).await {
        return Err(Failed { completed: 0, source });
    }
    let mut answers = connection.fetch_many(query(text, args));
    loop {
        match answers.try_next().await {
            Ok(Some(Either::Left(answer))) => done.rows = answer.rows_affected(),
            Ok(Some(Either::Right(row))) => done.last_insert_id = row.try_get(0).unwrap_or_default(),
            Ok(None) => return Ok(done),
            Err(source) => return Err(Failed { completed: 0, source }),
        }
    }
}

/// Runs a query and reads its first row.
pub(in crate::backend) async fn first<T>(
    connection: &mut PgConnection,
    text: Text,
    args: PgArguments,
    read: impl FnOnce(&Row<'_>) -> Result<T, SqlxError> + Send,
) -> Result<Option<T>, SqlxError> {
    know_types(connection, &text).await?;
    let row = connection.fetch_optional(query(text, args)).await?;
    row.map(|row| read(&Row::Postgres(&row))).transpose()
}

/// Runs a query and reads its rows as they come.
pub(in crate::backend) fn rows<'c, T: Send + 'c>(
    connection: &'c mut PgConnection,
    text: Text,
    args: PgArguments,
    mut read: impl FnMut(&Row<'_>) -> Result<T, SqlxError> + Send + 'c,
) -> BoxStream<'c, Result<T, SqlxError>> {
    let rows = if text.type_sources().is_empty() {
        connection.fetch(query(text, args))
    } else {
        let rows = async move {
            know_types(connection, &text).await?;
            Ok(connection.fetch(query(text, args)))
        };
        rows.try_flatten_stream().boxed()
    };
    rows.map(move |row| read(&Row::Postgres(&row?))).boxed()
}

/// Runs a statement that binds nothing, without preparing it.
pub(in crate::backend) async fn control(connection: &mut PgConnection, text: Text) -> Result<(), SqlxError> {
    connection.execute(sqlx::raw_sql(text)).await.map(drop)
}

/// Returns the status of the transaction. A failed statement aborts it, and then only a rollback succeeds.
pub(in crate::backend) async fn transaction_status(
    connection: &mut PgConnection,
) -> Result<TransactionStatus, SqlxError> {
    // Inside a transaction this changes nothing, and outside of one it is refused.
    match control(connection, Text::Static("SAVEPOINT signals_probe; RELEASE SAVEPOINT signals_probe")).await {
        Ok(()) => Ok(TransactionStatus::Open),
        Err(SqlxError::Database(error)) if error.code().as_deref() == Some("25P02") => Ok(TransactionStatus::Aborted),
        Err(SqlxError::Database(error)) if error.code().as_deref() == Some("25P01") => Ok(TransactionStatus::Ended),
        Err(error) => Err(error),
    }
}

/// Returns whether the checks of references are deferred until the end of the transaction. PostgreSQL does
/// not report it, and deferring them twice has no effect.
pub(in crate::backend) async fn defers_references(_: &mut PgConnection) -> Result<bool, SqlxError> {
    Ok(false)
}

/// Returns whether the savepoint (3B001) or the transaction (25P01) does not exist.
pub(super) fn has_nothing_to_undo(error: &dyn DatabaseError) -> bool {
    matches!(error.code().as_deref(), Some("3B001" | "25P01"))
}
