//! The data of a run that its task can read.

use std::time::SystemTime;

use signals_core::context::{self, Context as Cause};
use uuid::Uuid;

use crate::arguments::{ArgumentCodec, Arguments, argument};
use crate::store::Claimed;
use crate::time::system_time;
use crate::trace;

/// The argument in which a scheduled run keeps its tick.
pub(crate) const SCHEDULED_AT: ArgumentCodec<Option<i64>> = argument("scheduled_at");

/// The run that a task is called for. A task takes it as the parameter `ctx: &Context`.
#[derive(Debug, Clone)]
pub struct Context {
    id: Uuid,
    idempotency_key: String,
    task: String,
    queue: String,
    attempt: u32,
    max_attempts: u32,
    scheduled_at: Option<SystemTime>,
    cause: Cause,
}

impl Context {
    pub(crate) fn of(claimed: &Claimed) -> Self {
        Self {
            id: claimed.id,
            idempotency_key: claimed.id.to_string(),
            task: claimed.name.clone(),
            queue: claimed.queue.clone(),
            attempt: claimed.attempts.unsigned_abs(),
            max_attempts: claimed.max_attempts.unsigned_abs(),
            scheduled_at: tick(&claimed.args),
            cause: trace::read(claimed.trace.as_deref()),
        }
    }

    /// Makes the context of a first attempt, to call a task in a unit test. The request and the actor are those
    /// of the caller.
    ///
    /// # Examples
    ///
    /// ```
    /// use signals::tasks::{Context, task};
    ///
    /// #[task]
    /// async fn greet(name: String, ctx: &Context) -> Result<(), String> {
    ///     if name.is_empty() { Err(format!("attempt {}: no name", ctx.attempt())) } else { Ok(()) }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let ctx = Context::for_test();
    /// assert!(greet("Ada".into(), &ctx).await.is_ok());
    /// assert_eq!(greet(String::new(), &ctx).await.unwrap_err(), "attempt 1: no name");
    /// # }
    /// ```
    pub fn for_test() -> Self {
        let id = Uuid::now_v7();
        let (task, queue) = ("test".to_owned(), "test".to_owned());
        let (attempt, max_attempts, scheduled_at, cause) = (1, 1, None, context::current());
        Self { id, idempotency_key: id.to_string(), task, queue, attempt, max_attempts, scheduled_at, cause }
    }

    /// Returns the run's id.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Returns a key that is the same at every attempt of the run, for services that deduplicate requests.
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }

    /// Returns the name under which the run was enqueued.
    pub fn task(&self) -> &str {
        &self.task
    }

    /// Returns the queue that the run came from.
    pub fn queue(&self) -> &str {
        &self.queue
    }

    /// Returns the number of this attempt, from 1. Attempts that were given back or lost with their process
    /// do not count.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns the number of attempts after which the run is dead.
    pub fn max_attempts(&self) -> u32 {
        self.max_attempts
    }

    /// Returns whether the run is dead if this attempt fails.
    pub fn is_last_attempt(&self) -> bool {
        self.attempt >= self.max_attempts
    }

    /// Returns the tick for which a beat enqueued the run, which may be earlier than the run. Returns `None` for
    /// other runs.
    pub fn scheduled_at(&self) -> Option<SystemTime> {
        self.scheduled_at
    }

    /// Returns the id of the request in which the run was enqueued.
    pub fn request_id(&self) -> Option<&str> {
        self.cause.request_id()
    }

    /// Returns the actor on whose behalf the run was enqueued, which the application has set
    /// ([`Context::with_actor`](signals_core::context::Context::with_actor)).
    pub fn actor(&self) -> Option<&str> {
        self.cause.actor()
    }

    /// Returns the trace in which the run was enqueued, as in the header `traceparent`.
    pub fn traceparent(&self) -> Option<&str> {
        self.cause.traceparent()
    }

    /// Returns the context in which the run was enqueued.
    pub(crate) fn cause(&self) -> &Cause {
        &self.cause
    }
}

fn tick(args: &str) -> Option<SystemTime> {
    // Most runs have none, and need not be read twice.
    let arguments = args.contains("scheduled_at").then(|| Arguments::of_json(args).ok())??;
    arguments.get(&SCHEDULED_AT).ok()?.and_then(system_time)
}
