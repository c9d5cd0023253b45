use signals::db::Backend;
use signals::model::Entity as _;
use signals::{Db, Model, Result};
use sqlx::types::Decimal;

use crate::support::server;

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "one_backend_counter")]
struct Counter {
    id: i64,
    hits: u64,
    misses: Option<u32>,
    average: Decimal,
}

// PostgreSQL has no unsigned numbers, and SQLite neither a `u64` nor decimals.
#[tokio::test]
async fn unsigned_numbers_and_decimals_are_columns_of_mysql() -> Result<()> {
    let types: Vec<_> = Counter::meta().columns().iter().map(|it| it.sql_type_on(Backend::Mysql)).collect();
    assert_eq!(types, ["BIGINT", "BIGINT UNSIGNED", "INT UNSIGNED", "DECIMAL(65, 28)"]);

    let db = Db::connect(&server("SIGNALS_TEST_MYSQL_URL")?).await?;
    sqlx::query("CREATE DATABASE IF NOT EXISTS one_backend").execute(db.mysql()?).await?;
    let db = Db::connect(&format!("{}/one_backend", server("SIGNALS_TEST_MYSQL_URL")?)).await?;
    sqlx::query("DROP TABLE IF EXISTS one_backend_counter").execute(db.mysql()?).await?;
    db.create_tables().await?;
    let mut counter = Counter { id: 0, hits: u64::MAX, misses: Some(u32::MAX), average: Decimal::new(25, 1) };
    counter.save(&db).await?;
    assert_eq!(Counter::get(&db, counter.id).await?, counter);
    sqlx::query("DROP DATABASE one_backend").execute(db.mysql()?).await?;
    Ok(())
}
