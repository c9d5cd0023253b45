//! SIGTERM.

use std::time::{Duration, Instant};

use signals::Result;
use signals::tasks::{TaskState, cancel_run};
use signals_test_tasks::shop::{Call, deaf, nap};
use signals_test_tasks::{in_state, run, until};

use crate::worker::{Worker, database};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_finished_before_sigterm_is_done_and_nothing_repeats() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    for number in 0..600 {
        nap::enqueue(&db, format!("run {number}"), 200).await?;
    }
    let mut worker = Worker::start(&url, &["lease=60000", "grace=60000", "concurrency=8"]);
    let mut waited = until("some are done", Duration::from_secs(30));
    while waited(in_state(&db, TaskState::Done).await > 20).await {}
    worker.signal("-TERM");
    let printed = worker.ended_within(Duration::from_mins(1));
    assert!(printed.contains("released: 0"), "{printed}");
    let done = in_state(&db, TaskState::Done).await;
    assert!(done < 600);
    assert_eq!(in_state(&db, TaskState::Running).await, 0, "none is left running");

    let mut worker = Worker::start(&url, &["burst", "lease=60000", "concurrency=8"]);
    worker.ended_within(Duration::from_mins(5));
    for number in 0..600 {
        assert_eq!(Call::count(&db, &format!("run {number}:end")).await?, 1);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_blocks_its_thread_is_named_and_the_grace_is_kept() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    let sleeper = nap::enqueue(&db, "sleeper".into(), 60_000).await?;
    let mut worker = Worker::start(&url, &["grace=2000", "lease=6000"]);
    let mut waited = until("both run", Duration::from_secs(30));
    while waited(Call::count(&db, "sleeper:start").await? == 1).await {}
    // The runtime may keep a task that the blocked thread has woken waiting, so this one comes second.
    let blocker = deaf::enqueue(&db, "blocker".into(), 60_000).await?;
    while waited(Call::count(&db, "blocker:start").await? == 1).await {}
    while waited(!worker.logged("a task does not yield").is_empty()).await {}
    let asked = Instant::now();
    worker.signal("-TERM");
    let printed = worker.ended_within(Duration::from_secs(40));
    let elapsed = asked.elapsed();
    // The thread is blocked for a minute.
    assert!((Duration::from_secs(2)..Duration::from_secs(30)).contains(&elapsed), "{elapsed:?}");
    assert!(printed.contains("released: 1") && printed.contains("::deaf\"]"), "{printed}");
    let given_back = run(&db, sleeper).await;
    assert_eq!((given_back.state(), given_back.attempts), (Some(TaskState::Ready), 0));
    let deaf = run(&db, blocker).await;
    assert_eq!(deaf.state(), Some(TaskState::Running), "it is not released early");

    let _next = Worker::start(&url, &["lease=3000"]);
    let mut waited = until("it is swept after its lease", Duration::from_secs(30));
    while waited(run(&db, blocker).await.crashes == 1).await {}
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_sigterm_stops_at_once() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    let id = nap::enqueue(&db, "sleeper".into(), 60_000).await?;
    let mut worker = Worker::start(&url, &["grace=60000", "lease=60000"]);
    let mut waited = until("it runs", Duration::from_secs(30));
    while waited(Call::count(&db, "sleeper:start").await? == 1).await {}
    worker.signal("-TERM");
    // The system would make one signal of two that arrive together.
    let mut waited = until("the first was received", Duration::from_secs(30));
    while waited(!worker.logged("the worker is asked to stop").is_empty()).await {}
    assert!(!worker.has_ended());
    worker.signal("-TERM");
    // The grace period is a minute.
    worker.ended_within(Duration::from_secs(30));
    let run = run(&db, id).await;
    assert_eq!((run.state(), run.attempts), (Some(TaskState::Ready), 0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_is_obeyed_while_an_end_cannot_be_written() -> Result<()> {
    let Some((db, url)) = database().await else { return Ok(()) };
    let id = nap::enqueue(&db, "nap".into(), 15_000).await?;
    let mut worker = Worker::start(&url, &["grace=1000", "lease=60000"]);
    let mut waited = until("it runs", Duration::from_secs(30));
    while waited(Call::count(&db, "nap:start").await? == 1).await {}
    // It ends during this transaction, which has locked its row.
    let tx = db.begin().await?;
    assert!(cancel_run(&tx, id).await?);
    tokio::time::sleep(Duration::from_secs(16)).await;
    worker.signal("-TERM");
    // The end could be written only after this.
    let printed = worker.ended_within(Duration::from_secs(40));
    assert!(printed.contains("unwritten: 1"), "{printed}");
    tx.rollback().await
}
