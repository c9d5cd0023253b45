//! The signals of tasks, and their sends.

use std::time::Duration;

use uuid::Uuid;

use crate::outcome::Outcome;
use crate::store::{Claimed, How};

signals_derive::signal! {
    /// Sent before a task is called, in its worker.
    ///
    /// All signals of tasks are sent by `notify`: the failure or the panic of a receiver is logged, and has no
    /// other effect. The task waits for the receivers. There is no sender.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::receiver;
    /// use signals::tasks::{task_failed, task_started};
    ///
    /// #[receiver(task_started)]
    /// fn count(task: &str, queue: &str) {
    ///     println!("{queue}: {task} starts");
    /// }
    ///
    /// #[receiver(task_failed)]
    /// fn report(task: &str, attempt: u32, error: &str) {
    ///     eprintln!("attempt {attempt} of {task} failed: {error}");
    /// }
    /// # fn main() {}
    /// ```
    #[signal(crate = crate::crate_path)]
    #[derive(Debug)]
    #[non_exhaustive]
    pub task_started<'a> {
        /// The run.
        id: Uuid,
        /// The name under which it was enqueued.
        task: &'a str,
        /// Its queue.
        queue: &'a str,
        /// The number of the attempt, from 1.
        attempt: u32,
    }

    /// Sent after a task succeeded. If it takes `tx`, its writes are committed.
    #[signal(crate = crate::crate_path)]
    #[derive(Debug)]
    #[non_exhaustive]
    pub task_succeeded<'a> {
        /// The run.
        id: Uuid,
        /// The name under which it was enqueued.
        task: &'a str,
        /// Its queue.
        queue: &'a str,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The duration of the attempt.
        elapsed: Duration,
    }

    /// Sent after each attempt that failed: by an error, a panic or a timeout. Then [`task_retried`] or
    /// [`task_dead`] is sent.
    #[signal(crate = crate::crate_path)]
    #[derive(Debug)]
    #[non_exhaustive]
    pub task_failed<'a> {
        /// The run.
        id: Uuid,
        /// The name under which it was enqueued.
        task: &'a str,
        /// Its queue.
        queue: &'a str,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The error, as `last_error` has it.
        error: &'a str,
    }

    /// Sent after an attempt failed, if the run is tried again.
    #[signal(crate = crate::crate_path)]
    #[derive(Debug)]
    #[non_exhaustive]
    pub task_retried<'a> {
        /// The run.
        id: Uuid,
        /// The name under which it was enqueued.
        task: &'a str,
        /// Its queue.
        queue: &'a str,
        /// The number of the attempt that failed, from 1.
        attempt: u32,
        /// The error, as `last_error` has it.
        error: &'a str,
        /// The pause before the next attempt.
        delay: Duration,
    }

    /// Sent after an attempt failed, if the run is dead. A run that is dead because its worker was lost again
    /// and again does not send it.
    #[signal(crate = crate::crate_path)]
    #[derive(Debug)]
    #[non_exhaustive]
    pub task_dead<'a> {
        /// The run.
        id: Uuid,
        /// The name under which it was enqueued.
        task: &'a str,
        /// Its queue.
        queue: &'a str,
        /// The number of the attempt, from 1.
        attempt: u32,
        /// The error, as `last_error` has it.
        error: &'a str,
    }
}

/// Sends that a task is about to be called.
pub(crate) async fn started(claimed: &Claimed) {
    if task_started.has_receivers() {
        let Claimed { id, name: task, queue, .. } = claimed;
        task_started.notify(TaskStarted { id: *id, task, queue, attempt: attempt(claimed) }).await;
    }
}

/// Sends the outcome of an attempt.
pub(crate) async fn ended(claimed: &Claimed, outcome: &Outcome, elapsed: Duration) {
    let Claimed { id, name: task, queue, .. } = claimed;
    let (id, attempt) = (*id, attempt(claimed));
    match outcome {
        Outcome::Committed | Outcome::Ended(How::Done) => {
            task_succeeded.notify(TaskSucceeded { id, task, queue, attempt, elapsed }).await;
        }
        Outcome::Ended(How::Again { delay, error }) => {
            task_failed.notify(TaskFailed { id, task, queue, attempt, error }).await;
            task_retried.notify(TaskRetried { id, task, queue, attempt, error, delay: *delay }).await;
        }
        Outcome::Ended(How::Dead { error }) => {
            task_failed.notify(TaskFailed { id, task, queue, attempt, error }).await;
            task_dead.notify(TaskDead { id, task, queue, attempt, error }).await;
        }
        Outcome::Ended(How::Later { .. } | How::Unknown { .. } | How::Released | How::Skipped { .. })
        | Outcome::Postponed
        | Outcome::Lost => {}
    }
}

fn attempt(claimed: &Claimed) -> u32 {
    claimed.attempts.unsigned_abs()
}
