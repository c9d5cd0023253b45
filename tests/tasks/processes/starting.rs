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
    // A run of five leases, or of more than three.
    let (lease, nap, delay) = if is_long() { (6_000, 30_000, 20_000) } else { (6_000, 20_000, 12_000) };
    let lease = format!("lease={lease}");
    let mut workers = [0; 2].map(|_| Worker::start(&url, &[&lease]));
    nap::enqueue(&db, "long".into(), nap).await?;
    nap::enqueue(&db, "delayed".into(), 1).delay(Duration::from_millis(delay)).await?;
    assert_once(&db, 2, Duration::from_secs(90)).await?;
    for worker in &mut workers {
        worker.signal("-TERM");
        let printed = worker.ended_within(Duration::from_mins(1));
        assert!(printed.contains("lost_claims: 0"), "{printed}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_that_block_all_threads_keep_their_leases() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    // Two run at once, so the others wait for a lease or more before they start.
    let (lease, blocks) = if is_long() { (6_000, 18_000) } else { (5_000, 6_500) };
    let setting = format!("lease={lease}");
    // Its runtime has two threads.
    let _blocked = Worker::start(&url, &[&setting, "concurrency=4"]);
    let tx = db.begin().await?;
    for number in 0..4 {
        deaf::enqueue(&tx, format!("deaf {number}"), blocks).await?;
    }
    tx.commit().await?;
    let mut waited = until("one worker has all", Duration::from_secs(30));
    while waited(in_state(&db, TaskState::Running).await == 4).await {}
    let _idle = Worker::start(&url, &[&setting, "concurrency=4"]);
    assert_once(&db, 4, Duration::from_mins(2)).await
}
