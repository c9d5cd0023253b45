//! Enqueues a run. The caller's handle inserts the row, so the row exists if and only if the caller's
//! transaction is committed.

use std::future::IntoFuture;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;
use signals_core::db::{Handle, IntoHandle};
use signals_core::error::{Error, Result};
use signals_core::store::Model as _;
use uuid::Uuid;

use crate::arguments::{ArgumentCodec, Arguments};
use crate::context::SCHEDULED_AT;
use crate::definition::TaskDefinition;
use crate::models::{Task, TaskState};
use crate::registry::check_tasks;
use crate::store;
use crate::time::{milliseconds, of_duration};
use crate::trace;
use crate::wake;

/// The maximum number of characters of a name.
const MOST_LETTERS: usize = 255;
/// The maximum number of tries for a unique key that is taken at each INSERT and free at each lookup.
const TRIES: usize = 10;

/// A call of a task's `enqueue`. It writes nothing before it is awaited, and then returns the run's id.
///
/// # Transactions
///
/// On a [`Tx`](signals_core::db::Tx) the run is part of the transaction. On a [`Db`](signals_core::db::Db) it
/// is written at once.
///
/// # Cancel safety
///
/// Dropping the future on a `Tx` enqueues nothing.
#[derive(Debug)]
#[must_use = "nothing is enqueued before it is awaited"]
pub struct Enqueue<'a> {
    on: Handle<'a>,
    task: &'static TaskDefinition,
    arguments: Result<Arguments>,
    options: Options,
}

/// An [`Enqueue`] with a unique key.
#[derive(Debug)]
#[must_use = "nothing is enqueued before it is awaited"]
pub struct EnqueueUnique<'a> {
    enqueue: Enqueue<'a>,
    key: String,
}

/// The result of a call with a unique key, with the id of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "the run may be one that was enqueued before, with other arguments"]
pub enum Enqueued {
    /// This call enqueued it.
    New(Uuid),
    /// It was enqueued before with the same key, and has not ended.
    Existing(Uuid),
}

impl Enqueued {
    /// Returns the id of the run.
    pub fn id(self) -> Uuid {
        match self {
            Self::New(id) | Self::Existing(id) => id,
        }
    }
}

#[derive(Debug, Default)]
struct Options {
    /// In milliseconds since 1970.
    due_at: Option<i64>,
    queue: Option<String>,
    priority: Option<i16>,
}

/// The settings of both kinds of calls.
macro_rules! settings {
    (|$this:ident| $options:expr) => {
        /// Starts the run after this time, counted from the call of this method.
        pub fn delay(self, delay: Duration) -> Self {
            let mut $this = self;
            $options.due_at = Some(milliseconds(SystemTime::now()).saturating_add(of_duration(delay)));
            $this
        }

        /// Starts the run at this time.
        ///
        /// It takes a [`SystemTime`], or a time of chrono or `time` that converts into one.
        pub fn at(self, time: impl Into<SystemTime>) -> Self {
            let mut $this = self;
            $options.due_at = Some(milliseconds(time.into()));
            $this
        }

        /// Sets the queue for this run, in place of the task's.
        pub fn queue(self, queue: impl Into<String>) -> Self {
            let mut $this = self;
            $options.queue = Some(queue.into());
            $this
        }

        /// Sets the priority for this run, in place of the task's. A lower number starts first within the
        /// queue.
        pub fn priority(self, priority: i16) -> Self {
            let mut $this = self;
            $options.priority = Some(priority);
            $this
        }
    };
}

impl<'a> Enqueue<'a> {
    /// Begins a call without arguments.
    #[doc(hidden)]
    pub fn new(on: impl IntoHandle<'a>, task: &'static TaskDefinition) -> Self {
        let options = Options::default();
        Self { on: on.into_handle(), task, arguments: Ok(Arguments::default()), options }
    }

    /// Adds an argument.
    #[doc(hidden)]
    pub fn argument<T>(mut self, codec: &ArgumentCodec<T>, value: &T) -> Self {
        if let Ok(arguments) = &mut self.arguments
            && let Err(error) = arguments.add(codec, value)
        {
            self.arguments = Err(error);
        }
        self
    }

    settings!(|this| this.options);

    /// Enqueues nothing if another run of the task has the same key and has not ended.
    ///
    /// The call waits for open transactions that have enqueued the same key. If such a transaction is rolled
    /// back, this call enqueues its run.
    ///
    /// In a transaction of PostgreSQL that is REPEATABLE READ or SERIALIZABLE, the call returns the unique violation if
    /// a run with the key was committed after the first statement of the transaction: it cannot see that run.
    #[allow(clippy::needless_pass_by_value, reason = "keys are written as `user.id`")]
    pub fn unique_key(self, key: impl ToString) -> EnqueueUnique<'a> {
        EnqueueUnique { enqueue: self, key: key.to_string() }
    }

    /// Returns the row of a call without a unique key.
    pub(crate) fn into_row(self) -> Result<Task> {
        self.row(None)
    }

    fn row(self, unique_key: Option<String>) -> Result<Task> {
        row(self.task, self.arguments?, self.options, unique_key)
    }
}

fn row(
    task: &'static TaskDefinition,
    arguments: Arguments,
    options: Options,
    unique_key: Option<String>,
) -> Result<Task> {
    // A worker would not know which of two tasks to call.
    check_tasks()?;
    let now = milliseconds(SystemTime::now());
    let due_at = options.due_at.unwrap_or(now);
    let state = if due_at > now { TaskState::Waiting } else { TaskState::Ready };
    let open_key = unique_key.as_ref().map(|key| open_key(task.name, key));
    let queue = options.queue.unwrap_or_else(|| task.queue.to_owned());
    check("the name of a task", task.name)?;
    check("the name of a queue", &queue)?;
    check("the unique key with the name of its task", open_key.as_deref().unwrap_or("-"))?;
    let args = arguments.into_json();
    limit(task, &args)?;
    Ok(Task {
        id: Uuid::now_v7(),
        name: task.name.to_owned(),
        queue,
        args,
        state: state.number(),
        priority: options.priority.unwrap_or(task.priority),
        attempts: 0,
        max_attempts: task.max_attempts,
        claims: 0,
        crashes: 0,
        unknown_since: None,
        due_at,
        claimed_by: None,
        unique_key,
        open_key,
        merge_key: None,
        last_error: None,
        trace: trace::stored(),
        created_at: now,
        started_at: None,
        done_at: None,
    })
}

impl EnqueueUnique<'_> {
    settings!(|this| this.enqueue.options);
}

impl<'a> IntoFuture for Enqueue<'a> {
    type Output = Result<Uuid>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let on = self.on;
            let row = self.into_row()?.create(on).await?;
            announce(on, row.state).await?;
            Ok(row.id)
        })
    }
}

impl<'a> IntoFuture for EnqueueUnique<'a> {
    type Output = Result<Enqueued>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let on = self.enqueue.on;
            let row = self.enqueue.row(Some(self.key))?;
            let enqueued = insert_unique(on, &row).await?;
            if let Enqueued::New(_) = enqueued {
                announce(on, row.state).await?;
            }
            Ok(enqueued)
        })
    }
}

/// The unique key of the runs of a schedule, of which one may be open.
const KEY_OF_SCHEDULE: &str = "@schedule";

/// Enqueues the run of a tick, at the present time of the database. Returns `None` if it must be the only open
/// run of its schedule, and is not.
pub(crate) async fn enqueue_tick(
    on: Handle<'_>,
    task: &'static TaskDefinition,
    tick: i64,
    now: i64,
    is_only: bool,
) -> Result<Option<Uuid>> {
    let key = is_only.then(|| KEY_OF_SCHEDULE.to_owned());
    let enqueue = Enqueue::new(on, task).argument(&SCHEDULED_AT, &Some(tick));
    let row = enqueue.row(key)?;
    let row = Task { state: TaskState::Ready.number(), due_at: now, created_at: now, ..row };
    let id = row.id;
    if is_only {
        // Looked up first, so that a long run causes no error in the database at each tick.
        if find_open_tick(on, task).await?.is_some() || insert_unique(on, &row).await? != Enqueued::New(id) {
            return Ok(None);
        }
    } else {
        row.create(on).await?;
    }
    announce(on, TaskState::Ready.number()).await?;
    Ok(Some(id))
}

/// Returns the open run of a schedule that has at most one.
pub(crate) async fn find_open_tick(on: Handle<'_>, task: &TaskDefinition) -> Result<Option<Uuid>> {
    store::find_open(on, &open_key(task.name, KEY_OF_SCHEDULE)).await
}

/// Inserts the row. Only if the database refuses it, looks for the row with its key, because the result of an
/// earlier lookup could be out of date.
async fn insert_unique(on: Handle<'_>, row: &Task) -> Result<Enqueued> {
    let mut tries = 1;
    loop {
        let refused = match insert(on, row).await {
            Ok(()) => return Ok(Enqueued::New(row.id)),
            Err(error) if error.is_unique_violation() => error,
            Err(error) => return Err(error),
        };
        if let Some(id) = store::find_open(on, row.open_key.as_deref().unwrap_or_default()).await? {
            return Ok(Enqueued::Existing(id));
        }
        // The run with the key ended after the INSERT.
        if tries == TRIES {
            return Err(refused);
        }
        tries += 1;
    }
}

/// Inserts the row. In a transaction it uses a savepoint, because some databases accept no statement after a
/// refused one.
async fn insert(on: Handle<'_>, row: &Task) -> Result<()> {
    match on {
        Handle::Db(db) => row.clone().create(db).await.map(drop),
        Handle::Tx(tx) => tx.atomic(|savepoint| async move { row.clone().create(&savepoint).await.map(drop) }).await,
    }
}

/// Returns the row of a run of a durable receiver, which starts after `delay`.
pub(crate) fn new_row(task: &'static TaskDefinition, arguments: Arguments, delay: Duration) -> Result<Task> {
    let now = milliseconds(SystemTime::now());
    let options = Options { due_at: Some(now.saturating_add(of_duration(delay))), ..Options::default() };
    row(task, arguments, options, None)
}

/// Wakes the workers after the commit, if the run is ready, or runs it then if tasks run eagerly.
pub(crate) async fn announce(on: Handle<'_>, state: i16) -> Result<()> {
    if state == TaskState::Ready.number() { wake::after(on).await } else { Ok(()) }
}

/// Returns the key of an open run: each task has its own unique keys.
pub(crate) fn open_key(task: &str, unique_key: &str) -> String {
    format!("{task}:{unique_key}")
}

/// The maximum length of the arguments of one run, in bytes of JSON.
static MAX_ARGUMENTS: AtomicUsize = AtomicUsize::new(1024 * 1024);

/// Sets the maximum length of the arguments of one run in this process, in bytes of JSON. The default is 1 MiB. An
/// `enqueue` of longer arguments returns an error, and so does a write with a durable receiver.
///
/// Store large data in a table or a file, and pass its key.
pub fn set_max_arguments(bytes: usize) {
    MAX_ARGUMENTS.store(bytes, Ordering::Relaxed);
}

fn limit(task: &TaskDefinition, args: &str) -> Result<()> {
    let (length, limit) = (args.len(), MAX_ARGUMENTS.load(Ordering::Relaxed));
    if length <= limit {
        return Ok(());
    }
    let name = task.name;
    Err(Error::other(format!(
        "the arguments of `{name}` have {length} bytes; the maximum is {limit}, which `set_max_arguments` sets"
    )))
}

/// Refuses a name that one of the databases cannot store.
pub(crate) fn check(what: &str, name: &str) -> Result<()> {
    let letters = name.chars().count();
    if name.is_empty() || name.contains('\0') || letters > MOST_LETTERS {
        let problem = match letters {
            0 => "is empty".to_owned(),
            letters if letters > MOST_LETTERS => format!("has {letters} characters"),
            _ => "contains NUL".to_owned(),
        };
        return Err(Error::other(format!("{what} {problem}; use 1 to {MOST_LETTERS} characters without NUL")));
    }
    Ok(())
}
