//! A change of a relation that fails at any statement, or is dropped at any await, leaves no trace.

use std::future::IntoFuture;

use futures_util::future::BoxFuture;
use signals::model::Key;
use signals::{AnyModel, Db, Error, M2mAction, Model, Result, Tx, m2m_changed, post_delete, receiver};
use sqlx::AssertSqlSafe;
use tokio::task::yield_now;

use crate::support::{ENOUGH, MOMENTS, database, drop_at, hold_back, names, note, noted, noted_in_time};

/// A model whose relation has receivers that use the transaction.
#[derive(Debug, Clone, Model)]
#[model(table = "relating_pizza", many_to_many(toppings: Topping, related = pizzas), many_to_many(spices: Topping), many_to_many(sauces: Topping))]
struct Pizza {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "relating_topping")]
struct Topping {
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "relating_audit")]
struct Audit {
    id: i64,
    name: String,
}

#[receiver(m2m_changed, sender = PizzaToppings)]
async fn audit(action: M2mAction, tx: &Tx) -> Result<()> {
    Audit { id: 0, name: format!("{action:?}") }.save(tx).await?;
    yield_now().await;
    tx.on_commit(async move { note(format!("relating/{action:?}")) }).unwrap();
    Ok(())
}

#[receiver(post_delete, sender = PizzaToppings)]
async fn audit_link(instance: &PizzaToppings, tx: &Tx) -> Result<()> {
    Audit { id: 0, name: format!("without {}", instance.topping_id) }.save(tx).await
}

/// Can fail, and takes no transaction.
#[receiver(m2m_changed, sender = PizzaSauces)]
fn refuse(action: M2mAction, instance: &dyn AnyModel) -> Result<()> {
    let is_refused = action.is_post() && instance.pk() == Some(Key::Int(2));
    if is_refused { Err(Error::other("as the test wants")) } else { Ok(()) }
}

/// A change of the only pizza's toppings, which are 1 and 2 of 1 to 4.
#[derive(Debug, Clone, Copy)]
enum Change {
    Add,
    Remove,
    Set,
    SetAnew,
    Clear,
}

const CHANGES: [Change; 5] = [Change::Add, Change::Remove, Change::Set, Change::SetAnew, Change::Clear];

impl Change {
    /// The signals of a change that succeeds.
    fn told(self) -> &'static [&'static str] {
        match self {
            Self::Add => &["relating/PreAdd", "relating/PostAdd"],
            Self::Remove => &["relating/PreRemove", "relating/PostRemove"],
            Self::Set => &["relating/PreRemove", "relating/PostRemove", "relating/PreAdd", "relating/PostAdd"],
            Self::SetAnew => &["relating/PreClear", "relating/PostClear", "relating/PreAdd", "relating/PostAdd"],
            Self::Clear => &["relating/PreClear", "relating/PostClear"],
        }
    }

    fn after(self) -> Vec<i64> {
        match self {
            Self::Add => vec![1, 2, 3, 4],
            Self::Remove => vec![2],
            Self::Set | Self::SetAnew => vec![2, 3, 4],
            Self::Clear => vec![],
        }
    }
}

macro_rules! change {
    ($change:expr, $toppings:expr, $on:expr) => {{
        let toppings = $toppings;
        match $change {
            Change::Add => toppings.add($on, [2, 3, 4]).into_future(),
            Change::Remove => toppings.remove($on, [1, 3]).into_future(),
            Change::Set => toppings.set($on, [2, 3, 4]).into_future(),
            Change::SetAnew => toppings.set($on, [2, 3, 4]).clear().into_future(),
            Change::Clear => toppings.clear($on).into_future(),
        }
    }};
}

const PIZZA: Pizza = Pizza { id: 1 };

fn change_in<'a>(change: Change, pizza: &'a Pizza, tx: &'a Tx) -> BoxFuture<'a, Result<()>> {
    change!(change, pizza.toppings(), tx)
}

fn change_on<'a>(change: Change, pizza: &'a Pizza, db: &'a Db) -> BoxFuture<'a, Result<()>> {
    change!(change, pizza.toppings(), db)
}

async fn kitchen() -> Db {
    let db = database("relating_").await;
    PIZZA.save_new(&db).await;
    for _ in 0..4 {
        Topping { id: 0 }.save(&db).await.unwrap();
    }
    PIZZA.toppings().add(&db, [1, 2]).quiet().await.unwrap();
    PIZZA.spices().add(&db, [1, 2]).await.unwrap();
    db
}

impl Pizza {
    async fn save_new(&self, db: &Db) {
        self.clone().save(db).await.unwrap();
    }
}

/// The toppings, and what receivers wrote.
async fn state_in(tx: &Tx) -> (Vec<i64>, Vec<String>) {
    let keys = PIZZA.toppings().keys(tx).await.unwrap();
    (keys, names(&mut tx.sqlite().await.unwrap(), "relating_audit").await)
}

async fn state_of(db: &Db) -> (Vec<i64>, Vec<String>) {
    let tx = db.begin().await.unwrap();
    let state = state_in(&tx).await;
    tx.rollback().await.unwrap();
    state
}

/// Where the statements of the changes are broken: at a link, and at what the receivers write.
const BROKEN: [(&str, &str, &str); 10] = [
    ("BEFORE INSERT", "relating_pizza_toppings", "NEW.topping_id = 4"),
    ("AFTER INSERT", "relating_pizza_toppings", "NEW.topping_id = 4"),
    ("BEFORE DELETE", "relating_pizza_toppings", "OLD.topping_id = 1"),
    ("AFTER DELETE", "relating_pizza_toppings", "OLD.topping_id = 1"),
    ("AFTER INSERT", "relating_audit", "NEW.name = 'PreAdd'"),
    ("AFTER INSERT", "relating_audit", "NEW.name = 'PostAdd'"),
    ("AFTER INSERT", "relating_audit", "NEW.name IN ('PreRemove', 'PreClear')"),
    ("AFTER INSERT", "relating_audit", "NEW.name IN ('PostRemove', 'PostClear')"),
    ("BEFORE INSERT", "relating_audit", "NEW.name = 'without 1'"),
    ("BEFORE INSERT", "relating_audit", "NEW.name = 'PostClear'"),
];

fn assert_injected(error: &Error, context: &str) {
    let source = error.find::<sqlx::Error>().expect("the database's error is kept");
    assert!(source.to_string().contains("injected"), "{context}: {error}");
}

/// One test, since the callbacks of all of them are noted in one place.
#[tokio::test]
async fn a_change_that_fails_or_is_dropped_leaves_nothing() {
    check_each_statement().await;
    check_dropped_in_a_transaction().await;
    check_dropped_on_the_database().await;
}

async fn check_each_statement() {
    let before = (vec![1, 2], vec![]);
    let mut failed = 0;
    for (moment, table, condition) in BROKEN {
        for change in CHANGES {
            let db = kitchen().await;
            let sql = format!(
                "CREATE TRIGGER broken {moment} ON {table} WHEN {condition} BEGIN SELECT RAISE(ABORT, 'injected'); END"
            );
            sqlx::query(AssertSqlSafe(sql)).execute(db.sqlite().unwrap()).await.unwrap();
            let context = format!("{change:?}, {moment} {table} {condition}");
            let outcome = change_on(change, &PIZZA, &db).await;
            if outcome.is_ok() {
                assert_eq!(
                    (state_of(&db).await.0, noted("relating/")),
                    (change.after(), owned(change.told())),
                    "{context}"
                );
                continue;
            }
            failed += 1;
            assert_injected(&outcome.unwrap_err(), &context);
            assert_eq!((state_of(&db).await, noted("relating/")), (before.clone(), vec![]), "{context}");

            let tx = db.begin().await.unwrap();
            assert_injected(&change_in(change, &PIZZA, &tx).await.unwrap_err(), &context);
            assert_eq!(state_in(&tx).await, before, "{context}");
            Audit { id: 0, name: "goes on".into() }.save(&tx).await.unwrap();
            tx.commit().await.unwrap();
            let after = (vec![1, 2], vec!["goes on".to_owned()]);
            assert_eq!((state_of(&db).await, noted("relating/")), (after, vec![]), "{context}");
        }
    }
    assert!(failed > 25, "{failed}");
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(ToString::to_string).collect()
}

async fn check_dropped_in_a_transaction() {
    for change in CHANGES {
        let mut dropped = 0;
        for (when, look) in MOMENTS.into_iter().flat_map(|when| [(when, true), (when, false)]) {
            let mut completed = 0;
            for await_point in 0.. {
                let db = kitchen().await;
                hold_back(&db).await;
                let tx = db.begin().await.unwrap();
                Audit { id: 0, name: "before".into() }.save(&tx).await.unwrap();
                let before = state_in(&tx).await;
                let outcome = drop_at(change_in(change, &PIZZA, &tx), await_point, when).await;
                let context = format!("{change:?} dropped at {await_point}, {when:?}");
                if let Some(outcome) = outcome {
                    outcome.unwrap();
                    assert_eq!(state_in(&tx).await.0, change.after(), "{context}");
                    completed += 1;
                    if completed == ENOUGH {
                        break;
                    }
                    continue;
                }
                dropped += 1;
                if look {
                    assert_eq!(state_in(&tx).await, before, "{context}");
                }
                tx.commit().await.unwrap();
                assert_eq!((state_of(&db).await, noted("relating/")), (before, vec![]), "{context}");
            }
        }
        assert!(dropped > 20, "{change:?}: {dropped}");
    }
}

/// On the database itself a dropped COMMIT may have happened; everything before it is undone.
async fn check_dropped_on_the_database() {
    for (change, when) in CHANGES.into_iter().flat_map(|change| MOMENTS.map(|when| (change, when))) {
        let mut completed = 0;
        for await_point in 0.. {
            let db = kitchen().await;
            hold_back(&db).await;
            let before = state_of(&db).await;
            let outcome = drop_at(change_on(change, &PIZZA, &db), await_point, when).await;
            let after = state_of(&db).await;
            let context = format!("{change:?} dropped at {await_point}, {when:?}");
            let is_done = after != before;
            let told = noted_in_time("relating/", if is_done { change.told().len() } else { 0 }).await;
            if is_done {
                assert_eq!(
                    (after.0, told),
                    (change.after(), owned(change.told())),
                    "{context}: in whole or not at all"
                );
            } else {
                assert_eq!(told, [""; 0], "{context}");
            }
            if let Some(outcome) = outcome {
                outcome.unwrap();
                assert!(is_done, "{context}");
                completed += 1;
                if completed == ENOUGH {
                    assert!(await_point > 5, "{context}");
                    break;
                }
            }
        }
    }
}

/// There are no receivers, so a bare statement may be in flight when it is dropped. The transaction then
/// refuses to continue.
#[tokio::test]
async fn a_plain_change_that_is_dropped_in_flight_leaves_the_transaction_in_doubt() {
    let mut in_doubt = 0;
    for (change, when) in CHANGES.into_iter().flat_map(|change| MOMENTS.map(|when| (change, when))) {
        let mut completed = 0;
        for await_point in 0.. {
            let db = kitchen().await;
            hold_back(&db).await;
            let tx = db.begin().await.unwrap();
            Audit { id: 0, name: "before".into() }.save(&tx).await.unwrap();
            let outcome = drop_at(change!(change, PIZZA.spices(), &tx), await_point, when).await;
            let context = format!("{change:?} dropped at {await_point}, {when:?}");
            if let Some(outcome) = outcome {
                outcome.unwrap();
                assert_eq!(PIZZA.spices().keys(&tx).await.unwrap(), change.after(), "{context}");
                completed += 1;
                if completed == ENOUGH {
                    break;
                }
                continue;
            }
            match PIZZA.spices().keys(&tx).await {
                Ok(keys) => assert_eq!(keys, [1, 2], "{context}"),
                Err(error) => {
                    assert!(matches!(error, Error::InDoubt), "{context}: {error}");
                    in_doubt += 1;
                }
            }
            tx.rollback().await.unwrap();
            assert_eq!(PIZZA.spices().keys(&db).await.unwrap(), [1, 2], "{context}");
        }
    }
    assert!(in_doubt > 0);
}

/// There are no receivers, so only the number of the statements requires a transaction.
#[tokio::test]
async fn a_plain_change_of_several_statements_is_undone_in_whole() {
    let db = kitchen().await;
    let mut more: Vec<Topping> = (0..1100).map(|_| Topping { id: 0 }).collect();
    Topping::bulk_create(&db, &mut more).await.unwrap();
    let spices = PIZZA.spices();
    // No row has the last key.
    assert!(matches!(spices.add(&db, 1..=1105).await, Err(Error::Database { .. })));
    assert_eq!(spices.keys(&db).await.unwrap(), [1, 2]);
    for set in [spices.set(&db, [3, 1105]), spices.set(&db, [3, 1105]).clear()] {
        assert!(matches!(set.await, Err(Error::Database { .. })));
        assert_eq!(spices.keys(&db).await.unwrap(), [1, 2]);
    }
    spices.add(&db, 1..=1104).await.unwrap();
    let sql = "CREATE TRIGGER broken BEFORE DELETE ON relating_pizza_spices WHEN OLD.topping_id = 1104 \
               BEGIN SELECT RAISE(ABORT, 'injected'); END";
    sqlx::query(sql).execute(db.sqlite().unwrap()).await.unwrap();
    assert_injected(&spices.remove(&db, 1..=1104).await.unwrap_err(), "remove");
    assert_eq!(spices.keys(&db).await.unwrap(), (1..=1104).collect::<Vec<_>>());
}

/// A receiver that can fail after the write requires a transaction, even if it does not take one.
#[tokio::test]
async fn a_receiver_without_the_transaction_undoes_the_change_too() {
    let db = kitchen().await;
    let pizza = Pizza { id: 2 };
    pizza.save_new(&db).await;
    let sauces = pizza.sauces();
    sauces.add(&db, [1, 2]).quiet().await.unwrap();
    for change in CHANGES {
        let error = change!(change, sauces, &db).await.unwrap_err();
        assert!(matches!(error, Error::Receiver(_)), "{change:?}: {error}");
        assert_eq!(sauces.keys(&db).await.unwrap(), [1, 2], "{change:?}");
    }
}
