//! Transactions and savepoints, and the state after a failure.

use std::future::{IntoFuture, poll_fn};
use std::pin::pin;
use std::task::Poll;

use signals::{Db, Error, Model, Result, Tx, post_save, receiver};
use signals_test_behavior::{Kind, kind};

use super::db;
use super::log::{note, take};

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "transactions_order")]
struct Order {
    id: i64,
    #[model(unique)]
    name: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "transactions_entry")]
struct Entry {
    id: i64,
    #[model(unique)]
    name: String,
}

#[receiver(post_save, sender = Order)]
async fn write_entry(instance: &Order, tx: &Tx) -> Result<()> {
    Entry { id: 0, name: instance.name.clone() }.save(tx).await?;
    if instance.name == "refused" { Err(Error::other("refused")) } else { Ok(()) }
}

#[receiver(post_save, sender = Order, on_commit)]
fn tell(instance: &Order, using: &str) {
    note(using, instance.name.clone());
}

fn order(name: &str) -> Order {
    Order { id: 0, name: name.into() }
}

fn entry(name: &str) -> Entry {
    Entry { id: 0, name: name.into() }
}

async fn counts(db: &Db) -> Result<(u64, u64)> {
    Ok((Order::objects().count(db).await?, Entry::objects().count(db).await?))
}

#[tokio::test]
async fn a_failing_receiver_undoes_the_save_and_its_writes() -> Result<()> {
    let db = db().await;
    let mut refused = order("refused");
    assert!(refused.save(&db).await.is_err());
    assert_eq!((refused.id, counts(&db).await?), (0, (0, 0)));
    order("kept").save(&db).await?;
    assert_eq!(counts(&db).await?, (1, 1));
    let mut many = [order("one"), order("refused"), order("two")];
    assert!(Order::bulk_create(&db, &mut many).await.is_err());
    assert_eq!((many[0].id, counts(&db).await?), (0, (1, 1)));
    assert_eq!(take(&db), ["kept"]);
    Ok(())
}

#[tokio::test]
async fn a_failure_in_a_savepoint_leaves_the_transaction_usable() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    order("first").save(&tx).await?;
    assert!(order("refused").save(&tx).await.is_err());
    assert!(order("first").save(&tx).await.is_err(), "the name is taken, which the database says");
    let savepoint = tx.begin().await?;
    assert!(entry("first").save(&savepoint).await.is_err());
    savepoint.rollback().await?;
    let inner = tx.begin().await?;
    order("second").save(&inner).await?;
    let innermost = inner.begin().await?;
    order("gone").save(&innermost).await?;
    drop(innermost);
    inner.commit().await?;
    order("third").save(&tx).await?;
    tx.commit().await?;
    assert_eq!(counts(&db).await?, (3, 3));
    assert_eq!(take(&db), ["first", "second", "third"]);
    Ok(())
}

#[tokio::test]
async fn a_bare_statement_that_fails_in_a_transaction_is_no_silent_rollback() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    entry("taken").save(&tx).await?;
    assert!(entry("taken").save(&tx).await.is_err());
    let after = entry("after").save(&tx).await;
    let committed = tx.commit().await;
    if kind() == Kind::Postgres {
        // There are no receivers, so there was no savepoint. PostgreSQL then accepts no other statement, and
        // would answer a COMMIT with a rollback.
        let Err(Error::TransactionEnded { .. }) = after else { panic!("{after:?}") };
        let Err(Error::TransactionEnded { .. }) = committed else { panic!("{committed:?}") };
        assert_eq!(counts(&db).await?, (0, 0));
    } else {
        after?;
        committed?;
        assert_eq!(counts(&db).await?, (0, 2));
    }
    // The connection is as good as new.
    order("next").save(&db).await?;
    Ok(())
}

#[tokio::test]
async fn on_commit_runs_after_the_commit_alone() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    order("gone").save(&tx).await?;
    tx.rollback().await?;
    assert!(take(&db).is_empty());
    let tx = db.begin().await?;
    order("kept").save(&tx).await?;
    assert!(take(&db).is_empty());
    tx.commit().await?;
    assert_eq!(take(&db), ["kept"]);
    drop(db.begin().await?);
    assert_eq!(counts(&db).await?, (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_dropped_save_leaves_the_transaction_as_before() -> Result<()> {
    let db = db().await;
    let mut completed = false;
    for await_point in 0..200 {
        let tx = db.begin().await?;
        order("before").save(&tx).await?;
        let dropped = drop_at(order("dropped").save(&tx), await_point).await.is_none();
        if !dropped {
            completed = true;
            break;
        }
        order("after").save(&tx).await?;
        tx.commit().await?;
        assert_eq!(counts(&db).await?, (2, 2), "dropped at {await_point}");
        assert_eq!(take(&db), ["before", "after"]);
        Order::objects().delete(&db).await?;
        Entry::objects().delete(&db).await?;
    }
    assert!(completed);
    Ok(())
}

/// Polls the future and drops it at the await of this number. Returns `Some` if it completes before that.
pub async fn drop_at<F: IntoFuture>(future: F, await_point: usize) -> Option<F::Output> {
    let mut future = pin!(future.into_future());
    let mut seen = 0;
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if seen == await_point => Poll::Ready(None),
        Poll::Pending => {
            seen += 1;
            Poll::Pending
        }
    })
    .await
}
