//! Commits that are cancelled or dropped, and the test tools of a transaction that begins after the end of
//! another.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::poll;
use signals::{Db, Error, Model, Result, post_save, receiver};
use signals_test_behavior::{Kind, Log, capture, db, defer_references, elsewhere};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

#[derive(Debug, Clone, Model)]
#[model(table = "ends_note")]
struct Note {
    id: i64,
}

signals::signal! {
    pub ends_cancelled<'a> { db: &'a Db }
}

static CANCELLED: Log = Log::new();

/// Within a receiver a commit is a task. This one belongs to a runtime that ends when the transaction is
/// committed.
#[receiver(ends_cancelled)]
async fn commit_in_a_task_that_is_cancelled(db: &Db) -> Result<()> {
    let tx = db.begin().await?;
    Note { id: 0 }.save(&tx).await?;
    let (begun, is_begun) = oneshot::channel();
    tx.on_commit(async move {
        begun.send(()).unwrap();
        pending::<()>().await;
    })?;
    let other = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut commit = pin!(tx.commit());
    poll_fn(|context| {
        let _entered = other.enter();
        assert!(commit.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
    is_begun.await.unwrap();
    other.shutdown_background();
    let error = commit.await.unwrap_err();
    CANCELLED.note(format!("{} {error}", matches!(error, Error::CommitUnknown { .. })));
    Ok(())
}

#[tokio::test]
async fn a_commit_whose_task_is_cancelled_may_have_happened() -> Result<()> {
    let db = db().await;
    ends_cancelled.send(EndsCancelled { db: &db }).await?;
    let [line] = &CANCELLED.take()[..] else { panic!("the receiver ends") };
    assert!(line.starts_with("true COMMIT was not answered") && line.contains("cancelled"), "{line}");
    Ok(())
}

#[derive(Debug, Clone, Model)]
#[model(table = "ends_child")]
struct Child {
    id: i64,
    #[model(references = Note, on_delete = do_nothing)]
    note_id: i64,
}

#[tokio::test]
async fn a_commit_that_fails_after_it_was_dropped_is_logged() -> Result<()> {
    if elsewhere(&[Kind::Memory, Kind::File, Kind::Postgres]) {
        return Ok(());
    }
    let db = db().await;
    let (log, _guard) = capture();
    let tx = db.begin().await?;
    defer_references(&tx).await;
    Child { id: 0, note_id: 404 }.save(&tx).await?;
    tx.on_commit(async {})?;
    let mut commit = Box::pin(tx.commit());
    if poll!(commit.as_mut()).is_ready() {
        // SQLite's thread was quicker.
        return Ok(());
    }
    drop(commit);
    let mut lines = Vec::new();
    for _ in 0..1000 {
        lines.extend(log.take());
        if lines.iter().any(|line| line.contains("a commit failed after its future was dropped")) {
            assert!(lines.iter().any(|line| line.starts_with("ERROR") && line.contains("COMMIT failed")), "{lines:?}");
            assert_eq!(Child::objects().count(&db).await?, 0);
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{lines:?}")
}

#[derive(Debug, Clone, Model)]
#[model(table = "ends_first")]
struct First {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "ends_second")]
struct Second {
    id: i64,
}

#[receiver(post_save, sender = First, on_commit)]
async fn save_second(db: &Db) -> Result<()> {
    db.atomic(|tx| async move { Second { id: 0 }.save(&tx).await }).await
}

#[tokio::test]
async fn a_transaction_that_begins_at_the_end_of_another_has_its_test_tools() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    let recording = tx.as_db()?.record();
    First { id: 0 }.save(&tx).await?;
    tx.commit().await?;
    assert!(recording.lines().contains(&"post_save Second 1 created".to_owned()), "{:?}", recording.lines());
    Ok(())
}
