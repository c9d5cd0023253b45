//! Tasks: functions whose calls are stored in the database, in the caller's transaction, and run later by a worker.
//!
//! Applications use this crate as `signals::tasks`, with the feature `tasks` of
//! [`signals-orm`](https://docs.rs/signals-orm).
//!
//! [`macro@task`] makes an `async fn` a task. The function does not change. The task's `enqueue` returns an
//! [`Enqueue`]. A [`Worker`] runs enqueued tasks, in this process or in others. In a test,
//! [`DbTasks::drain_tasks`] runs all due tasks.
//!
//! [`macro@scheduled`] gives a task a schedule, by which a [`Beat`] enqueues it.
//!
//! # Examples
//!
//! ```standalone_crate
//! use signals::tasks::{DbTasks as _, task};
//! use signals::{Db, Model, Result, Tx};
//!
//! #[derive(Model)]
//! struct Invoice {
//!     id: i64,
//!     settled: bool,
//! }
//!
//! /// Takes `tx`: its writes and the end of the run are one commit.
//! #[task(queue = "billing", max_attempts = 5)]
//! async fn settle(invoice_id: i64, tx: &Tx) -> Result<()> {
//!     let mut invoice = Invoice::get(tx, invoice_id).await?;
//!     invoice.settled = true;
//!     invoice.save(tx).await
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<()> {
//!     let db = Db::connect("sqlite::memory:").await?;
//!     db.create_tables().await?;
//!
//!     let tx = db.begin().await?;
//!     let invoice = Invoice { id: 0, settled: false }.create(&tx).await?;
//!     settle::enqueue(&tx, invoice.id).await?; // stored with the invoice, or not at all
//!     tx.commit().await?;
//!
//!     assert_eq!(db.drain_tasks().await?.done, 1); // a worker does this in a program
//!     assert!(Invoice::get(&db, invoice.id).await?.settled);
//!     Ok(())
//! }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod arguments;
mod beat;
mod blocking;
mod bulk;
mod capture;
mod causes;
mod context;
mod definition;
mod dialect;
mod drain;
mod draining;
mod durable;
mod eager;
mod enqueue;
mod enqueue_all;
mod execute;
mod holdoff;
mod host;
mod listen;
mod manage;
mod merged;
mod merging;
mod metrics;
mod models;
mod outcome;
mod output;
mod own;
#[doc(hidden)]
pub mod private;
mod queues;
mod registry;
mod retry;
mod schedule;
mod scheduled;
mod shutdown;
mod signals;
mod status;
mod store;
mod threads;
mod time;
mod trace;
mod wake;
mod worker;
mod writer;

/// The path of the library for the macros in this crate.
mod crate_path {
    pub(crate) use signals_core::private as __private;
}

pub use beat::{Beat, BeatTicked, beat_ticked};
pub use bulk::{CancelRuns, PurgeRuns, Retried, RetryDead, cancel_runs, purge_runs, retry_dead};
pub use context::Context;
pub use drain::DbTasks;
pub use draining::Drained;
pub use eager::EagerTasks;
pub use enqueue::{Enqueue, EnqueueUnique, Enqueued, set_max_arguments};
pub use enqueue_all::enqueue_all;
pub use manage::{cancel_run, retry_run};
pub use metrics::{TaskMetrics, TaskOutcome, metrics, prometheus};
pub use models::{Task, TaskBeat, TaskCapture, TaskQueue, TaskState, TaskWorker, table_definitions};
pub use queues::{pause_queue, resume_queue};
pub use registry::{RegisteredTask, check_tasks, tasks};
pub use retry::Retry;
pub use scheduled::{Missed, Overlap, ScheduledTask, scheduled_tasks};
pub use signals::{
    TaskDead, TaskFailed, TaskRetried, TaskStarted, TaskSucceeded, task_dead, task_failed, task_retried, task_started,
    task_succeeded,
};
pub use signals_derive::{scheduled, task};
pub use status::{CaptureStatus, QueueStatus, RunCount, TaskStatus, WorkerStatus, queues, status, workers};
pub use worker::{Stopped, Worker, WorkerStarted, WorkerStopped, worker_started, worker_stopped};

// Not for applications. They are public for signals-manage, or so that the compiler's messages name them without a
// path.
#[doc(hidden)]
pub use arguments::Argument;
#[doc(hidden)]
pub use causes::with_causes;
#[doc(hidden)]
pub use output::TaskOutput;
#[doc(hidden)]
pub use status::database_now;

#[cfg(not(any(feature = "mysql", feature = "postgres", feature = "sqlite")))]
compile_error!("tasks are stored in a database: turn on `sqlite`, `postgres` or `mysql`");
