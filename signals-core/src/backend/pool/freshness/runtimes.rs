//! The runtimes that made the connections of a pool.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::runtime::{Handle, Id};
use tokio::sync::watch;

use super::Freshness;

/// The runtimes that made connections of a pool, and have not ended.
#[derive(Default)]
pub(super) struct Runtimes {
    known: Mutex<HashSet<Id>>,
    /// Dropped with the pool, which ends the tasks that wait for the end of a runtime.
    pool: watch::Sender<()>,
}

impl Runtimes {
    /// Notes that the current runtime made a connection, and lets `freshness` know when it ends.
    pub(super) fn note_current(&self, freshness: &Arc<Freshness>) {
        let Ok(runtime) = Handle::try_current() else { return };
        let id = runtime.id();
        if !self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
            return;
        }
        let at_end = AtEnd { id, freshness: Arc::downgrade(freshness) };
        let mut pool = self.pool.subscribe();
        drop(runtime.spawn(async move {
            let _at_end = at_end;
            let _closed = pool.changed().await;
        }));
    }
}

/// Held by a task of a runtime, which drops it when it ends.
struct AtEnd {
    id: Id,
    freshness: Weak<Freshness>,
}

impl Drop for AtEnd {
    fn drop(&mut self) {
        if let Some(freshness) = self.freshness.upgrade() {
            freshness.runtimes.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
            freshness.note_runtime_ended();
        }
    }
}
