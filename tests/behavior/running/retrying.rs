//! Transactions that are run again, and the other settings of one transaction.

#![allow(
    clippy::items_after_statements,
    clippy::single_match_else,
    reason = "each step of a test declares what it needs"
)]

mod errors;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use signals::{Db, Error, Isolation, Model, Result, Tx};
use signals_test_behavior::{Kind, Log, count_in, database, db, elsewhere, kind, texts_in, try_execute_in};
use tokio::sync::Barrier;

#[derive(Debug, Clone, Model)]
#[model(table = "retrying_row")]
struct Row {
    id: i64,
    n: i64,
}

/// An application's error that forwards to those of the libraries.
#[derive(Debug)]
enum Wrapper {
    Signals(Error),
    Sqlx(sqlx::Error),
    Refused,
}

impl std::fmt::Display for Wrapper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the application failed")
    }
}

impl std::error::Error for Wrapper {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Signals(error) => error.source(),
            Self::Sqlx(error) => error.source(),
            Self::Refused => None,
        }
    }
}

impl From<Error> for Wrapper {
    fn from(error: Error) -> Self {
        Self::Signals(error)
    }
}

/// Makes the database refuse to go on, since what was read has changed.
async fn serialization_failure(db: &Db) -> sqlx::Error {
    let (read, write) = ("SELECT n FROM retrying_row", "UPDATE retrying_row SET n = n + 1");
    let row = match Row::objects().first(db).await.unwrap() {
        Some(row) => row,
        None => {
            let mut row = Row { id: 0, n: 0 };
            row.save(db).await.unwrap();
            row
        }
    };
    match kind() {
        Kind::Memory => unreachable!("there is one connection"),
        Kind::File => {
            let mut connection = db.sqlite().unwrap().acquire().await.unwrap();
            for statement in ["BEGIN", read] {
                sqlx::query(statement).fetch_all(&mut *connection).await.unwrap();
            }
            Row { n: row.n + 1, ..row }.save(db).await.unwrap();
            let error = sqlx::query(write).execute(&mut *connection).await.unwrap_err();
            sqlx::query("ROLLBACK").execute(&mut *connection).await.unwrap();
            error
        }
        Kind::Postgres => {
            let tx = db.transaction().isolation(Isolation::RepeatableRead).begin().await.unwrap();
            count_in(&tx, "SELECT count(*) FROM retrying_row").await;
            Row { n: row.n + 1, ..row }.save(db).await.unwrap();
            let error = try_execute_in(&tx, write).await.unwrap_err();
            tx.rollback().await.unwrap();
            error
        }
        Kind::Mysql => {
            let tx = db.begin().await.unwrap();
            try_execute_in(&tx, "SET SESSION innodb_snapshot_isolation = ON").await.unwrap();
            count_in(&tx, "SELECT count(*) FROM retrying_row").await;
            Row { n: row.n + 1, ..row }.save(db).await.unwrap();
            let error = try_execute_in(&tx, write).await.unwrap_err();
            tx.rollback().await.unwrap();
            error
        }
    }
}

#[tokio::test]
async fn transactions_in_each_others_way_are_run_again() -> Result<()> {
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    static RUNS: AtomicU32 = AtomicU32::new(0);
    static COMMITTED: AtomicU32 = AtomicU32::new(0);
    let db = db().await;
    Row::bulk_create(&db, &mut [Row { id: 1, n: 0 }, Row { id: 2, n: 0 }]).await?;
    let meet = Barrier::new(2);
    let (db, meet) = (&db, &meet);
    let both = |first: i64, second: i64| {
        let mut is_first = true;
        db.transaction().retries(20).run(move |tx| {
            let waits = std::mem::replace(&mut is_first, false);
            async move {
                RUNS.fetch_add(1, Ordering::Relaxed);
                tx.on_commit(async {
                    COMMITTED.fetch_add(1, Ordering::Relaxed);
                })?;
                for (place, id) in [first, second].into_iter().enumerate() {
                    try_execute_in(&tx, format!("UPDATE retrying_row SET n = n + 1 WHERE id = {id}")).await?;
                    if place == 0 && waits {
                        meet.wait().await;
                    }
                }
                Ok(first)
            }
        })
    };
    let (a, b) = tokio::join!(both(1, 2), both(2, 1));
    assert_eq!((a?, b?), (1, 2));
    // Its second run may meet the other one again.
    assert!(RUNS.load(Ordering::Relaxed) >= 3, "one of them is run again");
    assert_eq!(COMMITTED.load(Ordering::Relaxed), 2, "callbacks of the failed attempt are gone");
    let counts: Vec<_> = Row::objects().all(db).await?.into_iter().map(|row| row.n).collect();
    assert_eq!(counts, [2, 2]);
    Ok(())
}

#[tokio::test]
async fn only_what_may_help_is_run_again_and_not_too_often() -> Result<()> {
    if elsewhere(&[Kind::File, Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    static LOG: Log = Log::new();
    let db = &db().await;
    let mut attempts = 0;
    // The first two attempts fail. Their rows and callbacks are discarded.
    let outcome = db.transaction().retries(2).run(|tx| {
        attempts += 1;
        let attempt = attempts;
        async move {
            tx.on_commit(async move { LOG.note(attempt) })?;
            if attempt < 3 {
                let error = serialization_failure(db).await;
                Row { id: 0, n: 100 }.save(&tx).await?;
                return Err(error.into());
            }
            Row { id: 0, n: 100 }.save(&tx).await
        }
    });
    outcome.await?;
    assert_eq!((attempts, LOG.take()), (3, vec!["3".to_owned()]));
    assert_eq!(Row::objects().filter(Row::N.eq(100)).count(db).await?, 1);

    // The last attempt's error is returned, as the application's own type.
    let mut attempts = 0;
    let outcome = db.transaction().retries(2).try_run(|_tx| {
        attempts += 1;
        async move { Err::<(), _>(Wrapper::Signals(serialization_failure(db).await.into())) }
    });
    assert!(matches!(outcome.await, Err(Wrapper::Signals(error)) if error.is_serialization_failure()));
    assert_eq!(attempts, 3);

    // Other errors are not retried.
    let mut attempts = 0;
    let outcome = db.transaction().retries(2).try_run(|_tx| {
        attempts += 1;
        async { Err::<(), _>(Wrapper::Refused) }
    });
    assert!(matches!(outcome.await, Err(Wrapper::Refused)));
    assert_eq!(attempts, 1);
    Ok(())
}

#[tokio::test]
async fn a_commit_that_the_database_refuses_is_run_again() -> Result<()> {
    if elsewhere(&[Kind::Postgres]) {
        return Ok(());
    }
    let db = db().await;
    Row::bulk_create(&db, &mut [Row { id: 1, n: 1 }, Row { id: 2, n: 1 }]).await?;
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let meet = Barrier::new(2);
    let (db, meet) = (&db, &meet);
    // Each takes one of the two if both exist. If they run one after another, the second finds only one.
    let take = |id: i64| {
        let mut is_first = true;
        db.transaction().isolation(Isolation::Serializable).retries(20).run(move |tx| {
            let waits = std::mem::replace(&mut is_first, false);
            async move {
                RUNS.fetch_add(1, Ordering::Relaxed);
                let left = Row::objects().filter(Row::N.eq(1)).count(&tx).await?;
                if left == 2 {
                    Row::objects().filter(Row::ID.eq(id)).update(&tx, [Row::N.set(0)]).await?;
                }
                if waits {
                    meet.wait().await;
                }
                Ok(left)
            }
        })
    };
    let (a, b) = tokio::join!(take(1), take(2));
    let mut seen = [a?, b?];
    seen.sort_unstable();
    assert_eq!(seen, [1, 2]);
    // The second run may begin before the rows of the other's COMMIT are seen.
    assert!(RUNS.load(Ordering::Relaxed) >= 3);
    assert_eq!(Row::objects().filter(Row::N.eq(1)).count(db).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_read_only_transaction_reads_and_the_next_one_writes() -> Result<()> {
    let db = db().await;
    Row { id: 0, n: 1 }.save(&db).await?;
    for end in ["commit", "rollback", "drop"] {
        let tx = db.transaction().read_only().begin().await?;
        assert_eq!(Row::objects().count(&tx).await?, 1);
        // PostgreSQL continues after a rollback to a savepoint.
        let savepoint = tx.begin().await?;
        let error = Row { id: 0, n: 2 }.save(&savepoint).await.unwrap_err();
        let text = error.to_string().to_lowercase();
        assert!(text.contains("read-only") || text.contains("read only") || text.contains("readonly"), "{text}");
        savepoint.rollback().await?;
        assert_eq!(Row::objects().count(&tx).await?, 1);
        match end {
            "commit" => tx.commit().await?,
            "rollback" => tx.rollback().await?,
            _ => drop(tx),
        }
        for _ in 0..3 {
            Row { id: 0, n: 2 }.save(&db).await?;
            let tx = db.begin().await?;
            Row { id: 0, n: 2 }.save(&tx).await?;
            tx.commit().await?;
        }
        Row::objects().filter(Row::N.eq(2)).delete(&db).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_isolation_level_is_that_of_one_transaction() -> Result<()> {
    let db = database(|builder| builder.max_connections(1)).await;
    Row { id: 0, n: 1 }.save(&db).await?;
    for isolation in [Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Serializable] {
        for read_only in [false, true] {
            let mut transaction = db.transaction().isolation(isolation);
            if read_only {
                transaction = transaction.read_only();
            }
            let tx = transaction.begin().await?;
            assert_eq!(Row::objects().count(&tx).await?, 1);
            let name = match isolation {
                Isolation::ReadCommitted => "read committed",
                Isolation::RepeatableRead => "repeatable read",
                _ => "serializable",
            };
            assert_eq!(level(&tx).await.as_deref().unwrap_or(name), name);
            tx.commit().await?;
            let tx = db.begin().await?;
            assert_eq!(Row::objects().count(&tx).await?, 1);
            let default = if kind() == Kind::Mysql { "repeatable read" } else { "read committed" };
            assert_eq!(level(&tx).await.as_deref().unwrap_or(default), default);
            Row { id: 0, n: 2 }.save(&tx).await?;
            tx.rollback().await?;
        }
    }
    Ok(())
}

/// Returns the isolation level that the server reports for a transaction.
async fn level(tx: &Tx) -> Option<String> {
    let sql = match kind() {
        Kind::Memory | Kind::File => return None,
        Kind::Postgres => "SELECT current_setting('transaction_isolation')",
        Kind::Mysql => {
            "SELECT CAST(trx_isolation_level AS CHAR) FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = CONNECTION_ID()"
        }
    };
    // MariaDB shows what it knew up to a tenth of a second ago.
    tokio::time::sleep(Duration::from_millis(150)).await;
    Some(texts_in(tx, sql).await.concat().to_lowercase())
}

#[tokio::test]
async fn work_may_have_an_error_type_of_its_own() -> Result<()> {
    let db = db().await;
    let outcome = db
        .try_atomic(|tx| async move {
            Row { id: 0, n: 1 }.save(&tx).await?;
            tx.try_atomic(|_savepoint| async { Err(Wrapper::Refused) }).await
        })
        .await;
    let outcome: Result<(), Wrapper> = outcome;
    assert!(matches!(outcome, Err(Wrapper::Refused)));
    assert_eq!(Row::objects().count(&db).await?, 0);
    // Any type is allowed, even one that does not implement `Error`.
    let outcome: anyhow::Result<()> = db.try_atomic(|_tx| async { Err(anyhow::anyhow!("no")) }).await;
    assert_eq!(outcome.unwrap_err().to_string(), "no");
    // The type of the short form is inferred.
    db.atomic(|tx| async move { tx.commit().await.map(drop) }).await.unwrap_err();
    db.atomic(|_tx| async { Ok(()) }).await?;
    Ok(())
}

#[tokio::test]
async fn within_a_transaction_it_is_a_savepoint() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    let within = tx.as_db()?;
    let transaction = within.transaction().isolation(Isolation::Serializable).retries(3);
    transaction.run(|tx| async move { Row { id: 0, n: 1 }.save(&tx).await }).await?;
    assert_eq!(Row::objects().count(&tx).await?, 1);
    tx.rollback().await?;
    assert_eq!(Row::objects().count(&db).await?, 0);
    Ok(())
}
