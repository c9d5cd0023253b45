//! Migrations that have a transaction of their own, as `makemigrations` writes them for a table that is made again.

use std::time::Duration;

use sqlx::migrate::{Migrate as _, MigrateError, Migration};
use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _, SqliteConnection};

/// The end of such a migration. The setting has no effect within a transaction.
const END: &str = "COMMIT;\nPRAGMA foreign_keys = ON;";

/// Applies a migration. If it ends its own transaction, sqlx's record is written within that transaction, so that a
/// crash leaves both or neither.
pub(in crate::backend) async fn apply(
    connection: &mut SqliteConnection,
    table: &str,
    migration: &Migration,
) -> Result<Duration, MigrateError> {
    let body = migration.sql.as_str().trim_end().strip_suffix(END).filter(|_| migration.no_tx);
    let Some(body) = body else { return connection.apply(table, migration).await };
    let open = Migration { sql: AssertSqlSafe(body.to_owned()).into_sql_str(), ..migration.clone() };
    let took = connection.apply(table, &open).await?;
    let failed = |error| MigrateError::ExecuteMigration(error, migration.version);
    connection.execute(END).await.map_err(failed)?;
    Ok(took)
}
