//! Runs that are lost together do not return together.

use std::collections::BTreeMap;
use std::time::Duration;

use behavior::numbers;
use signals::Result;
use signals::tasks::TaskState;
use signals_test_tasks::{in_state, many_rows, until};

use crate::worker::{Worker, database};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_that_are_lost_together_return_apart() -> Result<()> {
    const LOST: u32 = 500;

    let Some((db, url)) = database().await else { return Ok(()) };
    many_rows(&db, LOST, "'unserved'", "2", "0").await;
    let _worker = Worker::start(&url, &["lease=32000", "queues=other"]);
    let mut waited = until("they are given back, after a lease", Duration::from_mins(2));
    while waited(in_state(&db, TaskState::Running).await == 0).await {}
    let mut slots: BTreeMap<i64, u32> = BTreeMap::new();
    for due in numbers(&db, "SELECT due_at FROM signals_task").await {
        *slots.entry(due / 100).or_default() += 1;
    }
    let most = slots.values().max().copied().unwrap_or_default();
    println!("of {LOST} lost runs, a slot of 100 ms has at most {most}");
    assert!(most <= LOST / 20, "{slots:?}");
    Ok(())
}
