//! Which writes are captured: plain ones, and none of this library's.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use behavior::{Kind, execute, execute_in, kind};
use serde::{Deserialize, Serialize};
use signals::context::Context;
use signals::tasks::{DbTasks as _, TaskCapture};
use signals::{Db, Model, Result, Tx, post_delete, post_save, receiver};
use signals_test_tasks::db;

#[derive(Debug, Clone, PartialEq, Model, Serialize, Deserialize)]
#[model(table = "captured_order", capture)]
struct Order {
    id: i64,
    total: i64,
    note: Option<String>,
}

/// Goes with its order by the database alone.
#[derive(Debug, Clone, Model, Serialize, Deserialize)]
#[model(table = "captured_line", capture)]
struct Line {
    id: i64,
    #[model(references = Order, on_delete = database)]
    order_id: i64,
}

/// Goes with its order by this library.
#[derive(Debug, Clone, Model)]
#[model(table = "captured_bill", capture)]
struct Bill {
    id: i64,
    #[model(references = Order, on_delete = cascade)]
    order_id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "captured_tag", capture, many_to_many(orders: Order, through = Tagged))]
struct Tag {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "captured_tagged", capture, unique(tag_id, order_id))]
struct Tagged {
    id: i64,
    #[model(references = Tag, on_delete = cascade)]
    tag_id: i64,
    #[model(references = Order, on_delete = cascade)]
    order_id: i64,
}

/// What a receiver was called with.
#[derive(Debug, Clone, Model)]
#[model(table = "captured_seen")]
struct Seen {
    id: i64,
    text: String,
}

async fn see(tx: &Tx, text: String) -> Result<()> {
    Seen { id: 0, text }.create(tx).await.map(drop)
}

#[receiver(post_save, sender = Order, durable(snapshot), uid = "order.saved")]
async fn saved(instance: &Order, previous: Option<&Order>, created: bool, tx: &Tx) -> Result<()> {
    let previous = previous.map(|row| (row.id, row.total));
    see(tx, format!("{} {} {previous:?} {created}", instance.id, instance.total)).await
}

#[receiver(post_delete, sender = Order, durable(snapshot), uid = "order.deleted")]
async fn deleted(instance: &Order, tx: &Tx) -> Result<()> {
    see(tx, format!("{} {} deleted", instance.id, instance.total)).await
}

/// The condition is decided by the rows before and after the write.
#[receiver(post_save, sender = Order, durable, changed(note), uid = "order.noted")]
async fn noted(instance: &Order, context: &Context, tx: &Tx) -> Result<()> {
    let actor = context.actor().unwrap_or("nobody");
    see(tx, format!("{} noted {:?} by {actor}", instance.id, instance.note)).await
}

#[receiver(post_delete, sender = Line, durable(snapshot), uid = "line.deleted")]
async fn line_deleted(instance: &Line, tx: &Tx) -> Result<()> {
    see(tx, format!("line of {} deleted", instance.order_id)).await
}

static CALLS: AtomicUsize = AtomicUsize::new(0);

/// Is not durable: it runs in the program that writes.
#[receiver(post_save, sender = Line)]
fn count(instance: &Line) {
    if instance.order_id == 77 {
        CALLS.fetch_add(1, Ordering::Relaxed);
    }
}

async fn captured(db: &Db) -> Result<u64> {
    TaskCapture::objects().count(db).await
}

/// Returns what receivers saw since the last call, in the order of the texts.
async fn seen(db: &Db) -> Result<Vec<String>> {
    db.drain_tasks().await?;
    let mut texts: Vec<_> = Seen::objects().all(db).await?.into_iter().map(|seen| seen.text).collect();
    texts.sort();
    Seen::objects().delete(db).await?;
    assert_eq!(captured(db).await?, 0, "all are sent");
    Ok(texts)
}

/// As [`seen`], without what the receiver with a condition saw.
async fn seen_but_noted(db: &Db) -> Result<Vec<String>> {
    Ok(seen(db).await?.into_iter().filter(|text| !text.contains("noted")).collect())
}

fn order(id: i64, total: i64) -> Order {
    Order { id, total, note: None }
}

#[tokio::test]
async fn plain_writes_reach_durable_receivers_once() -> Result<()> {
    let db = db().await;
    execute(&db, "INSERT INTO captured_order (id, total) VALUES (1, 10), (2, 20)").await;
    execute(&db, "UPDATE captured_order SET total = total + 1, id = id + 10").await;
    execute(&db, "DELETE FROM captured_order WHERE id = 12").await;
    assert_eq!(captured(&db).await?, 5);
    let expected =
        ["1 10 None true", "11 11 Some((1, 10)) false", "12 21 Some((2, 20)) false", "12 21 deleted", "2 20 None true"];
    assert_eq!(seen(&db).await?, expected);
    assert_eq!(seen(&db).await?, [""; 0]);
    execute(&db, "UPDATE captured_order SET total = 5 WHERE id = 99").await;
    assert_eq!(captured(&db).await?, 0, "no row was written");
    Ok(())
}

#[tokio::test]
async fn own_writes_are_not_captured_and_reach_receivers_once() -> Result<()> {
    let db = db().await;
    let mut one = order(0, 1).create(&db).await?;
    one.total = 2;
    one.save(&db).await?;
    one.save(&db).update_fields([Order::TOTAL]).await?;
    order(50, 1).save(&db).await?;
    order(51, 1).save(&db).force_insert().await?;
    let mut many: Vec<_> = (60..64).map(|id| order(id, 1)).collect();
    Order::bulk_create(&db, &mut many).await?;
    Order::bulk_create(&db, &mut [order(0, 1), order(0, 1)]).await?;
    for order in &mut many {
        order.total += order.id;
    }
    Order::bulk_update(&db, &mut many, [Order::TOTAL]).await?;
    Order::objects().filter(Order::ID.ge(60)).update(&db, Order::TOTAL.set(9)).await?;
    Order::objects().filter(Order::ID.eq(60)).update(&db, Order::TOTAL.set(9)).quiet().await?;
    for is_quiet in [false, true] {
        let mut both = [order(60, 1), order(61, 1)];
        let upsert = Order::bulk_create(&db, &mut both).on_conflict([Order::ID]);
        let upsert = upsert.update_with(Order::TOTAL.set(Order::TOTAL + 1));
        if is_quiet {
            upsert.quiet().await?;
        } else {
            upsert.await?;
        }
        assert_eq!(both[0].total, if is_quiet { 11 } else { 10 });
    }
    let tag = Tag { id: 0 }.create(&db).await?;
    tag.orders().add(&db, [50, 51]).await?;
    tag.orders().remove(&db, [50]).await?;
    tag.orders().clear(&db).await?;
    tag.orders().add(&db, [51]).await?;
    Bill { id: 0, order_id: 50 }.create(&db).await?;
    order(50, 1).delete(&db).await?;
    order(51, 1).delete(&db).await?;
    Order::objects().filter(Order::ID.in_([60, 61, 62, 63])).delete(&db).await?;
    Order::objects().delete(&db).quiet().await?;
    assert_eq!(captured(&db).await?, 0);
    let seen = seen(&db).await?;
    let count = |end: &str| seen.iter().filter(|text| text.ends_with(end)).count();
    assert_eq!((count("true"), count("deleted")), (9, 6), "{seen:?}");
    Ok(())
}

#[tokio::test]
async fn in_one_transaction_only_the_plain_writes_are_captured() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    let mut one = order(1, 1);
    one.save(&tx).force_insert().await?;
    execute_in(&tx, "UPDATE captured_order SET total = 2 WHERE id = 1").await;
    one.total = 3;
    one.save(&tx).await?;
    let savepoint = tx.begin().await?;
    one.total = 4;
    one.save(&savepoint).await?;
    execute_in(&savepoint, "UPDATE captured_order SET total = 5 WHERE id = 1").await;
    savepoint.rollback().await?;
    execute_in(&tx, "UPDATE captured_order SET total = 6 WHERE id = 1").await;
    // A failed statement of this library leaves no mark.
    assert!(order(1, 1).save(&tx.begin().await?).force_insert().await.is_err());
    execute_in(&tx, "UPDATE captured_order SET total = 7 WHERE id = 1").await;
    tx.commit().await?;
    assert_eq!(captured(&db).await?, 3);
    execute(&db, "UPDATE captured_order SET total = 8").await;
    let expected = [
        "1 1 None true",
        "1 2 Some((1, 1)) false",
        "1 3 Some((1, 2)) false",
        "1 6 Some((1, 3)) false",
        "1 7 Some((1, 6)) false",
        "1 8 Some((1, 7)) false",
    ];
    assert_eq!(seen_but_noted(&db).await?, expected);

    let tx = db.begin().await?;
    one.save(&tx).await?;
    execute_in(&tx, "DELETE FROM captured_order").await;
    tx.rollback().await?;
    assert_eq!(captured(&db).await?, 0, "what is rolled back is not captured");
    Ok(())
}

#[tokio::test]
async fn a_condition_is_decided_by_the_captured_rows() -> Result<()> {
    let db = db().await;
    order(1, 1).create(&db).quiet().await?;
    execute(&db, "UPDATE captured_order SET total = 2").await;
    assert_eq!(seen(&db).await?, ["1 2 Some((1, 1)) false"]);
    let actor = match kind() {
        Kind::Memory | Kind::File => None,
        Kind::Postgres => Some("SELECT set_config('signals.actor', 'ann', true)"),
        Kind::Mysql => Some("SET @signals_actor = 'ann'"),
    };
    let tx = db.begin().await?;
    if let Some(actor) = actor {
        execute_in(&tx, actor).await;
    }
    execute_in(&tx, "UPDATE captured_order SET note = 'x', total = 3").await;
    if kind() == Kind::Mysql {
        execute_in(&tx, "SET @signals_actor = NULL").await;
    }
    tx.commit().await?;
    let by = if actor.is_some() { "ann" } else { "nobody" };
    assert_eq!(seen(&db).await?, ["1 3 Some((1, 2)) false".to_owned(), format!("1 noted Some(\"x\") by {by}")]);
    Ok(())
}

#[tokio::test]
async fn what_the_database_cascades_is_captured_where_triggers_see_it() -> Result<()> {
    let db = db().await;
    for (id, order_id) in [(1, 7), (2, 7), (3, 8)] {
        order(order_id, 1).save(&db).quiet().await?;
        Line { id, order_id }.save(&db).force_insert().await?;
    }
    order(7, 1).delete(&db).quiet().await?;
    execute(&db, "DELETE FROM captured_order WHERE id = 8").await;
    // MariaDB calls no triggers for rows that a foreign key deletes.
    let lines: &[&str] =
        if kind() == Kind::Mysql { &[] } else { &["line of 7 deleted", "line of 7 deleted", "line of 8 deleted"] };
    let expected: Vec<_> = ["8 1 deleted"].into_iter().chain(lines.iter().copied()).collect();
    assert_eq!(seen(&db).await?, expected);
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_is_not_durable_is_not_called() -> Result<()> {
    let db = db().await;
    order(77, 1).create(&db).quiet().await?;
    execute(&db, "INSERT INTO captured_line (id, order_id) VALUES (1, 77)").await;
    seen(&db).await?;
    assert_eq!(CALLS.load(Ordering::Relaxed), 0);
    Line { id: 2, order_id: 77 }.create(&db).await?;
    assert_eq!(CALLS.load(Ordering::Relaxed), 1);
    Ok(())
}

#[tokio::test]
async fn an_upsert_is_captured_as_what_it_did() -> Result<()> {
    let db = db().await;
    order(1, 1).create(&db).quiet().await?;
    let clause = match kind() {
        Kind::Mysql => "ON DUPLICATE KEY UPDATE total = 5",
        _ => "ON CONFLICT (id) DO UPDATE SET total = 5",
    };
    execute(&db, format!("INSERT INTO captured_order (id, total) VALUES (1, 2), (2, 2) {clause}")).await;
    assert_eq!(seen_but_noted(&db).await?, ["1 5 Some((1, 1)) false", "2 2 None true"]);
    match kind() {
        Kind::Postgres => {
            execute(&db, "TRUNCATE captured_order, captured_line, captured_bill, captured_tagged").await;
            assert_eq!(seen(&db).await?, [""; 0], "TRUNCATE has no rows");
        }
        Kind::Mysql => {
            execute(&db, "REPLACE INTO captured_order (id, total) VALUES (1, 9)").await;
            assert_eq!(seen_but_noted(&db).await?, ["1 5 deleted", "1 9 None true"]);
        }
        Kind::Memory | Kind::File => {
            execute(&db, "REPLACE INTO captured_order (id, total) VALUES (1, 9)").await;
            assert_eq!(seen_but_noted(&db).await?, ["1 9 None true"], "SQLite calls no trigger for the replaced row");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_mark_in_the_middle_of_a_statement_hides_nothing() -> Result<()> {
    let db = db().await;
    order(1, 1).create(&db).quiet().await?;
    execute(&db, "UPDATE captured_order SET note = 'see /*signals*/ and /*signals:0123456789abcdef*/'").await;
    assert_eq!(captured(&db).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_captured_row_that_lacks_a_column_is_refused() -> Result<()> {
    let db = db().await;
    execute(&db, "INSERT INTO captured_order (id, total) VALUES (1, 1)").await;
    execute(&db, "UPDATE signals_capture SET new_row = REPLACE(new_row, 'note', 'memo')").await;
    assert_eq!(db.drain_tasks().await?.done, 0);
    let error = TaskCapture::objects().get(&db).await?.error.unwrap();
    assert!(error.contains("lacks a column"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_dropped_save_hides_no_later_write_of_its_transaction() -> Result<()> {
    if !matches!(kind(), Kind::Memory | Kind::File) {
        return Ok(());
    }
    let db = db().await;
    order(1, 1).create(&db).quiet().await?;
    for pause in 0..20 {
        let tx = db.begin().await?;
        let mut one = order(1, 2);
        drop(tokio::time::timeout(Duration::from_micros(pause * 20), one.save(&tx)).await);
        execute_in(&tx, "UPDATE captured_order SET total = 3").await;
        assert_eq!(TaskCapture::objects().count(&tx).await?, 1, "after {pause}");
        tx.rollback().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_read_only_transaction_commits_after_a_failed_save() -> Result<()> {
    let db = db().await;
    let tx = db.transaction().read_only().begin().await?;
    assert!(order(1, 1).save(&tx).await.is_err());
    if matches!(kind(), Kind::Memory | Kind::File) {
        tx.commit().await?;
    }
    Ok(())
}
