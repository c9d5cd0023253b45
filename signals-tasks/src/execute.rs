//! Runs one attempt.

mod task_tx;

use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use signals_core::context::{Context as Cause, link};
use signals_core::db::{Db, Tx};
use signals_core::error::Error;
use tokio::time::Instant;
use tracing::field::{Empty, display};
use tracing::{Instrument as _, Span};

use crate::arguments::Arguments;
use crate::causes::with_causes;
use crate::context::Context;
use crate::crate_path::__private::escaped;
use crate::definition::{Failure, Run, TaskDefinition, scattered};
use crate::merging::{Settled, settle};
use crate::metrics;
use crate::outcome::Outcome;
use crate::registry;
use crate::retry::Retry;
use crate::signals;
use crate::store::{self, Claimed, Held, How};
use crate::threads::Threads;
use crate::trace;
use crate::writer::{self, has_one_writer};
use task_tx::TaskTx;

/// The maximum length of the text of an error, in bytes.
const MOST_BYTES: usize = 8 * 1024;
/// The maximum number of retries within one attempt for a transaction that the database refused because of
/// its isolation.
const FREE_RETRIES: u32 = 5;
/// The pause before the next attempt if the transaction cannot begin.
const NO_CONNECTION: Duration = Duration::from_secs(1);
/// The time after which a run is dead whose name no worker has.
const MOST_UNKNOWN: Duration = Duration::from_hours(7 * 24);
/// The shortest pause before an unknown name is tried again.
const SHORTEST_UNKNOWN: Duration = Duration::from_secs(1);
/// The maximum number of unknown names that are logged.
const MOST_NAMES: usize = 1_000;
/// The longest pause before an unknown name is tried again.
const LONGEST_UNKNOWN: Duration = Duration::from_mins(5);
/// The duration of a transaction above which a task is named, if the database has one writer at a time.
const LONG_LOCK: Duration = Duration::from_secs(1);

/// What the attempts of a worker share.
#[derive(Clone, Copy)]
pub(crate) struct Executor<'a> {
    pub(crate) db: &'a Db,
    /// The time for which a run that is done is kept.
    pub(crate) keep: Duration,
    pub(crate) threads: &'a Threads,
    /// The time for which a transaction may keep a database with one writer, if leases must be extended: half of a
    /// lease. The last extension may be a third of a lease ago.
    pub(crate) longest_write: Option<Duration>,
}

/// Runs one attempt to its end, in its span, and logs its failure. `mine` are claims with the same merge key that
/// have not started. Those that were merged into this one are removed from it.
pub(crate) async fn execute(by: Executor<'_>, claimed: &Claimed, mine: &mut Vec<Claimed>) -> Outcome {
    // Of the highest level, so that the events of a task show its run whatever is logged.
    let span = tracing::error_span!(
        target: "signals", "task", name = claimed.name, id = %claimed.id, attempt = claimed.attempts,
        request_id = Empty, actor = Empty, traceparent = Empty,
    );
    executed(by, claimed, mine, &span).instrument(span.clone()).await
}

async fn executed(by: Executor<'_>, claimed: &Claimed, mine: &mut Vec<Claimed>, span: &Span) -> Outcome {
    let begin = Instant::now();
    let settled = AssertUnwindSafe(settled(by, claimed, mine)).catch_unwind().await;
    let settled = settled.unwrap_or_else(|panic| Err(Outcome::Ended(panicked(claimed, panic_text(&*panic)))));
    let trace = settled.as_ref().map_or(&claimed.trace, |(_, run)| &run.trace);
    let context = trace::read(trace.as_deref());
    record(span, &context);
    let work = async {
        let outcome = match settled {
            Ok((task, run)) => {
                // The panic of the function itself is caught by `call`. This is one of the text of its error, or
                // of the drop of its future.
                let outcome = AssertUnwindSafe(attempt(by, task, &run)).catch_unwind().await;
                outcome.unwrap_or_else(|panic| Outcome::Ended(panicked(claimed, panic_text(&*panic))))
            }
            Err(outcome) => outcome,
        };
        log(claimed, &outcome, begin.elapsed());
        metrics::count(claimed, &outcome, begin.elapsed());
        signals::ended(claimed, &outcome, begin.elapsed()).await;
        outcome
    };
    context.around(work).await
}

/// Shows the context of the call that enqueued the run in the run's span.
fn record(span: &Span, context: &Cause) {
    let values =
        [("request_id", context.request_id()), ("actor", context.actor()), ("traceparent", context.traceparent())];
    for (name, value) in values {
        if let Some(value) = value {
            span.record(name, display(escaped(value)));
        }
    }
    if let Some(traceparent) = context.traceparent() {
        link(span, traceparent);
    }
}

fn log(claimed: &Claimed, outcome: &Outcome, elapsed: Duration) {
    let Claimed { id, name: task, attempts, .. } = claimed;
    let how = match outcome {
        Outcome::Ended(how) => how,
        Outcome::Committed => &How::Done,
        Outcome::Postponed | Outcome::Lost => return,
    };
    match how {
        How::Done => tracing::info!(target: "signals", ?elapsed, "a run of a task is done"),
        How::Again { delay, error } => {
            let error = escaped(error);
            tracing::warn!(target: "signals", %id, task, attempts, ?delay, %error, "an attempt of a task failed");
        }
        How::Dead { error } => {
            let error = escaped(error);
            tracing::error!(target: "signals", %id, task, attempts, %error, "a run of a task is dead");
        }
        How::Unknown { .. } if is_new(task) => {
            tracing::warn!(target: "signals", %id, task, "no task of this name is linked into the worker: its runs are given back");
        }
        How::Skipped { note } => tracing::debug!(target: "signals", %id, task, note, "a run was skipped"),
        How::Unknown { .. } | How::Later { .. } | How::Released => {}
    }
}

/// Returns whether this process sees the unknown name for the first time.
fn is_new(name: &str) -> bool {
    static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    // A table may have any number of names.
    seen.len() < MOST_NAMES && seen.insert(name.to_owned())
}

/// Returns the task and the run, which others may have been merged into. Returns the outcome if the task is not
/// called.
async fn settled<'c>(
    by: Executor<'_>,
    claimed: &'c Claimed,
    mine: &mut Vec<Claimed>,
) -> Result<(&'static TaskDefinition, Cow<'c, Claimed>), Outcome> {
    let Some(task) = registry::find(&claimed.name) else {
        return Err(Outcome::Ended(unknown(claimed)));
    };
    let run = match settle(by.db, claimed, mine, task.merging, by.keep).await {
        Ok(Settled::Run) => Cow::Borrowed(claimed),
        Ok(Settled::RunMerged { args, trace, attempts }) => {
            Cow::Owned(Claimed { args, attempts, trace, ..claimed.clone() })
        }
        Ok(Settled::Later(delay)) => return Err(Outcome::Ended(How::Later { delay, error: None })),
        Ok(Settled::Postponed) => return Err(Outcome::Postponed),
        Ok(Settled::Lost) => return Err(Outcome::Lost),
        Err(error) => {
            let error = Some(text(&error.to_string()));
            return Err(Outcome::Ended(How::Later { delay: scattered(NO_CONNECTION), error }));
        }
    };
    // Checked before the transaction begins, and read again for each of its attempts.
    match Arguments::of_json(&run.args) {
        Ok(_readable) => Ok((task, run)),
        Err(reason) => Err(Outcome::Ended(How::Dead { error: text(&reason) })),
    }
}

async fn attempt(by: Executor<'_>, task: &'static TaskDefinition, claimed: &Claimed) -> Outcome {
    signals::started(claimed).await;
    if task.takes_tx { in_transaction(by, task, claimed).await } else { alone(by, task, claimed).await }
}

async fn alone(by: Executor<'_>, task: &'static TaskDefinition, claimed: &Claimed) -> Outcome {
    match call(by, None, task, claimed, Limit::of(by, task)).await {
        Ok(()) => Outcome::Ended(How::Done),
        Err(failure) => Outcome::Ended(ended(task, claimed, failure)),
    }
}

/// Runs the task in a transaction, and writes the end of the run in the same transaction.
async fn in_transaction(by: Executor<'_>, task: &'static TaskDefinition, claimed: &Claimed) -> Outcome {
    let Executor { db, keep, .. } = by;
    let (mut retries, mut limit) = (0, None);
    loop {
        let permit = writer::permit(db).await;
        let tx = match TaskTx::begin(db).await {
            Ok(tx) => tx,
            // The task was not called, so this does not count as an attempt.
            Err(error) => {
                let error = Some(text(&error.to_string()));
                return Outcome::Ended(How::Later { delay: scattered(NO_CONNECTION), error });
            }
        };
        let _lock = WriteLock::new(db, claimed);
        // The wait for a connection does not count.
        let limit = *limit.get_or_insert_with(|| Limit::of(by, task));
        let failure = match call(by, Some(tx.tx()), task, claimed, limit).await {
            Ok(()) => match commit(tx, claimed, keep).await {
                Ok(true) => return Outcome::Committed,
                Ok(false) => return Outcome::Lost,
                // If the result of the COMMIT is unknown, the fence decides whether this end is written.
                Err(error) => Ended::Failed(error),
            },
            Err(failure) => {
                tx.undo(claimed.id).await;
                failure
            }
        };
        if failure.is_retryable() && retries < FREE_RETRIES {
            retries += 1;
            // Others may write during the pause.
            drop(permit);
            tokio::time::sleep(scattered(Duration::from_millis(10 << retries))).await;
            continue;
        }
        return Outcome::Ended(ended(task, claimed, failure));
    }
}

/// The time at which an attempt ends, including its free retries.
#[derive(Debug, Clone, Copy)]
struct Limit {
    until: Instant,
    after: Duration,
    /// Whether it is not the task's own timeout, but what a database with one writer leaves.
    is_of_writer: bool,
}

impl Limit {
    /// Returns the limit of an attempt that begins now.
    fn of(by: Executor<'_>, task: &TaskDefinition) -> Option<Self> {
        let of_writer = by.longest_write.filter(|_| task.takes_tx && has_one_writer(by.db));
        let (after, is_of_writer) = match (task.timeout, of_writer) {
            (Some(timeout), Some(of_writer)) if of_writer < timeout => (of_writer, true),
            (Some(timeout), _) => (timeout, false),
            (None, Some(of_writer)) => (of_writer, true),
            (None, None) => return None,
        };
        Some(Self { until: Instant::now().checked_add(after)?, after, is_of_writer })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = self.after;
        write!(f, "the attempt took longer than {after:?}")?;
        if self.is_of_writer {
            f.write_str(", half of the lease: while its transaction keeps the only writer of SQLite, no lease can be extended; write late, or set a longer lease")?;
        }
        Ok(())
    }
}

/// The transaction of a task on a database with one writer at a time. When it is dropped, it warns if other
/// writers may have waited long.
struct WriteLock<'c>(Option<(&'c Claimed, Instant)>);

impl<'c> WriteLock<'c> {
    fn new(db: &Db, claimed: &'c Claimed) -> Self {
        Self(has_one_writer(db).then(|| (claimed, Instant::now())))
    }
}

impl Drop for WriteLock<'_> {
    fn drop(&mut self) {
        if let Some((Claimed { id, name: task, .. }, since)) = self.0
            && since.elapsed() > LONG_LOCK
        {
            let elapsed = since.elapsed();
            tracing::warn!(target: "signals", %id, task, ?elapsed, "a task with `tx` took long: from its first write on, all other writers of the database wait");
        }
    }
}

/// Ends the run in the transaction and commits it. Returns `false` if the claim is lost.
async fn commit(tx: TaskTx, claimed: &Claimed, keep: Duration) -> Result<bool, Error> {
    let is_held = store::finish_in(tx.tx(), claimed.id, claimed.claims, keep).await;
    match is_held {
        Ok(true) => tx.commit().await?,
        Ok(false) => tx.rollback().await?,
        Err(_) => tx.undo(claimed.id).await,
    }
    is_held
}

/// The failure of a call.
enum Ended {
    Failed(Error),
    RowGone,
    Unreadable(String),
    Panicked(String),
    TimedOut(Limit),
}

impl Ended {
    /// Returns whether the database refused the transaction because of concurrent transactions.
    fn is_retryable(&self) -> bool {
        let Self::Failed(error) = self else { return false };
        // After a lock timeout, five retries could take minutes.
        (error.is_serialization_failure() || error.is_deadlock()) && error.find::<Retry>().is_none()
    }
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreadable(reason) => Self::Unreadable(reason),
            Failure::Failed(error) => Self::Failed(error.into()),
            Failure::RowGone => Self::RowGone,
        }
    }
}

/// Calls the task's function, and catches its panic.
async fn call(
    by: Executor<'_>,
    tx: Option<&Tx>,
    task: &'static TaskDefinition,
    claimed: &Claimed,
    limit: Option<Limit>,
) -> Result<(), Ended> {
    let arguments = Arguments::of_json(&claimed.args).map_err(Ended::Unreadable)?;
    let held = Held { id: claimed.id, claims: claimed.claims };
    let (context, threads) = (Context::of(claimed), by.threads.clone());
    let run = Run { held, threads, context, db: by.db.clone(), tx: tx.cloned(), arguments };
    let work = AssertUnwindSafe(async { (task.call)(&run).await }).catch_unwind();
    let returned = match limit {
        Some(limit) => tokio::time::timeout_at(limit.until, work).await.map_err(|_elapsed| Ended::TimedOut(limit))?,
        None => work.await,
    };
    returned.map_err(|panic| Ended::Panicked(panic_text(&*panic)))?.map_err(Ended::from)
}

/// Returns the end to write for a failed attempt.
fn ended(task: &TaskDefinition, claimed: &Claimed, ended: Ended) -> How {
    let text = |said: &str| text(&without_secrets(task, claimed, said));
    let error = match ended {
        Ended::Unreadable(reason) => return How::Dead { error: text(&reason) },
        Ended::RowGone => return How::Skipped { note: "the row is gone".into() },
        Ended::Panicked(said) => text(&format!("the task panicked: {said}")),
        Ended::TimedOut(limit) => limit.to_string(),
        Ended::Failed(error) => {
            if let Some(retry) = error.find::<Retry>() {
                let said = text(&with_causes(&error));
                return match retry.delay() {
                    Some(delay) => How::Later { delay, error: retry.has_reason().then_some(said) },
                    None => How::Dead { error: said },
                };
            }
            text(&with_causes(&error))
        }
    };
    if claimed.attempts >= claimed.max_attempts {
        return How::Dead { error };
    }
    How::Again { delay: task.pause(claimed.attempts), error }
}

/// Hides the values of sensitive arguments in the text of an error, which may repeat them.
fn without_secrets<'t>(task: &TaskDefinition, claimed: &Claimed, text: &'t str) -> Cow<'t, str> {
    if task.sensitive.is_empty() {
        return text.into();
    }
    let hidden = |arguments: Arguments| arguments.hide_in(task.sensitive, text.to_owned()).into();
    Arguments::of_json(&claimed.args).map_or_else(|_unreadable| text.into(), hidden)
}

/// Returns the end to write for an attempt that panicked outside of its task's function.
fn panicked(claimed: &Claimed, said: String) -> How {
    registry::find(&claimed.name).map_or_else(|| unknown(claimed), |task| ended(task, claimed, Ended::Panicked(said)))
}

/// Gives back a run of an unknown name, after all others, because another program may have the task.
fn unknown(claimed: &Claimed) -> How {
    let unknown_for = Duration::from_millis(u64::try_from(claimed.unknown_for).unwrap_or_default());
    let error = text(&format!("no worker has a task of the name `{}`", claimed.name));
    if unknown_for >= MOST_UNKNOWN {
        return How::Dead { error };
    }
    // Each pause is as long as the time before it.
    let delay = unknown_for.clamp(SHORTEST_UNKNOWN, LONGEST_UNKNOWN);
    How::Unknown { delay: scattered(delay), error }
}

/// Cuts a text to the stored length, and removes characters that databases refuse.
fn text(error: &str) -> String {
    let mut text = error.replace('\0', "\u{fffd}");
    text.truncate(text.floor_char_boundary(MOST_BYTES));
    text
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref().map(String::as_str));
    text.unwrap_or("the panic has no text").to_owned()
}
