//! Blocking tasks: each on a thread of its own, which keeps its slot until it returns.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use behavior::{Kind, kind};
use signals::context::{self, Context as Cause};
use signals::tasks::{Context, DbTasks as _, TaskState, Worker, cancel_run, task};
use signals::{Db, Result};
use signals_test_tasks::{db, hurry, run, started, until};

const LIMIT: Duration = Duration::from_secs(30);

/// Blocks the thread until the flag is set.
fn block(until: &AtomicBool) {
    while !until.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(5));
    }
}

#[tokio::test]
async fn a_blocking_task_has_a_thread_the_runtime_and_the_context_of_its_run() -> Result<()> {
    #[task(blocking, max_attempts = 3, backoff = "1h")]
    fn resize(width: u32, ctx: &Context, db: &Db) -> Result<(), String> {
        assert_eq!(context::current().actor(), Some("user:7"));
        assert_eq!((ctx.actor(), width, db.name()), (Some("user:7"), 640, "default"));
        assert!(thread::current().name().is_some_and(|name| name.ends_with("::resize")));
        tokio::runtime::Handle::current().spawn(async {});
        match ctx.attempt() {
            1 => Err("no disk".into()),
            2 => panic!("no memory"),
            _ => Ok(()),
        }
    }

    let db = db().await;
    let id = context::scope(Cause::new().with_actor("user:7"), resize::enqueue(&db, 640)).await?;
    for error in ["no disk", "the task panicked: no memory"] {
        assert_eq!(db.drain_tasks().await?.failed, 1);
        assert_eq!(run(&db, id).await.last_error.as_deref(), Some(error));
        hurry(&db).await;
    }
    assert_eq!(db.drain_tasks().await?.done, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timeout_is_reported_at_once_and_the_thread_keeps_its_slot() -> Result<()> {
    static END: AtomicBool = AtomicBool::new(false);

    #[task(name = "blocking.slow", blocking, queue = "slow", max_attempts = 1, timeout = "100ms")]
    fn slow() {
        block(&END);
    }

    #[task(name = "blocking.next", queue = "slow")]
    async fn next() {}

    let db = db().await;
    let (first, second) = (slow::enqueue(&db).await?, next::enqueue(&db).await?);
    // It does not poll, so it must be notified of the free slot.
    let (stop, worker) = started(Worker::new(&db).queues(["slow"]).concurrency(1).poll(Duration::from_hours(1)));
    let mut wait = until("the timeout is reported", LIMIT);
    while wait(run(&db, first).await.state() == Some(TaskState::Dead)).await {}
    assert_eq!(run(&db, first).await.last_error.as_deref(), Some("the attempt took longer than 100ms"));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(run(&db, second).await.state(), Some(TaskState::Ready), "its slot is not free");
    END.store(true, Ordering::Relaxed);
    let mut wait = until("the slot is free", LIMIT);
    while wait(run(&db, second).await.state() == Some(TaskState::Done)).await {}
    drop(stop);
    assert!(worker.await.unwrap()?.left_running.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_thread_keeps_its_slot() -> Result<()> {
    static END: AtomicBool = AtomicBool::new(false);
    static STARTED: AtomicU32 = AtomicU32::new(0);

    #[task(name = "blocking.cancelled", blocking, queue = "cancelled")]
    fn cancelled() {
        STARTED.fetch_add(1, Ordering::Relaxed);
        block(&END);
    }

    #[task(name = "blocking.later", queue = "cancelled")]
    async fn later() {}

    if kind() == Kind::Memory {
        // No lease is extended there, so a worker does not notice that a run was cancelled.
        return Ok(());
    }
    let db = db().await;
    let first = cancelled::enqueue(&db).await?;
    let worker = Worker::new(&db).queues(["cancelled"]).concurrency(1).lease(Duration::from_secs(3));
    let (stop, worker) = started(worker.poll(Duration::from_millis(20)));
    let is_started = || STARTED.load(Ordering::Relaxed) == 1;
    let mut wait = until("it runs", LIMIT);
    while wait(is_started()).await {}
    assert!(cancel_run(&db, first).await?);
    let second = later::enqueue(&db).await?;
    // The worker notices it within a third of the lease.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(run(&db, second).await.state(), Some(TaskState::Ready), "its slot is not free");
    END.store(true, Ordering::Relaxed);
    let mut wait = until("the slot is free", LIMIT);
    while wait(run(&db, second).await.state() == Some(TaskState::Done)).await {}
    drop(stop);
    assert_eq!(worker.await.unwrap()?.lost_claims, 1);
    assert_eq!(run(&db, first).await.state(), Some(TaskState::Cancelled));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_that_outlives_the_grace_is_named_and_its_run_is_not_given_back() -> Result<()> {
    static END: AtomicBool = AtomicBool::new(false);
    static STARTED: AtomicU32 = AtomicU32::new(0);

    #[task(name = "blocking.deaf", blocking, queue = "deaf")]
    fn deaf() {
        STARTED.fetch_add(1, Ordering::Relaxed);
        block(&END);
    }

    let db = db().await;
    let id = deaf::enqueue(&db).await?;
    let worker = Worker::new(&db).queues(["deaf"]).concurrency(1).grace(Duration::from_millis(200));
    let (stop, worker) = started(worker);
    let is_started = || STARTED.load(Ordering::Relaxed) == 1;
    let mut wait = until("it runs", LIMIT);
    while wait(is_started()).await {}
    drop(stop);
    let stopped = worker.await.unwrap()?;
    assert_eq!((stopped.left_running, stopped.released), (vec!["blocking.deaf".to_owned()], 0));
    assert_eq!(run(&db, id).await.state(), Some(TaskState::Running), "it keeps its lease");
    END.store(true, Ordering::Relaxed);
    Ok(())
}
