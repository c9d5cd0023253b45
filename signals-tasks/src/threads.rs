//! The threads of blocking tasks.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use crate::store::Held;

/// The threads that have not returned.
///
/// A thread cannot be stopped. If its attempt ends before it, by a timeout or a cancellation, it keeps its slot in the
/// worker until it returns.
#[derive(Clone, Default)]
pub(crate) struct Threads(Arc<Mutex<Vec<Started>>>);

struct Started {
    held: Held,
    task: String,
    /// Is called when the thread returns.
    then: Option<Box<dyn FnOnce() + Send>>,
}

impl Threads {
    fn started(&self) -> MutexGuard<'_, Vec<Started>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls a function on a thread of its own. If the future is dropped, the thread continues.
    ///
    /// # Errors
    ///
    /// If the operating system has no more threads.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        held: Held,
        task: &str,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<thread::Result<T>> {
        let (sender, receiver) = oneshot::channel();
        let threads = self.clone();
        let work = move || {
            let output = catch_unwind(AssertUnwindSafe(function));
            // Before the output is sent, so that the end of the attempt finds the slot free.
            threads.returned(held);
            drop(sender.send(output));
        };
        self.started().push(Started { held, task: task.to_owned(), then: None });
        if let Err(error) = thread::Builder::new().name(format!("task-{task}")).spawn(work) {
            self.returned(held);
            return Err(error);
        }
        receiver.await.map_err(io::Error::other)
    }

    fn returned(&self, held: Held) {
        let mut started = self.started();
        let place = started.iter().position(|thread| thread.held == held);
        let found = place.map(|place| started.swap_remove(place));
        drop(started);
        if let Some(then) = found.and_then(|thread| thread.then) {
            then();
        }
    }

    /// Calls `then` when the thread of this claim has returned: at once, if it has none.
    pub(crate) fn after(&self, held: Held, then: impl FnOnce() + Send + 'static) {
        if let Some(thread) = self.started().iter_mut().find(|thread| thread.held == held) {
            thread.then = Some(Box::new(then));
            return;
        }
        then();
    }

    /// Returns the names of the tasks whose threads have not returned, if their claims meet a condition.
    pub(crate) fn names(&self, is_chosen: impl Fn(&Held) -> bool) -> Vec<String> {
        self.started().iter().filter(|thread| is_chosen(&thread.held)).map(|thread| thread.task.clone()).collect()
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Threads").field(&self.names(|_| true)).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;

    const HELD: Held = Held { id: Uuid::nil(), claims: 1 };

    #[tokio::test]
    async fn a_thread_whose_future_is_dropped_is_listed_until_it_returns() {
        let threads = Threads::default();
        let (end, ended) = mpsc::channel::<()>();
        let call = threads.call(HELD, "deaf", move || ended.recv().is_ok());
        assert!(tokio::time::timeout(Duration::from_millis(20), call).await.is_err());
        assert_eq!(threads.names(|held| *held == HELD), ["deaf"]);
        let (freed, is_freed) = mpsc::channel();
        threads.after(HELD, move || _ = freed.send(()));
        assert!(is_freed.try_recv().is_err(), "the thread has not returned");
        end.send(()).ok();
        assert!(is_freed.recv_timeout(Duration::from_secs(20)).is_ok());
        assert!(threads.names(|_| true).is_empty());
    }

    #[tokio::test]
    async fn a_thread_that_returns_or_panics_is_not_listed() -> io::Result<()> {
        let threads = Threads::default();
        assert!(matches!(threads.call(HELD, "quick", || 7).await?, Ok(7)));
        assert!(threads.call(HELD, "broken", || std::panic::resume_unwind(Box::new("no"))).await?.is_err());
        assert!(threads.names(|_| true).is_empty());
        Ok(())
    }
}
