//! A receiver that panics unwinds through the save, which rolls back as it does for an error.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use signals::{Model, Result, Tx, post_delete, post_save, pre_save, receiver};

use crate::support::{database, names_in, names_of, note, noted};

#[derive(Debug, Clone, Model)]
#[model(table = "panics_log")]
struct Log {
    id: i64,
    name: String,
}

/// A job whose name is the receiver that panics.
#[derive(Debug, Clone, Model)]
#[model(table = "panics_job")]
struct Job {
    id: i64,
    name: String,
}

#[receiver(pre_save, sender = Job)]
async fn panic_before(instance: &mut Job, tx: &Tx) -> Result<()> {
    Log { id: 0, name: "before".into() }.save(tx).await?;
    assert_ne!(instance.name, "pre_save", "as the test wants");
    Ok(())
}

#[receiver(post_save, sender = Job)]
async fn panic_after(instance: &Job, tx: &Tx) -> Result<()> {
    Log { id: 0, name: "after".into() }.save(tx).await?;
    tx.on_commit(async { note("panics/after") }).unwrap();
    assert_ne!(instance.name, "post_save", "as the test wants");
    Ok(())
}

#[receiver(post_delete, sender = Job)]
fn panic_after_delete(instance: &Job, tx: &Tx) {
    tx.on_commit(async { note("panics/deleted") }).unwrap();
    assert_ne!(instance.name, "post_delete", "as the test wants");
}

const JOB: &str = "panics_job";
const NOTHING: [&str; 0] = [];

#[tokio::test]
async fn a_panic_rolls_the_save_back() {
    for at in ["pre_save", "post_save"] {
        let db = database("panics_").await;
        let on = db.clone();
        let task = tokio::spawn(async move { Job { id: 0, name: at.into() }.save(&on).await });
        assert!(task.await.unwrap_err().is_panic());
        assert_eq!(names_of(&db, JOB).await, NOTHING);
        assert_eq!(names_of(&db, "panics_log").await, NOTHING);
        Job { id: 0, name: "fine".into() }.save(&db).await.unwrap();
        assert_eq!(names_of(&db, JOB).await, ["fine"]);
        assert_eq!(noted("panics/after"), ["panics/after"], "of the fine one alone");
    }
}

#[tokio::test]
async fn a_panic_in_a_transaction_undoes_the_save_alone() {
    for at in ["pre_save", "post_save"] {
        let db = database("panics_").await;
        let tx = db.begin().await.unwrap();
        Job { id: 0, name: "outer".into() }.save(&tx).quiet().await.unwrap();
        let mut job = Job { id: 0, name: at.into() };
        let outcome = AssertUnwindSafe(job.save(&tx).into_future()).catch_unwind().await;
        assert!(outcome.is_err());
        assert_eq!(job.id, 0, "the key is as it was");
        assert_eq!(names_in(&tx, JOB).await, ["outer"]);
        assert_eq!(names_in(&tx, "panics_log").await, NOTHING);
        tx.commit().await.unwrap();
        assert_eq!(names_of(&db, JOB).await, ["outer"]);
    }
}

#[tokio::test]
async fn a_panic_rolls_the_delete_back() {
    let db = database("panics_").await;
    let mut job = Job { id: 0, name: "post_delete".into() };
    job.save(&db).quiet().await.unwrap();
    assert!(AssertUnwindSafe(job.delete(&db).into_future()).catch_unwind().await.is_err());
    assert_eq!(names_of(&db, JOB).await, ["post_delete"]);
    assert_eq!(noted("panics/deleted"), NOTHING);
}

#[derive(Debug, Clone, Model)]
#[model(table = "panics_counted")]
struct Counted {
    id: i64,
    name: String,
}

/// Returns nothing and takes no `tx`, so that the save opens no transaction for it.
#[receiver(post_save, sender = Counted)]
fn panic_without_a_transaction(instance: &Counted) {
    assert_ne!(instance.name, "panic", "as the test wants");
}

/// The exception that promise 2 writes down.
#[tokio::test]
async fn a_panic_of_a_post_receiver_that_returns_nothing_leaves_the_row() {
    let db = database("panics_").await;
    let mut counted = Counted { id: 0, name: "panic".into() };
    assert!(AssertUnwindSafe(counted.save(&db).into_future()).catch_unwind().await.is_err());
    assert_eq!(names_of(&db, "panics_counted").await, ["panic"]);
    let tx = db.begin().await.unwrap();
    assert!(AssertUnwindSafe(counted.save(&tx).force_insert().into_future()).catch_unwind().await.is_err());
    tx.rollback().await.unwrap();
    assert_eq!(names_of(&db, "panics_counted").await, ["panic"]);
}

#[tokio::test]
async fn a_panic_in_atomic_rolls_back() {
    let db = database("panics_").await;
    let work = db.atomic(|tx| async move {
        Log { id: 0, name: "atomic".into() }.save(&tx).await?;
        panic!("as the test wants");
        #[expect(unreachable_code, reason = "the type of the block")]
        Ok(())
    });
    assert!(AssertUnwindSafe(work).catch_unwind().await.is_err());
    assert_eq!(names_of(&db, "panics_log").await, NOTHING);
}
