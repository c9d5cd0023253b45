//! The load of a day leaves the table pruned, and does not slow down.

use std::time::{Duration, Instant};

use behavior::{Kind, count_in, execute, kind, rows as rows_of};
use signals::db::Isolation;
use signals::tasks::{TaskState, Worker};
use signals::{Db, Result};
use signals_test_tasks::{db, in_state, is_long, many_rows, started, until};

use crate::{alone, rows};

/// The number of parts of the load, whose times are compared.
const PARTS: u32 = 10;

/// Runs this number of runs in parts, and returns the time of each part.
async fn parts(db: &Db, number: u32) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for _ in 0..PARTS {
        let begin = Instant::now();
        let mut left = number / PARTS;
        while left > 0 {
            let batch = left.min(10_000);
            many_rows(db, batch, "'a'", "0", "0").await;
            let mut waited = until("a batch has run", Duration::from_mins(5));
            while waited(in_state(db, TaskState::Ready).await + in_state(db, TaskState::Running).await == 0).await {}
            left -= batch;
        }
        times.push(begin.elapsed());
    }
    Ok(times)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_load_of_a_day_leaves_the_table_pruned() -> Result<()> {
    let Some(_alone) = alone().await else { return Ok(()) };
    let db = db().await;
    let number = rows(1_000_000, 5_000);
    let worker = Worker::new(&db).concurrency(8).keep_done(Duration::from_secs(1));
    let (stop, worker) = started(worker);
    let times = parts(&db, number).await?;
    println!("{number} runs in parts of {}: {times:.1?}", number / PARTS);
    let mut waited = until("the table is empty", Duration::from_mins(2));
    while waited(rows_of(&db, "signals_task").await == 0).await {}
    let (first, last) = (times[..3].iter().sum::<Duration>(), times[7..].iter().sum::<Duration>());
    assert!(!is_long() || last < first * 3 / 2, "{times:?}");
    if kind() == Kind::Postgres {
        // A long transaction keeps dead rows, which each lookup passes.
        let tx = db.transaction().isolation(Isolation::RepeatableRead).begin().await?;
        count_in(&tx, "SELECT count(*) FROM signals_task").await;
        let number = rows(100_000, 5_000);
        let times = parts(&db, number).await?;
        println!("{number} runs in parts of {} under an open transaction: {times:.1?}", number / PARTS);
        tx.rollback().await?;
        execute(&db, "VACUUM signals_task").await;
        let times = parts(&db, number).await?;
        println!("after its end: {times:.1?}");
    }
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}
