//! Many runs become due at one moment.

use std::time::{Duration, Instant, SystemTime};

use behavior::{count, execute};
use signals::tasks::TaskState;
use signals::{Db, Model as _, Result};
use signals_test_tasks::shop::Order;
use signals_test_tasks::{db, in_state, is_long, many_rows, until};

use crate::statements::{analyze, quantile, take};
use crate::{Running, alone, rows, stop, workers};

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

/// Returns the time until this one, or zero.
fn until_ms(time: u128) -> Duration {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis();
    Duration::from_millis(u64::try_from(time.saturating_sub(now)).unwrap())
}

/// Makes runs that are due later and starts workers. Returns those, the time in milliseconds, and what a save takes
/// before. A busy machine may need more than the first time: then once more with the double.
async fn ready_before_due(db: &Db, number: u32) -> Result<(Vec<Running>, u128, Duration)> {
    let mut ahead = u128::from(rows(60_000, 8_000));
    loop {
        let due = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis() + ahead;
        many_rows(db, number, "'a'", "1", &format!("{due}")).await;
        analyze(db).await;
        let workers = workers(db, 3);
        let before = quantile(&mut saves(db, Duration::from_secs(2)).await?, 0.95);
        let waiting = in_state(db, TaskState::Waiting).await;
        if !until_ms(due).is_zero() {
            assert_eq!(waiting, u64::from(number), "a run started before it was due");
            return Ok((workers, due, before));
        }
        assert!(ahead < 500_000, "the rows were not ready after {ahead} ms");
        stop(workers).await;
        execute(db, "DELETE FROM signals_task").await;
        ahead *= 2;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_that_are_due_at_once_start_at_once_and_block_no_save() -> Result<()> {
    let Some(_alone) = alone().await else { return Ok(()) };
    let db = db().await;
    let number = rows(300_000, 10_000);
    let (workers, due, before) = ready_before_due(&db, number).await?;
    tokio::time::sleep(until_ms(due)).await;
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
    assert!(first < if is_long() { 2_000 } else { 60_000 }, "{first} ms");
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
