//! The transactions of tasks: they end although a statement hangs, and do not conflict with the worker.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use behavior::{Kind, count_in, execute_in, kind, url};
use signals::tasks::{TaskState, Worker, cancel_run, task};
use signals::{Db, Model, Result, Tx};
use signals_test_tasks::{db, run, started, until, with_tables};
use uuid::Uuid;

/// A row that another session locks.
#[derive(Debug, Clone, Model)]
#[model(table = "transactions_locked")]
struct Locked {
    id: i64,
    value: i64,
}

#[task(name = "transactions.timed_out", max_attempts = 1, timeout = "1s")]
async fn waits_with_timeout(tx: &Tx) {
    execute_in(tx, "UPDATE transactions_locked SET value = 1").await;
}

#[task(name = "transactions.cancelled", max_attempts = 1)]
async fn waits(tx: &Tx) {
    execute_in(tx, "UPDATE transactions_locked SET value = 1").await;
}

#[task(name = "transactions.next", priority = 1)]
async fn next(tx: &Tx) {
    execute_in(tx, "UPDATE signals_queue SET paused_at = NULL").await;
}

/// Starts a worker with one slot and one connection, whose first task waits for a lock. Returns after the task of the
/// second run has ended, which `give_up` must allow.
async fn gives_up(
    first: impl AsyncFnOnce(&Db) -> Result<Uuid>,
    give_up: impl AsyncFnOnce(&Db, Uuid) -> Result<()>,
) -> Result<TaskState> {
    let url = url().await;
    let other = with_tables(Db::connect(&url).await?).await;
    other.create_tables_of(|model| model.path().ends_with("transactions::Locked")).await?;
    let locked = Locked { id: 0, value: 0 }.create(&other).await?;
    let lock = other.begin().await?;
    Locked::get_for_update(&lock, locked.id).await?;

    let db = Db::builder(&url).max_connections(1).acquire_timeout(Duration::from_secs(20)).connect().await?;
    let id = first(&other).await?;
    let next = next::enqueue(&other).await?;
    let worker = Worker::new(&db).concurrency(1).lease(Duration::from_secs(1)).poll(Duration::from_millis(50));
    let (stop, worker) = started(worker);
    let mut waited = until("it runs", Duration::from_secs(20));
    while waited(run(&other, id).await.state() == Some(TaskState::Running)).await {}
    tokio::time::sleep(Duration::from_millis(300)).await;
    give_up(&other, id).await?;
    let begin = Instant::now();
    // A server waits 50 s for a lock, or longer.
    let mut waited = until("the next run is done", Duration::from_secs(8));
    while waited(run(&other, next).await.state() == Some(TaskState::Done)).await {}
    println!("the slot was free after {:?}", begin.elapsed());
    let mut waited = until("the first run has ended", Duration::from_secs(12));
    while waited(run(&other, id).await.done_at.is_some()).await {}
    lock.rollback().await?;
    assert_eq!(Locked::get(&other, locked.id).await?.value, 0, "its write is undone");
    drop(stop);
    worker.await.unwrap()?;
    Ok(run(&other, id).await.state().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timeout_ends_a_task_whose_statement_waits_for_a_lock() -> Result<()> {
    if kind().is_sqlite() {
        return Ok(()); // its statements wait for no lock of a row
    }
    let first = async |db: &Db| waits_with_timeout::enqueue(db).await;
    assert_eq!(gives_up(first, async |_, _| Ok(())).await?, TaskState::Dead);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_task_keeps_no_connection_while_its_statement_waits() -> Result<()> {
    if kind().is_sqlite() {
        return Ok(()); // its statements wait for no lock of a row
    }
    let first = async |db: &Db| waits::enqueue(db).await;
    let cancel = async |db: &Db, id: Uuid| {
        assert!(cancel_run(db, id).await?);
        Ok(())
    };
    assert_eq!(gives_up(first, cancel).await?, TaskState::Cancelled);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_is_extended_beside_a_transaction_at_any_default_isolation() -> Result<()> {
    static CALLS: AtomicU32 = AtomicU32::new(0);

    #[task(name = "transactions.long", max_attempts = 1)]
    async fn long(tx: &Tx) -> Result<()> {
        CALLS.fetch_add(1, Ordering::Relaxed);
        if kind() == Kind::Mysql {
            // The default of newer versions.
            execute_in(tx, "SET SESSION innodb_snapshot_isolation = ON").await;
        }
        // A transaction of a higher level has its snapshot from here on.
        count_in(tx, "SELECT COUNT(*) FROM signals_task").await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        Ok(())
    }

    if kind().is_sqlite() {
        return Ok(()); // it has one level
    }
    let db = match kind() {
        Kind::Postgres => {
            let url = url().await;
            let url = format!("{url}%20-cdefault_transaction_isolation%3Dserializable");
            with_tables(Db::builder(&url).acquire_timeout(Duration::from_secs(20)).connect().await?).await
        }
        _ => db().await,
    };
    let id = long::enqueue(&db).await?;
    let (stop, worker) = started(Worker::new(&db).lease(Duration::from_secs(6)));
    let mut waited = until("it has ended", Duration::from_secs(20));
    while waited(run(&db, id).await.done_at.is_some()).await {}
    let ended = run(&db, id).await;
    assert_eq!((ended.state(), CALLS.load(Ordering::Relaxed)), (Some(TaskState::Done), 1), "{ended:?}");
    drop(stop);
    assert_eq!(worker.await.unwrap()?.lost_claims, 0);
    Ok(())
}
