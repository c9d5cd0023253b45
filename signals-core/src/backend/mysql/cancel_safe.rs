//! A connection whose statements run to their end, even if their future is dropped. sqlx would stop in the
//! middle of an answer, and the next statement would read the rest.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::mysql::MySql;
use sqlx::{Error as SqlxError, MySqlConnection};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tracing::Instrument as _;

use crate::backend::pool::pooled::{Pooled, is_discarding};

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

    /// Begins work that continues whenever [`free`](Self::free) is polled. `answer` receives its result.
    pub(super) async fn start<T, F>(
        &mut self,
        work: F,
        answer: impl FnOnce(T) + Send + 'static,
    ) -> Result<(), SqlxError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut MySqlConnection) -> BoxFuture<'c, T> + Send + 'static,
    {
        self.free().await?;
        let mut connection = self.connection.take().ok_or(SqlxError::WorkerCrashed)?;
        self.running = Some(Box::pin(async move {
            match AssertUnwindSafe(work(&mut connection)).catch_unwind().await {
                Ok(result) => {
                    answer(result);
                    Some(connection)
                }
                Err(_panic) => {
                    connection.discard();
                    None
                }
            }
        }));
        Ok(())
    }

    /// Runs work to its end and returns its result.
    pub(super) async fn complete<T, F>(&mut self, work: F) -> Result<T, SqlxError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut MySqlConnection) -> BoxFuture<'c, Result<T, SqlxError>> + Send + 'static,
    {
        let (answer, mut answered) = oneshot::channel();
        // The receiver may be dropped.
        self.start(work, move |result| drop(answer.send(result))).await?;
        self.free().await?;
        answered.try_recv().map_err(|_| SqlxError::WorkerCrashed)?
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

/// Runs the future if there is a runtime. Without one nothing can be sent: the future is dropped, which
/// closes the connection.
fn in_background(work: impl Future<Output = ()> + Send + 'static) {
    match Handle::try_current() {
        Ok(runtime) if !is_discarding() => drop(runtime.spawn(work.in_current_span())),
        _no_runtime_or_discarding => drop(work),
    }
}
