//! The connection of a worker's listener is lost.

use std::time::{Duration, Instant};

use behavior::{Kind, Proxy, count, execute, kind, numbers};
use signals::tasks::TaskState;
use signals::{Db, Result};
use signals_test_tasks::shop::nap;
use signals_test_tasks::{is_long, run, until};

use crate::worker::{Worker, database};

/// The number of wake-ups of which 95 % must be fast.
const WAKE_UPS: usize = 20;

/// Enqueues a run, and returns the time from its creation to its start.
async fn wake_up(db: &Db) -> Result<Duration> {
    let id = nap::enqueue(db, "wake up".into(), 0).await?;
    let mut waited = until("it is done", Duration::from_mins(1));
    while waited(run(db, id).await.state() == Some(TaskState::Done)).await {}
    let run = run(db, id).await;
    let waited = run.started_at.unwrap() - run.created_at;
    Ok(Duration::from_millis(waited.max(0).unsigned_abs()))
}

/// Enqueues runs until 95 % of the last ones started within this time. Returns the time that this took.
async fn until_fast(db: &Db, limit: Duration) -> Result<Duration> {
    let (begin, mut last) = (Instant::now(), Vec::new());
    let mut first_fast = Duration::ZERO;
    while last.len() < WAKE_UPS {
        let sent = begin.elapsed();
        if wake_up(db).await? <= limit {
            if last.is_empty() {
                first_fast = sent;
            }
            last.push(true);
        } else if last.len() < WAKE_UPS - 1 {
            last.clear();
        }
        assert!(begin.elapsed() < Duration::from_mins(10), "wake-ups stay slow");
    }
    Ok(first_fast)
}

/// Returns the ports of the backends that listen in this test's connections.
async fn listeners(db: &Db, proxy: &Proxy) -> Vec<u16> {
    let sql = "SELECT CAST(client_port AS BIGINT) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND client_port > 0";
    let ports = numbers(db, sql).await.into_iter().map(|port| u16::try_from(port).unwrap());
    ports.filter(|port| proxy.has(*port)).collect()
}

/// Waits until one backend listens, and returns its port.
async fn the_listener(db: &Db, proxy: &Proxy) -> u16 {
    let mut waited = until("one backend listens", Duration::from_secs(20));
    loop {
        let ports = listeners(db, proxy).await;
        if !waited(ports.len() == 1).await {
            return ports[0];
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wake_ups_are_fast_again_after_the_listener_lost_its_connection() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    if kind() != Kind::Postgres {
        return Ok(()); // others have no listeners
    }
    let proxy = Proxy::start(&url);
    // It does not poll during the test.
    let worker = Worker::start(&proxy.url(&url), &["poll=600000", "lease=600000"]);
    let limit = Duration::from_millis(if is_long() { 100 } else { 5_000 });
    until_fast(&db, limit).await?;
    let back = Duration::from_secs(if is_long() { 15 } else { 60 });

    let port = the_listener(&db, &proxy).await;
    let kill = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port = {port}");
    execute(&db, kill).await;
    let elapsed = until_fast(&db, limit).await?;
    println!("after the backend was killed, wake-ups are fast after {elapsed:?}");
    assert!(elapsed < back, "{elapsed:?}");
    let about = |worker: &Worker| [worker.logged("notification"), worker.logged("to listen")].concat();
    let lines = about(&worker);
    assert!(lines.len() <= if is_long() { 1 } else { 5 }, "{lines:#?}");

    assert!(proxy.swallow(the_listener(&db, &proxy).await));
    let elapsed = until_fast(&db, limit).await?;
    println!("after its packets were lost, wake-ups are fast after {elapsed:?}");
    assert!(elapsed < back, "{elapsed:?}");
    let lost = about(&worker).len() - lines.len();
    // A busy machine may lose the next connection too.
    assert!((1..=if is_long() { 1 } else { 5 }).contains(&lost), "one warning: {:#?}", about(&worker));
    assert_eq!(count(&db, "SELECT count(*) FROM signals_task WHERE state <> 3").await, 0);
    Ok(())
}
