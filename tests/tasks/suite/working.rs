//! Workers within this process: waking, stopping, keeping, sweeping.

use std::future::pending;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use behavior::{Kind, database, execute, kind};
use signals::tasks::{Task, TaskState, TaskWorker, Worker, cancel_run, task};
use signals::{Db, Model, Result, Tx};
use signals_test_tasks::{db, in_state, run, started, until, with_tables};
use tokio::sync::Notify;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_runs_what_is_committed_at_once() -> Result<()> {
    #[task]
    async fn work(tx: &Tx) {
        let _ = tx;
    }

    let db = db().await;
    // It would not poll during the test.
    let (stop, worker) = started(Worker::new(&db).poll(Duration::from_hours(1)));
    let mut waited = until("the worker has written its row", Duration::from_secs(20));
    while waited(TaskWorker::objects().count(&db).await? == 1).await {}
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut waited = until("the runs are done", Duration::from_secs(20));
    for number in 1..=3 {
        let tx = db.begin().await?;
        work::enqueue(&tx).await?;
        tx.commit().await?;
        while waited(in_state(&db, TaskState::Done).await == number).await {}
    }
    assert_eq!(TaskWorker::objects().count(&db).await?, 1);
    drop(stop);
    assert_eq!(worker.await.unwrap()?, signals::tasks::Stopped::default());
    let mut waited = until("the row is deleted", Duration::from_secs(20));
    while waited(TaskWorker::objects().count(&db).await? == 0).await {}
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_runs_all_that_is_due_and_ends() -> Result<()> {
    #[task(queue = "a")]
    async fn step(left: u32, db: &Db) -> Result<()> {
        if left > 0 {
            step::enqueue(db, left - 1).queue(format!("queue {left}")).await?;
        }
        Ok(())
    }

    let db = db().await;
    for left in 0..30 {
        step::enqueue(&db, left % 4).await?;
    }
    step::enqueue(&db, 0).delay(Duration::from_hours(1)).await?;
    Worker::new(&db).burst().run_until(pending()).await?;
    assert_eq!(in_state(&db, TaskState::Waiting).await, 1);
    assert_eq!(in_state(&db, TaskState::Done).await, 8 + 8 * 2 + 7 * 3 + 7 * 4);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_runs_start_when_they_are_due() -> Result<()> {
    #[task(backoff = "100ms")]
    async fn knock(ctx: &signals::tasks::Context) -> Result<(), &'static str> {
        if ctx.attempt() < 3 { Err("again") } else { Ok(()) }
    }

    let db = db().await;
    let (stop, worker) = started(Worker::new(&db).poll(Duration::from_millis(50)));
    let id = knock::enqueue(&db).delay(Duration::from_millis(300)).await?;
    let mut waited = until("it is done", Duration::from_secs(20));
    while waited(run(&db, id).await.state() == Some(TaskState::Done)).await {}
    let run = run(&db, id).await;
    assert_eq!(run.attempts, 3);
    assert!(run.done_at.unwrap() - run.created_at >= 300 + 50 + 100, "{run:?}");
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_stops_lets_runs_end_and_gives_back_the_others() -> Result<()> {
    static STARTED: AtomicU32 = AtomicU32::new(0);

    #[task]
    async fn short() {
        STARTED.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }

    #[task]
    async fn endless() {
        STARTED.fetch_add(1, Ordering::Relaxed);
        pending::<()>().await;
    }

    if kind() == Kind::Memory {
        return Ok(()); // one run at a time
    }
    let db = db().await;
    let (short, endless) = (short::enqueue(&db).await?, endless::enqueue(&db).await?);
    let (stop, worker) = started(Worker::new(&db).grace(Duration::from_secs(6)));
    let mut waited = until("both run", Duration::from_secs(20));
    while waited(STARTED.load(Ordering::Relaxed) == 2).await {}
    drop(stop);
    let stopped = worker.await.unwrap()?;
    assert_eq!((stopped.released, stopped.lost_claims), (1, 0));
    assert_eq!(run(&db, short).await.state(), Some(TaskState::Done));
    let endless = run(&db, endless).await;
    assert_eq!((endless.state(), endless.attempts, endless.claims), (Some(TaskState::Ready), 0, 1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_future_is_dropped_gives_its_runs_back() -> Result<()> {
    static STARTED: Notify = Notify::const_new();

    #[task(name = "working.dropped")]
    async fn endless() {
        STARTED.notify_one();
        pending::<()>().await;
    }

    let db = db().await;
    let id = endless::enqueue(&db).await?;
    let worker = tokio::spawn(Worker::new(&db).run_until(pending()));
    // A claim whose answer has not arrived is not known to the worker. It ends with the lease.
    tokio::time::timeout(Duration::from_secs(20), STARTED.notified()).await.unwrap();
    worker.abort();
    let mut waited = until("it is given back", Duration::from_secs(20));
    while waited(run(&db, id).await.state() == Some(TaskState::Ready)).await {}
    assert_eq!(run(&db, id).await.attempts, 0);
    let mut waited = until("the worker is gone", Duration::from_secs(20));
    while waited(TaskWorker::objects().count(&db).await? == 0).await {}
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_may_take_many_leases() -> Result<()> {
    static CALLS: AtomicU32 = AtomicU32::new(0);

    #[task]
    async fn blocks() {
        CALLS.fetch_add(1, Ordering::Relaxed);
        // It blocks one thread of the runtime. The worker must not depend on that thread.
        std::thread::sleep(Duration::from_secs(18));
    }

    let db = db().await;
    let worker = || Worker::new(&db).lease(Duration::from_secs(6)).poll(Duration::from_millis(50));
    let id = blocks::enqueue(&db).await?;
    let (first, one) = started(worker());
    let (second, other) = started(worker());
    let mut waited = until("it is done", Duration::from_secs(30));
    while waited(run(&db, id).await.state() == Some(TaskState::Done)).await {}
    drop((first, second));
    assert_eq!(one.await.unwrap()?.lost_claims + other.await.unwrap()?.lost_claims, 0);
    assert_eq!(CALLS.load(Ordering::Relaxed), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_runs_of_a_lost_worker_run_again_and_are_no_attempts() -> Result<()> {
    #[task]
    async fn poll() {}

    if kind() == Kind::Memory {
        return Ok(()); // no other worker can be lost
    }
    let db = db().await;
    let id = poll::enqueue(&db).await?;
    execute(&db, "UPDATE signals_task SET state = 2, claims = 1, attempts = 1, claimed_by = 'gone', due_at = 0").await;
    let lease = Duration::from_secs(3);
    let begin = Instant::now();
    let (stop, worker) = started(Worker::new(&db).lease(lease).poll(Duration::from_millis(50)));
    let mut waited = until("it is done", Duration::from_secs(20));
    while waited(run(&db, id).await.state() == Some(TaskState::Done)).await {}
    assert!(begin.elapsed() >= lease, "others are lost only after a lease of one's own");
    let run = run(&db, id).await;
    assert_eq!((run.attempts, run.crashes, run.claims), (1, 1, 2));
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_cancelled_is_dropped() -> Result<()> {
    static BEGUN: Notify = Notify::const_new();
    static ENDED: AtomicU32 = AtomicU32::new(0);

    struct Ends;
    impl Drop for Ends {
        fn drop(&mut self) {
            ENDED.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[task]
    async fn recover() {
        let _ends = Ends;
        BEGUN.notify_one();
        pending::<()>().await;
    }

    if kind() == Kind::Memory {
        return Ok(()); // its claims are not checked
    }
    let db = db().await;
    let id = recover::enqueue(&db).await?;
    let (stop, worker) = started(Worker::new(&db).lease(Duration::from_secs(5)));
    tokio::time::timeout(Duration::from_mins(1), BEGUN.notified()).await.unwrap();
    assert!(cancel_run(&db, id).await?);
    assert!(!cancel_run(&db, id).await?);
    let mut waited = until("it is dropped", Duration::from_secs(20));
    while waited(ENDED.load(Ordering::Relaxed) == 1).await {}
    drop(stop);
    assert_eq!(worker.await.unwrap()?.lost_claims, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_runs_are_deleted() -> Result<()> {
    #[task]
    async fn clean() {}

    let db = db().await;
    for _ in 0..3 {
        clean::enqueue(&db).await?;
    }
    let (stop, worker) =
        started(Worker::new(&db).keep_done(Duration::from_millis(200)).poll(Duration::from_millis(50)));
    let mut waited = until("they are deleted", Duration::from_secs(20));
    while waited(Task::objects().count(&db).await? == 0).await {}
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_names_do_not_hold_up_known_ones() -> Result<()> {
    static DONE: AtomicU32 = AtomicU32::new(0);

    #[task]
    async fn count_known() {
        DONE.fetch_add(1, Ordering::Relaxed);
    }

    let db = db().await;
    for _ in 0..50 {
        count_known::enqueue(&db).priority(-100).await?;
    }
    execute(&db, "UPDATE signals_task SET name = 'of the next version'").await;
    for _ in 0..100 {
        count_known::enqueue(&db).await?;
    }
    let (stop, worker) = started(Worker::new(&db).poll(Duration::from_millis(50)));
    let mut waited = until("the known ones are done", Duration::from_secs(20));
    while waited(DONE.load(Ordering::Relaxed) == 100).await {}
    let unknown = Task::objects().filter(Task::NAME.eq("of the next version"));
    assert_eq!(unknown.filter(Task::ATTEMPTS.gt(1)).count(&db).await?, 0);
    drop(stop);
    worker.await.unwrap()?;
    // One that is due again is ready, and costs no attempt either.
    let unknown = Task::objects().filter(Task::NAME.eq("of the next version")).all(&db).await?;
    let waits = |run: &Task| matches!(run.state(), Some(TaskState::Unknown | TaskState::Ready)) && run.attempts == 0;
    assert!(unknown.len() == 50 && unknown.iter().all(waits), "{unknown:?}");
    Ok(())
}

#[tokio::test]
async fn settings_that_do_not_go_together_are_refused() {
    #[task]
    async fn takes_tx(tx: &Tx) {
        let _ = tx;
    }

    let db = with_tables(database(|builder| builder.max_connections(3)).await).await;
    let said = async |worker: Worker| worker.run_until(pending()).await.unwrap_err().to_string();
    let many = said(Worker::new(&db).concurrency(4)).await;
    assert!(many.starts_with("the worker has a concurrency of 4, and the database"), "{many}");
    assert!(many.contains("such as `"), "{many}");
    assert!(said(Worker::new(&db).concurrency(0)).await.starts_with("a worker with a concurrency of 0"));
    assert_eq!(said(Worker::new(&db).lease(Duration::ZERO)).await, "a lease is at least 100ms");
    assert_eq!(said(Worker::new(&db).poll(Duration::ZERO)).await, "the interval of `poll` is at least 1ms");
    let all = "`queues` has no names; leave the call out to serve all queues";
    assert_eq!(said(Worker::new(&db).queues([""; 0])).await, all);
    assert!(said(Worker::new(&db).queues(["a", ""])).await.starts_with("`queues` has an empty name"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_low_priority_gets_its_turn_under_load() -> Result<()> {
    static LOW: AtomicU32 = AtomicU32::new(0);

    #[task]
    async fn push(is_low: bool, db: &Db) -> Result<()> {
        if is_low {
            LOW.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        // The load never ends.
        push::enqueue(db, false).await.map(drop)
    }

    let db = db().await;
    for _ in 0..20 {
        push::enqueue(&db, false).await?;
    }
    push::enqueue(&db, true).priority(10).await?;
    push::enqueue(&db, true).priority(20).await?;
    let (stop, worker) = started(Worker::new(&db).concurrency(1));
    let mut waited = until("both low ones had their turn", Duration::from_secs(30));
    while waited(LOW.load(Ordering::Relaxed) == 2).await {}
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_save_fails_for_what_the_worker_does() -> Result<()> {
    #[derive(Model)]
    #[model(table = "working_saved")]
    struct Saved {
        id: i64,
    }

    #[task(name = "working.saved", backoff = "50ms")]
    async fn saved(fails: bool, ctx: &signals::tasks::Context) -> Result<(), &'static str> {
        if fails && ctx.attempt() == 1 { Err("the first attempt") } else { Ok(()) }
    }

    let db = db().await;
    // It claims, ends, sweeps and prunes as often as it can.
    let busy = || Worker::new(&db).poll(Duration::from_millis(20)).keep_done(Duration::from_millis(100));
    let (stop, worker) = started(busy());
    let (stop_other, other) = started(busy());
    let writers = (0..3).map(|_| {
        let db = db.clone();
        tokio::spawn(async move {
            let until = Instant::now() + Duration::from_secs(3);
            let mut saves = 0;
            while Instant::now() < until {
                let tx = db.begin().await?;
                for number in 0..4 {
                    Saved { id: 0 }.save(&tx).await?;
                    saved::enqueue(&tx, number == 0).await?;
                    saves += 1;
                }
                tx.commit().await?;
            }
            Ok::<u64, signals::Error>(saves)
        })
    });
    let mut saves = 0;
    for writer in writers.collect::<Vec<_>>() {
        saves += writer.await.unwrap()?;
    }
    assert_eq!(Saved::objects().count(&db).await?, saves);
    let mut waited = until("all runs have ended and are deleted", Duration::from_mins(1));
    while waited(Task::objects().count(&db).await? == 0).await {}
    drop((stop, stop_other));
    assert_eq!(worker.await.unwrap()?.lost_claims + other.await.unwrap()?.lost_claims, 0);
    Ok(())
}
