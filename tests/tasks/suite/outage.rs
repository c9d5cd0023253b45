//! Tests of database outages and of large tables.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use behavior::{Kind, Server, count, execute, kind};
use signals::tasks::{TaskState, Worker, task};
use signals::{Db, Result, Tx};
use signals_test_tasks::{db, in_state, many_rows, started, until, with_tables};

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
    let connect = || Db::builder(server.url()).acquire_timeout(Duration::from_secs(30)).connect();
    let db = with_tables(connect().await?).await;
    let (stop, worker) = started(Worker::new(&db).poll(Duration::from_millis(50)));
    slow::enqueue(&db).await?;
    let mut waited = until("it runs", Duration::from_secs(20));
    while waited(CALLS.load(Ordering::Relaxed) == 1).await {}
    server.kill();
    tokio::time::sleep(Duration::from_secs(3)).await;
    server.restart();

    let db = Db::builder(server.url()).connect().await?;
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
    static CALLS: AtomicU32 = AtomicU32::new(0);

    #[task(name = "outage.many", queue = "c")]
    async fn many() {
        CALLS.fetch_add(1, Ordering::Relaxed);
    }

    let db = db().await;
    let state = "CASE WHEN n % 4 < 2 THEN 0 ELSE 3 END";
    many_rows(&db, 40_000, "CASE WHEN n % 8 = 0 THEN 'a' ELSE 'c' END", state, "4000000000000").await;
    for _ in 0..20 {
        many::enqueue(&db).priority(-1).await?;
    }
    let before = rows_read(&db).await;
    let worker = Worker::new(&db).queues(["c", "d"]).concurrency(1).poll(Duration::from_mins(1));
    let (stop, worker) = started(worker);
    // A query of this test would be counted too.
    let mut waited = until("they have run", Duration::from_secs(30));
    while waited(CALLS.load(Ordering::Relaxed) == 20).await {}
    drop(stop);
    worker.await.unwrap()?;
    let read = rows_read(&db).await - before;
    // A single claim that sorts or scans the ready runs would read 15,000.
    assert!(read < 5_000, "{read}");
    Ok(())
}

/// Returns the number of rows of `signals_task` that were read so far, if the database counts them. Otherwise
/// checks the plan of a claim.
async fn rows_read(db: &Db) -> i64 {
    match kind() {
        Kind::Memory | Kind::File => {
            let claim = "EXPLAIN QUERY PLAN SELECT id FROM signals_task WHERE state = 0 AND queue = 'c' ORDER BY priority, id LIMIT 8";
            let plan: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(claim).fetch_all(db.sqlite().unwrap()).await.unwrap();
            let plan: Vec<_> = plan.into_iter().map(|row| row.3).collect();
            assert!(
                plan.len() == 1 && plan[0].contains("USING INDEX") || plan[0].contains("USING COVERING INDEX"),
                "{plan:?}"
            );
            0
        }
        Kind::Postgres => {
            execute(db, "ANALYZE signals_task").await;
            // A session reports its numbers when it is idle for a second.
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            let read = "SELECT CAST(seq_tup_read + idx_tup_fetch AS BIGINT) FROM pg_stat_user_tables \
                        WHERE relname = 'signals_task' AND schemaname = current_schema()";
            count(db, read).await
        }
        Kind::Mysql => {
            execute(db, "ANALYZE TABLE signals_task; SET GLOBAL userstat = 1").await;
            let read = "SELECT CAST(COALESCE(SUM(rows_read), 0) AS SIGNED) FROM information_schema.table_statistics \
                        WHERE table_schema = DATABASE() AND table_name = 'signals_task'";
            count(db, read).await
        }
    }
}
