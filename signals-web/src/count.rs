//! Counts the requests that are in flight, and waits until there are none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// A count whose end can be awaited.
#[derive(Debug, Clone, Default)]
pub(crate) struct Count(Arc<State>);

#[derive(Debug, Default)]
struct State {
    count: AtomicUsize,
    none_left: Notify,
}

/// A counted item. The count decreases when it is dropped.
#[derive(Debug)]
pub(crate) struct Counted(Arc<State>);

impl Count {
    /// Counts one more.
    pub(crate) fn enter(&self) -> Counted {
        self.0.count.fetch_add(1, Ordering::AcqRel);
        Counted(Arc::clone(&self.0))
    }

    /// Waits until the count is zero.
    pub(crate) async fn wait(&self) {
        loop {
            let none_left = self.0.none_left.notified();
            // The count is read after `notified`, which misses no notification after its call.
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
