//! Writes of many rows that fail, panic or are dropped leave the database and every key as before.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use signals::{Db, Error, Model, Result, Tx, post_delete, post_save, pre_delete, pre_save, receiver};
use sqlx::AssertSqlSafe;
use tokio::task::yield_now;

use crate::support::{ENOUGH, MOMENTS, When, database, drop_at, hold_back, names_in, names_of};

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "bulk_order")]
struct Order {
    id: i64,
    name: String,
    /// `None` except in upserts.
    #[model(unique)]
    number: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "bulk_audit")]
struct Audit {
    id: i64,
    name: String,
}

fn panics(name: &str) {
    // A computed name ends with it.
    assert!(!name.ends_with("panic"), "as the test wants");
}

#[receiver(pre_save, sender = Order)]
async fn before(instance: &mut Order, tx: &Tx) -> Result<()> {
    Audit { id: 0, name: format!("{} {} before", instance.id, instance.name) }.save(tx).await?;
    yield_now().await;
    Ok(())
}

#[receiver(post_save, sender = Order)]
async fn after(instance: &Order, previous: Option<&Order>, tx: &Tx) -> Result<()> {
    panics(&instance.name);
    let was = previous.map_or("nothing", |previous| &previous.name);
    Audit { id: 0, name: format!("{} {} was {was}", instance.id, instance.name) }.save(tx).await
}

#[receiver(post_save, sender = Order, set)]
async fn after_all(instances: &[Order], tx: &Tx) -> Result<()> {
    yield_now().await;
    let mut audits: Vec<_> =
        instances.iter().map(|order| Audit { id: 0, name: format!("{} of all", order.id) }).collect();
    Audit::bulk_create(tx, &mut audits).await
}

#[receiver([pre_delete, post_delete], sender = Order)]
async fn gone(instance: &Order, signal: &str, tx: &Tx) -> Result<()> {
    panics(&instance.name);
    Audit { id: 0, name: format!("{} {signal}", instance.name) }.save(tx).await
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Call {
    Create,
    /// Three of five rows are missing.
    Upsert,
    /// All rows are there.
    UpsertAll,
    /// All rows are there, and the database computes their names.
    UpsertComputed,
    /// Three of five rows are missing, and nothing is written to the others.
    Ignore,
    BulkUpdate,
    Update,
    /// The database computes the names.
    UpdateComputed,
    BulkDelete,
    Delete,
}

const CALLS: [Call; 10] = [
    Call::Create,
    Call::Upsert,
    Call::UpsertAll,
    Call::UpsertComputed,
    Call::Ignore,
    Call::BulkUpdate,
    Call::Update,
    Call::UpdateComputed,
    Call::BulkDelete,
    Call::Delete,
];

impl Call {
    fn is_upsert(self) -> bool {
        matches!(self, Self::Upsert | Self::UpsertAll | Self::UpsertComputed | Self::Ignore)
    }
}

/// The call in chunks of two, on a `Db` or a `Tx`.
macro_rules! run {
    ($call:expr, $on:expr, $orders:expr, $name:expr) => {
        match $call {
            Call::Create => Order::bulk_create($on, $orders).batch_size(2).await,
            Call::Upsert | Call::UpsertAll | Call::UpsertComputed | Call::Ignore => {
                let upsert = Order::bulk_create($on, $orders).batch_size(2).on_conflict([Order::NUMBER]);
                match $call {
                    Call::UpsertComputed => upsert.update_with(Order::NAME.set(Order::NAME.concat($name))).await,
                    Call::Ignore => upsert.ignore().await,
                    _ => upsert.update([Order::NAME]).await,
                }
            }
            Call::BulkUpdate => Order::bulk_update($on, $orders, [Order::NAME]).batch_size(2).await,
            Call::Update => Order::objects().update($on, [Order::NAME.set($name)]).batch_size(2).await.map(drop),
            Call::UpdateComputed => {
                let set = Order::NAME.set(Order::NAME.concat($name));
                Order::objects().update($on, set).batch_size(2).await.map(drop)
            }
            Call::BulkDelete => Order::bulk_delete($on, $orders).await.map(drop),
            Call::Delete => Order::objects().delete($on).await.map(drop),
        }
    };
}

async fn on_db(call: Call, db: &Db, orders: &mut [Order], name: &str) -> Result<()> {
    run!(call, db, orders, name)
}

async fn in_tx(call: Call, tx: &Tx, orders: &mut [Order], name: &str) -> Result<()> {
    run!(call, tx, orders, name)
}

const TABLES: [&str; 2] = ["bulk_audit", "bulk_order"];

async fn rows_in(tx: &Tx) -> Vec<String> {
    let mut all = Vec::new();
    for table in TABLES {
        all.extend(names_in(tx, table).await);
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

/// The orders' keys, and which order has which.
fn keys_of(orders: &[Order]) -> Vec<(i64, String)> {
    orders.iter().map(|order| (order.id, order.name.clone())).collect()
}

/// A database with five orders, and the orders of a call.
async fn begun(call: Call, fourth: &str) -> (Db, Vec<Order>) {
    let db = database("bulk_").await;
    let name = |number: i32, prefix: &str, wanted: bool| {
        if number == 4 && wanted { fourth.to_owned() } else { format!("{prefix} {number}") }
    };
    let deletes = matches!(call, Call::BulkDelete | Call::Delete);
    let mut orders: Vec<Order> =
        (1..=5).map(|number| Order { id: 0, name: name(number, "old", deletes), number: None }).collect();
    if call.is_upsert() {
        orders.iter_mut().zip(1..).for_each(|(order, number)| order.number = Some(number));
    }
    let there = if matches!(call, Call::Upsert | Call::Ignore) { 2 } else { 5 };
    Order::bulk_create(&db, &mut orders[..there]).quiet().await.unwrap();
    if call.is_upsert() {
        // Their keys come from the rows.
        for order in &mut orders {
            order.id = 0;
        }
    }
    if !deletes {
        for (order, number) in orders.iter_mut().zip(1..) {
            order.name = name(number, "new", true);
        }
    }
    if call == Call::Create {
        // One has its key, the others get theirs.
        orders.iter_mut().zip([0, 0, 0, 50, 0]).for_each(|(order, id)| order.id = id);
    }
    (db, orders)
}

/// A statement that fails in the midst of the call, and how.
async fn break_statement(db: &Db, raise: &str, moment: &str, table: &str) {
    let row = if moment.ends_with("INSERT") { "NEW" } else { "OLD" };
    let sql = format!(
        "CREATE TRIGGER broken {moment} ON {table} WHEN {row}.name LIKE '%3%' BEGIN SELECT RAISE({raise}, 'injected'); END"
    );
    sqlx::query(AssertSqlSafe(sql)).execute(db.sqlite().unwrap()).await.unwrap();
}

#[tokio::test]
async fn an_error_at_any_statement_of_a_bulk_leaves_everything_as_before() {
    for call in CALLS {
        let verb = match call {
            Call::Create | Call::Upsert | Call::Ignore => "INSERT",
            Call::UpsertAll | Call::UpsertComputed | Call::BulkUpdate | Call::Update | Call::UpdateComputed => "UPDATE",
            Call::BulkDelete | Call::Delete => "DELETE",
        };
        for (verb, table) in [(verb, "bulk_order"), ("INSERT", "bulk_audit")] {
            for (raise, when) in [("ABORT", "BEFORE"), ("ABORT", "AFTER"), ("FAIL", "BEFORE"), ("FAIL", "AFTER")] {
                let context = format!("{call:?}: {raise} {when} {verb} ON {table}");
                let (db, mut orders) = begun(call, "four").await;
                break_statement(&db, raise, &format!("{when} {verb}"), table).await;
                let (keys, before) = (keys_of(&orders), rows_of(&db).await);
                let error = on_db(call, &db, &mut orders, "new").await.unwrap_err();
                assert!(error.find::<sqlx::Error>().unwrap().to_string().contains("injected"), "{context}: {error}");
                assert_eq!((keys_of(&orders), rows_of(&db).await), (keys.clone(), before), "{context}");

                let tx = db.begin().await.unwrap();
                // The injected error is of names with a 3, which this key is not in.
                Order { id: 90, name: "kept".into(), number: None }.save(&tx).await.unwrap();
                let before = rows_in(&tx).await;
                in_tx(call, &tx, &mut orders, "new").await.unwrap_err();
                assert_eq!((keys_of(&orders), rows_in(&tx).await), (keys, before.clone()), "{context}");
                tx.commit().await.unwrap();
                assert_eq!(rows_of(&db).await, before, "{context}");
            }
        }
    }
}

#[tokio::test]
async fn a_panic_in_a_receiver_undoes_the_whole_bulk() {
    for call in CALLS {
        let (db, mut orders) = begun(call, "panic").await;
        let (keys, before) = (keys_of(&orders), rows_of(&db).await);
        let work = AssertUnwindSafe(on_db(call, &db, &mut orders, "panic"));
        assert!(work.catch_unwind().await.is_err(), "{call:?}");
        assert_eq!((keys_of(&orders), rows_of(&db).await), (keys.clone(), before.clone()), "{call:?}");

        let tx = db.begin().await.unwrap();
        let work = AssertUnwindSafe(in_tx(call, &tx, &mut orders, "panic"));
        assert!(work.catch_unwind().await.is_err(), "{call:?}");
        assert_eq!((keys_of(&orders), rows_in(&tx).await), (keys, before), "{call:?}");
        Order { id: 0, name: "fine".into(), number: None }.save(&tx).await.unwrap();
        tx.commit().await.unwrap();
        assert!(names_of(&db, "bulk_order").await.contains(&"fine".to_owned()));
    }
}

#[tokio::test]
async fn a_bulk_without_receivers_is_undone_in_whole_too() {
    let (db, _) = begun(Call::Create, "four").await;
    break_statement(&db, "FAIL", "BEFORE INSERT", "bulk_audit").await;
    let audits = || (0..5).map(|number| Audit { id: 0, name: number.to_string() }).collect::<Vec<_>>();
    for size in [2, 10] {
        let mut new = audits();
        assert!(matches!(Audit::bulk_create(&db, &mut new).batch_size(size).await, Err(Error::Database { .. })));
        assert_eq!((new, names_of(&db, "bulk_audit").await.len()), (audits(), 0));
    }
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "bulk_seat")]
struct Seat {
    id: i64,
    #[model(unique)]
    name: String,
}

/// Without a trigger, keys are counted and not returned, so only the number of the chunks requires a
/// transaction.
#[tokio::test]
async fn chunks_whose_keys_are_counted_are_undone_in_whole_too() {
    let db = database("bulk_").await;
    let seats = ["one", "two", "three", "one"].map(|name| Seat { id: 0, name: name.into() });
    for size in [1, 2, 3] {
        let mut new = seats.clone();
        let outcome = Seat::bulk_create(&db, &mut new).batch_size(size).await;
        assert!(matches!(outcome, Err(Error::Database { .. })), "{size}: {outcome:?}");
        assert_eq!((new, names_of(&db, "bulk_seat").await.len()), (seats.clone(), 0), "{size}");
    }
}

#[tokio::test]
async fn a_dropped_bulk_leaves_the_transaction_as_before_it() {
    for call in CALLS {
        let mut dropped = 0;
        for when in MOMENTS {
            let mut completed = 0;
            for await_point in 0.. {
                let context = format!("{call:?} dropped at {await_point}, {when:?}");
                let (db, mut orders) = begun(call, "four").await;
                hold_back(&db).await;
                let tx = db.begin().await.unwrap();
                Order { id: 0, name: "first".into(), number: None }.save(&tx).await.unwrap();
                let (keys, before) = (keys_of(&orders), rows_in(&tx).await);
                if let Some(done) = drop_at(in_tx(call, &tx, &mut orders, "new"), await_point, when).await {
                    done.unwrap();
                    assert_ne!(rows_in(&tx).await, before, "{context}");
                    completed += 1;
                    if completed == ENOUGH {
                        break;
                    }
                    continue;
                }
                dropped += 1;
                assert_eq!(keys_of(&orders), keys, "{context}");
                if when == When::AtOnce {
                    assert_eq!(rows_in(&tx).await, before, "{context}");
                }
                tx.commit().await.unwrap();
                assert_eq!(rows_of(&db).await, before, "{context}");
            }
        }
        // Of the answers that a call waits for, a busy machine has some before they are waited for.
        assert!(dropped > 10, "{call:?}: {dropped}");
    }
}
