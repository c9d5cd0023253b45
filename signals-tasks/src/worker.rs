//! The worker: it claims runs, runs them, and extends their leases.

mod capturing;
mod claiming;
mod driving;
mod flushing;
mod keeping;
mod listening;
mod queues;
mod runs;
mod shared;
mod signals;
mod sweeping;
mod watching;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use signals_core::db::Db;
use signals_core::error::{Error, Result};
use tokio::runtime;
use tokio::sync::{mpsc, watch};

use crate::own::{ErrorLog, on_thread};
use crate::shutdown::ShutdownSignals;
use crate::threads::Threads;
use crate::{host, listen, registry};
use runs::Runs;
use shared::{Settings, Shared, Stop};
pub use signals::{WorkerStarted, WorkerStopped, worker_started, worker_stopped};

/// The default maximum number of concurrent runs.
const CONCURRENCY: u32 = 8;
/// The number of the worker's own connections, besides the application's: to claim, to write ends, to sweep,
/// to extend leases, and to listen. A beat has another one.
const OWN_CONNECTIONS: u32 = 5;
/// The highest weight of a queue.
const HEAVIEST: u16 = 1_000;
/// The shortest lease. A lease is extended after each third of it.
const SHORTEST_LEASE: Duration = Duration::from_millis(100);
/// The shortest interval of polling.
const SHORTEST_POLL: Duration = Duration::from_millis(1);

/// Runs tasks until it is stopped.
///
/// Any number of workers may share a database, in one process or in many.
///
/// The tasks run on the runtime that [`run`](Self::run) is called on, with connections of the given `Db`. The
/// worker's own statements run on its own thread and its own connections. So it keeps its claims even if
/// tasks block their threads or hold all connections.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
///
/// use signals::Db;
/// use signals::tasks::Worker;
///
/// # async fn example() -> signals::Result<()> {
/// let db = Db::connect("postgres://localhost/shop").await?;
/// Worker::new(&db).queues(["mail", "default"]).concurrency(8).grace(Duration::from_secs(30)).run().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "a worker does nothing before `run` or `run_until`"]
pub struct Worker {
    db: Db,
    settings: Settings,
    concurrency: Option<u32>,
}

/// The result of a worker that stopped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Stopped {
    /// The number of runs that it dropped at the end of the grace period. They were given back, and the
    /// attempt does not count.
    pub released: usize,
    /// The names of tasks that still block their threads, so that they could not be dropped. End the process soon.
    ///
    /// If the run has not ended, another worker takes it after its lease. The run of a blocking task may have ended
    /// before, by its timeout or a cancellation, while its thread went on.
    ///
    /// A task that waits for a closure of `spawn_blocking` is dropped, and is not in this list. The closure goes on,
    /// and the end of tokio's runtime waits for it.
    pub left_running: Vec<String>,
    /// The number of ends of runs that could not be written, because the database was unreachable. The runs
    /// start again after their leases end.
    pub unwritten: usize,
    /// The number of claims that ended early: another worker took the run, or it was cancelled.
    pub lost_claims: u64,
}

impl Worker {
    /// Creates a worker for all queues.
    pub fn new(db: &Db) -> Self {
        Self { db: db.clone(), settings: Settings::default(), concurrency: None }
    }

    /// Serves only these queues. The list has at least one.
    pub fn queues<Q: Into<String>>(mut self, queues: impl IntoIterator<Item = Q>) -> Self {
        self.settings.queues = Some(queues.into_iter().map(Into::into).collect());
        self.settings.weights.clear();
        self
    }

    /// Serves only these queues, and claims from each by its weight, from 1 to 1,000. While two queues have runs, the
    /// one of the weight 3 is claimed from three times as often as that of the weight 1. No queue starves.
    ///
    /// A claim takes runs for all free slots, so with free slots the weights have no effect.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Result, tasks::Worker};
    /// # async fn example(db: Db) -> Result<()> {
    /// Worker::new(&db).weighted_queues([("mail", 3), ("default", 1)]).run().await?;
    /// # Ok(()) }
    /// ```
    pub fn weighted_queues<Q: Into<String>>(mut self, queues: impl IntoIterator<Item = (Q, u16)>) -> Self {
        let queues: Vec<(String, u16)> = queues.into_iter().map(|(queue, weight)| (queue.into(), weight)).collect();
        self.settings.queues = Some(queues.iter().map(|(queue, _)| queue.clone()).collect());
        self.settings.weights = queues.into_iter().filter(|(_, weight)| *weight != 1).collect();
        self
    }

    /// Sets the maximum number of concurrent runs. The default is 8, or the number of connections of the `Db`
    /// if it is lower.
    pub fn concurrency(mut self, runs: u32) -> Self {
        self.concurrency = Some(runs);
        self
    }

    /// Sets the lease: after this time without a heartbeat, other workers take its runs. The default is 1
    /// minute. All workers of a database need the same lease.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self
    }

    /// Sets the maximum time for runs to end after the worker is stopped. The default is 30 seconds.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.settings.grace = grace;
        self
    }

    /// Sets the interval at which an idle worker looks for due runs and for runs of other processes. The
    /// default is 250 ms. A run that this process enqueues wakes it at once.
    pub fn poll(mut self, interval: Duration) -> Self {
        self.settings.poll = interval;
        self
    }

    /// Sets the time for which runs that are done are kept. The default is 1 day.
    pub fn keep_done(mut self, time: Duration) -> Self {
        self.settings.keep_done = time;
        self
    }

    /// Sets the time for which runs that are dead are kept. The default is 1 week.
    pub fn keep_dead(mut self, time: Duration) -> Self {
        self.settings.keep_dead = time;
        self
    }

    /// Runs a [`Beat`](crate::Beat) too, so that a program with one process needs no other one. Any number of
    /// processes may do so.
    pub fn with_beat(mut self) -> Self {
        self.settings.with_beat = true;
        self
    }

    /// Stops as soon as nothing is due.
    pub fn burst(mut self) -> Self {
        self.settings.burst = true;
        self
    }

    /// Runs until the process receives SIGTERM or SIGINT (on Windows: Ctrl-C). A second one ends the grace
    /// period.
    ///
    /// # Errors
    ///
    /// If two tasks have the same name, if the settings contradict each other, if the thread cannot be
    /// started, or if a part of the worker panics. An unreachable database is not an error: the worker continues as
    /// soon as it is back.
    ///
    /// After it has returned, the process ignores SIGTERM and SIGINT: end it.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with its IO and its time enabled.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the runs and gives them back.
    pub async fn run(self) -> Result<Stopped> {
        let mut signals = ShutdownSignals::new()?;
        let (sender, stop) = watch::channel(Stop::No);
        let mut stopped = pin!(self.start(stop));
        let mut next = Stop::Gracefully;
        loop {
            tokio::select! {
                stopped = &mut stopped => return stopped,
                () = signals.next() => {
                    tracing::info!(target: "signals", stop = ?next, "the worker is asked to stop");
                    sender.send_replace(next);
                    next = Stop::Now;
                }
            }
        }
    }

    /// Runs until `stop` completes, and then waits for runs to end within the grace period.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with its time enabled.
    ///
    /// # Cancel safety
    ///
    /// As [`run`](Self::run).
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result<Stopped> {
        let (sender, receiver) = watch::channel(Stop::No);
        let mut stopped = pin!(self.start(receiver));
        tokio::select! {
            stopped = &mut stopped => stopped,
            () = stop => {
                sender.send_replace(Stop::Gracefully);
                stopped.await
            }
        }
    }

    async fn start(self, stop: watch::Receiver<Stop>) -> Result<Stopped> {
        registry::check_tasks()?;
        let (settings, worker) = (self.checked()?, host::worker_id());
        let started = WorkerStarted { worker: &worker, concurrency: settings.concurrency };
        worker_started.notify(started).await;
        let stopped = self.drive(worker.clone(), settings, stop).await?;
        worker_stopped.notify(WorkerStopped { worker: &worker, stopped: &stopped }).await;
        Ok(stopped)
    }

    /// Runs the worker on a thread of its own.
    async fn drive(self, id: String, settings: Settings, stop: watch::Receiver<Stop>) -> Result<Stopped> {
        let pooled = OWN_CONNECTIONS - listen::connections_apart(self.db.backend());
        let own = self.db.detached(pooled + u32::from(settings.with_beat))?;
        let (sender, ends) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            id,
            settings,
            is_alone: own.is_none(),
            own: own.unwrap_or_else(|| self.db.clone()),
            app: self.db,
            runtime: runtime::Handle::current(),
            runs: Runs::new(sender),
            threads: Threads::default(),
            stop,
            errors: ErrorLog::of("worker"),
            looked: shared::LastLook::default(),
        });
        if shared.is_alone {
            // The application has the only connection, so the worker runs on this runtime.
            return tokio::spawn(driving::drive(shared, ends)).await.map_err(Error::other)?;
        }
        // The thread's runtime has the worker's own connections.
        on_thread("worker", move || driving::drive(shared, ends)).await?
    }

    fn checked(&self) -> Result<Settings> {
        let connections = self.db.max_connections();
        let concurrency = self.concurrency.unwrap_or_else(|| CONCURRENCY.min(connections));
        if concurrency == 0 {
            return Err(Error::other("a worker with a concurrency of 0 runs nothing; write 1 or more"));
        }
        if concurrency > connections
            && let Some(task) = registry::one_that_takes_tx()
        {
            let (name, place) = (task.name, format!("{}:{}", task.file, task.line));
            return Err(Error::other(format!(
                "the worker has a concurrency of {concurrency}, and the database {connections} connections: tasks that \
                 take `tx`, such as `{name}` at {place}, would wait for each other; set `max_connections` of the `Db` \
                 to {concurrency} or more"
            )));
        }
        if self.settings.burst && self.settings.with_beat {
            return Err(Error::other(
                "a burst ends when nothing is due, and a beat runs until it is stopped; leave one out",
            ));
        }
        if self.settings.lease < SHORTEST_LEASE {
            return Err(Error::other(format!("a lease is at least {SHORTEST_LEASE:?}")));
        }
        if self.settings.poll < SHORTEST_POLL {
            return Err(Error::other(format!("the interval of `poll` is at least {SHORTEST_POLL:?}")));
        }
        match &self.settings.queues {
            Some(queues) if queues.is_empty() => {
                return Err(Error::other("`queues` has no names; leave the call out to serve all queues"));
            }
            Some(queues) if queues.iter().any(String::is_empty) => {
                return Err(Error::other("`queues` has an empty name; a name has at least one character"));
            }
            _ => {}
        }
        let weights = &self.settings.weights;
        if let Some((queue, weight)) = weights.iter().find(|(_, weight)| !(1..=HEAVIEST).contains(*weight)) {
            return Err(Error::other(format!(
                "the weight of `{queue}` is {weight}; write a number from 1 to {HEAVIEST}"
            )));
        }
        let concurrency = usize::try_from(concurrency).unwrap_or(usize::MAX);
        Ok(Settings { concurrency, ..self.settings.clone() })
    }
}
