//! A database, as all its handles share it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::created;
use super::outside;
use super::tables::Tables;
use crate::backend::{Conn, Pool, needs_runtime};
use crate::db::hooks::TestHooks;
use crate::dispatch::Frame;
use crate::error::{Error, Result};

/// A pool of connections, its name, its settings, and what is known of its tables.
pub(crate) struct Database {
    pool: Pool,
    name: Arc<str>,
    recursion_limit: u32,
    failed_callbacks: AtomicU64,
    hooks: Arc<TestHooks>,
    tables: Tables,
}

impl Database {
    pub(in crate::db) fn new(pool: Pool, name: Arc<str>, recursion_limit: u32) -> Self {
        let failed_callbacks = AtomicU64::new(0);
        Self { pool, name, recursion_limit, failed_callbacks, hooks: Arc::default(), tables: Tables::default() }
    }

    #[inline]
    pub(in crate::db) fn pool(&self) -> &Pool {
        &self.pool
    }

    #[inline]
    pub(in crate::db) fn name(&self) -> &str {
        &self.name
    }

    #[inline]
    pub(in crate::db) fn recursion_limit(&self) -> u32 {
        self.recursion_limit
    }

    /// The test hooks of the whole database.
    #[inline]
    pub(in crate::db) fn hooks(&self) -> &Arc<TestHooks> {
        &self.hooks
    }

    /// What its tables say of their keys.
    #[inline]
    pub(in crate::db) fn tables(&self) -> &Tables {
        &self.tables
    }

    pub(in crate::db) fn failed_callbacks(&self) -> u64 {
        self.failed_callbacks.load(Ordering::Relaxed)
    }

    pub(in crate::db) fn count_failed_callback(&self) {
        self.failed_callbacks.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether a transaction on this database is around the call.
    fn holds_own(&self) -> bool {
        let scope = Frame::current().scope();
        scope.tx != 0 && scope.db == self.scope()
    }

    /// The identity of this database, for telling a receiver's own transaction from another.
    pub(in crate::db) fn scope(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// How long a call waits for a connection, of the pool or of a transaction.
    pub(in crate::db) fn acquire_timeout(&self) -> Duration {
        self.pool.acquire_timeout()
    }

    /// Takes a connection from the pool.
    pub(in crate::db) async fn acquire(&self) -> Result<Conn> {
        let pool = &self.pool;
        let idle = pool.try_acquire();
        if self.holds_own() {
            if idle.is_none() && pool.max_connections() == 1 && pool.idle() == 0 {
                return Err(Error::ConnectionHeld { using: self.name().to_owned() });
            }
            outside::warn(self.name());
        }
        if let Some(connection) = idle {
            return Ok(connection);
        }
        created::watch(pool.acquire(self.name())).await
    }

    /// Closes the pool, and waits for the connections in use.
    pub(in crate::db) async fn close(&self) -> Result<()> {
        needs_runtime("closing the database")?;
        let pool = &self.pool;
        let limit = if self.holds_own() { Duration::ZERO } else { pool.acquire_timeout() };
        if tokio::time::timeout(limit, pool.close()).await.is_ok() {
            return Ok(());
        }
        Err(Error::StillInUse { using: self.name().to_owned(), connections: pool.in_use(), waited: limit })
    }
}
