//! A connection of the pool, which returns to it when it is dropped.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{Database, Error as SqlxError, Pool};
use tokio::runtime::Handle;

use super::freshness::Freshness;

/// A connection of the pool. All code holds connections by this type.
///
/// sqlx panics if its own type is dropped after the end of the runtime, because it spawns a task. In that
/// case this type closes the connection.
pub(crate) struct Pooled<DB: Database> {
    connection: PoolConnection<DB>,
    /// The freshness of a server's pool. A connection of SQLite does not go stale.
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
            Ok(runtime) => {
                if let Some(freshness) = &self.freshness {
                    freshness.note_given_back();
                }
                runtime.spawn(self.connection.return_to_pool());
            }
            Err(_no_runtime) => self.close(),
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
