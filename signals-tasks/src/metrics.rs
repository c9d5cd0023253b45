//! Counts of attempts in this process, as plain numbers for the monitoring of the application.

use std::collections::HashMap;
use std::fmt;
use std::fmt::Write as _;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use signals_core::db::IntoHandle;
use signals_core::error::Result;

use crate::outcome::Outcome;
use crate::registry;
use crate::status::{QueueStatus, TaskStatus, status};
use crate::store::{Claimed, How};

/// The maximum number of queues that are counted one by one, so that names made from data need no more memory.
const MOST_QUEUES: usize = 1_000;
/// The queue of the others.
const OTHER: &str = "other";
/// The task of names that the program does not have.
const UNKNOWN: &str = "unknown";

/// The attempts of a task in a queue with one outcome, since the process started.
///
/// The three labels are all there are: none depends on a host, a process or a run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TaskMetrics {
    /// The name of the task: the present one, also for runs of an old name. `unknown` for names without a task.
    pub task: &'static str,
    /// The queue. `other` for all after the first 1,000.
    pub queue: String,
    /// The outcome of the attempts.
    pub outcome: TaskOutcome,
    /// The number of the attempts.
    pub attempts: u64,
    /// The sum of their durations.
    pub elapsed: Duration,
}

/// The outcome of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TaskOutcome {
    /// The run is done.
    Done,
    /// It failed, and the run waits for its next attempt.
    Failed,
    /// It failed, and the run is dead.
    Dead,
    /// The run was given back, and the attempt does not count.
    PutOff,
    /// The run was not needed, because the row is gone.
    Skipped,
    /// Another worker took the run, or it was cancelled.
    Lost,
}

impl TaskOutcome {
    /// Returns the outcome as a word in lower case, such as `put_off`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Dead => "dead",
            Self::PutOff => "put_off",
            Self::Skipped => "skipped",
            Self::Lost => "lost",
        }
    }

    /// Returns the outcome of an attempt.
    pub(crate) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Committed | Outcome::Ended(How::Done) => Self::Done,
            Outcome::Ended(How::Again { .. }) => Self::Failed,
            Outcome::Ended(How::Dead { .. }) => Self::Dead,
            Outcome::Ended(How::Skipped { .. }) => Self::Skipped,
            Outcome::Ended(How::Later { .. } | How::Unknown { .. } | How::Released) | Outcome::Postponed => {
                Self::PutOff
            }
            Outcome::Lost => Self::Lost,
        }
    }
}

impl fmt::Display for TaskOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The attempts of each queue, task and outcome.
type Counts = HashMap<String, HashMap<(&'static str, TaskOutcome), (u64, Duration)>>;

static COUNTS: LazyLock<Mutex<Counts>> = LazyLock::new(Mutex::default);

/// Counts an attempt.
pub(crate) fn count(claimed: &Claimed, outcome: &Outcome, elapsed: Duration) {
    let task = registry::find(&claimed.name).map_or(UNKNOWN, |task| task.name);
    let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let is_counted = counts.contains_key(&claimed.queue) || counts.len() < MOST_QUEUES;
    let queue = if is_counted { claimed.queue.as_str() } else { OTHER };
    if !counts.contains_key(queue) {
        counts.insert(queue.to_owned(), HashMap::new());
    }
    if let Some(counts) = counts.get_mut(queue) {
        let (attempts, sum) = counts.entry((task, TaskOutcome::of(outcome))).or_default();
        *attempts += 1;
        *sum = sum.saturating_add(elapsed);
    }
}

/// Returns the attempts of this process, by task, queue and outcome.
///
/// Attempts that were dropped, by a cancellation or at the end of a worker's grace period, are not counted.
pub fn metrics() -> Vec<TaskMetrics> {
    let counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut metrics = Vec::new();
    for (queue, counts) in &*counts {
        for (&(task, outcome), &(attempts, elapsed)) in counts {
            metrics.push(TaskMetrics { task, queue: queue.clone(), outcome, attempts, elapsed });
        }
    }
    drop(counts);
    metrics.sort_by(|one, other| (one.task, &one.queue, one.outcome).cmp(&(other.task, &other.queue, other.outcome)));
    metrics
}

/// Returns the attempts of this process, the runs and the lag of each queue of the database, and the captured writes, in
/// the text format of Prometheus.
///
/// Runs and writes are counted up to [`RunCount::MOST`](crate::RunCount::MOST) for each queue and state.
///
/// # Errors
///
/// [`Error::Database`](signals_core::error::Error::Database) if the database fails.
///
/// # Examples
///
/// ```standalone_crate
/// use signals::tasks::{DbTasks as _, prometheus, task};
/// use signals::{Db, Result};
///
/// #[task(name = "mail.send", queue = "mail")]
/// async fn send() {}
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let db = Db::connect("sqlite::memory:").await?;
/// db.create_tables().await?;
/// send::enqueue(&db).await?;
/// db.drain_tasks().await?;
/// let text = prometheus(&db).await?;
/// assert!(text.contains("signals_task_attempts_total{task=\"mail.send\",queue=\"mail\",outcome=\"done\"} 1\n"));
/// # Ok(()) }
/// ```
pub async fn prometheus<'a>(on: impl IntoHandle<'a>) -> Result<String> {
    Ok(text(&metrics(), &status(on).await?))
}

fn text(metrics: &[TaskMetrics], TaskStatus { queues, captured, .. }: &TaskStatus) -> String {
    let mut text = String::new();
    let labels = |it: &TaskMetrics| {
        let (task, queue, outcome) = (label(it.task), label(&it.queue), it.outcome);
        format!("{{task=\"{task}\",queue=\"{queue}\",outcome=\"{outcome}\"}}")
    };
    let attempts = metrics.iter().map(|it| (labels(it), it.attempts.to_string())).collect();
    family(&mut text, "signals_task_attempts_total", "counter", "Attempts of this process.", attempts);
    let seconds = metrics.iter().map(|it| (labels(it), it.elapsed.as_secs_f64().to_string())).collect();
    family(&mut text, "signals_task_seconds_total", "counter", "Duration of the attempts of this process.", seconds);
    let mut runs = Vec::new();
    for queue in queues {
        let counts = [
            ("ready", queue.ready),
            ("waiting", queue.waiting),
            ("running", queue.running),
            ("dead", queue.dead),
            ("unknown", queue.unknown),
        ];
        for (state, count) in counts {
            let name = label(&queue.name);
            runs.push((format!("{{queue=\"{name}\",state=\"{state}\"}}"), count.at_least().to_string()));
        }
    }
    family(&mut text, "signals_task_runs", "gauge", "Runs in the database, up to 10000.", runs);
    let lag = |queue: &QueueStatus| {
        let seconds = queue.lag.unwrap_or_default().as_secs_f64();
        (format!("{{queue=\"{}\"}}", label(&queue.name)), seconds.to_string())
    };
    let lags = queues.iter().map(lag).collect();
    family(&mut text, "signals_task_lag_seconds", "gauge", "Time for which the oldest ready run has been ready.", lags);
    let writes = [("waiting", captured.waiting), ("refused", captured.refused)];
    let writes = writes.map(|(state, count)| (format!("{{state=\"{state}\"}}"), count.at_least().to_string()));
    family(
        &mut text,
        "signals_captured_writes",
        "gauge",
        "Captured writes in the database, up to 10000.",
        writes.into(),
    );
    text
}

/// Adds the series of one name.
fn family(text: &mut String, name: &str, kind: &str, help: &str, series: Vec<(String, String)>) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    for (labels, value) in series {
        let _ = writeln!(text, "{name}{labels} {value}");
    }
}

/// Escapes the value of a label.
fn label(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
