//! Workers notice the runs of other processes, and the signals of tasks are sent.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use behavior::{Kind, kind};
use signals::tasks::{DbTasks as _, Task, TaskState, Worker, task};
use signals::{Db, Model as _, Result, receiver};
use signals_test_tasks::{db, run, until};
use tokio::sync::oneshot;
use uuid::Uuid;

/// Stores a copy of a run, as another process would: without waking a worker of this one.
async fn enqueue_elsewhere(db: &Db, like: &Task) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let state = TaskState::Ready.number();
    Task { id, state, attempts: 0, claims: 0, done_at: None, ..like.clone() }.create(db).await?;
    if kind() == Kind::Postgres {
        sqlx::query("SELECT pg_notify('signals_task', '')").execute(db.postgres()?).await.unwrap();
    }
    Ok(id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_notices_a_run_of_another_process_without_a_poll() -> Result<()> {
    #[task]
    async fn ring() {}

    if kind() == Kind::Memory || kind() == Kind::Mysql {
        return Ok(()); // no other process, or no notifications
    }
    let db = db().await;
    let first = ring::enqueue(&db).await?;
    db.drain_tasks().await?;
    let like = run(&db, first).await;
    let (stop, stopped) = oneshot::channel::<()>();
    // It does not poll during the test.
    let worker = Worker::new(&db).poll(Duration::from_hours(1)).lease(Duration::from_mins(5));
    let worker = tokio::spawn(worker.run_until(async move { drop(stopped.await) }));
    // The first ones may come before it listens.
    for _ in 0..30 {
        let id = enqueue_elsewhere(&db, &like).await?;
        let mut waited = until("it is done", Duration::from_secs(20));
        while waited(run(&db, id).await.state() == Some(TaskState::Done)).await {}
    }
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_are_followed_by_few_notifications_of_another_connection() -> Result<()> {
    #[task]
    async fn chime() {}

    if kind() != Kind::Postgres {
        return Ok(());
    }
    let db = db().await;
    let mut listener = sqlx::postgres::PgListener::connect_with(db.postgres()?).await.unwrap();
    listener.listen("signals_task").await.unwrap();

    let tx = db.begin().await?;
    chime::enqueue(&tx).await?;
    tx.rollback().await?;
    let schema: String = sqlx::query_scalar("SELECT current_schema()").fetch_one(db.postgres()?).await.unwrap();
    // Other tests notify too.
    let mut arrived = async |within: Duration| {
        let of_this = async { while listener.recv().await.unwrap().payload() != schema {} };
        tokio::time::timeout(within, of_this).await.is_ok()
    };
    assert!(!arrived(Duration::from_millis(300)).await, "nothing was committed");

    let begin = Instant::now();
    for _ in 0..200 {
        let tx = db.begin().await?;
        chime::enqueue(&tx).await?;
        tx.commit().await?;
    }
    let elapsed = begin.elapsed();
    let mut count = 0;
    while arrived(Duration::from_secs(if count == 0 { 20 } else { 1 })).await {
        count += 1;
    }
    // At most one each 20 ms, and one after the last commit.
    assert!((1..=elapsed.as_millis() / 20 + 2).contains(&count), "{count} notifications, {elapsed:?}");
    Ok(())
}

static SENT: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[receiver(signals::tasks::task_started)]
fn started(task: &str, attempt: u32) {
    note(task, format!("started {attempt}"));
}

#[receiver(signals::tasks::task_succeeded)]
fn succeeded(task: &str, attempt: u32) {
    note(task, format!("succeeded {attempt}"));
}

#[receiver(signals::tasks::task_retried)]
fn retried(task: &str, attempt: u32, error: &str, delay: Duration) {
    note(task, format!("retried {attempt}: {error}, {}", delay < Duration::from_secs(10)));
}

#[receiver(signals::tasks::task_failed)]
fn failed(task: &str, attempt: u32, error: &str) -> Result<()> {
    note(task, format!("failed {attempt}: {error}"));
    Err("a receiver of a task's signal cannot harm it".into())
}

#[receiver(signals::tasks::task_dead)]
fn dead(task: &str, attempt: u32) {
    note(task, format!("dead {attempt}"));
}

fn note(task: &str, what: String) {
    if task == "signal.me" {
        SENT.lock().unwrap().push(what);
    }
}

#[tokio::test]
async fn the_signals_of_a_task_follow_its_attempts() -> Result<()> {
    #[task(name = "signal.me", max_attempts = 2)]
    async fn work(fails: bool) -> Result<(), &'static str> {
        if fails { Err("no") } else { Ok(()) }
    }

    let db = db().await;
    work::enqueue(&db, false).await?;
    db.drain_tasks().await?;
    work::enqueue(&db, true).await?;
    db.drain_tasks().await?;
    signals_test_tasks::hurry(&db).await;
    db.drain_tasks().await?;
    assert_eq!(
        *SENT.lock().unwrap(),
        [
            "started 1",
            "succeeded 1",
            "started 1",
            "failed 1: no",
            "retried 1: no, true",
            "started 2",
            "failed 2: no",
            "dead 2",
        ]
    );
    Ok(())
}
