//! The threads of blocking tasks.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use crate::store::Held;

/// The threads whose attempts were dropped, because of a timeout or a cancellation, before they returned.
///
/// A thread cannot be stopped. It keeps its slot in the worker until it returns.
#[derive(Clone, Default)]
pub(crate) struct Threads(Arc<Mutex<Vec<Left>>>);

/// A thread that was left behind.
struct Left {
    held: Held,
    task: String,
    /// Is called when the thread returns.
    then: Option<Box<dyn FnOnce() + Send>>,
}

impl Threads {
    fn left(&self) -> MutexGuard<'_, Vec<Left>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls a function on a thread of its own. If the future is dropped before the thread returns, the thread is
    /// left behind.
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
        let has_returned = Arc::new(Mutex::new(false));
        let (threads, returned) = (self.clone(), Arc::clone(&has_returned));
        let work = move || {
            let output = catch_unwind(AssertUnwindSafe(function));
            threads.returned(held, &returned);
            drop(sender.send(output));
        };
        thread::Builder::new().name(format!("task-{task}")).spawn(work)?;
        let _leaving = Leaving { threads: self, held, task, has_returned: &has_returned };
        receiver.await.map_err(io::Error::other)
    }

    /// Records that a thread has returned, and frees its slot if it was left behind.
    fn returned(&self, held: Held, has_returned: &Mutex<bool>) {
        // Locked first, as by `Leaving`, so that a thread is left behind or has returned, and not both.
        let mut left = self.left();
        *has_returned.lock().unwrap_or_else(PoisonError::into_inner) = true;
        let place = left.iter().position(|left| left.held == held);
        let found = place.map(|place| left.swap_remove(place));
        drop(left);
        if let Some(then) = found.and_then(|left| left.then) {
            then();
        }
    }

    /// Calls `then` when the thread of this claim has returned: at once, if it was not left behind.
    pub(crate) fn after(&self, held: Held, then: impl FnOnce() + Send + 'static) {
        if let Some(left) = self.left().iter_mut().find(|left| left.held == held) {
            left.then = Some(Box::new(then));
            return;
        }
        then();
    }

    /// Returns the names of the tasks whose threads were left behind, if their claims meet a condition.
    pub(crate) fn names(&self, is_chosen: impl Fn(&Held) -> bool) -> Vec<String> {
        self.left().iter().filter(|left| is_chosen(&left.held)).map(|left| left.task.clone()).collect()
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Threads").field(&self.names(|_| true)).finish()
    }
}

/// The future of a call. Dropping it before the thread has returned leaves the thread behind.
struct Leaving<'a> {
    threads: &'a Threads,
    held: Held,
    task: &'a str,
    has_returned: &'a Mutex<bool>,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let mut left = self.threads.left();
        if !*self.has_returned.lock().unwrap_or_else(PoisonError::into_inner) {
            left.push(Left { held: self.held, task: self.task.to_owned(), then: None });
        }
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
    async fn a_thread_whose_future_is_dropped_is_left_behind_until_it_returns() {
        let threads = Threads::default();
        let (end, ended) = mpsc::channel::<()>();
        let call = threads.call(HELD, "deaf", move || ended.recv().is_ok());
        assert!(tokio::time::timeout(Duration::from_millis(20), call).await.is_err());
        assert_eq!(threads.names(|held| *held == HELD), ["deaf"]);
        let (freed, is_freed) = mpsc::channel();
        threads.after(HELD, move || drop(freed.send(())));
        assert!(is_freed.try_recv().is_err(), "the thread has not returned");
        drop(end.send(()));
        assert!(is_freed.recv_timeout(Duration::from_secs(20)).is_ok());
        assert!(threads.names(|_| true).is_empty());
    }

    #[tokio::test]
    async fn a_thread_that_returns_or_panics_is_not_left_behind() -> io::Result<()> {
        let threads = Threads::default();
        assert!(matches!(threads.call(HELD, "quick", || 7).await?, Ok(7)));
        assert!(threads.call(HELD, "broken", || panic!("no")).await?.is_err());
        assert!(threads.names(|_| true).is_empty());
        Ok(())
    }
}
