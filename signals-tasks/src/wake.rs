//! Wakes workers when runs are enqueued: those of this process by a notification in memory, those of other
//! processes by one of the database, if it has them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use signals_core::db::{Db, Handle};
use signals_core::error::Result;
use tokio::runtime;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::dialect::Dialect;
use crate::own::{DEADLINE, Overdue, within};
use crate::store;

static WORKERS: AtomicUsize = AtomicUsize::new(0);
static ENQUEUED: Notify = Notify::const_new();

/// The shortest time between two notifications of a database by this process.
const PAUSE: Duration = Duration::from_millis(20);

/// Registers a worker of this process, until it is dropped.
#[derive(Debug)]
pub(crate) struct Sleeper(&'static Notify);

impl Sleeper {
    pub(crate) fn new() -> Self {
        WORKERS.fetch_add(1, Ordering::Relaxed);
        Self(&ENQUEUED)
    }

    /// Waits for the next [`wake`]. A call between the creation of the future and its first poll counts.
    pub(crate) fn woken(&self) -> Notified<'static> {
        self.0.notified()
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        WORKERS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Wakes every worker of this process.
pub(crate) fn wake() {
    ENQUEUED.notify_waiters();
}

/// Runs the due runs of a database.
pub(crate) type RunEagerly = Arc<dyn Fn(Db) -> BoxFuture<'static, ()> + Send + Sync>;

/// The databases whose tasks run eagerly, and their number.
static EAGER: LazyLock<Mutex<HashMap<usize, RunEagerly>>> = LazyLock::new(Mutex::default);
static EAGER_COUNT: AtomicUsize = AtomicUsize::new(0);

/// Runs the tasks of a database eagerly.
pub(crate) fn set_eager(database: usize, run: RunEagerly) {
    change_eager(|eager| drop(eager.insert(database, run)));
}

/// Ends that the tasks of a database run eagerly, unless another function has replaced this one.
pub(crate) fn end_eager(database: usize, run: &RunEagerly) {
    change_eager(|eager| {
        if eager.get(&database).is_some_and(|present| Arc::ptr_eq(present, run)) {
            eager.remove(&database);
        }
    });
}

fn change_eager(change: impl FnOnce(&mut HashMap<usize, RunEagerly>)) {
    let mut eager = EAGER.lock().unwrap_or_else(PoisonError::into_inner);
    change(&mut eager);
    EAGER_COUNT.store(eager.len(), Ordering::Relaxed);
}

fn eager(db: &Db) -> Option<RunEagerly> {
    if EAGER_COUNT.load(Ordering::Relaxed) == 0 {
        return None;
    }
    EAGER.lock().unwrap_or_else(PoisonError::into_inner).get(&db.identity()).cloned()
}

/// Wakes the workers after runs were enqueued, in a transaction after its commit. It does not wait for them, but for
/// tasks that run eagerly.
pub(crate) async fn after(on: Handle<'_>) -> Result<()> {
    if let Some(run) = eager(on.db()) {
        let db = on.db().clone();
        match on {
            Handle::Db(_) => run(db).await,
            Handle::Tx(tx) => tx.on_commit(async move { run(db).await })?,
        }
    }
    let has_workers = WORKERS.load(Ordering::Relaxed) > 0;
    let others = Dialect::of(on.backend()).notify.is_some().then(|| on.db().clone());
    if !has_workers && others.is_none() {
        return Ok(());
    }
    let wake_all = move || {
        if has_workers {
            wake();
        }
        if let Some(db) = others {
            notify(db);
        }
    };
    match on {
        Handle::Db(_) => wake_all(),
        Handle::Tx(tx) => tx.on_commit(async { wake_all() })?,
    }
    Ok(())
}

/// The time of the last notification of each database, or of the next one that is planned.
static NOTIFIED: LazyLock<Mutex<HashMap<usize, Instant>>> = LazyLock::new(Mutex::default);

fn notified() -> MutexGuard<'static, HashMap<usize, Instant>> {
    NOTIFIED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends a notification on another connection. One that is planned and not sent yet stands for this one too.
fn notify(db: Db) {
    let Ok(runtime) = runtime::Handle::try_current() else { return };
    let now = Instant::now();
    let mut all = notified();
    let at = match all.get(&db.identity()) {
        Some(planned) if *planned > now => return,
        Some(last) => now.max(*last + PAUSE),
        None => now,
    };
    // A closed database leaves its entry behind, so old ones are removed now and then.
    if all.len() > 64 {
        all.retain(|_, at| at.elapsed() < PAUSE);
    }
    all.insert(db.identity(), at);
    drop(all);
    runtime.spawn(async move {
        tokio::time::sleep_until(at.into()).await;
        if let Err(error) = within(DEADLINE, Overdue::Close, store::notify(&db, "")).await {
            tracing::debug!(target: "signals", %error, "workers of other processes were not notified, and poll");
        }
    });
}
