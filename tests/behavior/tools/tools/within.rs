//! Transactions that represent a database, and callbacks in one that is never committed.
use signals::{Db, Error, Model, Result, Tx};
use signals_test_behavior::{Kind, Log, Refused, capture, database, db, execute, execute_in, kind, rows};
use std::time::Duration;

// K203: as captureOnCommitCallbacks(execute=True) of Django: in order, also what callbacks add, and nothing
// that was rolled back.
#[tokio::test]
async fn callbacks_run_in_a_transaction_that_is_rolled_back() -> Result<()> {
    static LOG: Log = Log::new();
    let db = db().await;
    let tx = db.begin().await?;
    tx.on_commit(async { LOG.note("first") }).unwrap();
    let savepoint = tx.begin().await?;
    savepoint.on_commit(async { LOG.note("undone") }).unwrap();
    savepoint.rollback().await?;
    let within = tx.as_db()?;
    within
        .atomic(|tx| async move {
            let db = tx.as_db()?;
            // The handle is of a level that has ended by then.
            tx.on_commit(async move { LOG.note(format!("second {}", db.begin().await.is_err())) }).unwrap();
            Ok(())
        })
        .await?;
    let again = within.clone();
    tx.on_commit(async move {
        LOG.note("third");
        again
            .atomic(|tx| async move {
                tx.on_commit(async { LOG.note("fourth") }).unwrap();
                Ok(())
            })
            .await
    })
    .unwrap();
    assert!(LOG.take().is_empty());
    assert_eq!(tx.run_on_commit().await?, 4);
    assert_eq!(LOG.take(), ["first", "second true", "third", "fourth"]);
    assert_eq!(tx.run_on_commit().await?, 0);
    tx.rollback().await?;
    assert!(LOG.take().is_empty());
    assert!(matches!(tx_ended(&db).await?.run_on_commit().await, Err(Error::TransactionEnded { .. })));
    Ok(())
}

async fn tx_ended(db: &Db) -> Result<Tx> {
    let tx = db.begin().await?;
    tx.clone().rollback().await?;
    Ok(tx)
}

// K203: failures are logged and counted, and stop no other.
#[tokio::test]
async fn a_callback_that_fails_is_counted_and_stops_no_other() -> Result<()> {
    static LOG: Log = Log::new();
    let db = db().await;
    let tx = db.begin().await?;
    tx.on_commit(async { Err::<(), _>(Refused("no mail")) }).unwrap();
    tx.on_commit(async { LOG.note("other") }).unwrap();
    let (log, _guard) = capture();
    assert_eq!(tx.run_on_commit().await?, 2);
    assert_eq!(db.failed_callbacks(), 1);
    assert_eq!(LOG.take(), ["other"]);
    assert!(log.take()[0].contains("an on_commit callback failed"));
    Ok(())
}

// K203: callbacks of an open savepoint wait for its commit.
#[tokio::test]
async fn a_savepoint_runs_its_own_callbacks() -> Result<()> {
    static LOG: Log = Log::new();
    let db = db().await;
    let tx = db.begin().await?;
    tx.on_commit(async { LOG.note("outer") }).unwrap();
    let savepoint = tx.begin().await?;
    savepoint.on_commit(async { LOG.note("inner") }).unwrap();
    assert_eq!(savepoint.run_on_commit().await?, 1);
    assert_eq!(LOG.take(), ["inner"]);
    savepoint.on_commit(async { LOG.note("later") }).unwrap();
    assert_eq!(tx.run_on_commit().await?, 1);
    assert_eq!(LOG.take(), ["outer"]);
    savepoint.commit().await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["later"]);
    Ok(())
}

// K203: with one connection, a callback that bypasses the transaction gets an error instead of waiting for
// it.
#[tokio::test]
async fn a_callback_that_goes_round_the_transaction_fails_at_once() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_round")]
    struct Roll {
        id: i64,
    }
    let db = database(|builder| builder.max_connections(1)).await;
    let tx = db.begin().await?;
    let outside = db.clone();
    tx.on_commit(async move { Roll { id: 0 }.save(&outside).await }).unwrap();
    let (log, _guard) = capture();
    let ran = tokio::time::timeout(Duration::from_secs(20), tx.run_on_commit()).await.expect("it waits for itself")?;
    assert_eq!((ran, db.failed_callbacks()), (1, 1));
    assert!(log.take()[0].contains("holds the only connection"));
    Ok(())
}

#[tokio::test]
async fn code_that_takes_a_database_runs_in_a_transaction_that_is_rolled_back() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_within")]
    struct Wafer {
        id: i64,
    }
    async fn tested(db: &Db) -> Result<i64> {
        Wafer { id: 1 }.save(db).await?;
        db.atomic(|tx| async move { Wafer { id: 2 }.save(&tx).await }).await?;
        let undone: Result<()> = db
            .atomic(|tx| async move {
                Wafer { id: 3 }.save(&tx).await?;
                Err(Error::other(Refused("undone")))
            })
            .await;
        undone.unwrap_err();
        let tx = db.begin().await?;
        Wafer { id: 4 }.save(&tx).await?;
        // The savepoint has the turn, as a transaction would have the connection.
        assert!(matches!(Wafer { id: 5 }.save(db).await, Err(Error::SavepointOpen)));
        tx.commit().await?;
        Wafer::get(db, 1).await?.delete(db).await?;
        let found = [Wafer::find(db, 1).await?, Wafer::find(db, 2).await?, Wafer::find(db, 3).await?];
        assert_eq!(found.map(|wafer| wafer.is_some()), [false, true, false]);
        Ok(Wafer::get(db, 4).await?.id)
    }
    let db = db().await;
    let tx = db.begin().await?;
    let within = tx.as_db()?;
    assert_eq!(tested(&within).await?, 4);
    assert_eq!((within.name(), within.recursion_limit()), (db.name(), db.recursion_limit()));
    tx.rollback().await?;
    assert_eq!(rows(&db, "tools_within").await, 0);
    Ok(())
}

#[tokio::test]
async fn a_database_within_a_transaction_has_no_pool() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    let within = tx.as_db()?;
    let (told, call) = match kind() {
        Kind::Memory | Kind::File => (within.sqlite().unwrap_err(), "tx.sqlite()"),
        Kind::Postgres => (within.postgres().unwrap_err(), "tx.postgres()"),
        Kind::Mysql => (within.mysql().unwrap_err(), "tx.mysql()"),
    };
    assert!(matches!(told, Error::NoPool { .. }));
    assert_eq!(told.to_string(), format!("this `Db` stands for a transaction and has no pool; use `{call}`"));
    assert!(matches!(within.migrate(&sqlx::migrate!("./migrations")).await, Err(Error::NoPool { .. })));
    within.close().await?;
    execute_in(&tx, "SELECT 1").await;
    tx.rollback().await?;
    execute(&db, "SELECT 1").await;
    Ok(())
}

// Otherwise a callback that owns it would keep the transaction. The transaction keeps the callback, and both
// would keep the only connection.
#[tokio::test]
async fn a_database_within_a_transaction_does_not_keep_it_open() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_guest")]
    struct Grape {
        id: i64,
    }
    static LOG: Log = Log::new();
    struct Gone;
    impl Drop for Gone {
        fn drop(&mut self) {
            LOG.note("gone");
        }
    }
    let db = db().await;
    let tx = db.begin().await?;
    let (within, kept) = (tx.as_db()?, tx.as_db()?);
    Grape { id: 0 }.save(&within).await?;
    let (callback, gone) = (within.clone(), Gone);
    tx.on_commit(async move {
        let _gone = gone;
        Grape { id: 0 }.save(&callback).await
    })
    .unwrap();
    let savepoint = within.begin().await?;
    savepoint
        .on_commit({
            let callback = savepoint.as_db()?;
            async move { Grape { id: 0 }.save(&callback).await }
        })
        .unwrap();
    savepoint.commit().await?;
    drop(tx);
    assert_eq!(LOG.take(), ["gone"]);
    assert!(matches!(Grape { id: 0 }.save(&kept).await, Err(Error::TransactionEnded { .. })));
    assert!(matches!(kept.begin().await, Err(Error::TransactionEnded { .. })));
    // The connection is free.
    tokio::time::timeout(Duration::from_secs(20), db.begin())
        .await
        .expect("the connection is kept")?
        .rollback()
        .await?;
    assert_eq!(rows(&db, "tools_guest").await, 0);
    Ok(())
}

#[tokio::test]
async fn a_savepoint_keeps_the_transaction_around_it_open() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "tools_parent")]
    struct Pear {
        id: i64,
    }
    let db = db().await;
    let tx = db.begin().await?;
    let savepoint = tx.begin().await?;
    drop(tx);
    Pear { id: 0 }.save(&savepoint).await?;
    savepoint.commit().await?;
    Ok(())
}
