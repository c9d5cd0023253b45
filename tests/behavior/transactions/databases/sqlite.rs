//! The settings of SQLite that make it as strict and as patient as a server.

use std::time::{Duration, Instant};

use signals::{Db, Model, Result};
use signals_test_behavior::{Kind, count, elsewhere, texts, url};

use super::db;

#[derive(Debug, Clone, Model)]
#[model(table = "writers_row")]
struct Row {
    id: i64,
    text: String,
}

fn row(text: &str) -> Row {
    Row { id: 0, text: text.into() }
}

#[tokio::test]
async fn a_file_has_a_write_ahead_log_and_writers_that_wait() -> Result<()> {
    if elsewhere(&[Kind::File]) {
        return Ok(());
    }
    let db = Db::connect(&url().await).await?;
    assert_eq!(texts(&db, "PRAGMA journal_mode").await, ["wal"]);
    assert_eq!(count(&db, "PRAGMA foreign_keys").await, 1);
    assert!(count(&db, "PRAGMA busy_timeout").await >= 5000, "in milliseconds");
    Ok(())
}

#[tokio::test]
async fn memory_is_one_connection_however_many_are_allowed() -> Result<()> {
    if elsewhere(&[Kind::Memory]) {
        return Ok(());
    }
    let db = Db::builder("sqlite::memory:").max_connections(5).connect().await?;
    db.create_tables_of(|model| model.table() == "writers_row").await?;
    assert_eq!(count(&db, "PRAGMA foreign_keys").await, 1);
    let tasks: Vec<_> = (0..20).map(|_| tokio::spawn(save(db.clone(), "one of many"))).collect();
    for task in tasks {
        task.await.unwrap()?;
    }
    assert_eq!(Row::objects().count(&db).await?, 20, "a second connection would have no table at all");
    Ok(())
}

async fn save(db: Db, text: &'static str) -> Result<()> {
    row(text).save(&db).await
}

/// Two pools, as two programs have them: nothing but SQLite itself makes one wait for the other.
#[tokio::test]
async fn two_writers_wait_for_each_other_without_a_lock_error() -> Result<()> {
    const HELD: Duration = Duration::from_millis(300);
    if elsewhere(&[Kind::File]) {
        return Ok(());
    }
    let one = db().await;
    let path = texts(&one, "SELECT file FROM pragma_database_list WHERE name = 'main'").await.remove(0);
    let other = Db::builder(format!("sqlite://{path}")).busy_timeout(Duration::from_mins(2)).connect().await?;
    for in_transaction in [false, true] {
        let tx = one.begin().await?;
        // It reads first: a transaction that only then begins to write would be refused at once if another
        // wrote in between.
        let before = Row::objects().count(&tx).await?;
        row("first").save(&tx).await?;
        let start = Instant::now();
        let second = tokio::spawn({
            let other = other.clone();
            async move {
                if !in_transaction {
                    return row("second").save(&other).await;
                }
                let tx = other.begin().await?;
                assert_eq!(Row::objects().count(&tx).await?, before + 1, "it begins behind the first");
                row("second").save(&tx).await?;
                tx.commit().await
            }
        });
        tokio::time::sleep(HELD).await;
        tx.commit().await?;
        second.await.unwrap()?;
        assert!(start.elapsed() >= HELD);
        assert_eq!(Row::objects().count(&one).await?, before + 2);
    }
    Ok(())
}
