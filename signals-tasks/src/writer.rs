//! The order of writers on a database that has one at a time.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;

use signals_core::db::{Db, Handle, IntoHandle as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::dialect::{Dialect, Picking};

/// The longest wait of a worker's own statement. A task may hold the permit without writing.
const TURN: Duration = Duration::from_millis(50);

/// The permit of each database, by its identity.
static WRITERS: LazyLock<Mutex<HashMap<usize, Weak<Semaphore>>>> = LazyLock::new(Mutex::default);

/// Returns whether the database has one writer at a time.
pub(crate) fn has_one_writer(db: &Db) -> bool {
    Dialect::of(db.backend()).picking == Picking::Alone
}

/// Waits until no other task of this process writes, if the database has one writer at a time. Otherwise they
/// would try its lock again and again, which takes ten times as long.
///
/// Within a transaction, which may have the lock already, it does not wait.
pub(crate) async fn permit(db: &Db) -> Option<OwnedSemaphorePermit> {
    if !has_one_writer(db) || matches!(db.into_handle(), Handle::Tx(_)) {
        return None;
    }
    let writer = of(db.identity());
    // It is never closed.
    writer.acquire_owned().await.ok()
}

/// Waits a moment until no task of this process writes, if the database has one writer at a time. A worker's own
/// statement would otherwise try the lock again and again, and the tasks would take it first.
pub(crate) async fn turn(db: &Db) -> Option<OwnedSemaphorePermit> {
    timeout(TURN, permit(db)).await.ok().flatten()
}

fn of(identity: usize) -> Arc<Semaphore> {
    let mut all = WRITERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(writer) = all.get(&identity).and_then(Weak::upgrade) {
        return writer;
    }
    all.retain(|_, writer| writer.strong_count() > 0);
    let writer = Arc::new(Semaphore::new(1));
    all.insert(identity, Arc::downgrade(&writer));
    writer
}
