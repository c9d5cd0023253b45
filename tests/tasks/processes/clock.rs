//! The clock of the database is set.

use std::time::{Duration, Instant};

use behavior::{Kind, count, execute, kind};
use signals::tasks::{Task, TaskState};
use signals::{Db, Model as _, Result};
use signals_test_tasks::shop::{Call, PULSE, nap};
use signals_test_tasks::{beat, in_state, ticks, until};

use crate::worker::{Worker, database};

/// Lets the statements of tasks see a clock that this test sets. Returns the URL for them.
async fn with_own_clock(db: &Db, url: &str) -> String {
    let sql = "CREATE TABLE clock (ahead INTERVAL NOT NULL); INSERT INTO clock VALUES ('0'); \
               CREATE FUNCTION statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE \
               AS 'SELECT pg_catalog.statement_timestamp() + (SELECT ahead FROM clock)'";
    execute(db, sql).await;
    // Otherwise the server looks for its own function first.
    format!("{url}%2Cpg_catalog")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_takes_no_run_from_its_worker() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    if kind() != Kind::Postgres {
        return Ok(()); // only there a test can set the clock
    }
    let url = with_own_clock(&db, &url).await;
    let begin = Instant::now();
    let _owner = Worker::start(&url, &["lease=8000", "queues=calls", "with-beat"]);
    for number in 0..4 {
        nap::enqueue(&db, format!("nap {number}"), 30_000).await?;
    }
    let mut waited = until("they run", Duration::from_secs(30));
    while waited(Call::objects().count(&db).await? == 4).await {}
    let other = Worker::start(&url, &["lease=8000"]);
    // It may treat others as lost after its first lease.
    tokio::time::sleep(Duration::from_millis(8_500)).await;
    for ahead in ["1 hour", "-1 hour"] {
        execute(&db, format!("UPDATE clock SET ahead = '{ahead}'")).await;
        let before = ticks(&db, PULSE).await.len();
        tokio::time::sleep(Duration::from_millis(8_500)).await;
        let mut waited = until("the beat goes on", Duration::from_secs(20));
        while waited(ticks(&db, PULSE).await.len() > before + 5).await {}
    }
    let mut waited = until("all are done", Duration::from_mins(1));
    let done = || Task::objects().filter(Task::NAME.contains("nap"));
    let are_done =
        async || -> Result<bool> { Ok(done().all(&db).await?.iter().all(|run| run.state() == Some(TaskState::Done))) };
    while waited(are_done().await?).await {}
    assert!(done().all(&db).await?.iter().all(|run| (run.claims, run.crashes) == (1, 0)));
    assert_eq!(Call::objects().count(&db).await?, 8, "each has started and ended once");
    assert!(other.logged("was lost with its worker").is_empty());

    // No tick is doubled, and of those of the hour that the clock left out, the last 100 are runs.
    let ticks = ticks(&db, PULSE).await;
    let distinct = ticks.windows(2).filter(|pair| pair[0] != pair[1]).count() + 1;
    assert_eq!(distinct, ticks.len());
    let most = begin.elapsed().as_millis() / 200 + 120;
    assert!((ticks.len() as u128) < most, "{} ticks, not {most}", ticks.len());
    assert!(
        beat(&db, PULSE).await.last_tick < count(&db, "SELECT CAST(EXTRACT(EPOCH FROM now()) * 1000 AS BIGINT)").await
    );
    assert_eq!(in_state(&db, TaskState::Dead).await, 0);
    Ok(())
}
