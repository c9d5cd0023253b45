//! Values with a connection may be dropped after the end of the runtime.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::{FutureExt as _, StreamExt as _, poll};
use signals::{Db, Model as _, Result, Tx};
use signals_test_behavior::{Kind, database, kind};
use tokio::runtime::{Builder, Runtime};

use super::{Item, item};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Runs `work` and drops its result after the end of the runtime. `work` gets a database with rows, and a
/// transaction unless it needs the only connection.
fn dropped_late<T>(what: &str, work: impl FnOnce(&'static Db, &'static Tx, &Runtime) -> T, needs_db: bool) {
    let runtime = runtime();
    let (db, tx) = runtime.block_on(async {
        // It is leaked, so that nothing is dropped in the wrong order.
        let db: &Db = Box::leak(Box::new(database(|builder| builder.max_connections(2)).await));
        for _ in 0..20 {
            item("row").save(db).await.unwrap();
        }
        let tx: &Tx = Box::leak(Box::new(db.begin().await.unwrap()));
        if needs_db && kind() == Kind::Memory {
            tx.clone().rollback().await.unwrap();
        }
        (db, tx)
    });
    let held = work(db, tx, &runtime);
    drop(runtime);
    let dropped = catch_unwind(AssertUnwindSafe(move || drop(held)));
    assert!(dropped.is_ok(), "dropping {what} panicked");
}

/// Polls a future until it waits for the database, a few times.
fn started<F: Future + Unpin>(runtime: &Runtime, mut future: F, polls: u32) -> F {
    runtime.block_on(async {
        for _ in 0..polls {
            if poll!(&mut future).is_ready() {
                break;
            }
        }
    });
    future
}

#[test]
fn nothing_panics_that_is_dropped_after_the_runtime() {
    dropped_late(
        "a stream on a `Db`",
        |db, _, runtime| {
            let mut stream = Item::objects().stream(db);
            runtime.block_on(stream.next()).unwrap().unwrap();
            stream
        },
        true,
    );
    dropped_late(
        "a stream on a `Tx`",
        |_, tx, runtime| {
            let mut stream = Item::objects().stream(tx);
            runtime.block_on(stream.next()).unwrap().unwrap();
            stream
        },
        false,
    );
    for polls in 1..4 {
        dropped_late("a `find`", |db, _, runtime| started(runtime, Item::find(db, 1).boxed(), polls), true);
        dropped_late(
            "an `all`",
            |db, _, runtime| started(runtime, async move { Item::objects().all(db).await }.boxed(), polls),
            true,
        );
        dropped_late(
            "a save",
            |db, _, runtime| {
                started(runtime, async move { Box::leak(Box::new(item("late"))).save(db).await }.boxed(), polls)
            },
            true,
        );
        dropped_late(
            "a save in a transaction",
            |_, tx, runtime| {
                started(runtime, async move { Box::leak(Box::new(item("late"))).save(tx).await }.boxed(), polls)
            },
            false,
        );
        dropped_late("a `begin`", |db, _, runtime| started(runtime, db.begin().boxed(), polls), false);
    }
}

#[test]
fn no_transaction_panics_that_is_dropped_after_the_runtime() {
    dropped_late(
        "a transaction that wrote",
        |db, _, runtime| {
            let tx = runtime.block_on(db.begin()).unwrap();
            runtime.block_on(async { item("late").save(&tx).await }).unwrap();
            tx
        },
        true,
    );
    dropped_late("a transaction", |db, _, runtime| runtime.block_on(db.begin()).unwrap(), true);
    dropped_late(
        "a savepoint",
        |_, tx, runtime| {
            let savepoint = runtime.block_on(tx.begin()).unwrap();
            runtime.block_on(async { item("late").save(&savepoint).await }).unwrap();
            savepoint
        },
        false,
    );
    dropped_late(
        "the connection of a transaction",
        |_, tx, runtime| {
            runtime.block_on(async {
                match kind() {
                    Kind::Memory | Kind::File => Box::new(tx.sqlite().await.unwrap()) as Box<dyn Held>,
                    Kind::Postgres => Box::new(tx.postgres().await.unwrap()),
                    Kind::Mysql => Box::new(tx.mysql().await.unwrap()),
                }
            })
        },
        false,
    );
}

trait Held {}
impl<T> Held for T {}

// The drop closes the connection, so that the pool can open another one.
#[test]
fn the_pool_goes_on_in_another_runtime() -> Result<()> {
    if kind() == Kind::Memory {
        return Ok(());
    }
    let first = runtime();
    let db: &Db = Box::leak(Box::new(first.block_on(database(|builder| builder.max_connections(1)))));
    let mut stream = Item::objects().stream(db);
    assert!(first.block_on(stream.next()).is_none());
    first.block_on(async { item("row").save(db).await })?;
    let mut stream_of_one = Item::objects().stream(db);
    first.block_on(stream_of_one.next()).unwrap()?;
    drop(first);
    drop(stream);
    drop(stream_of_one);
    runtime().block_on(async {
        assert_eq!(Item::objects().count(db).await?, 1);
        Ok(())
    })
}

// `#[tokio::test]` makes a runtime for each test, and they may share one pool.
#[test]
fn connections_of_a_runtime_that_has_ended_are_not_used() -> Result<()> {
    if kind() == Kind::Memory {
        return Ok(());
    }
    let db: &Db = Box::leak(Box::new(runtime().block_on(database(|builder| builder.max_connections(3)))));
    for _ in 0..5 {
        runtime().block_on(async {
            // All three are taken, so that the pool seems busy, and are idle when the runtime ends.
            for _ in 0..3 {
                let (one, two, three) = (db.begin().await?, db.begin().await?, db.begin().await?);
                tokio::try_join!(one.rollback(), two.rollback(), three.rollback())?;
            }
            Item::objects().count(db).await?;
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            Ok::<_, signals::Error>(())
        })?;
    }
    Ok(())
}
