//! Plain SQL that every database accepts.

use signals::{Db, Tx};
use sqlx::mysql::MySqlRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow};

use crate::{Kind, kind};

/// Runs `$body` with the pool of any database.
macro_rules! on_db {
    ($db:ident, |$pool:ident| $body:expr) => {
        match kind() {
            Kind::Memory | Kind::File => {
                let $pool = $db.sqlite().unwrap();
                $body
            }
            Kind::Postgres => {
                let $pool = $db.postgres().unwrap();
                $body
            }
            Kind::Mysql => {
                let $pool = $db.mysql().unwrap();
                $body
            }
        }
    };
}

/// The same with the connection of a transaction.
macro_rules! on_tx {
    ($tx:ident, |$connection:ident| $body:expr) => {
        match kind() {
            Kind::Memory | Kind::File => {
                let $connection = &mut *$tx.sqlite().await.unwrap();
                $body
            }
            Kind::Postgres => {
                let $connection = &mut *$tx.postgres().await.unwrap();
                $body
            }
            Kind::Mysql => {
                let $connection = &mut *$tx.mysql().await.unwrap();
                $body
            }
        }
    };
}

/// Runs statements.
///
/// # Panics
///
/// If the database refuses one, as all of these do.
pub async fn execute(db: &Db, sql: impl Into<String>) {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql.into()));
    on_db!(db, |pool| sql.execute(pool).await.map(drop).unwrap());
}

/// Runs statements in a transaction.
///
/// # Panics
///
/// If the database refuses one.
pub async fn execute_in(tx: &Tx, sql: impl Into<String>) {
    try_execute_in(tx, sql).await.unwrap();
}

/// Runs statements in a transaction that the database may refuse.
///
/// # Errors
///
/// sqlx's, if it does.
///
/// # Panics
///
/// If the transaction has ended.
pub async fn try_execute_in(tx: &Tx, sql: impl Into<String>) -> sqlx::Result<()> {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql.into()));
    on_tx!(tx, |connection| sql.execute(connection).await.map(drop))
}

/// Returns the only number of a query's result.
///
/// # Panics
///
/// Panics on any other result.
pub async fn count(db: &Db, sql: impl Into<String>) -> i64 {
    let sql = AssertSqlSafe(sql.into());
    on_db!(db, |pool| sqlx::query_scalar(sql).fetch_one(pool).await.unwrap())
}

/// How many rows a table has.
pub async fn rows(db: &Db, table: &'static str) -> i64 {
    count(db, format!("SELECT count(*) FROM {table}")).await
}

/// Returns the only number of a query's result, in a transaction.
///
/// # Panics
///
/// Panics on any other result.
pub async fn count_in(tx: &Tx, sql: impl Into<String>) -> i64 {
    let sql = AssertSqlSafe(sql.into());
    on_tx!(tx, |connection| sqlx::query_scalar(sql).fetch_one(connection).await.unwrap())
}

/// Returns the numbers of a query's result.
///
/// # Panics
///
/// Panics on any other result.
pub async fn numbers(db: &Db, sql: impl Into<String>) -> Vec<i64> {
    let sql = AssertSqlSafe(sql.into());
    on_db!(db, |pool| sqlx::query_scalar(sql).fetch_all(pool).await.unwrap())
}

/// Returns the texts of a query's result.
///
/// # Panics
///
/// Panics on any other result.
pub async fn texts(db: &Db, sql: impl Into<String>) -> Vec<String> {
    let sql = AssertSqlSafe(sql.into());
    on_db!(db, |pool| sqlx::query_scalar(sql).fetch_all(pool).await.unwrap())
}

/// Returns the texts of a query's result, in a transaction.
///
/// # Panics
///
/// Panics on any other result.
pub async fn texts_in(tx: &Tx, sql: impl Into<String>) -> Vec<String> {
    let sql = AssertSqlSafe(sql.into());
    on_tx!(tx, |connection| sqlx::query_scalar(sql).fetch_all(connection).await.unwrap())
}

/// The rows of a query, as whatever they are read as.
///
/// # Errors
///
/// sqlx's, if they cannot be read so.
///
/// # Panics
///
/// If `db` is of another kind.
pub async fn read<T>(db: &Db, sql: impl Into<String>) -> sqlx::Result<Vec<T>>
where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, MySqlRow> + Send + Unpin,
{
    let sql = AssertSqlSafe(sql.into());
    on_db!(db, |pool| sqlx::query_as(sql).fetch_all(pool).await)
}

/// The same in a transaction.
///
/// # Errors
///
/// As [`read`].
///
/// # Panics
///
/// As [`read`], or if the transaction has ended.
pub async fn read_in<T>(tx: &Tx, sql: impl Into<String>) -> sqlx::Result<Vec<T>>
where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, MySqlRow> + Send + Unpin,
{
    let sql = AssertSqlSafe(sql.into());
    on_tx!(tx, |connection| sqlx::query_as(sql).fetch_all(connection).await)
}

/// A name, quoted as the database reads it.
pub fn quoted(name: &str) -> String {
    let quote = if kind() == Kind::Mysql { '`' } else { '"' };
    format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")))
}

/// Returns a subquery with the numbers from 1 to `last` in the column `i`. The maximum of `last` is 100,000.
pub fn sequence(last: u32) -> String {
    let digits = (0..10).map(|digit| format!("SELECT {digit} AS d")).collect::<Vec<_>>().join(" UNION ALL ");
    let places = [('a', 1), ('b', 10), ('c', 100), ('d', 1000), ('e', 10_000)];
    let sum = places.map(|(place, factor)| format!("{place}.d * {factor}")).join(" + ");
    let from = places.map(|(place, _)| format!("({digits}) AS {place}")).join(" CROSS JOIN ");
    format!("(SELECT i FROM (SELECT {sum} + 1 AS i FROM {from}) AS every WHERE i <= {last}) AS sequence")
}

/// Lets references be wrong until the commit, and on MySQL until [`recheck_references`].
///
/// # Panics
///
/// If the database refuses.
pub async fn defer_references(tx: &Tx) {
    let sql = match kind() {
        Kind::Memory | Kind::File => "PRAGMA defer_foreign_keys = ON",
        Kind::Postgres => "SET CONSTRAINTS ALL DEFERRED",
        Kind::Mysql => "SET foreign_key_checks = 0",
    };
    execute_in(tx, sql).await;
}

/// Checks references again, if the commit does not do so.
///
/// # Panics
///
/// If the database refuses.
pub async fn recheck_references(tx: &Tx) {
    if kind() == Kind::Mysql {
        execute_in(tx, "SET foreign_key_checks = 1").await;
    }
}
