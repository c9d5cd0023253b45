//! `tasks ..`.

use clap::{Args, Subcommand, ValueEnum};
use signals_core::db::Db;
use signals_tasks::TaskState;
use uuid::Uuid;

use crate::console::Console;
use crate::exit::Failure;
use crate::{changing, listing, status};

/// The arguments of `tasks`.
#[derive(Debug, Clone, Args)]
pub struct TasksArgs {
    #[command(subcommand)]
    command: TasksCommand,
}

/// The commands below `tasks`.
#[derive(Debug, Clone, Subcommand)]
enum TasksCommand {
    /// Counts the runs of each queue, and lists the workers
    Status {
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Lists the runs that workers have claimed
    Active(Listing),
    /// Lists the runs that wait until they are due
    Scheduled(Listing),
    /// Lists the runs that failed and are not tried again, the latest first
    Dead(Listing),
    /// Lists the tasks of this program
    Registered {
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Prints the runs and the lag of each queue in the text format of Prometheus
    Metrics,
    /// Shows a run
    Show {
        /// The run's id
        #[arg(value_parser = run_id)]
        id: Uuid,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Tries dead or cancelled runs again
    Retry(Retry),
    /// Cancels runs that have not ended
    Cancel(Cancel),
    /// Stops a queue for all workers; runs that were claimed end
    Pause {
        /// The queue
        queue: String,
    },
    /// Starts a paused queue again
    Resume {
        /// The queue
        queue: String,
    },
    /// Deletes runs that have not started, or those in other states
    Purge(Purge),
    /// Prints the SQL that creates the tables of tasks, for a migration
    Sql,
}

/// The runs that a command is limited to.
#[derive(Debug, Clone, Args)]
pub(crate) struct Scope {
    /// Limits the command to the runs of this queue
    #[arg(short = 'Q', long)]
    queue: Option<String>,
    /// Limits the command to the runs of the task of this name
    #[arg(short, long, value_name = "NAME")]
    task: Option<String>,
}

impl Scope {
    /// Returns the queue and the task.
    pub(crate) fn parts(&self) -> (Option<&str>, Option<&str>) {
        (self.queue.as_deref(), self.task.as_deref())
    }
}

/// The runs to list.
#[derive(Debug, Clone, Args)]
pub(crate) struct Listing {
    #[command(flatten)]
    pub(crate) scope: Scope,
    /// The maximum number of runs
    #[arg(short = 'n', long, default_value_t = 50, value_name = "RUNS")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=i64::MAX.unsigned_abs()))]
    pub(crate) limit: u64,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads the id of a run.
fn run_id(text: &str) -> Result<Uuid, &'static str> {
    text.parse().map_err(|_error| "an id is a UUID, as `tasks active`, `tasks scheduled` and `tasks dead` list them")
}

/// The arguments of `tasks retry`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Retry {
    /// The ids of the runs
    #[arg(required_unless_present = "all", conflicts_with_all = ["all", "queue", "task"], value_name = "ID")]
    #[arg(value_parser = run_id)]
    pub(crate) ids: Vec<Uuid>,
    /// Tries all dead runs again
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) scope: Scope,
    /// With --all: the number of runs that start in a second
    #[arg(long, conflicts_with = "ids", default_value_t = 500, value_name = "RUNS")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: u32,
}

/// The arguments of `tasks cancel`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Cancel {
    /// The ids of the runs
    #[arg(required_unless_present = "all", conflicts_with_all = ["all", "queue", "task"], value_name = "ID")]
    #[arg(value_parser = run_id)]
    pub(crate) ids: Vec<Uuid>,
    /// Cancels all runs that have not started
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) scope: Scope,
    /// Does not ask for confirmation
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// The arguments of `tasks purge`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Purge {
    #[command(flatten)]
    pub(crate) scope: Scope,
    /// The states of the runs, separated by commas [default: ready,waiting,unknown]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "STATE,..")]
    pub(crate) state: Vec<PurgedState>,
    /// Does not ask for confirmation
    #[arg(short, long)]
    pub(crate) yes: bool,
}

impl Purge {
    /// Returns the states, each once.
    pub(crate) fn states(&self) -> Vec<PurgedState> {
        let given = if self.state.is_empty() { PurgedState::DEFAULT.as_slice() } else { &self.state };
        let mut states = given.to_vec();
        states.sort();
        states.dedup();
        states
    }
}

/// The states of runs that can be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum PurgedState {
    /// A worker may claim them
    Ready,
    /// They wait until they are due
    Waiting,
    /// They wait for a worker that has their task
    Unknown,
    /// They succeeded
    Done,
    /// They failed and are not tried again
    Dead,
    /// They were cancelled
    Cancelled,
}

impl PurgedState {
    /// The states without `--state`.
    pub(crate) const DEFAULT: [Self; 3] = [Self::Ready, Self::Waiting, Self::Unknown];

    /// Returns the states of the rows.
    pub(crate) fn states(self) -> &'static [TaskState] {
        match self {
            Self::Ready => &[TaskState::Ready, TaskState::Isolated],
            Self::Waiting => &[TaskState::Waiting],
            Self::Unknown => &[TaskState::Unknown],
            Self::Done => &[TaskState::Done],
            Self::Dead => &[TaskState::Dead],
            Self::Cancelled => &[TaskState::Cancelled],
        }
    }
}

impl TasksArgs {
    pub(crate) async fn run(&self, db: &Db, console: &mut Console<'_>) -> Result<(), Failure> {
        match &self.command {
            TasksCommand::Status { json } => status::show(db, console, *json).await,
            TasksCommand::Active(listing) => listing::active(db, console, listing).await,
            TasksCommand::Scheduled(listing) => listing::scheduled(db, console, listing).await,
            TasksCommand::Dead(listing) => listing::dead(db, console, listing).await,
            TasksCommand::Registered { json } => listing::registered(console, *json),
            TasksCommand::Metrics => status::metrics(db, console).await,
            TasksCommand::Show { id, json } => listing::show(db, console, *id, *json).await,
            TasksCommand::Retry(retry) if retry.all => changing::retry_all(db, console, retry).await,
            TasksCommand::Retry(retry) => changing::retry(db, console, &retry.ids).await,
            TasksCommand::Cancel(cancel) if cancel.all => changing::cancel_all(db, console, cancel).await,
            TasksCommand::Cancel(cancel) => changing::cancel(db, console, &cancel.ids).await,
            TasksCommand::Pause { queue } => changing::pause(db, console, queue).await,
            TasksCommand::Resume { queue } => changing::resume(db, console, queue).await,
            TasksCommand::Purge(purge) => changing::purge(db, console, purge).await,
            TasksCommand::Sql => listing::sql(db, console),
        }
    }
}
