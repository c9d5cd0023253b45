//! A save or delete that is dropped at any await leaves nothing behind.

use std::future::IntoFuture;

use signals::{Db, Error, Model, Result, Tx, post_delete, post_save, pre_delete, pre_save, receiver};
use tokio::sync::Notify;
use tokio::task::yield_now;

use crate::support::{
    ENOUGH, MOMENTS, When, database, drop_at, hold_back, names, names_in, names_of, note, noted, noted_in_time,
};

#[derive(Debug, Clone, Model)]
#[model(table = "cancel_audit")]
struct Audit {
    id: i64,
    name: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "cancel_line")]
struct Line {
    id: i64,
    name: String,
}

/// A model whose receivers use the transaction in every possible way.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "cancel_order")]
struct Order {
    id: i64,
    name: String,
}

async fn audit(name: &str, tx: &Tx) -> Result<()> {
    Audit { id: 0, name: name.into() }.save(tx).await
}

#[receiver(pre_save, sender = Order)]
async fn before_save(instance: &mut Order, tx: &Tx) -> Result<()> {
    audit(&format!("{} before", instance.name), tx).await?;
    yield_now().await;
    Ok(())
}

#[receiver(post_save, sender = Order, priority = -1)]
async fn make_lines(instance: &Order, tx: &Tx) -> Result<()> {
    for number in 1..=2 {
        Line { id: 0, name: format!("{} line {number}", instance.name) }.save(tx).await?;
        yield_now().await;
    }
    let savepoint = tx.begin().await?;
    audit("undone", &savepoint).await?;
    savepoint.rollback().await?;
    Ok(())
}

#[receiver(post_save, sender = Order, robust)]
async fn fail_robustly(tx: &Tx) -> Result<()> {
    audit("robust", tx).await?;
    tx.on_commit(async { note("cancel/never") }).unwrap();
    Err(Error::other("robust"))
}

#[receiver(post_save, sender = Order, priority = 1)]
fn announce(instance: &Order, tx: &Tx) {
    let (name, keeps) = (instance.name.clone(), tx.clone());
    tx.on_commit(async move {
        drop(keeps);
        note(format!("cancel/{name}"));
    })
    .unwrap();
}

#[receiver(post_save, sender = Line)]
async fn audit_line(instance: &Line, tx: &Tx) -> Result<()> {
    yield_now().await;
    audit(&instance.name, tx).await
}

#[receiver(pre_delete, sender = Order)]
async fn delete_lines(instance: &Order, tx: &Tx) -> Result<()> {
    let delete = sqlx::query("DELETE FROM cancel_line WHERE name LIKE ? || '%'").bind(&instance.name);
    delete.execute(&mut *tx.sqlite().await?).await?;
    Ok(())
}

#[receiver(post_delete, sender = Order)]
async fn audit_delete(instance: &Order, tx: &Tx) -> Result<()> {
    audit(&format!("{} deleted", instance.name), tx).await?;
    let name = instance.name.clone();
    tx.on_commit(async move { note(format!("cancel/{name} deleted")) }).unwrap();
    Ok(())
}

const TABLES: [&str; 3] = ["cancel_audit", "cancel_line", "cancel_order"];

fn order(name: &str) -> Order {
    Order { id: 0, name: name.into() }
}

/// Every row of the three tables.
async fn rows(tx: &Tx) -> Vec<String> {
    let mut all = Vec::new();
    let mut connection = tx.sqlite().await.unwrap();
    for table in TABLES {
        all.extend(names(&mut connection, table).await);
    }
    all
}

async fn rows_of(db: &Db) -> Vec<String> {
    let mut all = Vec::new();
    for table in TABLES {
        all.extend(names_of(db, table).await);
    }
    all
}

/// A transaction with an order in it, and what is dropped in one.
async fn begun() -> (Db, Tx, Order) {
    let db = database("cancel_").await;
    hold_back(&db).await;
    let tx = db.begin().await.unwrap();
    let mut first = order("first");
    first.save(&tx).await.unwrap();
    (db, tx, first)
}

/// The await points at which a call was dropped, so that no test passes by dropping nothing.
struct Dropped(usize);

/// Drops `call` at each await, and checks that the transaction is as before, works on, and commits.
///
/// The transaction is looked at in between only every second time: what was dropped must be undone before a
/// COMMIT too.
async fn check_in_a_transaction(
    tag: &'static str,
    call: impl AsyncFn(&Tx, &mut Order, usize, When) -> Option<Result<()>>,
) -> Dropped {
    let mut dropped = 0;
    for (when, look) in MOMENTS.into_iter().flat_map(|when| [(when, true), (when, false)]) {
        let mut completed = 0;
        for await_point in 0.. {
            let (db, tx, first) = begun().await;
            let before = rows(&tx).await;
            let mut target = if tag == "insert" { order("second") } else { first.clone() };
            let key = target.id;
            let outcome = call(&tx, &mut target, await_point, when).await;
            let context = format!("{tag} dropped at {await_point}, {when:?}");
            if let Some(outcome) = outcome {
                outcome.unwrap();
                assert_ne!(rows(&tx).await, before, "{context}");
                completed += 1;
                if completed == ENOUGH {
                    break;
                }
                continue;
            }
            dropped += 1;
            assert_eq!(target.id, key, "{context}: the key is as it was");
            if look {
                assert_eq!(rows(&tx).await, before, "{context}");
                order("third").save(&tx).await.unwrap();
            }
            tx.commit().await.unwrap();
            let expected: &[&str] = if look { &["cancel/first", "cancel/third"] } else { &["cancel/first"] };
            assert_eq!(noted("cancel/"), expected, "{context}");
            if !look {
                assert_eq!(rows_of(&db).await, before, "{context}");
            }
            assert_eq!(names_of(&db, "cancel_order").await, if look { vec!["first", "third"] } else { vec!["first"] });
        }
        noted("cancel/");
    }
    Dropped(dropped)
}

/// One test, since the callbacks of all of them are noted in one place.
#[tokio::test]
async fn a_dropped_call_leaves_the_transaction_as_before_it() {
    let insert = check_in_a_transaction("insert", async |tx, order, at, when| drop_at(order.save(tx), at, when).await);
    let Dropped(dropped) = insert.await;
    assert!(dropped > 20, "{dropped}");
    let update = check_in_a_transaction("update", async |tx, order, at, when| {
        order.name = "changed".into();
        drop_at(order.save(tx), at, when).await
    });
    assert!(update.await.0 > 20);
    let update_fields = check_in_a_transaction("update_fields", async |tx, order, at, when| {
        order.name = "changed".into();
        drop_at(order.save(tx).update_fields([Order::NAME]), at, when).await
    });
    assert!(update_fields.await.0 > 20);
    let delete = check_in_a_transaction("delete", async |tx, order, at, when| {
        drop_at(async { order.delete(tx).await.map(drop) }, at, when).await
    });
    assert!(delete.await.0 > 10);
    let atomic = check_in_a_transaction("atomic", async |tx, _, at, when| {
        drop_at(tx.atomic(|tx| async move { order("inner").save(&tx).await }), at, when).await
    });
    assert!(atomic.await.0 > 20);
    let savepoint = check_in_a_transaction("savepoint", async |tx, _, at, when| {
        let work = async {
            let savepoint = tx.begin().await?;
            audit("inner", &savepoint).await?;
            savepoint.commit().await
        };
        drop_at(work, at, when).await
    });
    assert!(savepoint.await.0 > 0);
    check_on_the_database().await;
}

/// On the database itself a dropped COMMIT may have happened; everything before it is undone.
async fn check_on_the_database() {
    for when in MOMENTS {
        let mut completed = 0;
        for await_point in 0.. {
            let db = database("cancel_").await;
            hold_back(&db).await;
            order("first").save(&db).await.unwrap();
            let before = rows_of(&db).await;
            noted("cancel/");
            let mut second = order("second");
            let outcome = drop_at(second.save(&db), await_point, when).await;
            let after = rows_of(&db).await;
            let done = noted_in_time("cancel/", usize::from(after != before)).await;
            if let Some(outcome) = outcome {
                outcome.unwrap();
                assert_eq!(done, ["cancel/second"]);
                completed += 1;
                if completed == ENOUGH {
                    assert!(await_point > 10);
                    break;
                }
                continue;
            }
            if second.id == 0 {
                assert_eq!(after, before, "only a row that may be committed keeps its key: {await_point}, {when:?}");
            }
            if after == before {
                assert_eq!(done, [""; 0], "dropped at {await_point}, {when:?}");
            } else {
                assert_eq!(done, ["cancel/second"], "dropped at {await_point}, {when:?}");
                assert!(after.contains(&"second line 2".to_owned()), "in whole or not at all");
                assert!(await_point > 5, "only the COMMIT is beyond recall");
            }
            order("third").save(&db).await.unwrap();
            noted("cancel/");
        }
    }
}

/// A receiver may give its transaction to a task that outlives the save. The task's handle does not keep the
/// transaction open.
#[derive(Debug, Clone, Model)]
#[model(table = "cancel_leaky")]
struct Leaky {
    id: i64,
    name: String,
}

static LEAKED: std::sync::Mutex<Vec<Tx>> = std::sync::Mutex::new(Vec::new());
static HAS_LEAKED: Notify = Notify::const_new();

#[receiver(post_save, sender = Leaky)]
async fn leak(tx: &Tx) -> Result<()> {
    LEAKED.lock().unwrap().push(tx.clone());
    HAS_LEAKED.notify_one();
    std::future::pending().await
}

/// Runs a save until its receiver waits, drops it there, and returns the transaction of the receiver.
async fn leaked_by(save: impl IntoFuture<Output = Result<()>>) -> Tx {
    tokio::select! {
        biased;
        outcome = save.into_future() => panic!("it waits for its receiver: {outcome:?}"),
        () = HAS_LEAKED.notified() => {}
    }
    LEAKED.lock().unwrap().pop().unwrap()
}

#[tokio::test]
async fn a_handle_that_outlives_its_dropped_save_keeps_nothing_alive() {
    let db = database("cancel_").await;
    let tx = db.begin().await.unwrap();
    audit("outer", &tx).await.unwrap();
    let mut leaky = Leaky { id: 0, name: "leaky".into() };
    let leaked = leaked_by(leaky.save(&tx)).await;
    assert!(matches!(audit("late", &leaked).await, Err(Error::TransactionEnded { .. })));
    assert_eq!(names_in(&tx, "cancel_leaky").await, [""; 0]);
    tx.commit().await.unwrap();

    let leaked = leaked_by(leaky.save(&db)).await;
    assert!(matches!(audit("late", &leaked).await, Err(Error::TransactionEnded { .. })));
    Audit { id: 0, name: "after".into() }.save(&db).await.unwrap();
    assert_eq!(names_of(&db, "cancel_leaky").await, [""; 0]);
    assert_eq!(names_of(&db, "cancel_audit").await, ["after", "outer"]);
}

/// Runs the same from many tasks at once. Each may be aborted at any point.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aborted_tasks_leave_nothing_on_the_transaction_they_share() {
    let db = database("cancel_").await;
    for round in 0..20 {
        let tx = db.begin().await.unwrap();
        Holder { id: 0, name: format!("{round} outer") }.save(&tx).quiet().await.unwrap();
        let save = |number: u64| {
            let tx = tx.clone();
            tokio::spawn(async move { Holder { id: 0, name: format!("{round} {number}") }.save(&tx).await })
        };
        let tasks: Vec<_> = (0..16).map(save).collect();
        for (number, task) in tasks.iter().enumerate().filter(|(number, _)| number % 3 != round % 3) {
            tokio::time::sleep(std::time::Duration::from_micros(number as u64 * 7)).await;
            task.abort();
        }
        let mut expected = vec![format!("{round} outer")];
        for (number, task) in tasks.into_iter().enumerate() {
            match task.await {
                Ok(outcome) => {
                    outcome.unwrap();
                    expected.extend([format!("{round} {number}"), format!("{round} {number} held")]);
                }
                Err(error) => assert!(error.is_cancelled()),
            }
        }
        let mut found = names_in(&tx, "cancel_holder").await;
        tx.rollback().await.unwrap();
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "round {round}");
    }
}

#[derive(Debug, Clone, Model)]
#[model(table = "cancel_holder")]
struct Holder {
    id: i64,
    name: String,
}

#[receiver(post_save, sender = Holder)]
async fn hold(instance: &Holder, tx: &Tx) -> Result<()> {
    Holder { id: 0, name: format!("{} held", instance.name) }.save(tx).quiet().await?;
    yield_now().await;
    Ok(())
}
