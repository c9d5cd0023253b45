//! Claims from a table with many runs in each state.

use std::time::Duration;

use behavior::{Kind, count_in, execute, execute_in, kind};
use signals::Result;
use signals::db::Isolation;
use signals::tasks::TaskState;
use signals_test_tasks::{db, in_state, is_long, many_rows, until};

use crate::statements::{analyze, assert_by_index, quantile, take};
use crate::{alone, rows, stop, workers};

/// The condition of a claim.
const CLAIM: &str = "state = 0 AND queue = ";
const INDEX: &str = "signals_task__state__queue__priority__id__idx";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_reads_the_index_and_locks_only_its_rows() -> Result<()> {
    let Some(_alone) = alone().await else { return Ok(()) };
    let db = db().await;
    // A tenth of them is ready, in three queues, and the others are done or wait.
    let number = rows(1_000_000, 20_000);
    let queue = "CASE n % 3 WHEN 0 THEN 'a' WHEN 1 THEN 'b' ELSE 'c' END";
    let state = "CASE WHEN n % 10 = 0 THEN 0 WHEN n % 10 < 6 THEN 3 ELSE 1 END";
    many_rows(&db, number, queue, state, "4000000000000").await;
    analyze(&db).await;
    take();
    let workers = workers(&db, 4);
    let ready = u64::from(number / 10);
    let done = u64::from(number / 2);
    let mut waited = until("some are done", Duration::from_mins(2));
    while waited(in_state(&db, TaskState::Done).await >= done + ready / 5).await {}
    stop(workers).await;

    let executed = take();
    let is_claim = |text: &str| text.contains(CLAIM) && text.contains("LIMIT") && !text.contains("SELECT 1 ");
    let mut times: Vec<_> = executed.iter().filter(|it| is_claim(&it.text)).map(|it| it.elapsed).collect();
    let (half, most) = (quantile(&mut times, 0.5), quantile(&mut times, 0.95));
    println!("{} claims of {number} runs: half of them within {half:?}, 95 % within {most:?}", times.len());
    assert!(times.len() > 10);
    assert!(!is_long() || half <= Duration::from_millis(5), "{half:?}");
    assert_by_index(&db, &executed, CLAIM, &["'a'"], INDEX).await;
    if kind() == Kind::Mysql {
        let tx = db.transaction().isolation(Isolation::ReadCommitted).begin().await?;
        let claim = format!(
            "SELECT id FROM signals_task WHERE {CLAIM} 'c' ORDER BY priority, id LIMIT 8 FOR UPDATE SKIP LOCKED"
        );
        execute_in(&tx, claim).await;
        // The server renews this table ten times a second.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let locked = "SELECT CAST(trx_rows_locked AS SIGNED) FROM information_schema.innodb_trx \
                      WHERE trx_mysql_thread_id = CONNECTION_ID()";
        let locked = count_in(&tx, locked).await;
        assert!((8..=4 * 8).contains(&locked), "{locked} row locks");
        tx.rollback().await?;
    }
    execute(&db, "DELETE FROM signals_task").await;
    Ok(())
}
