//! The runtimes that opened the connections of a pool.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::runtime::{Handle, Id};
use tokio::sync::watch;

/// The runtimes that opened connections of a pool and have not ended.
#[derive(Default)]
pub(super) struct Runtimes {
    known: Arc<Known>,
    /// Dropped with the pool. The tasks that wait for the end of a runtime then end.
    pool: watch::Sender<()>,
}

type Known = Mutex<HashSet<Id>>;

impl Runtimes {
    /// Records that the current runtime opened a connection. Calls `ended` when the runtime ends, unless the
    /// pool is dropped before.
    pub(super) fn note_current(&self, ended: impl Fn() + Send + 'static) {
        let Ok(runtime) = Handle::try_current() else { return };
        let id = runtime.id();
        if !self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
            return;
        }
        let at_end = AtEnd { id, known: Arc::downgrade(&self.known), ended };
        let mut pool = self.pool.subscribe();
        drop(runtime.spawn(async move {
            let _at_end = at_end;
            let _closed = pool.changed().await;
        }));
    }
}

/// A guard held by a task of a runtime, which drops it at the end of the runtime.
struct AtEnd<F: Fn()> {
    id: Id,
    known: Weak<Known>,
    ended: F,
}

impl<F: Fn()> Drop for AtEnd<F> {
    fn drop(&mut self) {
        if let Some(known) = self.known.upgrade() {
            known.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
            (self.ended)();
        }
    }
}
