//! Errors of the database at every statement, and at every step of one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use signals::{Db, Error, Model, Result, Tx, post_delete, post_save, pre_save, receiver};
use sqlx::AssertSqlSafe;

use crate::support::{cause, database, names, names_of, note, noted};

#[derive(Debug, Clone, Model)]
#[model(table = "inject_audit")]
struct Audit {
    id: i64,
    name: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "inject_line")]
struct Line {
    id: i64,
    name: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "inject_order")]
struct Order {
    id: i64,
    name: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "inject_bare")]
struct Bare {
    id: i64,
    name: String,
}

#[receiver(pre_save, sender = Order)]
async fn audit(instance: &mut Order, tx: &Tx) -> Result<()> {
    Audit { id: 0, name: instance.name.clone() }.save(tx).await
}

#[receiver(post_save, sender = Order)]
async fn make_line(instance: &Order, tx: &Tx) -> Result<()> {
    let name = instance.name.clone();
    tx.on_commit(async move { note(format!("inject/{name}")) }).unwrap();
    Line { id: 0, name: instance.name.clone() }.save(tx).await
}

#[receiver(post_save, sender = Line)]
async fn audit_line(instance: &Line, tx: &Tx) -> Result<()> {
    Audit { id: 0, name: format!("{} line", instance.name) }.save(tx).await
}

#[receiver(post_delete, sender = Order)]
async fn delete_line(instance: &Order, tx: &Tx) -> Result<()> {
    Line::get(tx, instance.id).await?.delete(tx).await.map(drop)
}

const TABLES: [&str; 4] = ["inject_audit", "inject_bare", "inject_line", "inject_order"];
const NOTHING: [&str; 0] = [];

fn order(name: &str) -> Order {
    Order { id: 0, name: name.into() }
}

async fn rows(tx: &Tx) -> Vec<String> {
    let mut all = Vec::new();
    for table in TABLES {
        all.extend(names(&mut tx.sqlite().await.unwrap(), table).await);
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

/// A statement that fails for rows named `new..`, and how it fails.
async fn break_statement(db: &Db, raise: &str, moment: &str, table: &str) {
    let (event, row) = moment
        .split_once(' ')
        .map_or((moment, "NEW"), |(_, verb)| (moment, if verb == "DELETE" { "OLD" } else { "NEW" }));
    let sql = format!(
        "CREATE TRIGGER broken {event} ON {table} WHEN {row}.name LIKE 'new%' BEGIN SELECT RAISE({raise}, 'injected'); END"
    );
    sqlx::query(AssertSqlSafe(sql)).execute(db.sqlite().unwrap()).await.unwrap();
}

/// The statements of one save of an order, each before and after it was executed.
const INSERTS: [(&str, &str); 6] = [
    ("BEFORE INSERT", "inject_audit"),
    ("AFTER INSERT", "inject_audit"),
    ("BEFORE INSERT", "inject_order"),
    ("AFTER INSERT", "inject_order"),
    ("BEFORE INSERT", "inject_line"),
    ("AFTER INSERT", "inject_line"),
];

fn assert_injected(error: &Error) {
    let source = error.find::<sqlx::Error>().expect("the database's error is kept");
    assert!(source.to_string().contains("injected"), "{error}");
}

/// One test, since the callbacks of all of them are noted in one place.
#[tokio::test]
async fn an_error_at_any_statement_leaves_everything_as_before() {
    for raise in ["ABORT", "FAIL"] {
        for (moment, table) in INSERTS {
            let db = database("inject_").await;
            break_statement(&db, raise, moment, table).await;
            let context = format!("{raise} {moment} {table}");
            order("old").save(&db).await.unwrap();
            let before = rows_of(&db).await;
            let mut failing = order("new");
            assert_injected(&failing.save(&db).await.unwrap_err());
            assert_eq!((failing.id, rows_of(&db).await), (0, before), "{context}");
            check_in_a_transaction(&db, &context).await;
        }
    }
    check_deletes().await;
    check_rollbacks().await;
    check_commit_refused().await;
    check_interrupts().await;
    check_interrupts_in_a_transaction().await;
}

/// Checks the same in a transaction, which continues.
async fn check_in_a_transaction(db: &Db, context: &str) {
    noted("inject/");
    let tx = db.begin().await.unwrap();
    order("outer").save(&tx).await.unwrap();
    let before = rows(&tx).await;
    let mut failing = order("new");
    assert_injected(&failing.save(&tx).await.unwrap_err());
    assert_eq!((failing.id, rows(&tx).await), (0, before), "{context}");
    order("after").save(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(noted("inject/"), ["inject/outer", "inject/after"], "{context}");
    assert_eq!(names_of(db, "inject_order").await, ["after", "old", "outer"], "{context}");
}

async fn check_deletes() {
    let deletes = [
        ("BEFORE DELETE", "inject_order"),
        ("AFTER DELETE", "inject_order"),
        ("BEFORE DELETE", "inject_line"),
        ("AFTER DELETE", "inject_line"),
    ];
    for (moment, table) in deletes {
        let db = database("inject_").await;
        break_statement(&db, "ABORT", moment, table).await;
        let mut failing = order("new");
        failing.save(&db).await.unwrap();
        let before = rows_of(&db).await;
        assert_injected(&failing.delete(&db).await.unwrap_err());
        assert_eq!(rows_of(&db).await, before, "{moment} {table}");
        let tx = db.begin().await.unwrap();
        assert_injected(&failing.delete(&tx).await.unwrap_err());
        assert_eq!(rows(&tx).await, before, "{moment} {table}");
        tx.commit().await.unwrap();
    }
}

/// Checks that nothing runs outside of a transaction after the database itself ended it.
async fn check_rollbacks() {
    for (moment, table) in INSERTS {
        let db = database("inject_").await;
        break_statement(&db, "ROLLBACK", moment, table).await;
        noted("inject/");
        let context = format!("ROLLBACK {moment} {table}");
        let mut failing = order("new");
        assert_injected(&failing.save(&db).await.unwrap_err());
        assert_eq!((failing.id, rows_of(&db).await), (0, vec![]), "{context}");

        for nested in [false, true] {
            let tx = db.begin().await.unwrap();
            order("outer").save(&tx).await.unwrap();
            let level = if nested { tx.begin().await.unwrap() } else { tx.clone() };
            assert_injected(&failing.save(&level).await.unwrap_err());
            assert_refuses_everything(&level).await;
            if nested {
                assert!(matches!(level.commit().await, Err(Error::TransactionEnded { .. })), "{context}");
                assert_refuses_everything(&tx).await;
            } else {
                drop(level);
            }
            assert!(matches!(tx.commit().await, Err(Error::TransactionEnded { .. })), "{context}");
            assert_eq!((rows_of(&db).await, noted("inject/")), (vec![], vec![]), "{context}");
        }
        order("next").save(&db).await.unwrap();
        assert_eq!(names_of(&db, "inject_order").await, ["next"]);
    }
    check_bare_rollback().await;
}

async fn assert_refuses_everything(tx: &Tx) {
    let errors = [
        order("late").save(tx).await.unwrap_err(),
        Bare { id: 0, name: "late".into() }.save(tx).await.unwrap_err(),
        Bare::find(tx, 1).await.unwrap_err(),
        tx.sqlite().await.err().unwrap(),
    ];
    for error in errors {
        assert!(matches!(cause(&error), Error::TransactionEnded { .. }), "{error}");
    }
}

/// The same for a model without receivers, and for a statement of plain sqlx, whose error only the
/// application sees.
async fn check_bare_rollback() {
    for plain in [false, true] {
        for first in [false, true] {
            let db = database("inject_").await;
            break_statement(&db, "ROLLBACK", "BEFORE INSERT", "inject_bare").await;
            let tx = db.begin().await.unwrap();
            if !first {
                order("outer").save(&tx).await.unwrap();
            }
            tx.on_commit(async { note("inject/never") }).unwrap();
            if plain {
                let insert = sqlx::query("INSERT INTO inject_bare (name) VALUES ('new')");
                insert.execute(&mut *tx.sqlite().await.unwrap()).await.unwrap_err();
            } else {
                assert_injected(&Bare { id: 0, name: "new".into() }.save(&tx).await.unwrap_err());
            }
            assert_refuses_everything(&tx).await;
            assert!(tx.commit().await.is_err());
            assert_eq!((rows_of(&db).await, noted("inject/never")), (vec![], vec![]), "plain: {plain}, first: {first}");
            // Straight to the commit, with nothing in between to find it out.
            let tx = db.begin().await.unwrap();
            tx.on_commit(async { note("inject/never") }).unwrap();
            let insert = sqlx::query("INSERT INTO inject_bare (name) VALUES ('new')");
            insert.execute(&mut *tx.sqlite().await.unwrap()).await.unwrap_err();
            assert!(tx.commit().await.is_err());
            assert_eq!(noted("inject/never"), NOTHING);
        }
    }
}

/// COMMIT itself fails.
async fn check_commit_refused() {
    let db = database("inject_").await;
    noted("inject/");
    let refuse = async |refuse: bool| {
        let mut connection = db.sqlite().unwrap().acquire().await.unwrap();
        let mut handle = connection.lock_handle().await.unwrap();
        if refuse { handle.set_commit_hook(|| false) } else { handle.remove_commit_hook() }
    };
    refuse(true).await;
    let mut failing = order("new");
    let error = failing.save(&db).await.unwrap_err();
    assert!(error.to_string().starts_with("COMMIT failed: "), "{error}");
    assert_eq!(failing.id, 0);
    let tx = db.begin().await.unwrap();
    let mut bare = Bare { id: 0, name: "bare".into() };
    bare.save(&tx).await.unwrap();
    assert!(tx.commit().await.unwrap_err().to_string().starts_with("COMMIT failed: "));
    let tx = db.begin().await.unwrap();
    tx.on_commit(async { note("inject/never") }).unwrap();
    bare.save(&tx).await.unwrap();
    assert!(tx.commit().await.unwrap_err().to_string().starts_with("COMMIT failed: "));
    refuse(false).await;
    assert_eq!((rows_of(&db).await, noted("inject/")), (vec![], vec![]));
    order("next").save(&db).await.unwrap();
    assert_eq!(
        (names_of(&db, "inject_order").await, noted("inject/")),
        (vec!["next".into()], vec!["inject/next".into()])
    );
}

/// More operations than a save has, so that a loop over them ends.
const MOST_OPERATIONS: usize = 1000;

/// Interrupts the database once, at its `step`-th operation from now on. Returns whether it reached that
/// step.
async fn interrupt_at(connection: &mut sqlx::SqliteConnection, step: usize) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&count);
    let mut handle = connection.lock_handle().await.unwrap();
    handle.set_progress_handler(1, move || counting.fetch_add(1, Ordering::Relaxed) != step);
    count
}

async fn uninterrupted(db: &Db) {
    let mut connection = db.sqlite().unwrap().acquire().await.unwrap();
    connection.lock_handle().await.unwrap().remove_progress_handler();
}

/// Every operation of every statement is the one that is interrupted. SQLite then ends the transaction, or
/// only the statement.
async fn check_interrupts() {
    noted("inject/");
    let mut db = database("inject_").await;
    for step in 0..MOST_OPERATIONS {
        let count = {
            let mut connection = db.sqlite().unwrap().acquire().await.unwrap();
            interrupt_at(&mut connection, step).await
        };
        let mut failing = order("new");
        let outcome = failing.save(&db).await;
        uninterrupted(&db).await;
        if outcome.is_ok() {
            assert!(count.load(Ordering::Relaxed) <= step && step > 50, "{step}");
            assert_eq!(noted("inject/"), ["inject/new"]);
            return;
        }
        assert_eq!(failing.id, 0, "interrupted at {step}");
        let error = outcome.unwrap_err().to_string();
        let (rows, callbacks) = (rows_of(&db).await, noted("inject/"));
        assert_eq!(callbacks, NOTHING, "interrupted at {step}");
        if error.starts_with("COMMIT failed") && !rows.is_empty() {
            // SQLite returns this error even if it is interrupted just after the commit.
            assert_eq!(rows, ["new", "new line", "new", "new"], "in whole or not at all");
            db = database("inject_").await;
            continue;
        }
        assert_eq!(rows, NOTHING, "interrupted at {step}: {error}");
    }
    panic!("the save never completed");
}

/// The same in a transaction.
async fn check_interrupts_in_a_transaction() {
    let (mut ended, mut went_on) = (0, 0);
    for step in 0..MOST_OPERATIONS {
        match check_interrupted_transaction(step).await {
            Outcome::Ended => ended += 1,
            Outcome::WentOn => went_on += 1,
            Outcome::Completed => {
                assert!(ended > 10 && went_on > 0, "{ended} and {went_on}");
                return;
            }
        }
    }
    panic!("the save in a transaction never completed");
}

async fn uninterrupted_in(tx: &Tx) {
    let mut connection = match tx.sqlite().await {
        Ok(connection) => connection,
        // The operation belonged to this call; the next call retries what it failed to do.
        Err(error) => {
            assert!(error.to_string().contains("interrupted"), "{error}");
            tx.sqlite().await.unwrap()
        }
    };
    connection.lock_handle().await.unwrap().remove_progress_handler();
}

/// How a transaction went in which one operation was interrupted.
enum Outcome {
    /// The database ended it.
    Ended,
    /// It continued, without the save or, if the interruption had no effect, with it.
    WentOn,
    /// There were no more operations to be interrupted.
    Completed,
}

async fn check_interrupted_transaction(step: usize) -> Outcome {
    let db = database("inject_").await;
    let tx = db.begin().await.unwrap();
    order("outer").save(&tx).await.unwrap();
    let before = rows(&tx).await;
    let count = interrupt_at(&mut tx.sqlite().await.unwrap(), step).await;
    let mut failing = order("new");
    if let Ok(()) = failing.save(&tx).await {
        let interrupted = count.load(Ordering::Relaxed) > step;
        uninterrupted_in(&tx).await;
        tx.commit().await.unwrap();
        assert_eq!(noted("inject/"), ["inject/outer", "inject/new"], "interrupted at {step}");
        assert_eq!(names_of(&db, "inject_order").await, ["new", "outer"], "interrupted at {step}");
        return if interrupted { Outcome::WentOn } else { Outcome::Completed };
    }
    assert_eq!(failing.id, 0, "interrupted at {step}");
    let goes_on = Bare { id: 0, name: "bare".into() }.save(&tx).await;
    let committed = tx.commit().await;
    uninterrupted(&db).await;
    let after = rows_of(&db).await;
    match goes_on {
        Ok(()) => {
            committed.unwrap();
            let without_bare: Vec<_> = after.into_iter().filter(|name| name != "bare").collect();
            assert_eq!(
                (without_bare, noted("inject/")),
                (before, vec!["inject/outer".into()]),
                "interrupted at {step}"
            );
            Outcome::WentOn
        }
        Err(error) => {
            assert!(matches!(error, Error::TransactionEnded { .. }), "interrupted at {step}: {error}");
            assert!(matches!(committed, Err(Error::TransactionEnded { .. })), "interrupted at {step}");
            assert_eq!((after, noted("inject/")), (vec![], vec![]), "interrupted at {step}");
            Outcome::Ended
        }
    }
}
