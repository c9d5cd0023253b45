//! Large tables: the claims, the sweep and the deletion of old runs read little of them. The tests run one after
//! another, because they measure. `SIGNALS_TASK_SCENARIOS=long` (`just large`) has the numbers of the scenarios.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test that fails should panic, and nobody reads its docs"
)]

mod claiming;
mod due;
mod load;
mod old;
mod statements;

use std::time::Duration;

use behavior::{Kind, kind};
use signals::Db;
use signals::tasks::{Stopped, Worker, task};
use tokio::sync::{Mutex, MutexGuard, oneshot};
use tokio::task::JoinHandle;

/// The task of the rows of `many_rows`.
#[task(name = "unclaimed")]
async fn nothing() {}

/// Returns the number of rows of the long form, or that of the short one.
fn rows(long: u32, short: u32) -> u32 {
    if signals_test_tasks::is_long() { long } else { short }
}

/// Waits for the other tests. Returns `None` in memory, where a worker has one connection.
async fn alone() -> Option<MutexGuard<'static, ()>> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    statements::watch();
    if kind() == Kind::Memory { None } else { Some(ALONE.lock().await) }
}

/// A worker that runs.
type Running = (oneshot::Sender<()>, JoinHandle<signals::Result<Stopped>>);

/// Starts workers with eight slots each. Those of an odd number serve only the queues `a` and `b`.
fn workers(db: &Db, number: usize) -> Vec<Running> {
    let worker = |i: usize| {
        let worker = Worker::new(db).concurrency(8).lease(Duration::from_mins(5));
        signals_test_tasks::started(if i % 2 == 1 { worker.queues(["a", "b"]) } else { worker })
    };
    (0..number).map(worker).collect()
}

async fn stop(workers: Vec<Running>) {
    for (stop, worker) in workers {
        drop(stop);
        worker.await.unwrap().unwrap();
    }
}

behavior::everywhere!(run_on_alone);
