//! A connection of the pool, which returns to it when it is dropped.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Database, Error as SqlxError, Pool};
use tokio::runtime::Handle;

use super::freshness::Freshness;

/// The maximum duration of each last use of a connection to a server: a statement whose call was dropped, a rollback, or
/// the ping of sqlx before it returns to the pool. Without a limit, it would keep its place in the pool for an answer that
/// a network has lost.
const LONGEST_LAST_USE: Duration = Duration::from_secs(10);

thread_local! {
    /// Whether a connection that is dropped is closed.
    static DISCARDING: Cell<bool> = const { Cell::new(false) };
}

/// Closes the connections that `work` drops, with what still runs on them. Otherwise a connection whose
/// statement was dropped keeps its place in the pool until the answer comes, but for at most 10 seconds if the
/// database is a server.
#[doc(hidden)]
pub fn discarding<T>(work: impl FnOnce() -> T) -> T {
    struct Reset(bool);
    impl Drop for Reset {
        fn drop(&mut self) {
            DISCARDING.set(self.0);
        }
    }
    let _reset = Reset(DISCARDING.replace(true));
    work()
}

/// Returns whether the call is within [`discarding`].
pub(in crate::backend) fn is_discarding() -> bool {
    // A thread that ends has no such value.
    DISCARDING.try_with(Cell::get).unwrap_or_default()
}

/// Runs the last use of a connection to a server in the background. Closes the connection if it takes too long.
pub(in crate::backend) fn end_in_background(runtime: &Handle, last_use: impl Future<Output = ()> + Send + 'static) {
    let mut last_use = Box::pin(last_use);
    runtime.spawn(async move {
        if tokio::time::timeout(LONGEST_LAST_USE, &mut last_use).await.is_err() {
            tracing::warn!(
                target: "signals",
                "a connection is closed: its last use did not end within {LONGEST_LAST_USE:?}",
            );
            discarding(|| drop(last_use));
        }
    });
}

/// A connection of the pool. All code holds connections by this type.
///
/// sqlx panics if its own type is dropped after the end of the runtime, because it spawns a task. In that
/// case this type closes the connection.
pub(crate) struct Pooled<DB: Database> {
    connection: PoolConnection<DB>,
    /// The freshness of a server's pool, unless the application made it. A connection of SQLite does not go stale.
    freshness: Option<Arc<Freshness>>,
}

impl<DB: Database> Pooled<DB> {
    /// Returns an idle connection that needs no ping, if there is one.
    pub(in crate::backend) fn try_take(pool: &Pool<DB>, freshness: Option<&Arc<Freshness>>) -> Option<Self> {
        // The clock is read once.
        let now = freshness.map_or(0, |freshness| freshness.now());
        if freshness.is_some_and(|freshness| !freshness.is_busy(now)) {
            return None;
        }
        pool.try_acquire().map(|connection| Self::new(connection, freshness, now))
    }

    /// Waits for a connection and returns it. The pool pings a connection that was idle for long.
    pub(in crate::backend) async fn take(
        pool: &Pool<DB>,
        freshness: Option<&Arc<Freshness>>,
    ) -> Result<Self, SqlxError> {
        let connection = pool.acquire().await?;
        Ok(Self::new(connection, freshness, freshness.map_or(0, |freshness| freshness.now())))
    }

    fn new(connection: PoolConnection<DB>, freshness: Option<&Arc<Freshness>>, now: u64) -> Self {
        if let Some(freshness) = freshness {
            freshness.note_taken(now);
        }
        Self { connection, freshness: freshness.cloned() }
    }

    /// Closes the connection.
    pub(in crate::backend) fn discard(mut self) {
        self.close();
    }

    /// Closes the connection at once, and lets the pool open another one in its place.
    fn close(&mut self) {
        drop(self.connection.return_to_pool());
    }
}

impl<DB: Database> Drop for Pooled<DB> {
    fn drop(&mut self) {
        match Handle::try_current() {
            Ok(runtime) if !is_discarding() => {
                let returning = self.connection.return_to_pool();
                if let Some(freshness) = &self.freshness {
                    freshness.note_given_back();
                }
                // SQLite is a part of the program, and always answers.
                if DB::NAME == "SQLite" {
                    runtime.spawn(returning);
                } else {
                    end_in_background(&runtime, returning);
                }
            }
            _no_runtime_or_discarding => self.close(),
        }
    }
}

impl<DB: Database> Deref for Pooled<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        &self.connection
    }
}

impl<DB: Database> DerefMut for Pooled<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        &mut self.connection
    }
}
