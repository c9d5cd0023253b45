//! Tests of database outages and of large tables.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use behavior::{Kind, Server, execute, kind};
use signals::tasks::{Task, TaskState, Worker, task};
use signals::{Db, Model as _, Result, Tx};
use signals_test_tasks::{db, in_state, until, with_tables};
use tokio::sync::oneshot;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_goes_on_when_the_database_is_back() -> Result<()> {
    static CALLS: AtomicU32 = AtomicU32::new(0);

    #[task(name = "outage.slow")]
    async fn slow() {
        CALLS.fetch_add(1, Ordering::Relaxed);
        // It ends during the outage.
        tokio::time::sleep(Duration::from_secs(2)).await;
    }

    #[task(name = "outage.later")]
    async fn later(tx: &Tx) {
        let _ = tx;
    }

    if kind().is_sqlite() {
        return Ok(()); // it has no server
    }
    let Some(mut server) = Server::start(kind()) else { return Ok(()) };
    let connect = || Db::builder(&server.url()).acquire_timeout(Duration::from_secs(5)).connect();
    let db = with_tables(connect().await?).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let worker = Worker::new(&db).poll(Duration::from_millis(50)).run_until(async move { drop(stopped.await) });
    let worker = tokio::spawn(worker);
    slow::enqueue(&db).await?;
    let mut waited = until("it runs", Duration::from_secs(20));
    while waited(CALLS.load(Ordering::Relaxed) == 1).await {}
    server.kill();
    tokio::time::sleep(Duration::from_secs(3)).await;
    server.restart();

    let db = Db::builder(&server.url()).connect().await?;
    later::enqueue(&db).await?;
    let mut waited = until("both are done", Duration::from_secs(40));
    while waited(in_state(&db, TaskState::Done).await == 2).await {}
    drop(stop);
    let stopped = worker.await.unwrap()?;
    assert_eq!((CALLS.load(Ordering::Relaxed), stopped.lost_claims), (1, 0), "an end that cannot be written is kept");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_of_a_large_table_reads_little() -> Result<()> {
    #[task(name = "outage.many", queue = "c")]
    async fn many() {}

    let db = db().await;
    many::enqueue(&db).await?;
    // Two other queues, which come first and have all the ready runs.
    let numbers = match kind() {
        Kind::Memory | Kind::File => {
            "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 40000) SELECT n FROM number"
        }
        Kind::Postgres => "SELECT n FROM generate_series(1, 40000) AS numbers(n)",
        Kind::Mysql => "SELECT seq AS n FROM seq_1_to_40000",
    };
    let id = match kind() {
        Kind::Memory | Kind::File => "randomblob(16)",
        Kind::Postgres => "gen_random_uuid()",
        Kind::Mysql => "RANDOM_BYTES(16)",
    };
    execute(
        &db,
        format!(
            "INSERT INTO signals_task (id, name, queue, args, state, priority, attempts, max_attempts, claims, crashes, due_at, created_at) \
             SELECT {id}, 'outage.unclaimed', CASE WHEN n % 2 = 0 THEN 'a' ELSE 'b' END, '{{}}', CASE WHEN n % 4 < 2 THEN 0 ELSE 3 END, \
             n % 3, 0, 20, 0, 0, 4000000000000, 0 FROM ({numbers}) AS numbers"
        ),
    )
    .await;
    let begin = Instant::now();
    for _ in 0..20 {
        many::enqueue(&db).await?;
    }
    let worker = Worker::new(&db).queues(["c", "d"]).concurrency(1).burst();
    worker.run_until(std::future::pending()).await?;
    let elapsed = begin.elapsed();
    let done = Task::objects().filter(Task::NAME.eq("outage.many")).filter(Task::STATE.eq(3));
    assert_eq!(done.count(&db).await?, 21);
    // A claim that sorts or locks all ready runs takes longer than all of this.
    assert!(elapsed < Duration::from_secs(10), "{elapsed:?}");
    Ok(())
}
