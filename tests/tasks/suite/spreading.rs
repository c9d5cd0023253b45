//! Runs that fail together do not return together.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use behavior::execute;
use signals::tasks::{DbTasks as _, task};
use signals::{Result, receiver};
use signals_test_tasks::{db, many_rows};

static DELAYS: Mutex<Vec<Duration>> = Mutex::new(Vec::new());

#[receiver(signals::tasks::task_retried)]
fn retried(task: &str, attempt: u32, delay: Duration) {
    if task == "spreading.failing" && attempt == 1 {
        DELAYS.lock().unwrap().push(delay);
    }
}

#[task(name = "spreading.failing")]
async fn failing() -> Result<(), &'static str> {
    Err("failed")
}

#[tokio::test]
async fn runs_that_fail_together_are_retried_apart() -> Result<()> {
    let runs = if signals_test_tasks::is_long() { 5_000 } else { 600 };
    let db = db().await;
    many_rows(&db, runs, "'default'", "0", "n").await;
    execute(&db, "UPDATE signals_task SET name = 'spreading.failing'").await;
    db.drain_tasks().await?;
    let delays = std::mem::take(&mut *DELAYS.lock().unwrap());
    assert_eq!(delays.len(), runs as usize);
    // As if all had failed at the same moment.
    let mut slots: BTreeMap<u128, u32> = BTreeMap::new();
    for delay in delays {
        *slots.entry(delay.as_millis() / 100).or_default() += 1;
    }
    let most = slots.values().max().copied().unwrap_or_default();
    println!("of {runs} retries, a slot of 100 ms has at most {most}");
    assert!(most <= runs / 20, "{slots:?}");
    Ok(())
}
