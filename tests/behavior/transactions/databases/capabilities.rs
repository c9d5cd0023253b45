//! The abilities and the limits of each database, as the library handles them.

use signals::{Error, Model, Result};
use signals_test_behavior::{Kind, count, execute, execute_in, kind};

use super::db;

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "capabilities_row")]
struct Row {
    id: i64,
    #[model(unique)]
    text: String,
}

fn row(text: &str) -> Row {
    Row { id: 0, text: text.into() }
}

#[tokio::test]
async fn a_table_made_in_a_transaction_is_undone_with_it_but_in_mysql_ends_it() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    row("before").save(&tx).await?;
    execute_in(&tx, "CREATE TABLE capabilities_made (id INTEGER)").await;
    if kind() == Kind::Mysql {
        assert!(matches!(row("after").save(&tx).await, Err(Error::TransactionEnded { .. })));
        assert!(matches!(tx.commit().await, Err(Error::TransactionEnded { .. })));
        assert_eq!(Row::objects().count(&db).await?, 1, "what was before is committed");
        assert_eq!(count(&db, "SELECT count(*) FROM capabilities_made").await, 0);
    } else {
        row("after").save(&tx).await?;
        tx.rollback().await?;
        assert_eq!(Row::objects().count(&db).await?, 0);
        execute(&db, "CREATE TABLE capabilities_made (id INTEGER)").await;
    }
    Ok(())
}

#[tokio::test]
async fn texts_are_kept_to_the_last_letter() -> Result<()> {
    let db = db().await;
    for text in ["", " ", "🦀", "ß", "SS", "e\u{301}", "é", "İ", "line\r\nline\t", "'\"`\\%_"] {
        let mut row = row(text);
        let saved = row.save(&db).await;
        if kind() == Kind::Mysql && text == " " {
            assert!(saved.is_err(), "MySQL compares without the spaces at the end, so that this is the empty text");
            continue;
        }
        saved?;
        assert_eq!(Row::get(&db, row.id).await?.text, text);
        assert_eq!(Row::objects().filter(Row::TEXT.eq(text)).all(&db).await?, [row]);
    }
    let mut nul = row("a\0b");
    if kind() == Kind::Postgres {
        assert!(nul.save(&db).await.is_err(), "PostgreSQL has no NUL in a text");
        assert_eq!(nul.id, 0);
    } else {
        nul.save(&db).await?;
        assert_eq!(Row::get(&db, nul.id).await?.text, "a\0b");
    }
    Ok(())
}

/// Without a runtime, a connection cannot be returned to the pool, so it is closed.
#[test]
fn a_transaction_may_be_dropped_without_a_runtime() -> Result<()> {
    for used in [false, true] {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (db, tx) = runtime.block_on(async {
            let db = db().await;
            let tx = db.begin().await?;
            if used {
                row("lost").save(&tx).await?;
            }
            Ok::<_, Error>((db, tx))
        })?;
        drop(tx);
        runtime.block_on(async {
            if kind() != Kind::Memory {
                assert_eq!(Row::objects().count(&db).await?, 0);
            }
            db.close().await?;
            Ok::<_, Error>(())
        })?;
    }
    Ok(())
}
