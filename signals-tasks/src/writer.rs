//! The order of writers on a database that has one at a time.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use signals_core::db::{Db, Handle, IntoHandle as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::dialect::{Dialect, Picking};

/// The permit of each database, by its identity.
static WRITERS: LazyLock<Mutex<HashMap<usize, Weak<Semaphore>>>> = LazyLock::new(Mutex::default);

/// Waits until no other task of this process writes, if the database has one writer at a time. Otherwise they
/// would try its lock again and again, which takes ten times as long.
///
/// Within a transaction, which may have the lock already, it does not wait.
pub(crate) async fn permit(db: &Db) -> Option<OwnedSemaphorePermit> {
    let is_alone = Dialect::of(db.backend()).picking == Picking::Alone;
    if !is_alone || matches!(db.into_handle(), Handle::Tx(_)) {
        return None;
    }
    let writer = of(db.identity());
    // It is never closed.
    writer.acquire_owned().await.ok()
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
