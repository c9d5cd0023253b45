//! A wait for oneself is an error, and a wait for others ends when they do.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use signals::{Db, Error, Model, Result, Tx, post_save, receiver};
use signals_test_behavior::{Kind, capture, database, db, elsewhere, kind};
use tokio::sync::Notify;

#[derive(Debug, Clone, Model)]
#[model(table = "waiting_note")]
struct Note {
    id: i64,
}

fn note() -> Note {
    Note { id: 0 }
}

/// Runs `$body` while plain sqlx has the connection of `$tx`.
macro_rules! while_lent {
    ($tx:expr, $body:expr) => {
        match kind() {
            Kind::Memory | Kind::File => {
                let _guard = $tx.sqlite().await.unwrap();
                $body
            }
            Kind::Postgres => {
                let _guard = $tx.postgres().await.unwrap();
                $body
            }
            Kind::Mysql => {
                let _guard = $tx.mysql().await.unwrap();
                $body
            }
        }
    };
}

/// Returns the error of a call, which must fail at once.
async fn at_once<T>(call: impl Future<Output = Result<T>>) -> Error {
    // Below the default timeout of a wait.
    let outcome = tokio::time::timeout(Duration::from_secs(20), call).await.expect("it waits for itself");
    outcome.map(drop).expect_err("it cannot succeed")
}

#[tokio::test]
async fn a_task_that_holds_the_connection_does_not_wait_for_it() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    while_lent!(tx, {
        for error in [
            at_once(note().save(&tx).into_future()).await,
            at_once(tx.begin()).await,
            at_once(Note::find(&tx, 1)).await,
        ] {
            assert!(matches!(error, Error::ConnectionLent), "{error}");
            assert!(error.to_string().contains("drop the guard of `tx.sqlite()`"), "{error}");
        }
    });
    // The transaction goes on, and so does a savepoint in it.
    note().save(&tx).await?;
    let savepoint = tx.begin().await?;
    while_lent!(savepoint, {
        let error = at_once(note().save(&savepoint).into_future()).await;
        assert!(matches!(error, Error::ConnectionLent), "{error}");
    });
    savepoint.commit().await?;
    tx.commit().await?;
    assert_eq!(Note::objects().count(&db).await?, 1);
    Ok(())
}

#[tokio::test]
async fn ending_a_transaction_does_not_wait_for_the_own_guard() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    note().save(&tx).await?;
    while_lent!(tx, {
        let error = at_once(tx.clone().rollback()).await;
        assert!(matches!(error, Error::ConnectionLent), "{error}");
    });
    drop(tx);
    assert_eq!(Note::objects().count(&db).await?, 0, "it is rolled back when the guard is gone");
    Ok(())
}

#[tokio::test]
async fn a_commit_that_would_wait_for_itself_leaves_the_transaction_open() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    // Enough rows that the stream has not read the last one.
    for _ in 0..20 {
        note().save(&tx).await?;
    }
    while_lent!(tx, {
        let error = at_once(tx.clone().commit()).await;
        assert!(matches!(error, Error::ConnectionLent), "{error}");
    });
    let mut rows = Note::objects().stream(&tx);
    assert!(rows.next().await.is_some());
    let error = at_once(tx.clone().commit()).await;
    assert!(matches!(error, Error::StreamOpen), "{error}");
    drop(rows);
    note().save(&tx).await?;
    tx.commit().await?;
    assert_eq!(Note::objects().count(&db).await?, 21);
    Ok(())
}

#[tokio::test]
async fn another_task_waits_for_the_guard() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    let started = Instant::now();
    let other = while_lent!(tx, {
        let tx = tx.clone();
        let other = tokio::spawn(async move { note().save(&tx).await });
        tokio::time::sleep(Duration::from_millis(200)).await;
        other
    });
    other.await.unwrap()?;
    assert!(started.elapsed() >= Duration::from_millis(200));
    tx.commit().await?;
    assert_eq!(Note::objects().count(&db).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_wait_for_another_task_ends_and_names_what_it_waited_for() -> Result<()> {
    // It is also the limit of connecting.
    let limit = Duration::from_secs(5);
    let db = database(|builder| builder.acquire_timeout(limit)).await;
    let tx = db.begin().await?;
    let started = Instant::now();
    let error = while_lent!(tx, {
        let tx = tx.clone();
        tokio::spawn(async move { note().save(&tx).await }).await.unwrap().unwrap_err()
    });
    let Error::WaitTimedOut { waited_for, after } = &error else { panic!("{error}") };
    assert!(waited_for.contains("tx.sqlite()") && *after == limit, "{error}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    tx.rollback().await
}

#[derive(Debug, Clone, Model)]
#[model(table = "waiting_parked")]
struct Parked {
    id: i64,
}

static IS_PARKED: Notify = Notify::const_new();

#[receiver(post_save, sender = Parked)]
async fn never_return(tx: &Tx) {
    let _ = tx;
    IS_PARKED.notify_one();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_call_that_is_never_polled_again_is_not_waited_for_without_end() -> Result<()> {
    let db = database(|builder| builder.acquire_timeout(Duration::from_secs(5))).await;
    let tx = db.begin().await?;
    let mut row = Parked { id: 0 };
    let mut parked = row.save(&tx).into_future();
    tokio::select! {
        biased;
        _ = &mut parked => panic!("it waits for its receiver"),
        () = IS_PARKED.notified() => {}
    }
    let error = at_once(note().save(&tx).into_future()).await;
    assert!(matches!(&error, Error::WaitTimedOut { waited_for, .. } if waited_for.contains("another call")), "{error}");
    drop(parked);
    note().save(&tx).await?;
    tx.commit().await
}

#[tokio::test]
async fn ending_a_transaction_does_not_wait_for_the_own_stream() -> Result<()> {
    let db = db().await;
    note().save(&db).await?;
    note().save(&db).await?;
    let tx = db.begin().await?;
    {
        let mut rows = Note::objects().stream(&tx);
        rows.next().await.unwrap()?;
        let error = at_once(tx.clone().rollback()).await;
        assert!(matches!(error, Error::StreamOpen), "{error}");
    }
    Ok(())
}

static OUTSIDE: OnceLock<Db> = OnceLock::new();

#[derive(Debug, Clone, Model)]
#[model(table = "waiting_order")]
struct Order {
    id: i64,
}

#[receiver(post_save, sender = Order)]
async fn count_outside(instance: &Order, tx: &Tx) -> Result<()> {
    let db = OUTSIDE.get().unwrap();
    assert!(Order::find(tx, instance.id).await?.is_some());
    assert!(Order::find(db, instance.id).await?.is_none(), "another connection does not see it");
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_goes_past_its_transaction_is_named_once() -> Result<()> {
    // In memory there is only one connection, so the receiver gets an error.
    if elsewhere(&[Kind::File, Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let db = db().await;
    assert!(OUTSIDE.set(db.clone()).is_ok());
    let (logged, _guard) = capture();
    for _ in 0..3 {
        Order { id: 0 }.save(&db).await?;
    }
    let lines = logged.take();
    assert_eq!(lines.len(), 1, "{lines:?}");
    for part in ["WARN", "running::waiting::count_outside", "running/waiting.rs", "line=", "take `tx: &Tx`"] {
        assert!(lines[0].contains(part), "{part}: {lines:?}");
    }
    // No warning is logged here: the call is outside of any receiver.
    let tx = db.begin().await?;
    assert_eq!(Order::objects().count(&db).await?, 3);
    tx.rollback().await?;
    assert!(logged.take().is_empty());
    Ok(())
}
