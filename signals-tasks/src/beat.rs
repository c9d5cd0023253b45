//! The beat: it enqueues the tasks that have a schedule.

mod due;
mod rounds;
mod signals;

use std::future::{Future, pending};
use std::pin::pin;
use std::time::Duration;

use signals_core::db::{Db, IntoHandle as _};
use signals_core::error::Result;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::own::{Complaints, on_thread, within};
use crate::registry;
use crate::shutdown::Signals;
use crate::store;
use rounds::Rounds;
pub use signals::{BeatTicked, beat_ticked};

/// The longest pause between two looks at the table. The next tick ends it earlier.
const POLL: Duration = Duration::from_secs(5);
/// The pause after a failure.
const FAILED: Duration = Duration::from_millis(500);
/// The default time without a beat after which a schedule counts as removed.
const FORGET: Duration = Duration::from_hours(1);

/// Enqueues the tasks that have a schedule, until it is stopped.
///
/// Any number of beats may share a database, in one process or in many, also within workers
/// ([`Worker::with_beat`](crate::Worker::with_beat)). There is no leader: a tick is decided in one transaction, by
/// the first beat that reaches it. The database's clock decides when a tick is due.
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

    /// Sets the time after which a schedule that no running beat has counts as removed. The default is 1 hour.
    ///
    /// A removed schedule loses its row. If it comes back, it starts from then, and has missed nothing. A beat
    /// removes schedules only after it has itself run for this time.
    pub fn forget_after(mut self, time: Duration) -> Self {
        self.forget = time;
        self
    }

    /// Runs until the process receives SIGTERM or SIGINT (on Windows: Ctrl-C).
    ///
    /// # Errors
    ///
    /// If two tasks have the same name, or if the thread cannot be started. An unreachable database is not an
    /// error: the beat continues as soon as it is back.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the beat. A tick is enqueued or not.
    pub async fn run(self) -> Result<()> {
        let mut signals = Signals::new()?;
        self.run_until(async move {
            signals.next().await;
            tracing::info!(target: "signals", "the beat is asked to stop");
        })
        .await
    }

    /// Runs until `stop` completes.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    ///
    /// # Cancel safety
    ///
    /// As [`run`](Self::run).
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result<()> {
        registry::check()?;
        let own = self.db.detached(1)?;
        let (running, stopped) = watch::channel(());
        let (db, forget, runtime) = (self.db, self.forget, Handle::current());
        let mut ended = pin!(async move {
            let Some(own) = own else {
                // The application has the only connection, so the beat runs on this runtime.
                beating_until(stopped, db, forget, runtime).await;
                return Ok(());
            };
            let beat = async move {
                beating_until(stopped, own.clone(), forget, runtime).await;
                if let Err(error) = own.close().await {
                    tracing::debug!(target: "signals", %error, "the connection of the beat was not closed");
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
async fn beating_until(mut stopped: watch::Receiver<()>, db: Db, forget: Duration, runtime: Handle) {
    tokio::select! {
        _dropped = stopped.changed() => tracing::info!(target: "signals", "the beat has stopped"),
        () = beating(db, forget, runtime) => {}
    }
}

/// Runs rounds until it is dropped. Receivers are called on `runtime`.
async fn beating(db: Db, forget: Duration, runtime: Handle) {
    let mut rounds = Rounds::new(forget, Some(runtime));
    let complaints = Complaints::of("beat");
    tracing::info!(target: "signals", schedules = rounds.len(), "the beat starts");
    if rounds.is_empty() {
        tracing::warn!(target: "signals", "the program has no schedule: a crate that nothing names is not linked");
        return pending().await;
    }
    loop {
        let pause = match within(store::now((&db).into_handle())).await {
            Ok(now) => rounds.run(&db, now, &complaints).await.min(POLL),
            Err(error) => {
                rounds.failed();
                complaints.about("to ask for the time", &error);
                FAILED
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Runs the beat of a worker, until it is dropped.
pub(crate) async fn beating_in_worker(db: Db, runtime: Handle) {
    beating(db, FORGET, runtime).await;
}

/// Runs one round as a beat that starts at this time, and returns the number of runs that it enqueued.
pub(crate) async fn tick_once(db: &Db, now: i64) -> Result<usize> {
    Rounds::new(FORGET, None).run_once(db, now).await
}
