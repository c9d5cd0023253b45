//! A connection whose statements run on if their future is dropped, for at most 10 seconds. sqlx would stop in the
//! middle of an answer, and the next statement would read the rest.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::thread;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::mysql::MySql;
use sqlx::{Error as SqlxError, MySqlConnection};
use tokio::runtime::Handle;
use tracing::Instrument as _;

use crate::backend::pool::pooled::{Pooled, end_in_background, is_discarding};

/// A connection of the pool, or the work that still uses it. The next user of the connection finishes that
/// work first.
pub(crate) struct CancelSafeConnection {
    connection: Option<Pooled<MySql>>,
    /// The future returns no connection if it panics.
    running: Option<BoxFuture<'static, Option<Pooled<MySql>>>>,
}

impl CancelSafeConnection {
    pub(in crate::backend) fn new(connection: Pooled<MySql>) -> Self {
        Self { connection: Some(connection), running: None }
    }

    /// Waits until nothing runs on the connection, and returns it.
    pub(in crate::backend) async fn free(&mut self) -> Result<&mut MySqlConnection, SqlxError> {
        if let Some(running) = &mut self.running {
            self.connection = running.await;
            self.running = None;
        }
        self.idle().ok_or(SqlxError::WorkerCrashed)
    }

    /// Returns the connection if nothing runs on it.
    pub(in crate::backend) fn idle(&mut self) -> Option<&mut MySqlConnection> {
        self.connection.as_deref_mut()
    }

    /// Begins work that continues whenever [`free`](Self::free) is polled.
    pub(super) async fn start<F>(&mut self, work: F) -> Result<(), SqlxError>
    where
        F: for<'c> FnOnce(&'c mut MySqlConnection) -> BoxFuture<'c, ()> + Send + 'static,
    {
        self.free().await?;
        let mut connection = self.connection.take().ok_or(SqlxError::WorkerCrashed)?;
        self.running = Some(Box::pin(async move {
            let outcome = AssertUnwindSafe(work(&mut connection)).catch_unwind().await;
            unless_panicked((connection, outcome.map(Ok))).0
        }));
        Ok(())
    }

    /// Runs work to its end and returns its result.
    pub(super) async fn complete<T, F>(&mut self, work: F) -> Result<T, SqlxError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut MySqlConnection) -> BoxFuture<'c, Result<T, SqlxError>> + Send + 'static,
    {
        self.free().await?;
        // `ok_or` would create and drop an error at each statement that succeeds.
        let Some(mut connection) = self.connection.take() else { return Err(SqlxError::WorkerCrashed) };
        let work = Box::pin(async move {
            let outcome = AssertUnwindSafe(work(&mut connection)).catch_unwind().await;
            (connection, outcome)
        });
        Completing { of: self, work: Some(work) }.await
    }

    /// Closes the connection. One that is in use is closed when that use ends.
    pub(in crate::backend) fn discard(mut self) {
        let running = self.running.take();
        if let Some(connection) = self.connection.take() {
            connection.discard();
        }
        if let Some(running) = running {
            in_background(async move {
                if let Some(connection) = running.await {
                    connection.discard();
                }
            });
        }
    }
}

impl Drop for CancelSafeConnection {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            // It returns to the pool when the running work ends.
            in_background(async move { drop(running.await) });
        }
    }
}

/// Work that is polled in place. If this is dropped, the work becomes what runs on the connection.
struct Completing<'a, T: Send + 'static> {
    of: &'a mut CancelSafeConnection,
    work: Option<BoxFuture<'static, Completed<T>>>,
}

/// The connection, and the result of the work or its panic.
type Completed<T> = (Pooled<MySql>, thread::Result<Result<T, SqlxError>>);

impl<T: Send + 'static> Future for Completing<'_, T> {
    type Output = Result<T, SqlxError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(work) = &mut self.work else { return Poll::Ready(Err(SqlxError::WorkerCrashed)) };
        let completed = ready!(work.as_mut().poll(context));
        self.work = None;
        let (connection, result) = unless_panicked(completed);
        self.of.connection = connection;
        Poll::Ready(result.unwrap_or(Err(SqlxError::WorkerCrashed)))
    }
}

impl<T: Send + 'static> Drop for Completing<'_, T> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            self.of.running = Some(Box::pin(work.map(|completed| unless_panicked(completed).0)));
        }
    }
}

/// Returns the connection and the result. After a panic the connection is closed.
fn unless_panicked<T>((connection, outcome): Completed<T>) -> (Option<Pooled<MySql>>, Option<Result<T, SqlxError>>) {
    match outcome {
        Ok(result) => (Some(connection), Some(result)),
        Err(_panic) => {
            connection.discard();
            (None, None)
        }
    }
}

/// Runs the future if there is a runtime. Without one nothing can be sent: the future is dropped, which
/// closes the connection.
fn in_background(work: impl Future<Output = ()> + Send + 'static) {
    match Handle::try_current() {
        Ok(runtime) if !is_discarding() => end_in_background(&runtime, work.in_current_span()),
        _no_runtime_or_discarding => drop(work),
    }
}
