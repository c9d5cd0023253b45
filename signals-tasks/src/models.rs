//! The tables: runs, schedules, paused queues and workers.

use std::fmt;
use std::time::Duration;

use signals_core::context::Context;
use signals_core::db::Db;
use signals_core::error::Result;
use signals_derive::Model;
use uuid::Uuid;

use crate::trace;

/// A run of a task: one row of the table `signals_task`.
///
/// It is a model like any other, so queries and receivers work with it. Calls of `enqueue` create the rows. A
/// worker changes them with its own statements, which send no signals. Times are milliseconds since 1970.
#[derive(Clone, Model)]
#[model(crate = crate::crate_path, table = "signals_task", index(state, queue, priority, id), index(state, due_at, id), index(merge_key, state))]
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
    /// The number of attempts. One that is given back or lost with its process does not count.
    pub attempts: i32,
    /// The number of attempts after which the run is dead.
    pub max_attempts: i32,
    /// The number of claims of the run. A worker with an older number has lost it.
    pub claims: i32,
    /// The number of times that the run was lost with its process.
    pub crashes: i32,
    /// The time since which no worker knew the name, or NULL.
    pub unknown_since: Option<i64>,
    /// The time of the next change of the run: it is due, its lease ends, or it is deleted.
    pub due_at: i64,
    /// The worker that has claimed it.
    pub claimed_by: Option<String>,
    /// The caller's unique key.
    pub unique_key: Option<String>,
    /// The name and the unique key while the run has not ended, and then NULL.
    #[model(unique)]
    pub open_key: Option<String>,
    /// The durable receiver and the row that it is called for. Runs with the same key do not overlap.
    pub merge_key: Option<String>,
    /// The reason why the last attempt failed, or why the run ended without one.
    pub last_error: Option<String>,
    /// The context of the call that enqueued it, as JSON, or NULL: see [`context`](Self::context).
    pub trace: Option<String>,
    /// The time when the run was enqueued, or the first of the runs that were merged into it.
    pub created_at: i64,
    /// The time when the last attempt started.
    pub started_at: Option<i64>,
    /// The time when the run ended.
    pub done_at: Option<i64>,
}

impl fmt::Debug for Task {
    /// Shows the length of the arguments and not their values, which may be personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let args = format_args!("{} bytes", self.args.len());
        let mut task = f.debug_struct("Task");
        task.field("id", &self.id).field("name", &self.name).field("queue", &self.queue).field("args", &args);
        task.field("state", &self.state).field("priority", &self.priority);
        task.field("attempts", &self.attempts).field("max_attempts", &self.max_attempts);
        task.field("claims", &self.claims).field("crashes", &self.crashes);
        task.field("unknown_since", &self.unknown_since).field("due_at", &self.due_at);
        task.field("claimed_by", &self.claimed_by).field("unique_key", &self.unique_key);
        task.field("open_key", &self.open_key).field("last_error", &self.last_error);
        task.field("merge_key", &self.merge_key).field("trace", &self.trace);
        task.field("created_at", &self.created_at).field("started_at", &self.started_at);
        task.field("done_at", &self.done_at).finish()
    }
}

impl Task {
    /// Returns the context of the call that enqueued the run: its request, its actor and its trace.
    pub fn context(&self) -> Context {
        trace::read(self.trace.as_deref())
    }

    /// Returns the state, or `None` for a number that this version does not have.
    pub fn state(&self) -> Option<TaskState> {
        TaskState::ALL.into_iter().find(|state| state.number() == self.state)
    }
}

/// The time for which runs that did not succeed are kept, if nothing else is set.
pub(crate) const KEEP_DEAD: Duration = Duration::from_hours(24 * 7);

/// The state of a run, as in the column `state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskState {
    /// A worker may claim it: 0.
    Ready,
    /// It becomes ready when it is due: 1.
    Waiting,
    /// A worker has claimed it: 2.
    Running,
    /// It succeeded: 3.
    Done,
    /// It failed, and is not tried again: 4.
    Dead,
    /// It was cancelled: 5.
    Cancelled,
    /// It is ready, and runs alone in its worker, because it was lost with two: 7.
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

    /// The states of runs that have ended.
    pub(crate) const ENDED: [Self; 3] = [Self::Done, Self::Dead, Self::Cancelled];
    /// The states of runs that have not started. A run that becomes due moves to a later one of them.
    pub(crate) const NOT_STARTED: [Self; 4] = [Self::Waiting, Self::Unknown, Self::Ready, Self::Isolated];

    /// Returns its number in the column `state`.
    pub const fn number(self) -> i16 {
        match self {
            Self::Ready => 0,
            Self::Waiting => 1,
            Self::Running => 2,
            Self::Done => 3,
            Self::Dead => 4,
            Self::Cancelled => 5,
            // 6 is reserved for runs that a broker has.
            Self::Isolated => 7,
            Self::Unknown => 8,
        }
    }

    /// Returns its name in the statements.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
            Self::Isolated => "isolated",
            Self::Unknown => "unknown",
        }
    }
}

/// A schedule that a beat has seen: a row of the table `signals_beat`.
///
/// Set `enabled` to false to pause a schedule. Its ticks are then dropped.
#[derive(Debug, Clone, Model)]
#[model(crate = crate::crate_path, table = "signals_beat")]
pub struct TaskBeat {
    /// The name of the task.
    #[model(primary_key)]
    pub name: String,
    /// The times: the cron expression with its time zone, or the interval. A schedule whose times change starts
    /// again.
    pub schedule: String,
    /// The time when a beat first saw these times, in milliseconds since 1970. An interval counts from it.
    pub first_seen: i64,
    /// The last tick that was decided, in milliseconds since 1970. At first it is the time of the first sight.
    pub last_tick: i64,
    /// The last time when a beat had this schedule, in milliseconds since 1970.
    pub seen_at: i64,
    /// Whether ticks are runs.
    pub enabled: bool,
}

/// A queue that was ever paused: a row of the table `signals_queue`.
#[derive(Debug, Clone, Model)]
#[model(crate = crate::crate_path, table = "signals_queue")]
pub struct TaskQueue {
    /// The queue's name.
    #[model(primary_key)]
    pub name: String,
    /// The time when it was paused, in milliseconds since 1970, or NULL if it is not paused.
    pub paused_at: Option<i64>,
}

/// A worker that runs, or that ended without a shutdown: a row of the table `signals_worker`, only for
/// display.
#[derive(Debug, Clone, Model)]
#[model(crate = crate::crate_path, table = "signals_worker")]
pub struct TaskWorker {
    /// The host, the process and a number of this start.
    #[model(primary_key)]
    pub id: String,
    /// The queues that it serves, separated by commas. Empty for all queues.
    pub queues: String,
    /// The maximum number of concurrent runs.
    pub concurrency: i32,
    /// The time when it started, in milliseconds since 1970.
    pub started_at: i64,
    /// The time of its last heartbeat, in milliseconds since 1970.
    pub seen_at: i64,
}

/// A write that a trigger recorded, and whose durable receivers have no runs yet: a row of the table `signals_capture`.
///
/// Triggers write the rows for models with `#[model(capture)]`. A worker turns them into runs and deletes them. The table
/// exists only if a model has `capture`.
#[derive(Debug, Clone, Model)]
#[model(crate = crate::crate_path, table = "signals_capture", index(due_at, id))]
pub struct TaskCapture {
    /// The number of the write.
    pub id: i64,
    /// The table that was written.
    pub table_name: String,
    /// `I` for an INSERT, `U` for an UPDATE, `D` for a DELETE.
    pub operation: String,
    /// The session's `signals.actor` on PostgreSQL or `@signals_actor` on MariaDB and MySQL, or the user of the database.
    /// NULL on SQLite.
    pub actor: Option<String>,
    /// The row before the write, as JSON.
    pub old_row: Option<String>,
    /// The row after the write, as JSON.
    pub new_row: Option<String>,
    /// The time of the write, in milliseconds since 1970.
    pub captured_at: i64,
    /// Why its receivers got no runs at the last try.
    pub error: Option<String>,
    /// 0, or the time of the next try of a row that was refused, in milliseconds since 1970. Set it to 0 to try at once.
    #[model(default = 0)]
    pub due_at: i64,
}

/// Returns the statements that create the tables of tasks and their indexes, for a migration.
///
/// They are those of [`create_tables`](Db::create_tables) for the kind of this database, without semicolons at their
/// ends. A later version of the library may need other columns; its changelog has the statements.
///
/// # Errors
///
/// If the models of the program contradict each other, as `create_tables`.
///
/// # Examples
///
/// ```no_run
/// # use signals::{Db, Result};
/// # async fn example() -> Result<()> {
/// let db = Db::connect("postgres://localhost/shop").await?;
/// for statement in signals::tasks::table_definitions(&db)? {
///     println!("{statement};");
/// }
/// # Ok(()) }
/// ```
pub fn table_definitions(db: &Db) -> Result<Vec<String>> {
    db.table_definitions(|model| {
        model.is::<Task>()
            || model.is::<TaskBeat>()
            || model.is::<TaskQueue>()
            || model.is::<TaskWorker>()
            || model.is::<TaskCapture>()
    })
}
