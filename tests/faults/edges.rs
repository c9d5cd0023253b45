//! Unusual actions of receivers and callers, and the guarantees that still hold.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use signals::{Db, Error, Model, PostSave, Result, Tx, post_save, pre_save, receiver};
use tokio::sync::Notify;

use crate::support::database;

async fn keys(db: &Db, table: &str) -> Vec<i64> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT id FROM {table} ORDER BY id"));
    sqlx::query_scalar(sql).fetch_all(db.sqlite().unwrap()).await.unwrap()
}

#[tokio::test]
async fn an_update_whose_key_a_receiver_clears_inserts_nothing() {
    #[derive(Debug, Model)]
    #[model(table = "edges_cleared")]
    struct Cleared {
        id: i64,
        n: i32,
    }

    #[receiver(pre_save, sender = Cleared)]
    fn clear(instance: &mut Cleared, update_fields: Option<&signals::FieldSet>) {
        if update_fields.is_some() {
            instance.id = 0;
        }
    }

    let db = database("edges_").await;
    let mut row = Cleared { id: 7, n: 1 };
    row.save(&db).await.unwrap();
    let error = row.save(&db).update_fields([Cleared::N]).await.unwrap_err();
    assert!(matches!(error, Error::KeyMissing { .. }), "{error:?}");
    assert_eq!((row.id, row.n), (7, 1), "the key is as it was");
    assert_eq!(keys(&db, "edges_cleared").await, [7]);
}

#[tokio::test]
async fn a_key_that_does_not_fit_leaves_no_row() {
    #[derive(Debug, Model)]
    #[model(table = "edges_small")]
    struct Small {
        id: i16,
    }

    let db = database("edges_").await;
    Small { id: i16::MAX }.save(&db).await.unwrap();
    let error = Small { id: 0 }.save(&db).await.unwrap_err();
    assert!(error.to_string().contains("32768 does not fit"), "{error}");
    assert_eq!(keys(&db, "edges_small").await, [32_767]);
}

#[tokio::test]
async fn a_save_dropped_while_its_callbacks_run_keeps_the_key_of_its_committed_row() {
    #[derive(Debug, Model)]
    #[model(table = "edges_slow_callback")]
    struct SlowCallback {
        id: i64,
    }

    static HAS_BEGUN: Notify = Notify::const_new();
    static IS_DROPPED: Notify = Notify::const_new();
    #[receiver(post_save, sender = SlowCallback)]
    fn wait_after(created: bool, tx: &Tx) {
        if created {
            tx.on_commit(async {
                HAS_BEGUN.notify_one();
                IS_DROPPED.notified().await;
            })
            .unwrap();
        }
    }

    let db = database("edges_").await;
    let mut row = SlowCallback { id: 0 };
    tokio::select! {
        biased;
        _ = row.save(&db).into_future() => panic!("the callback is still running"),
        () = HAS_BEGUN.notified() => {}
    }
    assert_eq!(row.id, 1);
    assert_eq!(keys(&db, "edges_slow_callback").await, [1]);
    IS_DROPPED.notify_one();
    tokio::time::timeout(Duration::from_mins(1), row.save(&db)).await.unwrap().unwrap();
    assert_eq!(keys(&db, "edges_slow_callback").await, [1], "a second save updates");
}

#[tokio::test]
async fn a_robust_receiver_that_ends_its_savepoint_stops_nothing() {
    #[derive(Debug, Model)]
    #[model(table = "edges_robust")]
    struct Robust {
        id: i64,
    }

    #[receiver(post_save, sender = Robust, robust)]
    async fn roll_back(tx: &Tx) -> Result<()> {
        tx.clone().rollback().await?;
        Err(Error::other("after its own rollback"))
    }

    let db = database("edges_").await;
    Robust { id: 0 }.save(&db).await.unwrap();
    assert_eq!(keys(&db, "edges_robust").await, [1]);
}

#[test]
fn a_receiver_may_own_the_connection_of_another() {
    #[derive(Debug, Model)]
    #[model(table = "edges_owned")]
    struct Owned {
        id: i64,
    }

    let inner = post_save.connect_scoped::<Owned>("edges.inner", |_| Ok(())).unwrap();
    let outer = post_save
        .connect::<Owned>("edges.outer", move |_: &mut PostSave<'_, Owned>| {
            let _ = &inner;
            Ok(())
        })
        .unwrap();
    assert!(post_save.disconnect(outer));
    assert!(!post_save.has_receivers::<Owned>());
}

static DEPTH: AtomicU32 = AtomicU32::new(0);

signals::signal! {
    /// Sent again by its own receiver.
    edges_echo { owner: Db }
}

#[receiver(edges_echo)]
async fn echo(owner: &Db) -> Result<()> {
    DEPTH.fetch_add(1, Ordering::SeqCst);
    edges_echo.send(EdgesEcho { owner: owner.clone() }).await.map(drop)
}

#[tokio::test]
async fn a_signal_of_ones_own_has_the_limit_of_the_save_it_is_nested_in() {
    #[derive(Debug, Model)]
    #[model(table = "edges_limited")]
    struct Limited {
        id: i64,
    }

    #[receiver(pre_save, sender = Limited)]
    async fn start_echo(tx: &Tx) -> Result<()> {
        let _ = tx;
        let other = Db::connect("sqlite::memory:").await?;
        edges_echo.send(EdgesEcho { owner: other }).await.map(drop)
    }

    let db = Db::builder("sqlite::memory:").recursion_limit(5).connect().await.unwrap();
    db.create_tables().await.unwrap();
    let error = Limited { id: 0 }.save(&db).await.unwrap_err();
    let Error::Recursion(recursion) = &error else { panic!("{error:?}") };
    assert_eq!(recursion.limit, 5);
    assert_eq!(DEPTH.load(Ordering::SeqCst), 4, "one level is the save's own");
}
