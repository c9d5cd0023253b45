//! Plain SQL on whichever database it is: what the library says is checked by somebody else.

use signals::db::Backend;
use signals::{Error, Result, Tx};
use sqlx::AssertSqlSafe;

/// The one number that a query answers, or `None` if it answers no row. Queries are the program's own: their texts are fixed, and their keys are numbers.
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

/// The count that a query answers.
pub(crate) async fn count(tx: &Tx, query: &str) -> Result<u64> {
    let count = number(tx, query).await?.unwrap_or_default();
    u64::try_from(count).map_err(Error::other)
}
