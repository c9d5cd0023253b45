//! The worker: it claims runs, runs them, and keeps what it has claimed.

mod claiming;
mod driving;
mod flushing;
mod holdoff;
mod keeping;
mod queues;
mod runs;
mod shared;
mod sweeping;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use signals_core::db::Db;
use signals_core::error::{Error, Result};
use tokio::runtime;
use tokio::sync::{mpsc, oneshot, watch};

use crate::registry;
use runs::Runs;
use shared::{Settings, Shared, Stop, worker_id};

/// How many runs a worker has at once by default.
const CONCURRENCY: u32 = 8;
/// How many connections a worker has of its own, beside the application's: to claim, to write ends, to sweep, and to keep.
const OWN_CONNECTIONS: u32 = 4;
/// The shortest lease: it is extended each third of it.
const SHORTEST_LEASE: Duration = Duration::from_millis(100);

/// Runs tasks until it is stopped.
///
/// Any number of workers may share a database, in one process or in many.
///
/// The tasks run on the runtime that [`run`](Self::run) is called on, with connections of the given `Db`. What the
/// worker itself does runs on a thread and on connections of its own, so tasks that block their threads or hold all
/// connections do not cost it its claims.
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

/// How a worker stopped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Stopped {
    /// How many runs it dropped when the grace was over. They were given back, and the attempt does not count.
    pub released: usize,
    /// The names of tasks that could not be dropped, since they block their thread. Their leases end, and then other
    /// workers take the runs. End the process soon.
    pub left_running: Vec<String>,
    /// How many runs other workers took while this one ran them. Their handlers were dropped.
    pub lost_claims: u64,
}

impl Worker {
    /// Makes a worker of every queue.
    pub fn new(db: &Db) -> Self {
        Self { db: db.clone(), settings: Settings::default(), concurrency: None }
    }

    /// Serves these queues alone.
    pub fn queues<Q: Into<String>>(mut self, queues: impl IntoIterator<Item = Q>) -> Self {
        self.settings.queues = queues.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how many runs it has at once: 8, or as many as the `Db` has connections if these are fewer.
    pub fn concurrency(mut self, runs: u32) -> Self {
        self.concurrency = Some(runs);
        self
    }

    /// Sets after what time without a sign of life others take over its runs: a minute. All workers of a database need
    /// the same.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self
    }

    /// Sets how long runs may take to end after the worker is stopped: 30 seconds.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.settings.grace = grace;
        self
    }

    /// Sets how often an idle worker looks for runs that other processes enqueue, and for those that become due: each
    /// 250 ms. What this process enqueues wakes it at once.
    pub fn poll(mut self, interval: Duration) -> Self {
        self.settings.poll = interval;
        self
    }

    /// Sets how long runs are kept that are done: a day.
    pub fn keep_done(mut self, time: Duration) -> Self {
        self.settings.keep_done = time;
        self
    }

    /// Sets how long runs are kept that are dead: a week.
    pub fn keep_dead(mut self, time: Duration) -> Self {
        self.settings.keep_dead = time;
        self
    }

    /// Stops by itself as soon as nothing is due.
    pub fn burst(mut self) -> Self {
        self.settings.burst = true;
        self
    }

    /// Runs until the process gets SIGTERM or SIGINT (on Windows: Ctrl-C). A second one ends the grace.
    ///
    /// # Errors
    ///
    /// If two tasks have the same name, if the settings do not go together, or if the thread cannot be started. A
    /// database that goes away is no error: the worker goes on as soon as it is back.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the runs, and gives them back.
    pub async fn run(self) -> Result<Stopped> {
        let mut signals = Signals::new()?;
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

    /// Runs until `stop` is ready, and then lets runs end within the grace.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
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
        registry::check()?;
        let settings = self.checked()?;
        let own = self.db.detached(OWN_CONNECTIONS)?;
        let (sender, ends) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            id: worker_id(),
            settings,
            is_alone: own.is_none(),
            own: own.unwrap_or_else(|| self.db.clone()),
            app: self.db,
            runtime: runtime::Handle::current(),
            runs: Runs::new(sender),
            stop,
            complaints: shared::Complaints::default(),
        });
        if shared.is_alone {
            // The only connection is the application's, so it stays with this runtime.
            return tokio::spawn(driving::drive(shared, ends)).await.map_err(Error::other);
        }
        let (answer, stopped) = oneshot::channel();
        let work = move || {
            // The connections of this runtime are the worker's own.
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            let stopped = runtime.map(|runtime| runtime.block_on(driving::drive(shared, ends)));
            // Nobody waits for it if the future was dropped.
            drop(answer.send(stopped));
        };
        thread::Builder::new().name("signals-worker".into()).spawn(work).map_err(Error::other)?;
        match stopped.await {
            Ok(stopped) => stopped.map_err(Error::other),
            Err(_dropped) => Err(Error::other("the thread of the worker panicked")),
        }
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
        if self.settings.lease < SHORTEST_LEASE {
            return Err(Error::other(format!("a lease is at least {SHORTEST_LEASE:?}")));
        }
        let concurrency = usize::try_from(concurrency).unwrap_or(usize::MAX);
        Ok(Settings { concurrency, ..self.settings.clone() })
    }
}

/// The signals by which a process is asked to end.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).map_err(Error::other);
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "on Unix it may fail")]
    fn new() -> Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one.
    async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
