//! Each run starts once: one that is longer than its lease, one with a delay, and those that block their threads.

use std::time::Duration;

use signals::tasks::{Task, TaskState};
use signals::{Db, Model as _, Result};
use signals_test_tasks::shop::{Call, deaf, nap};
use signals_test_tasks::{in_state, is_long, until};

use crate::worker::{Worker, database};

/// Waits until all runs are done, and asserts that each was claimed and started once.
async fn assert_once(db: &Db, runs: u64, limit: Duration) -> Result<()> {
    let mut waited = until("all are done", limit);
    while waited(in_state(db, TaskState::Done).await == runs).await {}
    let all = Task::objects().all(db).await?;
    assert!(all.iter().all(|run| (run.claims, run.attempts, run.crashes) == (1, 1, 0)), "{all:?}");
    assert_eq!(Call::objects().count(db).await?, 2 * runs, "each has started and ended once");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_of_many_leases_and_a_delayed_one_start_once() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    // The short form has the same ratios.
    let second = if is_long() { 1_000 } else { 250 };
    let lease = format!("lease={}", 6 * second);
    let mut workers = [0; 2].map(|_| Worker::start(&url, &[&lease]));
    nap::enqueue(&db, "long".into(), 30 * second).await?;
    nap::enqueue(&db, "delayed".into(), 1).delay(Duration::from_millis(20 * second)).await?;
    assert_once(&db, 2, Duration::from_secs(90)).await?;
    for worker in &mut workers {
        worker.signal("-TERM");
        let printed = worker.ended_within(Duration::from_secs(20));
        assert!(printed.contains("lost_claims: 0"), "{printed}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_that_block_all_threads_keep_their_leases() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    let lease = if is_long() { 6_000 } else { 2_000 };
    let setting = format!("lease={lease}");
    // Its runtime has two threads.
    let _blocked = Worker::start(&url, &[&setting, "concurrency=4"]);
    let tx = db.begin().await?;
    for number in 0..4 {
        deaf::enqueue(&tx, format!("deaf {number}"), 3 * lease).await?;
    }
    tx.commit().await?;
    let mut waited = until("one worker has all", Duration::from_secs(30));
    while waited(in_state(&db, TaskState::Running).await == 4).await {}
    let _idle = Worker::start(&url, &[&setting, "concurrency=4"]);
    assert_once(&db, 4, Duration::from_mins(2)).await
}
