//! Sweeping: what is due is found, however much it is.

use std::time::Duration;

use behavior::{Kind, count, execute, kind, rows};
use signals::tasks::{Task, TaskState, TaskWorker, Worker, task};
use signals::{Model as _, Result};
use signals_test_tasks::{db, in_state, many_rows, run, started, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_due_runs_become_ready_and_many_old_ones_are_deleted() -> Result<()> {
    let db = db().await;
    // More than a sweep takes at once.
    many_rows(&db, 24_000, "'unserved'", "CASE WHEN n <= 12000 THEN 1 ELSE 3 + n % 3 END", "n").await;
    let worker = Worker::new(&db).queues(["other"]).poll(Duration::from_secs(2));
    let (stop, worker) = started(worker);
    let mut waited = until("all are ready or deleted", Duration::from_secs(8));
    while waited(in_state(&db, TaskState::Ready).await == 12_000 && rows(&db, "signals_task").await == 12_000).await {}
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_runs_are_found_however_seldom_the_worker_polls() -> Result<()> {
    #[task(name = "sweeping.lost", queue = "sweeping.lost")]
    async fn lost() {}

    if kind() == Kind::Memory {
        return Ok(()); // no other worker can be lost
    }
    let db = db().await;
    let id = lost::enqueue(&db).await?;
    // One crash is left to it.
    let last =
        "UPDATE signals_task SET state = 2, claims = 5, attempts = 1, crashes = 4, claimed_by = 'gone', due_at = 0";
    execute(&db, last).await;
    let (stop, worker) = started(Worker::new(&db).lease(Duration::from_secs(1)).poll(Duration::from_hours(1)));
    let mut waited = until("it is dead", Duration::from_secs(10));
    while waited(run(&db, id).await.state() == Some(TaskState::Dead)).await {}
    let dead = run(&db, id).await;
    assert_eq!((dead.attempts, dead.crashes, dead.claims), (0, 5, 5));
    assert!(dead.done_at.is_some() && dead.claimed_by.is_none(), "{dead:?}");
    assert_eq!(dead.last_error.as_deref(), Some("the worker was lost while it ran this"));
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_runs_are_kept_as_long_as_it_was_set() -> Result<()> {
    #[task(name = "sweeping.dead", max_attempts = 1)]
    async fn dead(number: u8) -> Result<(), String> {
        if number == 0 { Ok(()) } else { Err("it is dead".into()) }
    }

    let db = db().await;
    dead::enqueue(&db, 0).await?;
    dead::enqueue(&db, 1).await?;
    let worker = Worker::new(&db).keep_dead(Duration::from_secs(2)).poll(Duration::from_millis(50));
    let (stop, worker) = started(worker);
    let mut waited = until("both have ended", Duration::from_secs(20));
    while waited(in_state(&db, TaskState::Dead).await == 1 && in_state(&db, TaskState::Done).await == 1).await {}
    let kept = count(&db, "SELECT due_at - done_at FROM signals_task WHERE state = 4").await;
    assert_eq!(kept, 2_000);
    while waited(in_state(&db, TaskState::Dead).await == 0).await {}
    assert_eq!(Task::objects().count(&db).await?, 1, "those that are done are kept for a day");
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_killed_workers_are_deleted() -> Result<()> {
    let db = db().await;
    let killed = TaskWorker { id: "killed".into(), queues: String::new(), concurrency: 8, started_at: 0, seen_at: 0 };
    killed.create(&db).await?;
    let (stop, worker) = started(Worker::new(&db));
    let mut waited = until("only the living one is shown", Duration::from_secs(20));
    let killed = || TaskWorker::objects().filter(TaskWorker::ID.eq("killed"));
    while waited(killed().count(&db).await? == 0 && TaskWorker::objects().count(&db).await? == 1).await {}
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}
