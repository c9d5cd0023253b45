//! The beat: it enqueues the tasks that have a schedule.

mod due;
mod rounds;
mod signals;

use std::future::{Future, pending};
use std::pin::pin;
use std::time::{Duration, Instant};

use signals_core::db::Db;
use signals_core::error::Result;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::own::{ErrorLog, Overdue, on_thread};
use crate::registry;
use crate::shutdown::ShutdownSignals;
use rounds::Rounds;
pub use signals::{BeatTicked, beat_ticked};

/// The longest pause between two rounds. The next tick ends it earlier.
const POLL: Duration = Duration::from_secs(5);
/// The pause after a failure.
const FAILED: Duration = Duration::from_millis(500);
/// The default time without a beat after which a schedule counts as removed.
const FORGET: Duration = Duration::from_hours(1);
/// The shortest such time. Beats write that they have their schedules each 20 seconds.
const SHORTEST_FORGET: Duration = Duration::from_mins(1);
/// The maximum time to close the connection.
const TO_CLOSE: Duration = Duration::from_secs(5);

const NO_SCHEDULE: &str = "the program has no schedule: write `#[scheduled(..)]` on a task, and link its crate, for \
                           example by `use shop as _;`";

/// Enqueues the tasks that have a schedule, until it is stopped.
///
/// Any number of beats may share a database, in one process or in many, also within workers
/// ([`Worker::with_beat`](crate::Worker::with_beat)). There is no leader: a tick is decided in one transaction, by
/// the first beat that reaches it. The database's clock decides when a tick is due. If that clock is set back by
/// more than a minute, each schedule starts again from there, and ticks repeat.
///
/// A schedule has the name of its task. Under another name it is a new schedule, which starts at its first round,
/// and while a beat of the old program runs, both have ticks. To rename the function and keep the schedule, write
/// the old name in `#[task(name = "..")]`.
///
/// A beat has its own thread and its own connection, so it goes on while the application blocks its threads or
/// holds all connections.
///
/// # Examples
///
/// ```no_run
/// use signals::tasks::{Beat, scheduled, task};
/// use signals::{Db, Model, Result};
///
/// #[derive(Debug, Model)]
/// struct Session {
///     id: i64,
///     is_expired: bool,
/// }
///
/// #[scheduled(cron = "*/5 * * * *")]
/// #[task]
/// async fn clean_up(db: &Db) -> Result<()> {
///     Session::objects().filter(Session::IS_EXPIRED.eq(true)).delete(db).await.map(drop)
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<()> {
///     let db = Db::connect("postgres://localhost/shop").await?;
///     Beat::new(&db).run().await
/// }
/// ```
#[derive(Debug)]
#[must_use = "a beat does nothing before `run` or `run_until`"]
pub struct Beat {
    db: Db,
    forget: Duration,
}

impl Beat {
    /// Creates a beat for all schedules of the program.
    pub fn new(db: &Db) -> Self {
        Self { db: db.clone(), forget: FORGET }
    }

    /// Sets the time after which a schedule that no running beat has counts as removed. The default is 1 hour. A
    /// time below 1 minute counts as 1 minute.
    ///
    /// A removed schedule loses its row. If it comes back, it starts from then, and has missed nothing. A beat
    /// removes schedules only after it has itself run for this time. A schedule that is disabled
    /// ([`TaskBeat::enabled`](crate::TaskBeat::enabled)) keeps its row, so that it is still disabled when it comes
    /// back.
    pub fn forget_after(self, time: Duration) -> Self {
        self.forget_soon_after(time.max(SHORTEST_FORGET))
    }

    /// Sets this time without its minimum, for tests.
    #[doc(hidden)]
    pub fn forget_soon_after(mut self, time: Duration) -> Self {
        self.forget = time;
        self
    }

    /// Runs until the process receives SIGTERM or SIGINT (on Windows: Ctrl-C).
    ///
    /// After it has returned, the process ignores SIGTERM and SIGINT: end it.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with its IO and its time enabled.
    ///
    /// # Errors
    ///
    /// If two tasks have the same name, if the `Db` is that of a transaction, or if the thread cannot be started.
    /// An unreachable database is not an error: the beat continues as soon as it is back.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the beat. A tick is enqueued or not.
    pub async fn run(self) -> Result<()> {
        let mut signals = ShutdownSignals::new()?;
        self.run_until(async move {
            signals.next().await;
            tracing::info!(target: "signals", "the beat is asked to stop");
        })
        .await
    }

    /// Runs until `stop` completes.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with its time enabled.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    ///
    /// # Cancel safety
    ///
    /// As [`run`](Self::run).
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result<()> {
        registry::check_tasks()?;
        let own = self.db.detached(1)?;
        let (running, stopped) = watch::channel(());
        let (db, forget, runtime) = (self.db, self.forget, Handle::current());
        let mut ended = pin!(async move {
            let Some(own) = own else {
                // The application has the only connection, so the beat runs on this runtime.
                beating_until(stopped, Rounds::new(db, Overdue::Keep, forget, Some(runtime))).await;
                return Ok(());
            };
            let beat = async move {
                beating_until(stopped, Rounds::new(own.clone(), Overdue::Close, forget, Some(runtime))).await;
                match tokio::time::timeout(TO_CLOSE, own.close()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => {
                        tracing::debug!(target: "signals", %error, "the connection of the beat was not closed");
                    }
                    Err(_elapsed) => {
                        tracing::debug!(target: "signals", "the connection of the beat was not closed in time");
                    }
                }
            };
            on_thread("beat", move || beat).await
        });
        tokio::select! {
            ended = &mut ended => ended,
            () = stop => {
                drop(running);
                ended.await
            }
        }
    }
}

/// Runs rounds until the sender is dropped, as it is with the future of the beat.
async fn beating_until(mut stopped: watch::Receiver<()>, rounds: Rounds) {
    tokio::select! {
        _dropped = stopped.changed() => tracing::info!(target: "signals", "the beat has stopped"),
        () = beating(rounds) => {}
    }
}

/// Runs rounds until it is dropped.
async fn beating(mut rounds: Rounds) {
    let errors = ErrorLog::of("beat");
    tracing::info!(target: "signals", schedules = rounds.len(), "the beat starts");
    if rounds.is_empty() {
        tracing::warn!(target: "signals", "{NO_SCHEDULE}");
        return pending().await;
    }
    loop {
        let asked = Instant::now();
        let pause = match rounds.now().await {
            Ok(now) => rounds.run(now, asked, &errors).await.min(POLL),
            Err(error) => {
                errors.failed("to ask for the time", &error);
                FAILED
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Runs the beat of a worker, until it is dropped.
pub(crate) async fn beating_in_worker(db: Db, overdue: Overdue, runtime: Handle) {
    beating(Rounds::new(db, overdue, FORGET, Some(runtime))).await;
}

/// Runs one round as a beat that starts at this time, and returns the number of runs that it enqueued.
pub(crate) async fn tick_once(db: &Db, now: i64) -> Result<usize> {
    Rounds::new(db.clone(), Overdue::Keep, FORGET, None).run_once(now).await
}
