//! A cascading delete that fails at any statement, panics in any receiver or is dropped at any await leaves
//! the database as it was.

use std::future::IntoFuture;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use signals::{Db, Error, Model, Result, Tx, post_delete, pre_delete, receiver};
use sqlx::{AssertSqlSafe, SqliteConnection};
use tokio::task::yield_now;

use crate::support::{ENOUGH, MOMENTS, database, drop_at, hold_back, note, noted, noted_in_time};

/// It and its pets reference each other, so that references are deferred.
#[derive(Debug, Clone, Model)]
#[model(table = "falling_owner")]
struct Owner {
    id: i64,
    #[model(references = Pet, on_delete = cascade)]
    favorite_id: Option<i64>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "falling_pet")]
struct Pet {
    id: i64,
    #[model(references = Owner, on_delete = cascade)]
    owner_id: i64,
}

/// A model without receivers.
#[derive(Debug, Clone, Model)]
#[model(table = "falling_toy")]
struct Toy {
    id: i64,
    #[model(references = Pet, on_delete = cascade)]
    pet_id: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "falling_visit")]
struct Visit {
    id: i64,
    #[model(references = Pet, on_delete = set_null)]
    pet_id: Option<i64>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "falling_audit")]
struct Audit {
    id: i64,
    line: String,
}

/// Which receiver fails, and how.
static FAILS: Mutex<&str> = Mutex::new("");

fn fail_at(at: &'static str) {
    *FAILS.lock().unwrap_or_else(PoisonError::into_inner) = at;
}

async fn audit(signal: &str, name: &str, tx: &Tx) -> Result<()> {
    let line = format!("{signal} {name}");
    Audit { id: 0, line: line.clone() }.save(tx).await?;
    yield_now().await;
    let fails = *FAILS.lock().unwrap_or_else(PoisonError::into_inner);
    assert_ne!(fails, format!("panic {line}"), "as the test wants");
    if fails == format!("error {line}") {
        return Err(Error::other("as the test wants"));
    }
    tx.on_commit(async move { note(format!("falling/{line}")) }).unwrap();
    Ok(())
}

#[receiver([pre_delete, post_delete], sender = Pet)]
async fn audit_pet(signal: &str, instance: &Pet, tx: &Tx) -> Result<()> {
    audit(signal, &format!("pet {}", instance.id), tx).await
}

#[receiver([pre_delete, post_delete], sender = Owner)]
async fn audit_owner(signal: &str, instance: &Owner, tx: &Tx) -> Result<()> {
    audit(signal, &format!("owner {}", instance.id), tx).await
}

const TOLD: [&str; 6] = [
    "falling/pre_delete pet 1",
    "falling/pre_delete pet 2",
    "falling/pre_delete owner 1",
    "falling/post_delete pet 2",
    "falling/post_delete pet 1",
    "falling/post_delete owner 1",
];

const OWNER: Owner = Owner { id: 1, favorite_id: Some(1) };

/// Makes a database with an owner of two pets, and another owner who is not deleted.
async fn filled() -> Db {
    let db = database("falling_").await;
    for id in [1, 2] {
        Owner { id, favorite_id: None }.save(&db).await.unwrap();
    }
    for owner_id in [1, 1, 2] {
        Pet { id: 0, owner_id }.save(&db).await.unwrap();
    }
    for pet_id in [1, 2, 2, 3] {
        Toy { id: 0, pet_id }.save(&db).await.unwrap();
        Visit { id: 0, pet_id: Some(pet_id) }.save(&db).await.unwrap();
    }
    OWNER.clone().save(&db).await.unwrap();
    db
}

const BEFORE: &str = "owners 1:1 2: pets 1:1 2:1 3:2 toys 1:1 2:2 3:2 4:3 visits 1:1 2:2 3:2 4:3 audits 0";
const AFTER: &str = "owners 2: pets 3:2 toys 4:3 visits 1: 2: 3: 4:3 audits 6";

async fn state(connection: &mut SqliteConnection) -> String {
    let list = |name: &str, column: &str| {
        format!(
            "'{name}s ' || (SELECT group_concat(id || ':' || coalesce({column}, ''), ' ') FROM (SELECT * FROM falling_{name} ORDER BY id))"
        )
    };
    let lists = [list("owner", "favorite_id"), list("pet", "owner_id"), list("toy", "pet_id"), list("visit", "pet_id")];
    let sql = format!("SELECT {} || ' audits ' || (SELECT count(*) FROM falling_audit)", lists.join(" || ' ' || "));
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await.unwrap()
}

async fn state_of(db: &Db) -> String {
    state(&mut db.sqlite().unwrap().acquire().await.unwrap()).await
}

/// Returns the state that the transaction sees. References are checked immediately in it, unless a delete has
/// deferred them.
async fn state_in(tx: &Tx) -> String {
    let error = Toy { id: 0, pet_id: 99 }.save(tx).await.unwrap_err();
    assert!(error.to_string().contains("FOREIGN KEY constraint failed"), "{error}");
    state(&mut tx.sqlite().await.unwrap()).await
}

/// This is one test, because a shared setting makes the receivers fail.
#[tokio::test]
async fn a_cascade_is_done_in_whole_or_not_at_all() {
    check_receivers().await;
    check_statements().await;
    check_interrupts().await;
    check_drops_in_a_transaction().await;
    check_drops_on_the_database().await;
}

async fn check_receivers() {
    let db = filled().await;
    for at in TOLD {
        let at = at.trim_start_matches("falling/");
        for how in ["error", "panic"] {
            fail_at(format!("{how} {at}").leak());
            let outcome = AssertUnwindSafe(OWNER.delete(&db).into_future()).catch_unwind().await;
            assert!(
                outcome.is_err() == (how == "panic")
                    && outcome.is_ok_and(|outcome| outcome.is_err()) == (how == "error")
            );
            assert_eq!((state_of(&db).await.as_str(), noted("falling/").len()), (BEFORE, 0), "{how} {at}");

            let tx = db.begin().await.unwrap();
            Audit { id: 0, line: "outer".into() }.save(&tx).await.unwrap();
            drop(AssertUnwindSafe(OWNER.delete(&tx).into_future()).catch_unwind().await);
            assert_eq!(state_in(&tx).await, BEFORE.replace("audits 0", "audits 1"), "{how} {at}");
            tx.rollback().await.unwrap();
        }
    }
    fail_at("");
    assert_eq!(OWNER.delete(&db).await.unwrap().rows(), 6);
    assert_eq!((state_of(&db).await.as_str(), noted("falling/")), (AFTER, TOLD.map(String::from).to_vec()));
}

async fn check_statements() {
    let deletes = ["owner", "pet", "toy"].map(|table| ("DELETE", table));
    for (verb, table) in deletes.into_iter().chain([("UPDATE", "visit"), ("INSERT", "audit")]) {
        for (moment, raise) in [("BEFORE", "ABORT"), ("AFTER", "ABORT"), ("BEFORE", "FAIL"), ("AFTER", "FAIL")] {
            let db = filled().await;
            let sql = format!(
                "CREATE TRIGGER broken {moment} {verb} ON falling_{table} BEGIN SELECT RAISE({raise}, 'injected'); END"
            );
            sqlx::query(AssertSqlSafe(sql)).execute(db.sqlite().unwrap()).await.unwrap();
            let context = format!("{raise} {moment} {verb} of {table}");
            for _ in 0..2 {
                let error = OWNER.delete(&db).await.unwrap_err();
                assert!(error.find::<sqlx::Error>().unwrap().to_string().contains("injected"), "{context}: {error}");
                assert_eq!(state_of(&db).await, BEFORE, "{context}");
            }
            let tx = db.begin().await.unwrap();
            assert!(OWNER.delete(&tx).await.is_err());
            assert_eq!(state_in(&tx).await, BEFORE, "{context}");
            sqlx::query("DROP TRIGGER broken").execute(&mut *tx.sqlite().await.unwrap()).await.unwrap();
            assert_eq!(OWNER.delete(&tx).await.unwrap().rows(), 6, "{context}");
            tx.commit().await.unwrap();
            assert_eq!(state_of(&db).await, AFTER, "{context}");
        }
    }
    noted("falling/");
}

/// Every operation of every statement is the one that is interrupted.
async fn check_interrupts() {
    let mut db = filled().await;
    for step in 0..5000 {
        let count = Arc::new(AtomicUsize::new(0));
        {
            let counting = Arc::clone(&count);
            let mut connection = db.sqlite().unwrap().acquire().await.unwrap();
            let mut handle = connection.lock_handle().await.unwrap();
            handle.set_progress_handler(1, move || counting.fetch_add(1, Ordering::Relaxed) != step);
        }
        let outcome = OWNER.delete(&db).await;
        db.sqlite().unwrap().acquire().await.unwrap().lock_handle().await.unwrap().remove_progress_handler();
        let state = state_of(&db).await;
        match outcome {
            Ok(_) => {
                assert!(count.load(Ordering::Relaxed) <= step && step > 200, "{step}");
                assert_eq!((state.as_str(), noted("falling/").len()), (AFTER, 6));
                return;
            }
            // SQLite returns this error even if it is interrupted just after the commit.
            Err(error) if state == AFTER => {
                assert!(error.to_string().starts_with("COMMIT failed"), "{error}");
                db = filled().await;
            }
            Err(error) => assert_eq!(state, BEFORE, "interrupted at {step}: {error}"),
        }
        assert_eq!(noted("falling/"), [""; 0], "interrupted at {step}");
    }
    panic!("the delete never completed");
}

async fn check_drops_in_a_transaction() {
    for when in MOMENTS {
        let mut completed = 0;
        for await_point in 0.. {
            let db = filled().await;
            hold_back(&db).await;
            let tx = db.begin().await.unwrap();
            let outcome = drop_at(OWNER.delete(&tx), await_point, when).await;
            if let Some(outcome) = outcome {
                assert_eq!(outcome.unwrap().rows(), 6);
                completed += 1;
                if completed == ENOUGH {
                    assert!(await_point > 15, "{await_point}");
                    break;
                }
                continue;
            }
            assert_eq!(state_in(&tx).await, BEFORE, "dropped at {await_point}, {when:?}");
            OWNER.delete(&tx).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!((state_of(&db).await.as_str(), noted("falling/").len()), (AFTER, 6), "{await_point}, {when:?}");
        }
        noted("falling/");
    }
}

async fn check_drops_on_the_database() {
    for when in MOMENTS {
        let mut completed = 0;
        for await_point in 0.. {
            let db = filled().await;
            hold_back(&db).await;
            let outcome = drop_at(OWNER.delete(&db), await_point, when).await;
            let state = state_of(&db).await;
            let told = noted_in_time("falling/", if state == BEFORE { 0 } else { 6 }).await;
            if let Some(outcome) = outcome {
                assert_eq!((outcome.unwrap().rows(), state.as_str(), told.len()), (6, AFTER, 6));
                completed += 1;
                if completed == ENOUGH {
                    assert!(await_point > 15, "{await_point}");
                    break;
                }
                continue;
            }
            // Only the COMMIT is beyond recall.
            let whole = (state.as_str(), told.len());
            assert!(
                whole == (BEFORE, 0) || (whole == (AFTER, 6) && await_point > 20),
                "{await_point}, {when:?}: {whole:?}"
            );
        }
    }
}
