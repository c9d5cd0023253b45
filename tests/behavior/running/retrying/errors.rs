//! The meaning of a database's error, and the errors of a transaction that it ended.

#![allow(
    clippy::items_after_statements,
    clippy::single_match_else,
    reason = "each step of a test declares what it needs"
)]

use signals::{Error, Model, Result, Tx, post_save, receiver};
use signals_test_behavior::{Kind, Log, Refused, count_in, db, elsewhere, execute, kind, try_execute_in, until_gone};

use super::{Row, Wrapper, serialization_failure};

#[derive(Debug, Clone, Model)]
#[model(table = "retrying_unique")]
struct Unique {
    id: i64,
    #[model(unique)]
    n: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "retrying_around")]
struct Around {
    id: i64,
    n: i64,
}

#[receiver(post_save, sender = Around)]
async fn save_unique(instance: &Around, tx: &Tx) -> Result<(), Wrapper> {
    Ok(Unique { id: 0, n: instance.n }.save(tx).await?)
}

/// The names of the predicates that hold.
fn meanings(error: &Error) -> Vec<&'static str> {
    let all = [
        ("unique", error.is_unique_violation()),
        ("foreign key", error.is_foreign_key_violation()),
        ("check", error.is_check_violation()),
        ("not null", error.is_not_null_violation()),
        ("serialization", error.is_serialization_failure()),
        ("deadlock", error.is_deadlock()),
        ("lock timeout", error.is_lock_timeout()),
        ("connection lost", error.is_connection_lost()),
        ("retryable", error.is_retryable()),
    ];
    all.into_iter().filter(|(_, holds)| *holds).map(|(name, _)| name).collect()
}

/// Asserts the meaning of an error of sqlx, alone and wrapped in errors of applications.
fn assert_means(error: sqlx::Error, expected: &[&str]) {
    let shown = error.to_string();
    let error = Error::from(error);
    assert_eq!(meanings(&error), expected, "{shown}");
    let error = Error::other(Wrapper::Signals(Error::other(Wrapper::Signals(error))));
    assert_eq!(meanings(&error), expected, "{shown}");
}

#[tokio::test]
async fn the_constraint_that_refused_a_row_is_identified() -> Result<()> {
    let db = db().await;
    execute(&db, "CREATE TABLE retrying_parent (id INTEGER PRIMARY KEY)").await;
    execute(
        &db,
        "CREATE TABLE retrying_child (id INTEGER PRIMARY KEY, parent_id INTEGER, n INTEGER NOT NULL CHECK (n > 0), \
         FOREIGN KEY (parent_id) REFERENCES retrying_parent (id))",
    )
    .await;
    execute(&db, "INSERT INTO retrying_parent VALUES (1)").await;
    execute(&db, "INSERT INTO retrying_child VALUES (1, 1, 1)").await;
    let refused = [
        ("INSERT INTO retrying_child VALUES (1, 1, 1)", "unique"),
        ("INSERT INTO retrying_child VALUES (2, 404, 1)", "foreign key"),
        ("DELETE FROM retrying_parent", "foreign key"),
        ("INSERT INTO retrying_child VALUES (2, 1, 0)", "check"),
        ("INSERT INTO retrying_child VALUES (2, 1, NULL)", "not null"),
    ];
    for (statement, meaning) in refused {
        let tx = db.begin().await?;
        let error = try_execute_in(&tx, statement).await.expect_err(statement);
        assert_means(error, &[meaning]);
        tx.rollback().await?;
        // Through an application's error that forwards to sqlx's.
        let tx = db.begin().await?;
        let error = Error::other(Wrapper::Sqlx(try_execute_in(&tx, statement).await.expect_err(statement)));
        assert_eq!(meanings(&error), [meaning], "{statement}");
        tx.rollback().await?;
    }
    Unique { id: 0, n: 7 }.save(&db).await?;
    let error = Around { id: 0, n: 7 }.save(&db).await.unwrap_err();
    assert_eq!(meanings(&error), ["unique"], "{error:?}");
    assert!(meanings(&Error::other(Refused("no"))).is_empty());
    Ok(())
}

#[tokio::test]
async fn a_serialization_failure_is_retryable() -> Result<()> {
    if elsewhere(&[Kind::File, Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let db = db().await;
    assert_means(serialization_failure(&db).await, &["serialization", "retryable"]);
    Ok(())
}

#[tokio::test]
async fn a_lock_timeout_is_retryable() -> Result<()> {
    if elsewhere(&[Kind::File, Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let db = db().await;
    Row { id: 0, n: 0 }.save(&db).await?;
    let holder = db.begin().await?;
    Row::objects().update(&holder, [Row::N.set(1)]).await?;
    let error = if kind() == Kind::File {
        let mut connection = db.sqlite()?.acquire().await.unwrap();
        sqlx::query("PRAGMA busy_timeout = 50").execute(&mut *connection).await.unwrap();
        let error = sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await.unwrap_err();
        drop(connection.detach());
        error
    } else {
        let waiter = db.begin().await?;
        let limit =
            if kind() == Kind::Mysql { "SET innodb_lock_wait_timeout = 1" } else { "SET LOCAL lock_timeout = '50ms'" };
        try_execute_in(&waiter, limit).await.unwrap();
        try_execute_in(&waiter, "UPDATE retrying_row SET n = 2").await.unwrap_err()
    };
    assert_means(error, &["lock timeout", "retryable"]);
    holder.rollback().await
}

#[tokio::test]
async fn a_lost_connection_is_reported_and_not_retryable() -> Result<()> {
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let db = db().await;
    let tx = db.begin().await?;
    let (id, kill) = if kind() == Kind::Mysql {
        (count_in(&tx, "SELECT CAST(CONNECTION_ID() AS SIGNED)").await, "KILL")
    } else {
        (count_in(&tx, "SELECT pg_backend_pid()::int8").await, "SELECT pg_terminate_backend")
    };
    let kill = if kind() == Kind::Mysql { format!("{kill} {id}") } else { format!("{kill}({id})") };
    execute(&db, kill).await;
    until_gone(&db, &[id]).await;
    let error = Row { id: 0, n: 0 }.save(&tx).await.unwrap_err();
    assert_eq!(meanings(&error), ["connection lost"], "{error:?}");
    // Later calls return the reason for the end of the transaction.
    let later = tx.commit().await.unwrap_err();
    assert!(matches!(later, Error::TransactionEnded { .. }), "{later:?}");
    assert_eq!(meanings(&later), ["connection lost"], "{later:?}");
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_has_ended_keeps_the_error_that_ended_it() -> Result<()> {
    let db = db().await;
    Unique { id: 0, n: 1 }.save(&db).await?;
    let tx = db.begin().await?;
    let statement = match kind() {
        Kind::Memory | Kind::File => {
            let trigger = "CREATE TRIGGER ends BEFORE INSERT ON retrying_unique WHEN new.n = 1 BEGIN SELECT RAISE(ROLLBACK, 'it ends'); END";
            try_execute_in(&tx, trigger).await.unwrap();
            "it ends"
        }
        Kind::Postgres => "duplicate key",
        // There, only a deadlock ends a transaction, which another test covers.
        Kind::Mysql => return Ok(()),
    };
    // The save is quiet, because a receiver of this binary receives every model: with it, each save would be
    // in a savepoint and survive the failure.
    let first = Unique { id: 0, n: 1 }.save(&tx).quiet().await.unwrap_err();
    let later = Unique { id: 0, n: 2 }.save(&tx).quiet().await.unwrap_err();
    let Error::TransactionEnded { source: Some(source), .. } = &later else { panic!("{later:?}") };
    assert_eq!(source.to_string(), first.to_string());
    assert!(source.to_string().contains(statement), "{source}");
    assert_eq!(later.is_unique_violation(), first.is_unique_violation());
    let chain = format!("{:#}", anyhow::Error::new(later));
    assert_eq!(chain.matches(statement).count(), 1, "{chain}");

    // A callback is refused and dropped; so is a savepoint.
    static LOG: Log = Log::new();
    let early = tx.on_commit(async { LOG.note("called") });
    assert!(matches!(early, Err(Error::TransactionEnded { source: Some(_), .. })), "{early:?}");
    let savepoint = tx.begin().await.map(drop);
    assert!(matches!(savepoint, Err(Error::TransactionEnded { source: Some(_), .. })), "{savepoint:?}");
    let kept = tx.clone();
    assert!(matches!(tx.commit().await, Err(Error::TransactionEnded { source: Some(_), .. })));
    let refused = kept.on_commit(async { LOG.note("called") });
    assert!(matches!(refused, Err(Error::TransactionEnded { .. })), "{refused:?}");
    tokio::task::yield_now().await;
    assert!(LOG.take().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_savepoint_that_failed_leaves_callbacks_to_the_level_around_it() -> Result<()> {
    static LOG: Log = Log::new();
    let db = db().await;
    Unique { id: 0, n: 1 }.save(&db).await?;
    let tx = db.begin().await?;
    let savepoint = tx.begin().await?;
    assert!(Unique { id: 0, n: 1 }.save(&savepoint).quiet().await.unwrap_err().is_unique_violation());
    if kind() == Kind::Postgres {
        let refused = savepoint.on_commit(async { LOG.note("of the savepoint") });
        assert!(matches!(refused, Err(Error::TransactionEnded { .. })), "{refused:?}");
    }
    drop(savepoint);
    tx.on_commit(async { LOG.note("of the transaction") })?;
    tx.begin().await?.commit().await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["of the transaction"]);
    Ok(())
}
