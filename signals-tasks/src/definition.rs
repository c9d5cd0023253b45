//! The static that `#[task]` defines for a function. The linker collects these statics.

use std::time::Duration;

use futures_util::future::BoxFuture;
use signals_core::db::{Db, Handle, IntoHandle, Tx};
use signals_core::error::BoxError;
use uuid::Uuid;

use crate::arguments::{ArgumentCodec, Arguments};
use crate::context::Context;
use crate::store::{Held, Merging};
use crate::threads::Threads;

/// The longest pause between two attempts, unless the first one is longer.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// A task: its name, its options and the call of its function.
#[derive(Debug)]
pub struct TaskDefinition {
    pub(crate) name: &'static str,
    pub(crate) aliases: &'static [&'static str],
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    pub(crate) queue: &'static str,
    pub(crate) priority: i16,
    pub(crate) max_attempts: i32,
    pub(crate) backoff: Duration,
    pub(crate) timeout: Option<Duration>,
    pub(crate) sensitive: &'static [&'static str],
    pub(crate) takes_tx: bool,
    pub(crate) merging: Option<Merging>,
    pub(crate) parallel: bool,
    pub(crate) call: Call,
}

/// Calls the task's function with the arguments of a run.
pub(crate) type Call = for<'r> fn(&'r Run) -> BoxFuture<'r, Result<(), Failure>>;

/// A definition in the linker's list.
#[derive(Debug)]
pub struct TaskEntry(pub &'static TaskDefinition);

inventory::collect!(TaskEntry);

/// A type that `#[task]` made for a function.
pub trait IsTask {
    /// The function's definition.
    const TASK: &'static TaskDefinition;
}

impl TaskDefinition {
    /// Describes the task of this name, with every option at its default.
    pub const fn new(name: &'static str, file: &'static str, line: u32, call: Call) -> Self {
        Self {
            name,
            aliases: &[],
            file,
            line,
            queue: "default",
            priority: 0,
            max_attempts: 20,
            backoff: Duration::from_secs(5),
            timeout: None,
            sensitive: &[],
            takes_tx: false,
            merging: None,
            parallel: false,
            call,
        }
    }

    /// Takes over the runs of old names.
    #[must_use]
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Sets the queue.
    #[must_use]
    pub const fn queue(mut self, queue: &'static str) -> Self {
        self.queue = queue;
        self
    }

    /// Sets the priority within the queue.
    #[must_use]
    pub const fn priority(mut self, priority: i16) -> Self {
        self.priority = priority;
        self
    }

    /// Sets the number of attempts after which a run is dead.
    #[must_use]
    pub const fn max_attempts(mut self, attempts: i32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Sets the pause after the first attempt, in milliseconds.
    #[must_use]
    pub const fn backoff(mut self, milliseconds: u64) -> Self {
        self.backoff = Duration::from_millis(milliseconds);
        self
    }

    /// Sets the maximum duration of an attempt, in milliseconds.
    #[must_use]
    pub const fn timeout(mut self, milliseconds: u64) -> Self {
        self.timeout = Some(Duration::from_millis(milliseconds));
        self
    }

    /// Never shows the arguments of these names.
    #[must_use]
    pub const fn sensitive(mut self, arguments: &'static [&'static str]) -> Self {
        self.sensitive = arguments;
        self
    }

    /// Marks the function as one that takes `tx`.
    #[must_use]
    pub const fn takes_tx(mut self) -> Self {
        self.takes_tx = true;
        self
    }

    /// Merges the open runs of a durable receiver and a row into one.
    #[must_use]
    pub const fn coalesce(mut self) -> Self {
        self.merging = Some(Merging { debounce: Duration::ZERO, max_wait: Duration::ZERO });
        self
    }

    /// Merges the open runs of a durable receiver and a row into one, which starts when the row was not
    /// written for a while. Both times are in milliseconds.
    #[must_use]
    pub const fn debounce(mut self, debounce: u64, max_wait: u64) -> Self {
        let (debounce, max_wait) = (Duration::from_millis(debounce), Duration::from_millis(max_wait));
        self.merging = Some(Merging { debounce, max_wait });
        self
    }

    /// Lets the runs of a durable receiver and a row overlap.
    #[must_use]
    pub const fn parallel(mut self) -> Self {
        self.parallel = true;
        self
    }

    /// Returns the pause after this many attempts. It doubles each time, and is scattered between 0.5 and 1.5
    /// times that.
    pub(crate) fn pause(&self, attempts: i32) -> Duration {
        let doublings = attempts.unsigned_abs().saturating_sub(1).min(30);
        let pause = self.backoff.saturating_mul(1 << doublings).min(LONGEST_PAUSE.max(self.backoff));
        scattered(pause)
    }
}

/// Returns a random duration between 0.5 and 1.5 times this one.
pub(crate) fn scattered(around: Duration) -> Duration {
    // The last 62 bits of such an id are random.
    let (random, range) = (Uuid::now_v7().as_u64_pair().1 & 0xffff, 0x1_0000);
    let milliseconds = u64::try_from(around.as_millis()).unwrap_or(u64::MAX / range);
    Duration::from_millis(milliseconds / 2 + milliseconds.saturating_mul(random) / range)
}

/// The values with which a task's function is called.
#[derive(Debug, Clone)]
pub struct Run {
    pub(crate) held: Held,
    pub(crate) threads: Threads,
    pub(crate) context: Context,
    pub(crate) db: Db,
    pub(crate) tx: Option<Tx>,
    pub(crate) arguments: Arguments,
}

/// The reason why an attempt failed.
#[derive(Debug)]
pub enum Failure {
    /// An argument cannot be read. Another attempt would fail too.
    Unreadable(String),
    /// The task's own error.
    Failed(BoxError),
    /// The row of a durable receiver does not exist any more.
    RowGone,
}

impl Run {
    /// Reads an argument.
    ///
    /// # Errors
    ///
    /// [`Failure::Unreadable`].
    pub fn argument<T>(&self, codec: &ArgumentCodec<T>) -> Result<T, Failure> {
        self.arguments.get(codec).map_err(Failure::Unreadable)
    }

    /// Returns the handle for reads: the transaction, if the function takes it.
    pub(crate) fn handle(&self) -> Handle<'_> {
        self.tx.as_ref().map_or_else(|| self.db.into_handle(), IntoHandle::into_handle)
    }

    /// Returns the value of the parameter `ctx`.
    pub fn ctx(&self) -> &Context {
        &self.context
    }

    /// Returns the value of the parameter `db`.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Returns the value of the parameter `tx`.
    ///
    /// # Errors
    ///
    /// If the definition does not have [`takes_tx`](TaskDefinition::takes_tx).
    pub fn tx(&self) -> Result<&Tx, Failure> {
        self.tx.as_ref().ok_or_else(|| Failure::Failed("the definition of this task lacks `takes_tx`".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour_and_differ() {
        let task = TaskDefinition::new("t", "f", 1, |_| Box::pin(async { Ok(()) })).backoff(1_000);
        for (attempts, seconds) in [(1, 1), (2, 2), (5, 16), (12, 2048), (13, 3600), (i32::MAX, 3600)] {
            let pauses: Vec<_> = (0..200).map(|_| task.pause(attempts).as_secs_f64() / f64::from(seconds)).collect();
            assert!(pauses.iter().all(|pause| (0.5..1.5).contains(pause)), "{attempts}");
            assert!(pauses.iter().any(|pause| *pause < 0.9) && pauses.iter().any(|pause| *pause > 1.1), "{attempts}");
        }
        assert!(task.backoff(7_200_000).pause(9) >= Duration::from_hours(1));
    }
}
