//! How many requests are not over yet, and waiting until none is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// A count that can be waited for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Count(Arc<State>);

#[derive(Debug, Default)]
struct State {
    count: AtomicUsize,
    none_left: Notify,
}

/// One of those that are counted, until it is dropped.
#[derive(Debug)]
pub(crate) struct Counted(Arc<State>);

impl Count {
    /// Counts one more.
    pub(crate) fn enter(&self) -> Counted {
        self.0.count.fetch_add(1, Ordering::AcqRel);
        Counted(Arc::clone(&self.0))
    }

    /// Waits until there is none.
    pub(crate) async fn wait(&self) {
        loop {
            let none_left = self.0.none_left.notified();
            // Read after `notified`, which misses nothing that happens from its call on.
            if self.0.count.load(Ordering::Acquire) == 0 {
                return;
            }
            none_left.await;
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.none_left.notify_waiters();
        }
    }
}
