//! `Tx` as a handle: clones, its end, and plain sqlx on its connection.

use signals::{Error, Model};

use crate::support::{database, names_in, names_of, note, noted};

#[derive(Debug, Clone, Model)]
#[model(table = "handles_item")]
struct Item {
    id: i64,
    name: String,
}

const TABLE: &str = "handles_item";

fn item(name: &str) -> Item {
    Item { id: 0, name: name.into() }
}

#[tokio::test]
async fn a_commit_keeps_and_a_rollback_undoes() {
    let db = database("handles_").await;
    let tx = db.begin().await.unwrap();
    item("kept").save(&tx).await.unwrap();
    tx.commit().await.unwrap();
    let tx = db.begin().await.unwrap();
    item("undone").save(&tx).await.unwrap();
    assert_eq!(names_in(&tx, TABLE).await, ["kept", "undone"]);
    tx.rollback().await.unwrap();
    assert_eq!(names_of(&db, TABLE).await, ["kept"]);
}

#[tokio::test]
async fn a_dropped_transaction_is_rolled_back() {
    let db = database("handles_").await;
    let tx = db.begin().await.unwrap();
    item("undone").save(&tx).await.unwrap();
    drop(tx);
    assert_eq!(names_of(&db, TABLE).await, [""; 0]);
    item("later").save(&db).await.unwrap();
    assert_eq!(names_of(&db, TABLE).await, ["later"]);
}

#[tokio::test]
async fn clones_are_one_transaction_which_the_last_of_them_rolls_back() {
    let db = database("handles_").await;
    let tx = db.begin().await.unwrap();
    let clone = tx.clone();
    item("one").save(&tx).await.unwrap();
    drop(tx);
    item("two").save(&clone).await.unwrap();
    assert_eq!(names_in(&clone, TABLE).await, ["one", "two"]);
    drop(clone);
    assert_eq!(names_of(&db, TABLE).await, [""; 0]);
}

#[tokio::test]
async fn an_ended_transaction_refuses_every_call() {
    let db = database("handles_").await;
    for commit in [true, false] {
        let tx = db.begin().await.unwrap();
        item("first").save(&tx).await.unwrap();
        let clone = tx.clone();
        if commit {
            tx.commit().await.unwrap();
        } else {
            tx.rollback().await.unwrap();
        }
        let errors = [
            item("late").save(&clone).await.unwrap_err(),
            Item::find(&clone, 1).await.unwrap_err(),
            clone.sqlite().await.err().unwrap(),
            clone.begin().await.unwrap_err(),
            clone.clone().commit().await.unwrap_err(),
            clone.clone().rollback().await.unwrap_err(),
            clone.on_commit(async { note("handles/late") }).unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, Error::TransactionEnded { .. }), "{error}");
        }
    }
    assert_eq!(noted("handles/"), [""; 0]);
    assert_eq!(names_of(&db, TABLE).await, ["first"]);
}

#[tokio::test]
async fn atomic_commits_on_ok_and_rolls_back_on_err() {
    let db = database("handles_").await;
    let id = db
        .atomic(|tx| async move {
            let mut kept = item("kept");
            kept.save(&tx).await?;
            Ok(kept.id)
        })
        .await
        .unwrap();
    assert_eq!(id, 1);
    let error = db
        .atomic(|tx| async move {
            item("undone").save(&tx).await?;
            Err::<(), _>(Error::other("no"))
        })
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "no");
    assert_eq!(names_of(&db, TABLE).await, ["kept"]);
}

#[tokio::test]
async fn atomic_in_a_transaction_is_a_savepoint() {
    let db = database("handles_").await;
    let tx = db.begin().await.unwrap();
    item("outer").save(&tx).await.unwrap();
    tx.atomic(|tx| async move { item("kept").save(&tx).await }).await.unwrap();
    let error = tx
        .atomic(|tx| async move {
            item("undone").save(&tx).await?;
            Err::<(), _>(Error::other("no"))
        })
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "no");
    tx.commit().await.unwrap();
    assert_eq!(names_of(&db, TABLE).await, ["kept", "outer"]);
}

#[tokio::test]
async fn a_handle_that_outlives_atomic_keeps_nothing_alive() {
    let db = database("handles_").await;
    let (send, receive) = tokio::sync::oneshot::channel();
    let work = db.atomic(|tx| async move {
        item("undone").save(&tx).await?;
        send.send(tx.clone()).ok();
        std::future::pending::<signals::Result<()>>().await
    });
    // The work is dropped at the end of this statement.
    let leaked = tokio::select! {
        biased;
        _ = work => panic!("it never ends"),
        leaked = receive => leaked.unwrap(),
    };
    assert!(matches!(item("late").save(&leaked).await, Err(Error::TransactionEnded { .. })));
    assert_eq!(names_of(&db, TABLE).await, [""; 0]);
}

#[tokio::test]
async fn plain_sqlx_runs_in_the_same_transaction() {
    let db = database("handles_").await;
    let tx = db.begin().await.unwrap();
    // The first statement of the transaction is plain sqlx: it must not run before BEGIN.
    let insert = "INSERT INTO handles_item (name) VALUES ('plain')";
    sqlx::query(insert).execute(&mut *tx.sqlite().await.unwrap()).await.unwrap();
    item("ours").save(&tx).await.unwrap();
    let rows: Vec<Item> = sqlx::query_as("SELECT * FROM handles_item ORDER BY id")
        .fetch_all(&mut *tx.sqlite().await.unwrap())
        .await
        .unwrap();
    assert_eq!(rows.iter().map(|row| (row.id, &*row.name)).collect::<Vec<_>>(), [(1, "plain"), (2, "ours")]);
    let savepoint = tx.begin().await.unwrap();
    sqlx::query(insert).execute(&mut *savepoint.sqlite().await.unwrap()).await.unwrap();
    savepoint.rollback().await.unwrap();
    assert_eq!(names_in(&tx, TABLE).await, ["ours", "plain"]);
    tx.rollback().await.unwrap();
    assert_eq!(names_of(&db, TABLE).await, [""; 0]);
}

#[tokio::test]
async fn an_unused_transaction_ends_either_way() {
    let db = database("handles_").await;
    db.begin().await.unwrap().commit().await.unwrap();
    db.begin().await.unwrap().rollback().await.unwrap();
    drop(db.begin().await.unwrap());
    let tx = db.begin().await.unwrap();
    tx.begin().await.unwrap().commit().await.unwrap();
    tx.begin().await.unwrap().rollback().await.unwrap();
    tx.on_commit(async { note("unused/committed") }).unwrap();
    tx.commit().await.unwrap();
    assert_eq!(noted("unused/"), ["unused/committed"]);
}
