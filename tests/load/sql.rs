//! Plain SQL in a transaction that may be lost at any time.

use signals::db::Backend;
use signals::{Result, Tx};
use sqlx::AssertSqlSafe;

/// Runs statements.
pub async fn run(tx: &Tx, sql: String) -> Result<()> {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql));
    match tx.backend() {
        Backend::Sqlite => sql.execute(&mut *tx.sqlite().await?).await.map(drop)?,
        Backend::Postgres => sql.execute(&mut *tx.postgres().await?).await.map(drop)?,
        Backend::Mysql => sql.execute(&mut *tx.mysql().await?).await.map(drop)?,
        other => unreachable!("{other:?}"),
    }
    Ok(())
}

/// Locks rows in the order of their keys, if the database locks rows.
pub async fn lock(tx: &Tx, table: &str, keys: &[i64]) -> Result<()> {
    if keys.is_empty() || tx.backend() == Backend::Sqlite {
        return Ok(());
    }
    let keys = keys.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    run(tx, format!("SELECT id FROM {table} WHERE id IN ({keys}) ORDER BY id FOR UPDATE")).await
}
