//! A database, as all its handles share it: its pool, its settings, and what is known of its tables.

use std::any::TypeId;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::created;
use super::outside;
use crate::backend::{Conn, KeyFacts, Pool, PoolSettings, needs_runtime};
use crate::db::hooks::TestHooks;
use crate::dispatch::Frame;
use crate::error::{Error, Result};
use crate::model::ModelMeta;

/// A pool of connections, its name, its settings, and what is known of its tables.
pub(crate) struct Database {
    pool: Pool,
    /// What the pool was made with, for another one like it.
    settings: PoolSettings,
    name: Arc<str>,
    recursion_limit: u32,
    failed_callbacks: AtomicU64,
    hooks: Arc<TestHooks>,
    tables: Tables,
}

impl Database {
    pub(in crate::db) fn new(pool: Pool, settings: PoolSettings, name: Arc<str>, recursion_limit: u32) -> Self {
        let failed_callbacks = AtomicU64::new(0);
        Self {
            pool,
            settings,
            name,
            recursion_limit,
            failed_callbacks,
            hooks: Arc::default(),
            tables: Tables::default(),
        }
    }

    #[inline]
    pub(in crate::db) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Makes the same database with a pool of its own; `None` in memory, where another connection would be another database.
    ///
    /// No connection is made before the first statement.
    ///
    /// # Errors
    ///
    /// As [`Pool::open`].
    pub(in crate::db) fn detached(&self, max_connections: u32) -> Result<Option<Self>> {
        if Pool::is_in_memory(&self.settings) {
            return Ok(None);
        }
        let settings = PoolSettings { max_connections, ..self.settings.clone() };
        let pool = Pool::open(&settings, created::announce_as(&self.name))?;
        Ok(Some(Self::new(pool, settings, Arc::clone(&self.name), self.recursion_limit)))
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

/// The facts of the models that were asked for in one transaction.
pub(in crate::db) type OwnTables = Vec<(&'static ModelMeta, KeyFacts)>;

/// What the tables say of their keys: asked once for each model, and kept as long as the database is open.
///
/// Nothing tells when a table changes. A fact that a statement finds untrue is forgotten. What was asked in a
/// transaction that may have changed tables is kept by the transaction, until it is committed.
#[derive(Default)]
pub(in crate::db) struct Tables(ArcSwap<HashMap<TypeId, Arc<KeyFacts>, BuildHasherDefault<TypeIdHasher>>>);

/// The hasher of a `TypeId`, which is a hash already. Every save asks for its model, and hashing it once more would
/// take longer than the rest.
#[derive(Default)]
pub(in crate::db) struct TypeIdHasher(u64);

impl Hasher for TypeIdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // A `TypeId` writes one `u64`. Any other bytes are taken too, for a hash of lesser worth.
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl Tables {
    /// Reads what is known of the key of a model's table; `None` if nobody has asked the database yet.
    pub(in crate::db) fn key_facts<T>(&self, meta: &ModelMeta, read: impl FnOnce(&KeyFacts) -> T) -> Option<T> {
        self.0.load().get(&meta.type_id()).map(|facts| read(facts))
    }

    /// Keeps what the database said of the key of a model's table.
    pub(in crate::db) fn keep(&self, meta: &'static ModelMeta, facts: KeyFacts) {
        let facts = Arc::new(facts);
        self.0.rcu(|tables| {
            let mut tables = HashMap::clone(tables);
            tables.insert(meta.type_id(), Arc::clone(&facts));
            tables
        });
    }

    /// Keeps what a committed transaction learned.
    pub(in crate::db) fn keep_own(&self, tables: OwnTables) {
        for (meta, facts) in tables {
            self.keep(meta, facts);
        }
    }

    /// Forgets what a statement found untrue.
    pub(in crate::db) fn forget(&self, meta: &'static ModelMeta) {
        self.0.rcu(|tables| {
            let mut tables = HashMap::clone(tables);
            tables.remove(&meta.type_id());
            tables
        });
    }

    /// Forgets what is known, since the tables may be others now.
    #[cfg(feature = "migrate")]
    pub(in crate::db) fn forget_all(&self) {
        self.0.store(Arc::default());
    }
}
