//! `Db::close` ends, even if a connection is in use; and waits for the only connection.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use signals::{Db, Error, Model, Result, post_save, receiver};
use signals_test_behavior::{Kind, database, elsewhere};
use tempfile::TempDir;

use super::{Item, item, shared, size, until_idle, within};

/// It is also the limit of connecting.
const LIMIT: Duration = Duration::from_secs(5);

fn is_closed<T>(outcome: &Result<T>) -> bool {
    matches!(outcome, Err(error @ Error::Closed { using }) if using == "shop" && error.to_string().contains("`shop` was closed"))
}

#[tokio::test]
async fn closing_with_an_open_transaction_ends_with_an_error() -> Result<()> {
    let db = database(|builder| builder.name("shop").acquire_timeout(LIMIT)).await;
    let tx = db.begin().await?;
    item("before").save(&tx).await?;
    let error = within(Duration::from_secs(30), db.close()).await.unwrap_err();
    assert!(matches!(&error, Error::StillInUse { connections: 1, waited: LIMIT, .. }), "{error:?}");
    assert!(error.to_string().contains("1 of its connections"), "{error}");

    // The transaction continues; all other calls are refused.
    item("after").save(&tx).await?;
    assert!(is_closed(&item("outside").save(&db).await));
    assert!(is_closed(&Item::find(&db, 1).await));
    assert!(is_closed(&db.begin().await));
    assert!(is_closed(&Item::objects().stream(&db).next().await.unwrap()));
    assert_eq!(Item::objects().count(&tx).await?, 2);
    tx.commit().await?;
    within(Duration::from_secs(30), db.close()).await?;
    db.close().await?;
    assert!(is_closed(&db.atomic(|_tx| async { Ok(()) }).await));
    Ok(())
}

#[tokio::test]
async fn idle_connections_are_closed_though_another_is_in_use() -> Result<()> {
    let folder = TempDir::new().unwrap();
    let db = Db::builder(&shared(&folder).await).acquire_timeout(LIMIT).connect().await?;
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(db.begin().await?);
    }
    let used = open.pop().unwrap();
    drop(open);
    until_idle(&db, 3).await;
    assert!(matches!(db.close().await, Err(Error::StillInUse { connections: 1, .. })));
    assert_eq!(size(&db), 1);
    used.rollback().await?;
    db.close().await
}

#[tokio::test]
async fn a_receiver_that_closes_the_database_of_its_transaction_does_not_wait() -> Result<()> {
    #[derive(Model)]
    #[model(table = "connecting_last")]
    struct Last {
        id: i64,
    }
    static DB: OnceLock<Db> = OnceLock::new();
    #[receiver(post_save, sender = Last)]
    async fn close(tx: &signals::Tx) -> Result<()> {
        let _ = tx;
        DB.get().unwrap().close().await
    }
    let made = database(|builder| builder).await;
    let db = DB.get_or_init(|| made);
    let started = Instant::now();
    let error = Last { id: 0 }.save(db).await.unwrap_err();
    assert!(matches!(error.find::<Error>(), Some(Error::StillInUse { .. })), "{error}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    Ok(())
}

// The advice of the message is what helps.
#[tokio::test]
async fn a_wait_for_the_connection_of_a_stream_is_an_error_with_the_fix() -> Result<()> {
    if elsewhere(&[Kind::Memory]) {
        return Ok(());
    }
    let db = database(|builder| builder.acquire_timeout(LIMIT)).await;
    for name in ["a", "b"] {
        item(name).save(&db).await?;
    }
    let mut stream = Item::objects().stream(&db);
    let first = stream.next().await.unwrap()?;
    let error = within(Duration::from_secs(30), first.delete(&db)).await.unwrap_err().to_string();
    assert!(error.contains("a stream (read its rows with `all` before the loop)"), "{error}");
    drop(stream);
    for row in Item::objects().all(&db).await? {
        row.delete(&db).await?;
    }
    assert_eq!(Item::objects().count(&db).await?, 0);

    // A transaction that holds it: the calls inside get the `Tx`.
    let tx = db.begin().await?;
    let error = within(Duration::from_secs(30), item("c").save(&db)).await.unwrap_err().to_string();
    assert!(error.contains("give the calls inside of it the `Tx` and not the `Db`"), "{error}");
    item("c").save(&tx).await?;
    tx.commit().await
}
