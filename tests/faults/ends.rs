//! Receivers that wait for the end of a transaction: if the awaited future is dropped, if a receiver panics,
//! and if the transaction never ends.

use std::future::IntoFuture;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use signals::{Db, Model, Result, post_delete, post_save, receiver};
use tokio::time::{sleep, timeout};

use crate::support::{MOMENTS, database, drop_at, names_in, names_of, note, noted, noted_in_time};

#[derive(Debug, Clone, Model)]
#[model(table = "ends_calm")]
struct Calm {
    id: i64,
    name: String,
}

/// Can neither fail nor write, but it can be dropped while it waits.
#[receiver([post_save, post_delete], sender = Calm)]
async fn wait(instance: &Calm) {
    if instance.name == "slow" {
        sleep(Duration::from_mins(1)).await;
    }
}

#[receiver(post_save, sender = Calm, on_commit)]
fn is_committed(instance: &Calm) {
    note(format!("ends/calm {}", instance.name));
}

fn calm(name: &str) -> Calm {
    Calm { id: 0, name: name.into() }
}

const SOON: Duration = Duration::from_millis(50);

#[tokio::test]
async fn a_save_that_is_dropped_in_a_receiver_that_cannot_fail_leaves_no_row() {
    let db = database("ends_").await;
    let mut slow = calm("slow");
    timeout(SOON, slow.save(&db)).await.unwrap_err();
    assert_eq!((slow.id, names_of(&db, "ends_calm").await.len()), (0, 0));
    let mut many = [calm("fine"), calm("slow")];
    timeout(SOON, Calm::bulk_create(&db, &mut many)).await.unwrap_err();
    assert_eq!((many[0].id, names_of(&db, "ends_calm").await.len()), (0, 0));

    let tx = db.begin().await.unwrap();
    calm("before").save(&tx).await.unwrap();
    timeout(SOON, slow.save(&tx)).await.unwrap_err();
    assert_eq!((slow.id, names_in(&tx, "ends_calm").await), (0, vec!["before".to_owned()]));
    tx.commit().await.unwrap();
    assert_eq!(noted("ends/calm"), ["ends/calm before"]);

    slow.save(&db).quiet().await.unwrap();
    timeout(SOON, slow.delete(&db)).await.unwrap_err();
    assert_eq!(names_of(&db, "ends_calm").await, ["before", "slow"]);
}

#[derive(Debug, Clone, Model)]
#[model(table = "ends_told")]
struct Told {
    id: i64,
    name: String,
}

#[receiver(post_save, sender = Told, on_commit)]
async fn tell(instance: &Told) {
    sleep(Duration::from_millis(5)).await;
    note(format!("ends/told {}", instance.name));
}

#[tokio::test]
async fn a_save_dropped_during_its_receivers_keeps_the_key_of_its_row() {
    for when in MOMENTS {
        for await_point in 0.. {
            let db = database("ends_").await;
            let mut told = Told { id: 0, name: "row".into() };
            let outcome = drop_at(told.save(&db), await_point, when).await;
            let rows = names_of(&db, "ends_told").await.len();
            assert_eq!(noted_in_time("ends/told", usize::from(told.id > 0)).await.len(), usize::from(told.id > 0));
            if let Some(outcome) = outcome {
                outcome.unwrap();
                break;
            }
            assert!(told.id == 0 || rows == 1, "a key without a row, dropped at {await_point}, {when:?}");
            if await_point > 2 {
                assert!(told.id > 0, "the row is there, dropped at {await_point}, {when:?}");
            }
        }
    }
}

#[derive(Debug, Clone, Model)]
#[model(table = "ends_undone")]
struct Undone {
    id: i64,
    name: String,
}

#[receiver(post_save, sender = Undone, on_rollback)]
async fn tell_of_rollback(instance: &Undone) {
    sleep(Duration::from_millis(20)).await;
    note(format!("ends/undone {}", instance.name));
}

#[tokio::test]
async fn a_rollback_dropped_during_its_receivers_still_calls_them() {
    let db = database("ends_").await;
    let tx = db.begin().await.unwrap();
    for name in ["one", "two", "three"] {
        Undone { id: 0, name: name.into() }.save(&tx).await.unwrap();
    }
    timeout(Duration::from_millis(30), tx.rollback()).await.unwrap_err();
    assert_eq!(noted_in_time("ends/undone", 3).await, ["ends/undone one", "ends/undone two", "ends/undone three"]);
}

#[derive(Debug, Clone, Model)]
#[model(table = "ends_panic")]
struct Panics {
    id: i64,
    name: String,
}

#[receiver(post_save, sender = Panics, on_commit, priority = -1)]
fn panic_or_fail(instance: &Panics) -> Result<(), &'static str> {
    assert_ne!(instance.name, "panic", "as the test wants");
    if instance.name == "error" { Err("as the test wants") } else { Ok(()) }
}

#[receiver(post_save, sender = Panics, on_commit)]
fn hear_all_the_same(instance: &Panics) {
    note(format!("ends/panic {}", instance.name));
}

#[tokio::test]
async fn a_receiver_that_panics_at_the_end_stops_no_other() {
    let db = database("ends_").await;
    let mut rows = ["panic", "error", "fine"].map(|name| Panics { id: 0, name: name.into() });
    Panics::bulk_create(&db, &mut rows).await.unwrap();
    assert_eq!(noted("ends/panic"), ["ends/panic panic", "ends/panic error", "ends/panic fine"]);
    assert_eq!(db.failed_callbacks(), 2);
}

#[derive(Debug, Clone, Model)]
#[model(table = "ends_bare")]
struct Bare {
    id: i64,
    name: String,
}

#[receiver(post_save, sender = Bare)]
fn panic_without_a_transaction(instance: &Bare) {
    assert_ne!(instance.name, "panic", "as the test wants");
}

#[receiver(post_save, sender = Bare, on_commit)]
fn hear_what_stays(instance: &Bare) {
    note(format!("ends/bare {}", instance.name));
}

/// A receiver that returns `()` requires no transaction, so the row of its panic stays.
#[tokio::test]
async fn a_row_that_stays_after_a_panic_is_sent() {
    let db = database("ends_").await;
    let mut row = Bare { id: 0, name: "panic".into() };
    assert!(AssertUnwindSafe(row.save(&db).into_future()).catch_unwind().await.is_err());
    assert_eq!(names_of(&db, "ends_bare").await, ["panic"]);
    assert_eq!(noted_in_time("ends/bare", 1).await, ["ends/bare panic"]);
}

#[derive(Debug, Clone, Model)]
#[model(table = "ends_again")]
struct Again {
    id: i64,
    name: String,
}

#[receiver(post_save, sender = Again, on_commit)]
async fn save_again(instance: &Again, db: &Db) -> Result<()> {
    note("ends/again");
    instance.clone().save(db).await
}

#[tokio::test]
async fn a_receiver_that_saves_again_at_the_end_is_stopped_at_the_limit() {
    let db = Db::builder("sqlite::memory:").recursion_limit(9).connect().await.unwrap();
    db.create_tables().await.unwrap();
    Again { id: 0, name: "bare".into() }.save(&db).await.unwrap();
    assert_eq!((noted("ends/again").len(), db.failed_callbacks()), (9, 1));
    let tx = db.begin().await.unwrap();
    Again { id: 0, name: "in a transaction".into() }.save(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((noted("ends/again").len(), db.failed_callbacks()), (9, 2));

    let tx = db.begin().await.unwrap();
    Again { id: 0, name: "in a test".into() }.save(&tx).await.unwrap();
    tx.run_on_commit().await.unwrap();
    assert_eq!((noted("ends/again").len(), db.failed_callbacks()), (9, 3));
}
