//! Leases: no claim is lost because of a lock, a callback, a lost answer or an outage.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use behavior::{Kind, Server, execute_in, kind};
use signals::tasks::{Task, TaskState, TaskWorker, Worker, cancel_run, task};
use signals::{Db, Model as _, Result, Tx};
use signals_test_tasks::{db, in_state, run, started, until, with_tables};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_run_does_not_end_the_leases_of_others() -> Result<()> {
    #[task(name = "leases.locked")]
    async fn long() {
        tokio::time::sleep(Duration::from_secs(20)).await;
    }

    if kind().is_sqlite() {
        return Ok(()); // it locks the whole database
    }
    let db = db().await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(long::enqueue(&db).await?);
    }
    let worker = Worker::new(&db).lease(Duration::from_secs(6)).poll(Duration::from_millis(50));
    let (stop, worker) = started(worker);
    let mut waited = until("all run", Duration::from_secs(20));
    while waited(in_state(&db, TaskState::Running).await == 4).await {}
    let tx = db.begin().await?;
    assert!(cancel_run(&tx, ids[0]).await?);
    // Two leases.
    tokio::time::sleep(Duration::from_secs(12)).await;
    tx.rollback().await?;
    let mut waited = until("all are done", Duration::from_secs(20));
    while waited(in_state(&db, TaskState::Done).await == 4).await {}
    drop(stop);
    assert_eq!(worker.await.unwrap()?.lost_claims, 0);
    assert_eq!(Task::objects().filter(Task::CLAIMS.eq(1)).count(&db).await?, 4);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_not_lost_while_its_callbacks_run() -> Result<()> {
    static CALLBACKS: AtomicU32 = AtomicU32::new(0);

    #[task(name = "leases.callback")]
    async fn with_callback(tx: &Tx) -> Result<()> {
        tx.on_commit(async {
            tokio::time::sleep(Duration::from_secs(13)).await;
            CALLBACKS.fetch_add(1, Ordering::Relaxed);
        })
    }

    let db = db().await;
    let id = with_callback::enqueue(&db).await?;
    let (stop, worker) = started(Worker::new(&db).lease(Duration::from_secs(6)));
    let mut waited = until("it is committed", Duration::from_secs(20));
    while waited(run(&db, id).await.state() == Some(TaskState::Done)).await {}
    let mut waited = until("its callback has run", Duration::from_secs(20));
    while waited(CALLBACKS.load(Ordering::Relaxed) == 1).await {}
    drop(stop);
    assert_eq!(worker.await.unwrap()?, signals::tasks::Stopped::default());
    assert_eq!(CALLBACKS.load(Ordering::Relaxed), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_whose_answer_was_lost_is_given_back() -> Result<()> {
    #[task(name = "leases.unanswered")]
    async fn unanswered() {}

    if kind() == Kind::Memory {
        return Ok(()); // it has no connection that could be lost
    }
    let db = db().await;
    let (stop, worker) = started(Worker::new(&db).lease(Duration::from_secs(3)).poll(Duration::from_millis(50)));
    let mut waited = until("the worker runs", Duration::from_secs(20));
    while waited(TaskWorker::objects().count(&db).await? == 1).await {}
    let by = TaskWorker::objects().get(&db).await?.id;
    // As the worker's own claim leaves it.
    let tx = db.begin().await?;
    let id = unanswered::enqueue(&tx).await?;
    let claim = format!(
        "UPDATE signals_task SET state = 2, claims = 1, attempts = 1, claimed_by = '{by}', due_at = due_at + 3000"
    );
    execute_in(&tx, claim).await;
    tx.commit().await?;
    let mut waited = until("it is done", Duration::from_secs(20));
    while waited(run(&db, id).await.state() == Some(TaskState::Done)).await {}
    let run = run(&db, id).await;
    assert_eq!((run.attempts, run.crashes, run.claims), (1, 0, 2), "it was not charged with a crash");
    drop(stop);
    assert_eq!(worker.await.unwrap()?.lost_claims, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_lease_ends_in_an_outage_is_dropped_and_not_charged() -> Result<()> {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    static DROPS: AtomicU32 = AtomicU32::new(0);

    struct Ends;
    impl Drop for Ends {
        fn drop(&mut self) {
            DROPS.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[task(name = "leases.outage")]
    async fn first_endless() {
        let _ends = Ends;
        if CALLS.fetch_add(1, Ordering::Relaxed) == 0 {
            std::future::pending::<()>().await;
        }
    }

    if kind().is_sqlite() {
        return Ok(()); // it has no server
    }
    let Some(mut server) = Server::start(kind()) else { return Ok(()) };
    let db = with_tables(Db::builder(server.url()).acquire_timeout(Duration::from_secs(30)).connect().await?).await;
    let lease = Duration::from_secs(3);
    let (stop, worker) = started(Worker::new(&db).lease(lease).poll(Duration::from_millis(50)));
    let id = first_endless::enqueue(&db).await?;
    let mut waited = until("it runs", Duration::from_secs(20));
    while waited(CALLS.load(Ordering::Relaxed) == 1).await {}
    server.kill();
    let killed = Instant::now();
    let mut waited = until("it is dropped", Duration::from_secs(20));
    while waited(DROPS.load(Ordering::Relaxed) == 1).await {}
    let elapsed = killed.elapsed();
    assert!(elapsed < Duration::from_secs(30), "{elapsed:?}");
    server.restart();

    let db = Db::builder(server.url()).connect().await?;
    let mut waited = until("it is done", Duration::from_secs(40));
    while waited(run(&db, id).await.state() == Some(TaskState::Done)).await {}
    let run = run(&db, id).await;
    assert_eq!((run.attempts, run.crashes, run.claims), (1, 0, 2));
    drop(stop);
    assert_eq!(worker.await.unwrap()?.lost_claims, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_keeps_the_only_writer_fails_before_leases_end() -> Result<()> {
    #[task(name = "leases.writer", max_attempts = 1)]
    async fn writes_long(tx: &Tx) -> Result<()> {
        execute_in(tx, "UPDATE signals_queue SET paused_at = NULL").await;
        tokio::time::sleep(Duration::from_mins(1)).await;
        Ok(())
    }

    #[task(name = "leases.beside_a_writer")]
    async fn beside() {
        tokio::time::sleep(Duration::from_secs(12)).await;
    }

    if kind() != Kind::File {
        return Ok(()); // it is about one writer, and about leases
    }
    let db = db().await;
    let (long, beside) = (writes_long::enqueue(&db).await?, beside::enqueue(&db).await?);
    let (stop, worker) = started(Worker::new(&db).lease(Duration::from_secs(9)));
    let mut waited = until("both have ended", Duration::from_secs(40));
    while waited(in_state(&db, TaskState::Dead).await == 1 && in_state(&db, TaskState::Done).await == 1).await {}
    drop(stop);
    assert_eq!(worker.await.unwrap()?.lost_claims, 0);
    let (long, beside) = (run(&db, long).await, run(&db, beside).await);
    let error = long.last_error.unwrap_or_default();
    assert!(error.starts_with("the attempt took longer than 4.5s, half of the lease"), "{error}");
    assert_eq!((long.claims, long.attempts, beside.claims), (1, 1, 1));
    Ok(())
}
