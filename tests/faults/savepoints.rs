//! Savepoints: nesting, their ends, and the one-child rule.

use signals::{Error, Model, Result, Tx, post_save, receiver};

use crate::support::{database, names_in, names_of, note, noted};

#[derive(Debug, Clone, Model)]
#[model(table = "savepoints_item")]
struct Item {
    id: i64,
    name: String,
}

const TABLE: &str = "savepoints_item";

fn item(name: &str) -> Item {
    Item { id: 0, name: name.into() }
}

#[tokio::test]
async fn a_savepoint_undoes_its_own_writes_alone() {
    let db = database("savepoints_").await;
    let tx = db.begin().await.unwrap();
    item("outer").save(&tx).await.unwrap();
    let savepoint = tx.begin().await.unwrap();
    item("undone").save(&savepoint).await.unwrap();
    savepoint.rollback().await.unwrap();
    let savepoint = tx.begin().await.unwrap();
    item("dropped").save(&savepoint).await.unwrap();
    drop(savepoint);
    let savepoint = tx.begin().await.unwrap();
    item("kept").save(&savepoint).await.unwrap();
    savepoint.commit().await.unwrap();
    assert_eq!(names_in(&tx, TABLE).await, ["kept", "outer"]);
    tx.commit().await.unwrap();
    assert_eq!(names_of(&db, TABLE).await, ["kept", "outer"]);
}

#[tokio::test]
async fn an_outer_rollback_undoes_committed_savepoints() {
    let db = database("savepoints_").await;
    let tx = db.begin().await.unwrap();
    item("outer").save(&tx).await.unwrap();
    let one = tx.begin().await.unwrap();
    item("one").save(&one).await.unwrap();
    let two = one.begin().await.unwrap();
    item("two").save(&two).await.unwrap();
    two.commit().await.unwrap();
    item("one again").save(&one).await.unwrap();
    one.rollback().await.unwrap();
    assert_eq!(names_in(&tx, TABLE).await, ["outer"]);
    let one = tx.begin().await.unwrap();
    item("one").save(&one).await.unwrap();
    one.commit().await.unwrap();
    drop(tx);
    assert_eq!(names_of(&db, TABLE).await, [""; 0]);
}

#[tokio::test]
async fn savepoints_nest_deeper_than_their_statements_are_kept() {
    let db = database("savepoints_").await;
    let mut levels = vec![db.begin().await.unwrap()];
    for depth in 0..12 {
        let inner = levels.last().unwrap().begin().await.unwrap();
        item(&format!("{depth:02}")).save(&inner).await.unwrap();
        levels.push(inner);
    }
    for depth in (1..levels.len()).rev() {
        let level = levels.pop().unwrap();
        if depth == 8 { level.rollback().await.unwrap() } else { level.commit().await.unwrap() }
    }
    levels.pop().unwrap().commit().await.unwrap();
    assert_eq!(names_of(&db, TABLE).await, ["00", "01", "02", "03", "04", "05", "06"]);
}

#[tokio::test]
async fn the_outer_handle_is_refused_while_a_savepoint_is_open() {
    let db = database("savepoints_").await;
    let tx = db.begin().await.unwrap();
    item("outer").save(&tx).await.unwrap();
    let savepoint = tx.begin().await.unwrap();
    let errors = [
        item("no").save(&tx).await.unwrap_err(),
        Item::find(&tx, 1).await.unwrap_err(),
        tx.sqlite().await.err().unwrap(),
        tx.begin().await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, Error::SavepointOpen), "{error}");
    }
    item("inner").save(&savepoint).await.unwrap();
    savepoint.commit().await.unwrap();
    item("after").save(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(names_of(&db, TABLE).await, ["after", "inner", "outer"]);
}

#[tokio::test]
async fn committing_around_an_open_savepoint_rolls_back_at_once() {
    let db = database("savepoints_").await;
    let tx = db.begin().await.unwrap();
    item("outer").save(&tx).await.unwrap();
    let savepoint = tx.begin().await.unwrap();
    item("inner").save(&savepoint).await.unwrap();
    assert!(matches!(tx.commit().await, Err(Error::SavepointOpen)));
    // The handle that is left holds nothing: the one connection is free.
    assert_eq!(names_of(&db, TABLE).await, [""; 0]);
    assert!(matches!(item("late").save(&savepoint).await, Err(Error::TransactionEnded { .. })));
    drop(savepoint);
    item("next").save(&db).await.unwrap();
    assert_eq!(names_of(&db, TABLE).await, ["next"]);
}

#[tokio::test]
async fn rolling_back_ends_the_savepoints_within() {
    let db = database("savepoints_").await;
    let tx = db.begin().await.unwrap();
    let one = tx.begin().await.unwrap();
    item("one").save(&one).await.unwrap();
    let two = one.begin().await.unwrap();
    item("two").save(&two).await.unwrap();
    one.rollback().await.unwrap();
    assert!(matches!(item("late").save(&two).await, Err(Error::TransactionEnded { .. })));
    // A new savepoint at the same depth is independent of the one that is left over.
    let one = tx.begin().await.unwrap();
    item("new one").save(&one).await.unwrap();
    let new_two = one.begin().await.unwrap();
    item("new two").save(&new_two).await.unwrap();
    new_two.on_commit(async { note("stale/new two") }).unwrap();
    drop(two);
    new_two.commit().await.unwrap();
    one.commit().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(names_of(&db, TABLE).await, ["new one", "new two"]);
    assert_eq!(noted("stale/"), ["stale/new two"]);
}

#[tokio::test]
async fn a_dropped_savepoint_takes_nothing_of_the_next_one() {
    let db = database("savepoints_").await;
    let tx = db.begin().await.unwrap();
    let dropped = tx.begin().await.unwrap();
    item("dropped").save(&dropped).await.unwrap();
    dropped.on_commit(async { note("next/dropped") }).unwrap();
    drop(dropped);
    let next = tx.begin().await.unwrap();
    // Nothing was sent since the drop, so it is settled only after this.
    next.on_commit(async { note("next/next") }).unwrap();
    item("next").save(&next).await.unwrap();
    next.commit().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(names_of(&db, TABLE).await, ["next"]);
    assert_eq!(noted("next/"), ["next/next"]);
}

#[derive(Debug, Clone, Model)]
#[model(table = "savepoints_user")]
struct User {
    id: i64,
    name: String,
}

/// Writes in two savepoints, and rolls back one of them.
#[receiver(post_save, sender = User)]
async fn keep_one_of_two(instance: &User, tx: &Tx) -> Result<()> {
    let savepoint = tx.begin().await?;
    item(&format!("{} kept", instance.name)).save(&savepoint).await?;
    savepoint.commit().await?;
    let savepoint = tx.begin().await?;
    item(&format!("{} undone", instance.name)).save(&savepoint).await?;
    drop(savepoint);
    Ok(())
}

#[tokio::test]
async fn a_receiver_may_use_savepoints_of_its_own() {
    let db = database("savepoints_").await;
    User { id: 0, name: "a".into() }.save(&db).await.unwrap();
    let tx = db.begin().await.unwrap();
    User { id: 0, name: "b".into() }.save(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(names_of(&db, TABLE).await, ["a kept", "b kept"]);
}
