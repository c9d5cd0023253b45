use signals::db::Backend;
use signals::model::Entity as _;
use signals::{Db, Model, Result};

use crate::support::is_own;

#[derive(Debug, Clone, PartialEq, Model)]
struct Counter {
    id: i64,
    hits: u32,
    level: Option<u8>,
}

// PostgreSQL has no unsigned numbers.
#[tokio::test]
async fn unsigned_numbers_are_columns_of_sqlite() -> Result<()> {
    let types: Vec<_> = Counter::meta().columns().iter().map(|it| it.sql_type_on(Backend::Sqlite)).collect();
    assert_eq!(types, ["INTEGER"; 3]);

    let db = Db::connect("sqlite::memory:").await?;
    db.create_tables_of(is_own).await?;
    let mut counter = Counter { id: 0, hits: u32::MAX, level: Some(u8::MAX) };
    counter.save(&db).await?;
    assert_eq!(Counter::get(&db, counter.id).await?, counter);
    Ok(())
}
