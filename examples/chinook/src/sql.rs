//! Plain SQL on any database, to check the results of the library independently.

use signals::db::Backend;
use signals::{Error, Result, Tx};
use sqlx::AssertSqlSafe;

/// Returns the only number of a query's result, or `None` if it has no row. The queries have fixed texts, and
/// their keys are numbers.
pub(crate) async fn number(tx: &Tx, query: &str) -> Result<Option<i64>> {
    let query = AssertSqlSafe(query.to_owned());
    let number = match tx.backend() {
        Backend::Sqlite => sqlx::query_scalar(query).fetch_optional(&mut *tx.sqlite().await?).await,
        Backend::Postgres => sqlx::query_scalar(query).fetch_optional(&mut *tx.postgres().await?).await,
        Backend::Mysql => sqlx::query_scalar(query).fetch_optional(&mut *tx.mysql().await?).await,
        other => return Err(Error::other(format!("{other} is new to this program"))),
    };
    Ok(number?)
}

/// Returns the count of a query.
pub(crate) async fn count(tx: &Tx, query: &str) -> Result<u64> {
    let count = number(tx, query).await?.unwrap_or_default();
    u64::try_from(count).map_err(Error::other)
}
