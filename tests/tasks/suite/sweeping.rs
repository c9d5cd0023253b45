//! Sweeping: what is due is found, however much it is.

use std::future::IntoFuture as _;
use std::time::{Duration, Instant};

use behavior::{Kind, count, execute, kind, rows};
use signals::tasks::{Task, TaskState, TaskWorker, Worker, purge_runs, task};
use signals::{Model as _, Result};
use signals_test_tasks::{allow, db, deadlock_updates, in_state, many_rows, run, started, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_due_runs_become_ready_and_many_old_ones_are_deleted() -> Result<()> {
    let db = db().await;
    // More than a sweep takes at once.
    many_rows(&db, 24_000, "'unserved'", "CASE WHEN n <= 12000 THEN 1 ELSE 3 + n % 3 END", "n").await;
    // It sweeps each 20 s. With one batch of deletes in each sweep, it would take 8 minutes.
    let worker = Worker::new(&db).queues(["other"]).poll(Duration::from_mins(1)).lease(Duration::from_mins(1));
    let (stop, worker) = started(worker);
    let mut waited = until("all are ready or deleted", Duration::from_mins(1));
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
    let (stop, worker) = started(Worker::new(&db).lease(Duration::from_secs(3)).poll(Duration::from_hours(1)));
    let mut waited = until("it is dead", Duration::from_secs(20));
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
    let worker = Worker::new(&db).keep_dead(Duration::from_secs(20)).poll(Duration::from_millis(50));
    let (stop, worker) = started(worker);
    let mut waited = until("both have ended", Duration::from_secs(20));
    while waited(in_state(&db, TaskState::Dead).await == 1 && in_state(&db, TaskState::Done).await == 1).await {}
    let kept = count(&db, "SELECT due_at - done_at FROM signals_task WHERE state = 4").await;
    assert_eq!(kept, 20_000);
    let mut waited = until("the dead one is deleted", Duration::from_secs(20));
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_of_the_sweep_does_not_delay_lost_runs() -> Result<()> {
    #[task(name = "sweeping.conflicted", queue = "sweeping.conflicted")]
    async fn conflicted() {}

    if kind().is_sqlite() {
        return Ok(()); // it has no deadlocks
    }
    let db = db().await;
    let lost = conflicted::enqueue(&db).await?;
    execute(&db, "UPDATE signals_task SET state = 2, claims = 1, attempts = 1, claimed_by = 'gone', due_at = 0").await;
    conflicted::enqueue(&db).delay(Duration::from_millis(1)).await?;
    deadlock_updates(&db, "OLD.state = 1 AND NEW.state = 0").await;
    let lease = Duration::from_secs(10);
    let worker = Worker::new(&db).lease(lease).poll(Duration::from_millis(50)).queues(["other"]);
    let (stop, worker) = started(worker);
    tokio::time::sleep(lease + Duration::from_secs(3)).await;
    assert_eq!(run(&db, lost).await.crashes, 0);
    allow(&db).await;
    let allowed = Instant::now();
    let mut waited = until("it is given back", lease);
    while waited(run(&db, lost).await.crashes == 1).await {}
    // If the deadlocks counted as an outage, it would wait for a whole lease after them.
    let elapsed = allowed.elapsed();
    assert!(elapsed + Duration::from_secs(1) < lease, "{elapsed:?}");
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_of_deletes_waits_for_no_other_row() -> Result<()> {
    #[task(name = "sweeping.locked")]
    async fn locked() {}

    if kind().is_sqlite() {
        return Ok(()); // it locks the whole database
    }
    let db = db().await;
    let id = locked::enqueue(&db).await?;
    // Of so few rows, MariaDB reads all to delete 500 by their keys in one statement.
    many_rows(&db, 800, "'default'", "CASE WHEN n <= 500 THEN 3 ELSE 0 END", "1").await;
    if kind() == Kind::Mysql {
        execute(&db, "ANALYZE TABLE signals_task").await;
    }
    let tx = db.begin().await?;
    Task::objects().filter(Task::ID.eq(id)).update(&tx, [Task::PRIORITY.set(1)]).await?;
    // A server waits at least 50 s for a lock.
    let purged = tokio::time::timeout(Duration::from_secs(40), purge_runs(&db).states([TaskState::Done]).into_future());
    assert_eq!(purged.await.expect("it does not wait for the lock")?, 500);
    tx.rollback().await
}
