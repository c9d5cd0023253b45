//! Calls that wait for each other, and calls that would wait for themselves.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use signals::{Db, Error, Model, Result, Tx, post_save, receiver};

use crate::support::{cause, database, names_of};

#[derive(Debug, Clone, Model)]
#[model(table = "waiting_part")]
struct Part {
    id: i64,
    name: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "waiting_whole")]
struct Whole {
    id: i64,
    name: String,
}

/// Writes two parts with a pause in between, during which another save could come in.
#[receiver(post_save, sender = Whole)]
async fn make_parts(instance: &Whole, tx: &Tx) -> Result<()> {
    for part in ["a", "b"] {
        Part { id: 0, name: format!("{}/{part}", instance.name) }.save(tx).await?;
        tokio::task::yield_now().await;
    }
    Ok(())
}

fn whole(name: &str) -> Whole {
    Whole { id: 0, name: name.into() }
}

#[tokio::test]
async fn saves_joined_on_one_transaction_wait_for_each_other() {
    let db = database("waiting_").await;
    let tx = db.begin().await.unwrap();
    let (mut one, mut two, mut bare) = (whole("one"), whole("two"), Part { id: 0, name: "bare".into() });
    let (one, bare, two) =
        tokio::join!(one.save(&tx).into_future(), bare.save(&tx).into_future(), two.save(&tx).into_future(),);
    one.unwrap();
    bare.unwrap();
    two.unwrap();
    tx.commit().await.unwrap();
    let ordered: Vec<String> =
        sqlx::query_scalar("SELECT name FROM waiting_part ORDER BY id").fetch_all(db.sqlite().unwrap()).await.unwrap();
    // Each save is complete: no part of another comes between its parts. Which save comes first is not promised.
    let mut saves: Vec<_> = ordered.chunk_by(|name, next| name.split('/').next() == next.split('/').next()).collect();
    saves.sort();
    assert_eq!(saves, [&["bare"][..], &["one/a", "one/b"], &["two/a", "two/b"]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn saves_of_many_tasks_on_one_transaction_wait_for_each_other() {
    let db = database("waiting_").await;
    let tx = db.begin().await.unwrap();
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let tx = tx.clone();
            tokio::spawn(async move { whole(&format!("{number:02}")).save(&tx).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    tx.commit().await.unwrap();
    let ordered: Vec<String> =
        sqlx::query_scalar("SELECT name FROM waiting_part ORDER BY id").fetch_all(db.sqlite().unwrap()).await.unwrap();
    assert_eq!(ordered.len(), 40);
    for pair in ordered.chunks(2) {
        assert_eq!(pair[0].split_once('/').unwrap().0, pair[1].split_once('/').unwrap().0);
    }
}

#[derive(Debug, Clone, Model)]
#[model(table = "waiting_pool_user")]
struct PoolUser {
    id: i64,
    name: String,
}

static POOL: Mutex<Option<Db>> = Mutex::new(None);

fn pool() -> Db {
    POOL.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap()
}

/// Goes round its own transaction, through the pool.
#[receiver(post_save, sender = PoolUser)]
async fn use_the_pool(instance: &PoolUser, tx: &Tx) -> Result<()> {
    let db = pool();
    match &*instance.name {
        "save" => Part { id: 0, name: "pool".into() }.save(&db).await,
        "find" => Part::find(&db, 1).await.map(drop),
        "begin" => db.begin().await.map(drop),
        "nested" => whole("nested").save(tx).await.and(Part::find(&db, 1).await.map(drop)),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_receiver_on_a_pool_of_one_gets_an_error_at_once_if_its_transaction_holds_the_connection() {
    let db = Db::builder("sqlite::memory:").name("solo").connect().await.unwrap();
    db.create_tables().await.unwrap();
    *POOL.lock().unwrap() = Some(db.clone());
    for way in ["save", "find", "begin", "nested"] {
        let mut user = PoolUser { id: 0, name: way.into() };
        let save = tokio::time::timeout(Duration::from_secs(20), user.save(&db).into_future());
        let error = save.await.expect("it waited for itself").unwrap_err();
        assert!(matches!(cause(&error), Error::ConnectionHeld { using } if using == "solo"), "{way}: {error}");
        assert!(error.to_string().contains("take `tx: &Tx` as a parameter"), "{error}");
        assert_eq!(user.id, 0);
    }
    assert_eq!(names_of(&db, "waiting_pool_user").await, [""; 0]);
    assert_eq!(names_of(&db, "waiting_part").await, [""; 0]);
}

#[derive(Debug, Clone, Model)]
#[model(table = "waiting_outer_user")]
struct OuterUser {
    id: i64,
    name: String,
}

static OUTER: Mutex<Option<Tx>> = Mutex::new(None);

/// Goes round its own savepoint, through the caller's transaction.
#[receiver(post_save, sender = OuterUser)]
async fn use_the_outer_transaction(instance: &OuterUser, tx: &Tx) -> Result<()> {
    let outer = OUTER.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap();
    match &*instance.name {
        "save" => Part { id: 0, name: "outer".into() }.save(&outer).await,
        "whole" => whole("outer").save(&outer).await,
        "find" => Part::find(&outer, 1).await.map(drop),
        "begin" => outer.begin().await.map(drop),
        "commit" => outer.commit().await,
        // A level deeper: the handle of the receiver around this one is an outer one too.
        "deeper" => {
            *OUTER.lock().unwrap_or_else(PoisonError::into_inner) = Some(tx.clone());
            OuterUser { id: 0, name: "save".into() }.save(tx).await
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_receiver_on_an_outer_handle_gets_an_error_at_once_if_its_savepoint_is_open() {
    let db = database("waiting_").await;
    for way in ["save", "whole", "find", "begin", "commit", "deeper"] {
        let tx = db.begin().await.unwrap();
        *OUTER.lock().unwrap() = Some(tx.clone());
        let mut user = OuterUser { id: 0, name: way.into() };
        let save = tokio::time::timeout(Duration::from_secs(20), user.save(&tx).into_future());
        let error = save.await.expect("it waited for itself").unwrap_err();
        assert!(matches!(cause(&error), Error::SavepointOpen), "{way}: {error}");
        assert_eq!(user.id, 0);
        *OUTER.lock().unwrap() = None;
        if way != "commit" {
            Part { id: 0, name: way.into() }.save(&tx).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
    assert_eq!(names_of(&db, "waiting_part").await, ["begin", "deeper", "find", "save", "whole"]);
    assert_eq!(names_of(&db, "waiting_outer_user").await, [""; 0]);
}
