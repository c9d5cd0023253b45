//! Wakes the workers of this process when it enqueues a run. Workers of other processes poll.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

static WORKERS: AtomicUsize = AtomicUsize::new(0);
static ENQUEUED: Notify = Notify::const_new();

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

/// Returns whether this process has a worker.
pub(crate) fn has_workers() -> bool {
    WORKERS.load(Ordering::Relaxed) > 0
}

/// Wakes every worker of this process.
pub(crate) fn wake() {
    ENQUEUED.notify_waiters();
}
