//! The user of a transaction's connection, so that a task does not wait for itself.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use tokio::task;

use crate::error::{Error, Result};

/// A use of the connection that ends when the application drops a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectionUse {
    /// Plain sqlx has it.
    Plain,
    /// A stream of rows reads from it.
    Stream,
}

/// The current task, or the current thread outside of tasks, as in `main`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Running {
    Task(task::Id),
    Thread(ThreadId),
}

impl Running {
    fn now() -> Self {
        task::try_id().map_or_else(|| Self::Thread(thread::current().id()), Self::Task)
    }
}

/// The current use of a transaction's connection.
#[derive(Default)]
pub(super) struct ConnectionUser(Mutex<Option<(ConnectionUse, Running)>>);

impl ConnectionUser {
    fn present(&self) -> MutexGuard<'_, Option<(ConnectionUse, Running)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the connection as used by the current task, until the guard is dropped.
    pub(super) fn begin(&self, using: ConnectionUse) -> UseGuard<'_> {
        *self.present() = Some((using, Running::now()));
        UseGuard(self)
    }

    /// Fails if a wait would be for a use that the current task itself has to end.
    pub(super) fn may_wait(&self) -> Result<()> {
        match *self.present() {
            Some((ConnectionUse::Stream, _)) => Err(Error::StreamOpen),
            Some((ConnectionUse::Plain, task)) if task == Running::now() => Err(Error::ConnectionLent),
            _ => Ok(()),
        }
    }

    /// Waits for the user of the connection, but no longer than `limit`.
    pub(super) async fn wait<T>(&self, limit: Duration, lock: impl Future<Output = T> + Send) -> Result<T> {
        // Boxed, since few calls wait, and the future of each would be larger.
        Box::pin(tokio::time::timeout(limit, lock)).await.map_err(|_elapsed| self.waited(limit))
    }

    fn waited(&self, after: Duration) -> Error {
        let waited_for = match *self.present() {
            Some((ConnectionUse::Plain, _)) => {
                "the guard of `tx.sqlite()`, `tx.postgres()` or `tx.mysql()` in another task"
            }
            Some((ConnectionUse::Stream, _)) => "a stream of rows",
            None => "another call on the transaction, or a savepoint of one",
        };
        Error::WaitTimedOut { waited_for, after }
    }
}

/// A use of the connection that lasts until this is dropped.
pub(super) struct UseGuard<'a>(&'a ConnectionUser);

impl Drop for UseGuard<'_> {
    fn drop(&mut self) {
        *self.0.present() = None;
    }
}
