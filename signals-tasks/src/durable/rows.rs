//! The durable receivers of the rows of a model: their runs are enqueued in the transaction of the write, or inserted
//! by the statement of a save itself.

use std::fmt;
use std::sync::OnceLock;

use futures_util::future::BoxFuture;
use signals_core::backend::Args;
use signals_core::db::{Handle, Tx};
use signals_core::error::{BoxError, Result};
use signals_core::signal::Event;
use signals_core::store::{AttachedRow, AttachedTable, Attachment, Model, RowKey};

use super::{Chooses, DurableSignal, LONGEST_KEY, NewRun, Sent, Stored};
use crate::definition::TaskDefinition;
use crate::enqueue::announce;
use crate::enqueue_all;
use crate::models::Task;

/// The maximum number of characters of a generated key.
const LONGEST_GENERATED: usize = 20;
/// What the arguments have before the key.
const BEFORE_KEY: &str = "{\"key\":";

/// The table of runs, for the statement of a save. The other columns of a new run are NULL.
static RUNS: AttachedTable = AttachedTable {
    name: "signals_task",
    columns: &["id", "name", "queue", "state", "priority", "max_attempts", "due_at", "created_at", "trace"],
    keyed: &["args", "merge_key"],
    constants: &[("attempts", 0), ("claims", 0), ("crashes", 0)],
};

/// A durable receiver of the rows of a model.
pub struct DurableRows<S: DurableSignal, M: Model> {
    task: &'static TaskDefinition,
    stored: Stored<M>,
    chooses: Option<Chooses<S, M>>,
    /// Whether a generated key is the same number in SQL and in JSON, once that was found out.
    is_number: OnceLock<bool>,
}

impl<S: DurableSignal, M: Model> fmt::Debug for DurableRows<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DurableRows")
            .field("task", &self.task.name)
            .field("stored", &self.stored)
            .finish_non_exhaustive()
    }
}

impl<S: DurableSignal, M: Model> DurableRows<S, M> {
    /// Creates the receiver. `chooses` are its conditions.
    pub const fn new(task: &'static TaskDefinition, stored: Stored<M>, chooses: Option<Chooses<S, M>>) -> Self {
        Self { task, stored, chooses, is_number: OnceLock::new() }
    }

    /// Enqueues a run for each chosen row of a write, in its transaction. The signals of a save of [`Task`] are
    /// sent only if they have receivers.
    pub fn enqueue(&'static self, event: &Event<'_, Sent<S>, M>, tx: Tx) -> BoxFuture<'static, Result<(), BoxError>> {
        let rows = S::runs(event, &self.stored, self.chooses);
        let rows: Result<Vec<Task>> =
            rows.and_then(|rows| rows.into_iter().map(|row| row.into_row(self.task)).collect());
        Box::pin(async move { enqueue_all::insert(&tx, rows?).await.map_err(Into::into) })
    }

    /// Returns whether the statement of a save on this handle can insert the run.
    pub fn is_attachable(&self, on: Handle<'_>, key: RowKey) -> bool {
        <Task as Model>::state().has_no_save_receivers(on) && (key == RowKey::Known || self.takes_generated_keys())
    }

    /// Returns whether the arguments and the merge key of a run can be completed with a key by SQL.
    fn takes_generated_keys(&self) -> bool {
        let is_number = || self.stored.has_numbers() && self.task.name.len() + LONGEST_GENERATED < LONGEST_KEY;
        *self.is_number.get_or_init(is_number)
    }

    /// Returns the run for a set of one row that is about to be written, or `None` if the row is not chosen.
    ///
    /// # Errors
    ///
    /// If the row or its key cannot be stored.
    pub fn attach(&self, event: &Event<'_, Sent<S>, M>, key: RowKey) -> Result<Option<Box<dyn AttachedRow>>, BoxError> {
        let Some(run) = S::runs(event, &self.stored, self.chooses)?.pop() else { return Ok(None) };
        let run = match key {
            RowKey::Known => AttachedRun { row: run.into_row(self.task)?, after_key: None },
            RowKey::Generated => AttachedRun::before_key(run, self.task)?,
        };
        Ok(Some(Box::new(run)))
    }
}

/// Returns how the statement of a save inserts the run. Only `post_save` uses it.
pub const fn attachment<S: DurableSignal, M: Model>(
    is_possible: fn(Handle<'_>, RowKey) -> bool,
    row: AttachRow<S, M>,
) -> Attachment<Sent<S>, M> {
    Attachment { table: &RUNS, is_possible, row }
}

/// Returns the run for a set of one row that is about to be written.
pub type AttachRow<S, M> =
    for<'a, 'b> fn(&'a Event<'b, Sent<S>, M>, RowKey) -> Result<Option<Box<dyn AttachedRow>>, BoxError>;

/// A run that the statement of a save inserts.
struct AttachedRun {
    row: Task,
    /// If the database generates the key: the rest of the arguments behind it. The row then has the texts before it.
    after_key: Option<String>,
}

impl AttachedRun {
    fn before_key(mut run: NewRun, task: &'static TaskDefinition) -> Result<Self> {
        run.arguments.remove("key");
        run.key = Some(String::new());
        let mut row = run.into_row(task)?;
        let others = row.args.strip_prefix('{').unwrap_or_default();
        let after_key = if others == "}" { others.to_owned() } else { format!(",{others}") };
        BEFORE_KEY.clone_into(&mut row.args);
        Ok(Self { row, after_key: Some(after_key) })
    }
}

impl AttachedRow for AttachedRun {
    fn bind(&self, args: &mut Args) -> Result<()> {
        let Task { id, name, queue, state, priority, max_attempts, due_at, created_at, trace, .. } = &self.row;
        args.add(id)?;
        args.add(name)?;
        args.add(queue)?;
        args.add(state)?;
        args.add(priority)?;
        args.add(max_attempts)?;
        args.add(due_at)?;
        args.add(created_at)?;
        args.add(trace)?;
        args.add(&self.row.args)?;
        if let Some(after_key) = &self.after_key {
            args.add(after_key)?;
        }
        args.add(&self.row.merge_key)?;
        if self.after_key.is_some() {
            args.add(&String::new())?;
        }
        Ok(())
    }

    fn inserted<'a>(&'a self, on: Handle<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(announce(on, self.row.state))
    }

    fn take_back<'a>(&'a self, on: Handle<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { Task::objects().filter(Task::ID.eq(self.row.id)).delete(on).quiet().await.map(drop) })
    }
}
