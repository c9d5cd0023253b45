//! `tasks sql`: a migration makes the tables that `create_tables` makes.

use behavior::{Kind, execute, kind, texts, url};
use signals::tasks::{DbTasks as _, Task, TaskBeat, TaskQueue, TaskWorker, task};
use signals::{Db, Result};

use super::command;

#[task(name = "sql.migrated")]
async fn migrated() {}

/// Returns everything that the database keeps about the columns and indexes of the tables of tasks.
async fn schema(db: &Db) -> Vec<String> {
    let queries: &[&str] = match kind() {
        Kind::Memory | Kind::File => {
            &["SELECT COALESCE(sql, name) FROM sqlite_master WHERE tbl_name LIKE 'signals_%' ORDER BY name"]
        }
        Kind::Postgres => &[
            "SELECT concat_ws(' ', table_name, ordinal_position, column_name, data_type, is_nullable, column_default) \
             FROM information_schema.columns WHERE table_schema = current_schema() AND table_name LIKE 'signals_%' \
             ORDER BY table_name, ordinal_position",
            "SELECT replace(indexdef, current_schema(), '') FROM pg_indexes \
             WHERE schemaname = current_schema() AND tablename LIKE 'signals_%' ORDER BY indexname",
        ],
        Kind::Mysql => &[
            "SELECT CONCAT_WS(' ', table_name, ordinal_position, column_name, column_type, is_nullable, column_default, \
             collation_name, extra) FROM information_schema.columns \
             WHERE table_schema = DATABASE() AND table_name LIKE 'signals%' ORDER BY table_name, ordinal_position",
            "SELECT CONCAT_WS(' ', table_name, index_name, seq_in_index, column_name, non_unique) \
             FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name LIKE 'signals%' \
             ORDER BY table_name, index_name, seq_in_index",
        ],
    };
    let mut schema = Vec::new();
    for query in queries {
        schema.extend(texts(db, *query).await);
    }
    schema
}

#[tokio::test]
async fn a_migration_makes_the_tables_of_create_tables() -> Result<()> {
    let (made, by_migration) = (Db::connect(&url().await).await?, Db::connect(&url().await).await?);
    let of_tasks = |db: Db| async move {
        db.create_tables_of(|model| {
            model.is::<Task>() || model.is::<TaskBeat>() || model.is::<TaskQueue>() || model.is::<TaskWorker>()
        })
        .await
    };
    of_tasks(made.clone()).await?;
    let printed = command(&by_migration, "tasks sql").await.out();
    assert!(printed.lines().all(|line| line.starts_with("CREATE ") && line.ends_with(';')), "{printed}");
    execute(&by_migration, printed).await;
    let (expected, schema_before) = (schema(&made).await, schema(&by_migration).await);
    // Four tables, with their columns and their indexes.
    assert!(expected.len() >= 8, "{expected:#?}");
    assert_eq!(schema_before, expected);

    of_tasks(by_migration.clone()).await?;
    assert_eq!(schema(&by_migration).await, expected, "it has nothing to add");
    migrated::enqueue(&by_migration).await?;
    assert_eq!(by_migration.drain_tasks().await?.done, 1);
    Ok(())
}
