//! What a queue has to do to be measured.

use std::ops::Range;

use async_trait::async_trait;

pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The number of runs that are enqueued at once where a queue can do that.
pub const AT_ONCE: i64 = 1_000;

/// The tasks that each queue has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Does nothing.
    Nothing,
    /// Inserts a row, in the transaction that ends the run if the queue can do that.
    Effect,
    /// Prints its number and the time of its start.
    Stamp,
}

impl Job {
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Effect, Self::Stamp];

    /// The name of the task, and of its queue if each task needs one.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Effect => "effect",
            Self::Stamp => "stamp",
        }
    }

    pub fn named(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|job| job.name() == name).ok_or_else(|| format!("no job is called `{name}`").into())
    }
}

/// What the worker's settings are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// As many runs per second as possible.
    Many,
    /// One run now and then.
    Idle,
}

/// One task queue on one database. It has a pool of connections.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Creates the tables of the queue, and those of the rows and effects.
    async fn create_tables(&self) -> Result;

    /// Inserts a row and enqueues a run of `job`, in one transaction.
    async fn enqueue_with_row(&self, job: Job, number: i64) -> Result;

    /// Inserts a row whose save enqueues a run by itself.
    async fn save(&self, _number: i64) -> Result {
        Err("this queue has no durable receivers".into())
    }

    /// Enqueues one run for each number, all at once if the queue can do that.
    async fn enqueue_many(&self, job: Job, numbers: Range<i64>) -> Result;

    /// Runs a worker for `job`, until it is dropped.
    async fn work(&self, job: Job, load: Load) -> Result;

    /// Returns whether a run has not ended.
    async fn has_open_runs(&self) -> Result<bool>;
}

/// Returns a setting of a worker: that of the environment variable, or else `default`.
pub fn setting<T: std::str::FromStr>(variable: &str, default: T) -> T {
    std::env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}
