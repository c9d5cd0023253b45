//! Old runs are deleted faster than new ones arrive.

use std::time::{Duration, Instant};

use behavior::{count, execute};
use signals::Result;
use signals::tasks::TaskState;
use signals_test_tasks::{db, in_state, is_long, many_rows, started, until};

use crate::statements::{analyze, assert_by_index, take};
use crate::{alone, nothing, rows};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_runs_are_deleted_beside_new_ones() -> Result<()> {
    let Some(_alone) = alone().await else { return Ok(()) };
    let db = db().await;
    let number = rows(2_000_000, 20_000);
    many_rows(&db, number, "'default'", "3", "n").await;
    analyze(&db).await;
    take();
    let (stop, worker) = started(signals::tasks::Worker::new(&db));
    let begin = Instant::now();
    // 500 runs a second arrive.
    let arriving = tokio::spawn({
        let db = db.clone();
        async move {
            let mut ticks = tokio::time::interval(Duration::from_millis(100));
            for arrived in 0_u32.. {
                ticks.tick().await;
                let tx = db.begin().await?;
                for _ in 0..50 {
                    nothing::enqueue(&tx).await?;
                }
                tx.commit().await?;
                if count(&db, "SELECT count(*) FROM (SELECT 1 FROM signals_task WHERE state = 3 AND due_at < 4000000 LIMIT 1) AS old").await == 0 {
                    return Ok(u64::from(arrived + 1) * 50);
                }
            }
            Ok::<u64, signals::Error>(0)
        }
    });
    let arrived = arriving.await.unwrap()?;
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "{number} old runs were deleted in {seconds:.1} s, {:.0} a second, while {arrived} arrived",
        f64::from(number) / seconds
    );
    #[allow(clippy::cast_precision_loss, reason = "a ratio")]
    let ratio = f64::from(number) / arrived as f64;
    assert!(!is_long() || ratio >= 2.0, "{ratio}");
    let mut waited = until("the new ones are done", Duration::from_mins(2));
    while waited(in_state(&db, TaskState::Done).await == arrived).await {}
    drop(stop);
    worker.await.unwrap()?;
    assert_by_index(&db, &take(), "state = 3 AND due_at <= ", &[], "signals_task__state__due_at__id__idx").await;
    execute(&db, "DELETE FROM signals_task").await;
    Ok(())
}
