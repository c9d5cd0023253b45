//! Tasks that run as soon as they are enqueued.

use std::sync::Mutex;

use signals::tasks::{DbTasks as _, TaskState, task};
use signals::{BoxError, Db, Model, Result, Tx, post_save, receiver};
use signals_test_tasks::{db, in_state, run};

#[tokio::test]
async fn a_run_is_run_before_its_enqueue_or_its_commit_returns() -> Result<()> {
    static ORDER: Mutex<Vec<String>> = Mutex::new(Vec::new());
    fn note(what: impl Into<String>) {
        ORDER.lock().unwrap().push(what.into());
    }

    #[task(name = "eager.first")]
    async fn first(number: u32, tx: &Tx) -> Result<()> {
        note(format!("first {number}"));
        second::enqueue(tx, number).await.map(drop)
    }

    #[task(name = "eager.second")]
    async fn second(number: u32) {
        note(format!("second {number}"));
    }

    let db = db().await;
    let eager = db.run_tasks_eagerly();
    second::enqueue(&db, 1).await?;
    note("enqueued");
    let tx = db.begin().await?;
    let savepoint = tx.begin().await?;
    first::enqueue(&savepoint, 2).await?;
    savepoint.commit().await?;
    let undone = tx.begin().await?;
    first::enqueue(&undone, 3).await?;
    undone.rollback().await?;
    note("before the commit");
    tx.commit().await?;
    note("committed");
    let expected = ["second 1", "enqueued", "before the commit", "first 2", "second 2", "committed"];
    assert_eq!(*ORDER.lock().unwrap(), expected);
    assert_eq!((eager.drained().done, eager.errors()), (3, Vec::new()));
    drop(eager);
    second::enqueue(&db, 4).await?;
    assert_eq!(in_state(&db, TaskState::Ready).await, 1, "only while the value lives");
    Ok(())
}

#[tokio::test]
async fn a_durable_receiver_runs_before_the_save_returns() -> Result<()> {
    static SEEN: Mutex<Vec<i64>> = Mutex::new(Vec::new());

    #[derive(Model)]
    #[model(table = "eager_order")]
    struct Order {
        id: i64,
    }

    #[receiver(post_save, sender = Order, durable)]
    async fn confirm(instance: &Order) {
        SEEN.lock().unwrap().push(instance.id);
    }

    let db = db().await;
    db.create_tables_of(|model| model.name() == "Order").await?;
    let eager = db.run_tasks_eagerly();
    let order = Order { id: 0 }.create(&db).await?;
    assert_eq!(*SEEN.lock().unwrap(), [order.id]);
    assert_eq!(eager.drained().done, 1);
    Ok(())
}

#[tokio::test]
async fn the_error_of_an_eager_task_does_not_reach_the_caller_and_is_counted() -> Result<()> {
    #[task(name = "eager.failing", max_attempts = 2, backoff = "1h")]
    async fn failing(db: &Db) -> Result<(), BoxError> {
        let _name = db.name();
        Err("refused".into())
    }

    let db = db().await;
    let eager = db.run_tasks_eagerly();
    let id = failing::enqueue(&db).await?;
    assert_eq!((eager.drained().failed, eager.drained().done), (1, 0));
    let run = run(&db, id).await;
    assert_eq!((run.state(), run.last_error.as_deref()), (Some(TaskState::Waiting), Some("refused")));
    Ok(())
}

#[tokio::test]
async fn tasks_run_eagerly_until_the_last_value_of_the_database_is_dropped() -> Result<()> {
    #[task(name = "eager.replaced")]
    async fn replaced() {}

    let db = db().await;
    let mut eager = db.run_tasks_eagerly();
    replaced::enqueue(&db).await?;
    assert_eq!(eager.drained().done, 1);
    // The assignment drops the first value after the second one was made.
    eager = db.run_tasks_eagerly();
    replaced::enqueue(&db).await?;
    assert_eq!(eager.drained().done, 1);
    drop(eager);
    replaced::enqueue(&db).await?;
    assert_eq!(in_state(&db, TaskState::Ready).await, 1);
    Ok(())
}
