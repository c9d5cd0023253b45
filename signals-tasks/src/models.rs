//! The tables: runs, queues that are paused, and workers.

use signals_derive::Model;
use uuid::Uuid;

/// A run of a task: one row of the table `signals_task`.
///
/// It is a model like any other, so queries and receivers work on it. `#[task]` makes the rows and a worker changes
/// them by statements of its own, which send no signals. Times are milliseconds since 1970.
#[derive(Debug, Clone, Model)]
#[model(crate = crate::crate_path, table = "signals_task", index(state, queue, priority, id), index(state, due_at, id))]
pub struct Task {
    /// The run's id, which is a UUID of version 7, and its idempotency key.
    pub id: Uuid,
    /// The name of the task.
    pub name: String,
    /// The queue it waits in.
    pub queue: String,
    /// The arguments, as a JSON object.
    pub args: String,
    /// The number of a [`TaskState`].
    pub state: i16,
    /// Runs of a lower number start first within their queue.
    pub priority: i16,
    /// How many attempts were made. A run that is given back or lost with its process is not counted.
    pub attempts: i32,
    /// After how many attempts the run is dead.
    pub max_attempts: i32,
    /// How often a worker took the run. A worker that holds an older number has lost it.
    pub claims: i32,
    /// How often the run was lost with its process.
    pub crashes: i32,
    /// When the next thing happens to the run: it is due, its lease ends, or it is deleted.
    pub due_at: i64,
    /// The worker that runs it.
    pub claimed_by: Option<String>,
    /// The caller's unique key.
    pub unique_key: Option<String>,
    /// The name and the unique key while the run has not ended, and then NULL.
    #[model(unique)]
    pub open_key: Option<String>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When the run was enqueued.
    pub created_at: i64,
    /// When the last attempt started.
    pub started_at: Option<i64>,
    /// When the run ended.
    pub done_at: Option<i64>,
}

impl Task {
    /// Returns the state; `None` for a number that this version does not have.
    pub fn state(&self) -> Option<TaskState> {
        TaskState::ALL.into_iter().find(|state| state.number() == self.state)
    }
}

/// What becomes of a run next, as the column `state` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskState {
    /// A worker may take it: 0.
    Ready,
    /// It is ready when it is due: 1.
    Waiting,
    /// A worker has it: 2.
    Running,
    /// It succeeded: 3.
    Done,
    /// It failed for good: 4.
    Dead,
    /// It was cancelled: 5.
    Cancelled,
    /// It is ready, and runs alone in its worker, since it was lost with one: 7.
    Isolated,
    /// It waits for a worker that has a task of its name: 8.
    Unknown,
}

impl TaskState {
    /// Every state.
    pub(crate) const ALL: [Self; 8] = [
        Self::Ready,
        Self::Waiting,
        Self::Running,
        Self::Done,
        Self::Dead,
        Self::Cancelled,
        Self::Isolated,
        Self::Unknown,
    ];

    /// Returns its number in the column `state`.
    pub fn number(self) -> i16 {
        match self {
            Self::Ready => 0,
            Self::Waiting => 1,
            Self::Running => 2,
            Self::Done => 3,
            Self::Dead => 4,
            Self::Cancelled => 5,
            // 6 is left for runs that a broker has.
            Self::Isolated => 7,
            Self::Unknown => 8,
        }
    }
}

/// A queue that was paused once: a row of the table `signals_queue`.
#[derive(Debug, Clone, Model)]
#[model(crate = crate::crate_path, table = "signals_queue")]
pub struct TaskQueue {
    /// The queue's name.
    #[model(primary_key)]
    pub name: String,
    /// When it was paused, in milliseconds since 1970; NULL if it is not.
    pub paused_at: Option<i64>,
}

/// A worker that runs, or has not stopped in order: a row of the table `signals_worker`, for display alone.
#[derive(Debug, Clone, Model)]
#[model(crate = crate::crate_path, table = "signals_worker")]
pub struct TaskWorker {
    /// The host, the process and a number of this start.
    #[model(primary_key)]
    pub id: String,
    /// The queues that it serves, separated by commas; empty for all.
    pub queues: String,
    /// How many runs it has at once.
    pub concurrency: i32,
    /// When it started, in milliseconds since 1970.
    pub started_at: i64,
    /// Its last sign of life, in milliseconds since 1970.
    pub seen_at: i64,
}
