//! `on_commit`, and its transactions and savepoints.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use signals::{Db, Error, Model, Result, Tx, post_save, receiver};
use signals_test_behavior::{Kind, Log, Refused, capture, count_in, database, db, elsewhere, kind, refused, rows, url};
use tempfile::TempDir;

/// A callback that notes a line.
fn note(tx: &Tx, log: &'static Log, line: &'static str) {
    tx.on_commit(async move { log.note(line) }).unwrap();
}

// K192, K194: queued, run once after the commit, in the order of registration.
#[tokio::test]
async fn callbacks_run_once_after_the_commit_in_order() -> Result<()> {
    static LOG: Log = Log::new();
    let db = db().await;
    let tx = db.begin().await?;
    note(&tx, &LOG, "first");
    note(&tx.clone(), &LOG, "second");
    assert!(LOG.take().is_empty());
    tx.commit().await?;
    assert_eq!(LOG.take(), ["first", "second"]);
    let tx = db.begin().await?;
    tx.commit().await?;
    assert!(LOG.take().is_empty());
    Ok(())
}

// K192, K200: without a transaction a callback cannot be registered: `on_commit` is a method of `Tx`. On a
// transaction that has ended it is an error, and the callback does not run. (Django runs it at once outside
// of a transaction.)
#[tokio::test]
async fn a_callback_given_to_an_ended_transaction_does_not_run() -> Result<()> {
    static LOG: Log = Log::new();
    let db = db().await;
    let tx = db.begin().await?;
    let late = tx.clone();
    tx.commit().await?;
    let refused = late.on_commit(async { LOG.note("late") });
    assert!(matches!(refused, Err(Error::TransactionEnded { .. })), "{refused:?}");
    assert!(LOG.take().is_empty());
    Ok(())
}

// K194: what the row shows is what the callbacks see.
#[tokio::test]
async fn callbacks_run_when_others_can_see_the_row() -> Result<()> {
    #[derive(Model)]
    #[model(table = "committing_visible")]
    struct Flag {
        id: i64,
    }
    static LOG: Log = Log::new();
    let dir = TempDir::new().unwrap();
    // In memory, each would have a database of its own.
    let url = match kind() {
        Kind::Memory => format!("sqlite://{}?mode=rwc", dir.path().join("test.db").display()),
        _ => url().await,
    };
    let (db, other) = (Db::connect(&url).await?, Db::connect(&url).await?);
    db.create_tables_of(|model| model.table() == "committing_visible").await?;
    let tx = db.begin().await?;
    Flag { id: 0 }.save(&tx).await?;
    assert_eq!(rows(&other, "committing_visible").await, 0);
    let reader = other.clone();
    tx.on_commit(async move { LOG.note(rows(&reader, "committing_visible").await) }).unwrap();
    tx.commit().await?;
    assert_eq!(LOG.take(), ["1"]);
    Ok(())
}

// K194: savepoints keep the one order, and wait for the outermost commit.
#[tokio::test]
async fn callbacks_of_savepoints_wait_for_the_outermost_commit() -> Result<()> {
    static LOG: Log = Log::new();
    let db = db().await;
    let tx = db.begin().await?;
    note(&tx, &LOG, "outer 1");
    let inner = tx.begin().await?;
    note(&inner, &LOG, "inner");
    let innermost = inner.begin().await?;
    note(&innermost, &LOG, "innermost");
    innermost.commit().await?;
    inner.commit().await?;
    note(&tx, &LOG, "outer 2");
    assert!(LOG.take().is_empty());
    tx.commit().await?;
    assert_eq!(LOG.take(), ["outer 1", "inner", "innermost", "outer 2"]);
    Ok(())
}

// K194, K201, K202: a rollback, explicit or by dropping, discards the callbacks.
#[tokio::test]
async fn a_rollback_discards_the_callbacks() -> Result<()> {
    static LOG: Log = Log::new();
    let db = db().await;
    let tx = db.begin().await?;
    note(&tx, &LOG, "rolled back");
    tx.rollback().await?;
    let tx = db.begin().await?;
    note(&tx, &LOG, "dropped");
    drop(tx);
    let outcome = db
        .atomic(|tx| async move {
            note(&tx, &LOG, "failed");
            Err::<(), _>(Error::other(Refused("atomic")))
        })
        .await;
    assert_eq!(refused(&outcome.unwrap_err()), Some("atomic"));
    // The connection can begin another transaction.
    db.begin().await?.commit().await?;
    assert!(LOG.take().is_empty());
    Ok(())
}

// K195: exactly those registered while the savepoint was open, those of released inner ones included.
#[tokio::test]
async fn a_rolled_back_savepoint_discards_exactly_its_own_callbacks() -> Result<()> {
    static LOG: Log = Log::new();
    let db = db().await;
    let tx = db.begin().await?;
    note(&tx, &LOG, "before");
    let savepoint = tx.begin().await?;
    note(&savepoint, &LOG, "in the savepoint");
    let inner = savepoint.begin().await?;
    note(&inner, &LOG, "in a released inner one");
    inner.commit().await?;
    savepoint.rollback().await?;
    note(&tx, &LOG, "between");
    let dropped = tx.begin().await?;
    note(&dropped, &LOG, "in a dropped one");
    drop(dropped);
    let kept = tx.begin().await?;
    let undone = kept.begin().await?;
    note(&undone, &LOG, "in an inner one that was rolled back");
    undone.rollback().await?;
    note(&kept, &LOG, "after an inner rollback");
    kept.commit().await?;
    tx.commit().await?;
    assert_eq!(LOG.take(), ["before", "between", "after an inner rollback"]);
    Ok(())
}

// K196: every inner level is a savepoint, so an error caught around it undoes only that level.
#[tokio::test]
async fn an_error_caught_around_a_savepoint_undoes_that_savepoint_alone() -> Result<()> {
    #[derive(Model)]
    #[model(table = "committing_caught")]
    struct Line {
        id: i64,
    }
    static LOG: Log = Log::new();
    let db = db().await;
    db.atomic(|tx| async move {
        Line { id: 1 }.save(&tx).await?;
        note(&tx, &LOG, "outer");
        let caught = tx
            .atomic(|tx| async move {
                Line { id: 2 }.save(&tx).await?;
                note(&tx, &LOG, "inner");
                Line { id: 1 }.save(&tx).force_insert().await
            })
            .await;
        assert!(matches!(caught, Err(Error::Database { .. })));
        Line { id: 3 }.save(&tx).await
    })
    .await?;
    assert_eq!(LOG.take(), ["outer"]);
    assert_eq!(rows(&db, "committing_caught").await, 2);
    assert!(Line::find(&db, 2).await?.is_none());
    Ok(())
}

// K193, K197: every callback is robust. In Django a failing one drops those after it, and its error comes out
// of a block whose data is committed.
#[tokio::test]
async fn a_failing_callback_is_logged_and_counted_and_stops_nothing() -> Result<()> {
    static LOG: Log = Log::new();
    let db = db().await;
    let (logged, _guard) = capture();
    let tx = db.begin().await?;
    tx.on_commit(async { Err::<(), _>(Refused("mail server")) }).unwrap();
    note(&tx, &LOG, "next");
    tx.on_commit(async { assert!(!always(), "in a callback") }).unwrap();
    note(&tx, &LOG, "last");
    assert_eq!(db.failed_callbacks(), 0);
    tx.commit().await?;
    assert_eq!(LOG.take(), ["next", "last"]);
    assert_eq!(db.failed_callbacks(), 2);
    let logged = logged.take();
    assert_eq!(logged.len(), 2, "{logged:?}");
    assert!(logged.iter().all(|line| line.starts_with("ERROR")), "{logged:?}");
    assert!(logged[0].contains("refused: mail server"), "{logged:?}");
    Ok(())
}

// K198: the transaction's connection is given back before its callbacks run, so they may use it.
#[tokio::test]
async fn a_callback_may_query_and_begin_transactions() -> Result<()> {
    #[derive(Model)]
    #[model(table = "committing_in_callback")]
    struct Mail {
        id: i64,
    }
    let db = db().await;
    let tx = db.begin().await?;
    let again = db.clone();
    tx.on_commit(async move {
        Mail { id: 0 }.save(&again).await?;
        again.atomic(|tx| async move { Mail { id: 0 }.save(&tx).await }).await
    })
    .unwrap();
    tx.commit().await?;
    assert_eq!((rows(&db, "committing_in_callback").await, db.failed_callbacks()), (2, 0));
    Ok(())
}

// K199: what a callback registers runs at the end of the callback's own transaction, before the rest of the
// outer queue.
#[tokio::test]
async fn a_callback_that_registers_another_runs_it_before_those_that_wait() -> Result<()> {
    static LOG: Log = Log::new();
    let db = db().await;
    let tx = db.begin().await?;
    for (line, inner_line) in [("1", "11"), ("2", "12")] {
        let db = db.clone();
        tx.on_commit(async move {
            LOG.note(line);
            db.atomic(|inner| async move {
                note(&inner, &LOG, inner_line);
                Ok(())
            })
            .await
        })
        .unwrap();
    }
    tx.commit().await?;
    assert_eq!(LOG.take(), ["1", "11", "2", "12"]);
    Ok(())
}

// K201: each transaction has a queue of its own, and so has each database.
#[tokio::test]
async fn transactions_of_two_databases_have_separate_queues() -> Result<()> {
    static LOG: Log = Log::new();
    let (one, two) = (db().await, db().await);
    let (on_one, on_two) = (one.begin().await?, two.begin().await?);
    note(&on_one, &LOG, "one");
    note(&on_two, &LOG, "two");
    on_two.commit().await?;
    assert_eq!(LOG.take(), ["two"]);
    on_one.rollback().await?;
    assert!(LOG.take().is_empty());
    Ok(())
}

// K203: in a test that rolls its transaction back, callbacks never run. Such a test is not needed: a database
// in memory is as cheap.
#[tokio::test]
async fn callbacks_of_receivers_follow_the_outermost_transaction() -> Result<()> {
    #[derive(Model)]
    #[model(table = "committing_from_receiver")]
    struct Signup {
        id: i64,
        spam: bool,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Signup)]
    fn welcome(instance: &Signup, tx: &Tx) -> Result<(), Refused> {
        let id = instance.id;
        tx.on_commit(async move { LOG.note(format!("welcome {id}")) }).unwrap();
        if instance.spam { Err(Refused("spam")) } else { Ok(()) }
    }

    let db = db().await;
    let tx = db.begin().await?;
    Signup { id: 1, spam: false }.save(&tx).await?;
    // The callback of a save that failed goes with its savepoint.
    Signup { id: 2, spam: true }.save(&tx).await.unwrap_err();
    Signup { id: 3, spam: false }.save(&tx).await?;
    assert!(LOG.take().is_empty());
    tx.commit().await?;
    assert_eq!(LOG.take(), ["welcome 1", "welcome 3"]);

    let tx = db.begin().await?;
    Signup { id: 4, spam: false }.save(&tx).await?;
    drop(tx);
    assert_eq!((LOG.take().len(), rows(&db, "committing_from_receiver").await), (0, 2));
    Ok(())
}

// K204: a transaction begun on a `Db` is never nested, so its commit is a commit. If a receiver would wait
// for itself because there is only one connection, it gets an error.
#[tokio::test]
async fn a_transaction_begun_on_the_database_is_never_nested() -> Result<()> {
    #[derive(Model)]
    #[model(table = "committing_durable")]
    struct Job {
        id: i64,
    }
    let db = database(|builder| builder.max_connections(1)).await;
    let again = db.clone();
    post_save.connect_async::<Job>("committing.durable", move |_| {
        let db = again.clone();
        Box::pin(async move { db.begin().await.map(drop).map_err(Into::into) })
    })?;
    let error = Job { id: 0 }.save(&db).await.unwrap_err();
    assert!(error.to_string().contains("`tx: &Tx`"), "{error}");
    assert!(matches!(error.find::<Error>(), Some(Error::ConnectionHeld { .. })), "{error:?}");
    assert_eq!(rows(&db, "committing_durable").await, 0);
    Ok(())
}

// K204: with several connections and several writers, the transaction stays, whatever happens to the save.
#[tokio::test]
async fn a_transaction_begun_on_the_database_in_a_receiver_is_one_of_its_own() -> Result<()> {
    #[derive(Model)]
    #[model(table = "committing_apart")]
    struct Task {
        id: i64,
    }
    #[derive(Model)]
    #[model(table = "committing_apart_audit")]
    struct Audit {
        id: i64,
    }
    // SQLite has one writer, for which this would wait.
    if elsewhere(&[Kind::Postgres, Kind::Mysql]) {
        return Ok(());
    }
    let db = db().await;
    let again = db.clone();
    post_save.connect_async::<Task>("committing.apart", move |_| {
        let db = again.clone();
        Box::pin(async move {
            let tx = db.begin().await?;
            assert_eq!(count_in(&tx, "SELECT count(*) FROM committing_apart").await, 0, "the save is not committed");
            Audit { id: 0 }.save(&tx).await?;
            tx.commit().await?;
            Err(Refused("after the audit").into())
        })
    })?;
    Task { id: 0 }.save(&db).await.unwrap_err();
    assert_eq!((rows(&db, "committing_apart").await, rows(&db, "committing_apart_audit").await), (0, 1));
    Ok(())
}

// K194: a handle of an ended transaction is refused, also the clones.
#[tokio::test]
async fn an_ended_transaction_is_refused() -> Result<()> {
    #[derive(Model)]
    #[model(table = "committing_ended")]
    struct Stub {
        id: i64,
    }
    let db = db().await;
    let tx = db.begin().await?;
    let clone = tx.clone();
    Stub { id: 0 }.save(&clone).await?;
    tx.commit().await?;
    let error = Stub { id: 0 }.save(&clone).await.unwrap_err();
    assert!(matches!(error, Error::TransactionEnded { .. }), "{error}");
    assert!(matches!(clone.commit().await, Err(Error::TransactionEnded { .. })));
    assert_eq!(rows(&db, "committing_ended").await, 1);
    Ok(())
}

// K195: while a savepoint is open, its outer handle is refused instead of waiting endlessly.
#[tokio::test]
async fn the_outer_handle_is_refused_while_a_savepoint_is_open() -> Result<()> {
    #[derive(Model)]
    #[model(table = "committing_savepoint_open")]
    struct Brick {
        id: i64,
    }
    let db = db().await;
    let tx = db.begin().await?;
    let savepoint = tx.begin().await?;
    Brick { id: 1 }.save(&savepoint).await?;
    assert!(matches!(Brick { id: 2 }.save(&tx).await, Err(Error::SavepointOpen)));
    savepoint.rollback().await?;
    Brick { id: 3 }.save(&tx).await?;
    tx.commit().await?;
    assert!(Brick::find(&db, 1).await?.is_none() && Brick::find(&db, 3).await?.is_some());
    Ok(())
}

// K194: a panic in the work rolls back as an error does.
#[tokio::test]
async fn a_panic_in_atomic_rolls_back() -> Result<()> {
    #[derive(Model)]
    #[model(table = "committing_panic")]
    struct Glass {
        id: i64,
    }
    static LOG: Log = Log::new();
    let db = db().await;
    let work = db.atomic(|tx| async move {
        Glass { id: 0 }.save(&tx).await?;
        note(&tx, &LOG, "committed");
        assert!(!always(), "in the work");
        Ok(())
    });
    assert!(AssertUnwindSafe(work).catch_unwind().await.is_err());
    assert_eq!((rows(&db, "committing_panic").await, LOG.take().len()), (0, 0));
    Ok(())
}

/// Returns `true` without the compiler knowing it, so that the code after a panic is not reported as
/// unreachable.
fn always() -> bool {
    std::hint::black_box(true)
}
