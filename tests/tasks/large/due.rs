//! Many runs become due at one moment.

use std::time::{Duration, Instant, SystemTime};

use behavior::{count, execute};
use signals::tasks::TaskState;
use signals::{Db, Model as _, Result};
use signals_test_tasks::shop::Order;
use signals_test_tasks::{db, in_state, is_long, many_rows, until};

use crate::statements::{analyze, quantile, take};
use crate::{alone, rows, stop, workers};

/// Saves orders for this time, and returns the times of the saves.
async fn saves(db: &Db, time: Duration) -> Result<Vec<Duration>> {
    let (begin, mut times) = (Instant::now(), Vec::new());
    while begin.elapsed() < time {
        let save = Instant::now();
        Order { id: 0, settled: 0 }.create(db).await?;
        times.push(save.elapsed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(times)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_that_are_due_at_once_start_at_once_and_block_no_save() -> Result<()> {
    let Some(_alone) = alone().await else { return Ok(()) };
    let db = db().await;
    let number = rows(300_000, 10_000);
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis();
    // The rows are there before they are due.
    let due = now + u128::from(rows(60_000, 8_000));
    many_rows(&db, number, "'a'", "1", &format!("{due}")).await;
    analyze(&db).await;
    let workers = workers(&db, 3);
    let before = quantile(&mut saves(&db, Duration::from_secs(2)).await?, 0.95);
    let left = due.saturating_sub(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis());
    tokio::time::sleep(Duration::from_millis(u64::try_from(left).unwrap())).await;
    assert_eq!(in_state(&db, TaskState::Waiting).await, u64::from(number), "the table took too long");
    take();
    let during = quantile(&mut saves(&db, Duration::from_secs(5)).await?, 0.95);
    let executed = take();
    let slowest = executed.iter().filter(|it| it.text.contains("signals_task")).max_by_key(|it| it.elapsed).unwrap();
    let mut waited = until("one has started", Duration::from_mins(1));
    while waited(in_state(&db, TaskState::Done).await > 0).await {}
    let first = count(&db, "SELECT MIN(started_at) FROM signals_task").await - i64::try_from(due).unwrap();
    println!(
        "{number} due at once: the first started after {first} ms; p95 of saves {before:?}, then {during:?}; slowest statement {:?}",
        slowest.elapsed
    );
    assert!(first < if is_long() { 2_000 } else { 20_000 }, "{first} ms");
    if is_long() {
        assert!(slowest.elapsed <= Duration::from_millis(200), "{slowest:?}");
        assert!(during <= before * 3, "{before:?}, {during:?}");
    }
    let mut waited = until("all are done", Duration::from_mins(10));
    while waited(in_state(&db, TaskState::Done).await == u64::from(number)).await {}
    stop(workers).await;
    execute(&db, "DELETE FROM signals_task").await;
    Ok(())
}
