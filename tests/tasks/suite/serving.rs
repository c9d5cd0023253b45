//! Queues: each is served, also beside runs that must be alone.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use behavior::{Kind, execute, execute_in, kind};
use signals::tasks::{Context, Task, TaskState, Worker, pause_queue, resume_queue, task};
use signals::{Db, Model as _, Result};
use signals_test_tasks::{db, in_state, run, started, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_busy_queues_share_a_worker_with_long_runs() -> Result<()> {
    static ORDER: Mutex<Vec<String>> = Mutex::new(Vec::new());

    #[task(name = "serving.long")]
    async fn long(queue: String) {
        ORDER.lock().unwrap().push(queue);
        tokio::time::sleep(Duration::from_millis(600)).await;
    }

    let db = db().await;
    for queue in ["a", "b"] {
        for _ in 0..20 {
            long::enqueue(&db, queue.to_owned()).queue(queue).await?;
        }
    }
    let (stop, worker) = started(Worker::new(&db).concurrency(1).grace(Duration::ZERO));
    let mut waited = until("four have started", Duration::from_secs(20));
    let calls = || ORDER.lock().unwrap().len();
    while waited(calls() >= 4).await {}
    drop(stop);
    worker.await.unwrap()?;
    let started = ORDER.lock().unwrap().concat();
    assert!(started.starts_with("abab"), "{started}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_queues_are_all_served() -> Result<()> {
    #[task(name = "serving.many")]
    async fn many() {}

    let db = db().await;
    let tx = db.begin().await?;
    for number in 0..150 {
        many::enqueue(&tx).queue(format!("queue {number}")).await?;
    }
    tx.commit().await?;
    Worker::new(&db).burst().run_until(std::future::pending()).await?;
    assert_eq!(in_state(&db, TaskState::Done).await, 150);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_alone_also_under_load() -> Result<()> {
    static RUNNING: AtomicU32 = AtomicU32::new(0);
    static DONE: AtomicU32 = AtomicU32::new(0);
    static BESIDE: AtomicU32 = AtomicU32::new(0);
    static BEFORE: AtomicU32 = AtomicU32::new(u32::MAX);

    #[task(name = "serving.ordinary")]
    async fn ordinary(milliseconds: u64) {
        RUNNING.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        RUNNING.fetch_sub(1, Ordering::Relaxed);
        DONE.fetch_add(1, Ordering::Relaxed);
    }

    #[task(name = "serving.alone")]
    async fn alone() {
        BEFORE.store(DONE.load(Ordering::Relaxed), Ordering::Relaxed);
        for _ in 0..20 {
            BESIDE.fetch_max(RUNNING.load(Ordering::Relaxed), Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    if kind() == Kind::Memory {
        return Ok(()); // one run at a time
    }
    let db = db().await;
    let tx = db.begin().await?;
    // They do not end together.
    for number in 0..200 {
        ordinary::enqueue(&tx, 200 + number * 137 % 400).await?;
    }
    tx.commit().await?;
    let (stop, worker) = started(Worker::new(&db).concurrency(8).poll(Duration::from_millis(50)));
    let mut waited = until("some run", Duration::from_secs(20));
    while waited(RUNNING.load(Ordering::Relaxed) > 0).await {}
    let tx = db.begin().await?;
    alone::enqueue(&tx).await?;
    execute_in(&tx, "UPDATE signals_task SET state = 7, crashes = 2 WHERE name = 'serving.alone'").await;
    tx.commit().await?;
    let since = DONE.load(Ordering::Relaxed);
    let mut waited = until("all are done", Duration::from_mins(1));
    while waited(in_state(&db, TaskState::Done).await == 201).await {}
    let (beside, before) = (BESIDE.load(Ordering::Relaxed), BEFORE.load(Ordering::Relaxed));
    assert_eq!(beside, 0);
    assert!(before < since + 60, "it waited for {before} others, {since} of which were done before");
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_alone_after_its_second_crash() -> Result<()> {
    #[task(name = "serving.crashed", queue = "unserved")]
    async fn crashed() {}

    let db = db().await;
    let mut ids = Vec::new();
    for crashes in 0..3 {
        let tx = db.begin().await?;
        let id = crashed::enqueue(&tx).await?;
        tx.commit().await?;
        Task::objects().filter(Task::ID.eq(id)).update(&db, [Task::CRASHES.set(crashes), Task::STATE.set(1)]).await?;
        ids.push(id);
    }
    let (stop, worker) = started(Worker::new(&db).queues(["other"]).poll(Duration::from_millis(50)));
    let mut waited = until("none waits", Duration::from_secs(20));
    while waited(in_state(&db, TaskState::Waiting).await == 0).await {}
    for (id, state) in ids.into_iter().zip([TaskState::Ready, TaskState::Ready, TaskState::Isolated]) {
        assert_eq!(run(&db, id).await.state(), Some(state));
    }
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_is_noticed_soon() -> Result<()> {
    static CALLS: AtomicU32 = AtomicU32::new(0);

    #[task(name = "serving.endless", queue = "endless")]
    async fn endless(db: &Db) -> Result<()> {
        CALLS.fetch_add(1, Ordering::Relaxed);
        endless::enqueue(db).await.map(drop)
    }

    let db = db().await;
    for _ in 0..10 {
        endless::enqueue(&db).await?;
    }
    let (stop, worker) = started(Worker::new(&db).concurrency(1));
    let calls = || CALLS.load(Ordering::Relaxed);
    let mut waited = until("it works", Duration::from_secs(20));
    while waited(calls() > 5).await {}
    pause_queue(&db, "endless").await?;
    let mut waited = until("no run starts for a second", Duration::from_secs(6));
    let mut paused = 0;
    while waited(std::mem::replace(&mut paused, calls()) == paused).await {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    resume_queue(&db, "endless").await?;
    let mut waited = until("it works again", Duration::from_secs(6));
    while waited(calls() > paused).await {}
    drop(stop);
    worker.await.unwrap()?;
    execute(&db, "DELETE FROM signals_task").await;
    let refused = pause_queue(&db, "").await.map_err(|error| error.to_string());
    assert_eq!(refused, Err("the name of a queue is empty; use 1 to 255 characters without NUL".to_owned()));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queues_are_served_by_their_weights() -> Result<()> {
    static SERVED: Mutex<Vec<String>> = Mutex::new(Vec::new());

    #[task(name = "serving.weighted")]
    async fn weighted(ctx: &Context) {
        SERVED.lock().unwrap().push(ctx.queue().to_owned());
    }

    let db = db().await;
    for _ in 0..24 {
        for queue in ["heavy", "light"] {
            weighted::enqueue(&db).queue(queue).await?;
        }
    }
    let worker = Worker::new(&db).weighted_queues([("heavy", 3), ("light", 1)]).concurrency(1);
    let (stop, worker) = started(worker.poll(Duration::from_millis(20)));
    let served = || SERVED.lock().unwrap().len();
    let mut waited = until("all are served", Duration::from_mins(1));
    while waited(served() == 48).await {}
    drop(stop);
    worker.await.unwrap()?;
    let heavy = SERVED.lock().unwrap()[..24].iter().filter(|queue| *queue == "heavy").count();
    assert!((16..=20).contains(&heavy), "{heavy} of the first 24");

    for (weight, problem) in [(0, "the weight of `q` is 0"), (1_001, "the weight of `q` is 1001")] {
        let refused = Worker::new(&db).weighted_queues([("q", weight)]).burst().run_until(async {}).await;
        assert_eq!(refused.unwrap_err().to_string(), format!("{problem}; write a number from 1 to 1000"));
    }
    Ok(())
}
