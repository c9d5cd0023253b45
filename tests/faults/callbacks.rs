//! `on_commit`: in order, after the outermost commit, all callbacks, and none of an undone level.

use std::time::Duration;

use signals::{Error, Model};

use crate::support::{MOMENTS, database, drop_at, names_of, note, noted, noted_in_time};

#[derive(Debug, Clone, Model)]
#[model(table = "callbacks_item")]
struct Item {
    id: i64,
    name: String,
}

const NOTHING: [&str; 0] = [];

fn item(name: &str) -> Item {
    Item { id: 0, name: name.into() }
}

#[tokio::test]
async fn callbacks_run_in_order_after_the_outermost_commit() {
    let db = database("callbacks_").await;
    let tx = db.begin().await.unwrap();
    tx.on_commit(async { note("order/1") }).unwrap();
    let savepoint = tx.begin().await.unwrap();
    savepoint.on_commit(async { note("order/2") }).unwrap();
    let inner = savepoint.begin().await.unwrap();
    inner.on_commit(async { note("order/3") }).unwrap();
    inner.commit().await.unwrap();
    savepoint.on_commit(async { note("order/4") }).unwrap();
    savepoint.commit().await.unwrap();
    tx.on_commit(async { note("order/5") }).unwrap();
    assert_eq!(noted("order/"), NOTHING);
    tx.commit().await.unwrap();
    assert_eq!(noted("order/"), ["order/1", "order/2", "order/3", "order/4", "order/5"]);
}

#[tokio::test]
async fn a_rolled_back_savepoint_drops_exactly_its_own() {
    let db = database("callbacks_").await;
    let tx = db.begin().await.unwrap();
    tx.on_commit(async { note("own/outer") }).unwrap();
    let savepoint = tx.begin().await.unwrap();
    savepoint.on_commit(async { note("own/undone") }).unwrap();
    let inner = savepoint.begin().await.unwrap();
    inner.on_commit(async { note("own/undone too") }).unwrap();
    inner.commit().await.unwrap();
    savepoint.rollback().await.unwrap();
    let savepoint = tx.begin().await.unwrap();
    savepoint.on_commit(async { note("own/kept") }).unwrap();
    savepoint.commit().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(noted("own/"), ["own/outer", "own/kept"]);
}

#[tokio::test]
async fn callbacks_see_the_commit_and_may_use_the_database() {
    let db = database("callbacks_").await;
    let tx = db.begin().await.unwrap();
    item("committed").save(&tx).await.unwrap();
    let on = db.clone();
    tx.on_commit(async move {
        // The pool has one connection: the transaction must have given it back.
        let found = Item::get(&on, 1).await?;
        note(format!("sees/{}", found.name));
        item("by the callback").save(&on).await
    })
    .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(noted("sees/"), ["sees/committed"]);
    assert_eq!(names_of(&db, "callbacks_item").await, ["by the callback", "committed"]);
    assert_eq!(db.failed_callbacks(), 0);
}

#[tokio::test]
async fn a_failing_callback_stops_no_other() {
    let db = database("callbacks_").await;
    let tx = db.begin().await.unwrap();
    item("kept").save(&tx).await.unwrap();
    tx.on_commit(async { Err::<(), _>(Error::other("mail is down")) }).unwrap();
    tx.on_commit(async { note("failing/1") }).unwrap();
    tx.on_commit(async {
        assert_eq!(noted("failing/"), NOTHING, "as the test wants");
    })
    .unwrap();
    tx.on_commit(async { note("failing/2") }).unwrap();
    tx.commit().await.unwrap();
    assert_eq!(noted("failing/"), ["failing/2"]);
    assert_eq!(db.failed_callbacks(), 2);
    assert_eq!(names_of(&db, "callbacks_item").await, ["kept"]);
}

#[tokio::test]
async fn callbacks_of_what_never_commits_never_run() {
    let db = database("callbacks_").await;
    let tx = db.begin().await.unwrap();
    tx.on_commit(async { note("never/rollback") }).unwrap();
    tx.rollback().await.unwrap();
    let tx = db.begin().await.unwrap();
    tx.on_commit(async { note("never/drop") }).unwrap();
    drop(tx);
    item("next").save(&db).await.unwrap();
    assert_eq!(noted("never/"), NOTHING);
}

/// A callback may own anything, a handle of its own transaction included.
#[tokio::test]
async fn a_callback_that_holds_a_handle_is_dropped_with_its_level() {
    let db = database("callbacks_").await;
    let tx = db.begin().await.unwrap();
    item("outer").save(&tx).await.unwrap();
    let savepoint = tx.begin().await.unwrap();
    item("undone").save(&savepoint).await.unwrap();
    let (own, outer) = (savepoint.clone(), tx.clone());
    savepoint
        .on_commit(async move {
            drop((own, outer));
            note("holds/never");
        })
        .unwrap();
    savepoint.rollback().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(names_of(&db, "callbacks_item").await, ["outer"]);
    assert_eq!(noted("holds/"), NOTHING);
}

/// With waiting callbacks, a dropped commit happens completely or not at all, including the callbacks.
#[tokio::test]
async fn a_dropped_commit_runs_to_its_end_or_not_at_all() {
    for when in MOMENTS {
        for await_point in 0.. {
            let db = database("callbacks_").await;
            let tx = db.begin().await.unwrap();
            item("row").save(&tx).await.unwrap();
            tx.on_commit(async {
                tokio::time::sleep(Duration::from_millis(1)).await;
                note("whole/ran");
            })
            .unwrap();
            let outcome = drop_at(tx.commit(), await_point, when).await;
            // The connection is free when the commit has ended in either way, and then the callbacks run.
            let rows = names_of(&db, "callbacks_item").await;
            let ran = noted_in_time("whole/", rows.len()).await;
            assert_eq!(rows.len(), ran.len(), "{when:?} at {await_point}: {rows:?} {ran:?}");
            if let Some(outcome) = outcome {
                outcome.unwrap();
                assert!(await_point > 0 && rows == ["row"]);
                break;
            }
        }
    }
}
