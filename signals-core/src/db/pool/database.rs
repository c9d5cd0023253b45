//! The state of a database that all its handles share: its pool, its settings, and the known facts about its
//! tables.

use std::any::TypeId;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::created;
use super::outside;
use crate::backend::{Conn, KeyFacts, Pool, PoolSettings, SessionLimits, needs_runtime};
use crate::db::hooks::TestHooks;
use crate::dispatch::Frame;
use crate::error::{Error, Result};
use crate::model::ModelMeta;

/// The limits of a detached pool. A companion crate gives up a statement after 10 seconds, so the server ends
/// it before that.
const DETACHED: SessionLimits = SessionLimits { statement: 8, lock: 3 };
/// The maximum time that a call waits for a connection of a detached pool.
const DETACHED_ACQUIRE: Duration = Duration::from_secs(5);

/// Who has made a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MadeBy {
    Library,
    /// sqlx must check each connection, and calls only the application when it opens one.
    Application,
}

/// A pool of connections, its name, its settings, and the known facts about its tables.
pub(crate) struct Database {
    pool: Pool,
    made_by: MadeBy,
    /// The settings of the pool, for a second pool.
    settings: PoolSettings,
    name: Arc<str>,
    recursion_limit: u32,
    failed_callbacks: AtomicU64,
    hooks: Arc<TestHooks>,
    tables: Tables,
    /// Whether the server has blocks of statements, once it was asked.
    has_blocks: OnceLock<bool>,
}

impl Database {
    pub(in crate::db) fn new(pool: Pool, settings: PoolSettings, name: Arc<str>, recursion_limit: u32) -> Self {
        Self::made(MadeBy::Library, pool, settings, name, recursion_limit)
    }

    /// Returns the state of a database on a pool that the application has made.
    pub(in crate::db) fn existing(pool: Pool, settings: PoolSettings, name: Arc<str>, recursion_limit: u32) -> Self {
        Self::made(MadeBy::Application, pool, settings, name, recursion_limit)
    }

    fn made(by: MadeBy, pool: Pool, settings: PoolSettings, name: Arc<str>, recursion_limit: u32) -> Self {
        let failed_callbacks = AtomicU64::new(0);
        Self {
            pool,
            made_by: by,
            settings,
            name,
            recursion_limit,
            failed_callbacks,
            hooks: Arc::default(),
            tables: Tables::default(),
            has_blocks: OnceLock::new(),
        }
    }

    #[inline]
    pub(in crate::db) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Returns the same database with its own pool. Returns `None` in memory, because another connection
    /// would be another database.
    ///
    /// Opens no connection before the first statement. The server ends statements that take long, so that a
    /// lock of the application does not hold the connections for long.
    ///
    /// # Errors
    ///
    /// As [`Pool::open`].
    pub(in crate::db) fn detached(&self, max_connections: u32) -> Result<Option<Self>> {
        if Pool::is_in_memory(&self.settings) {
            return Ok(None);
        }
        let settings = PoolSettings {
            max_connections,
            acquire_timeout: self.settings.acquire_timeout.min(DETACHED_ACQUIRE),
            busy_timeout: self.settings.busy_timeout.min(Duration::from_secs(DETACHED.statement.into())),
            limits: Some(DETACHED),
            ..self.settings.clone()
        };
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

    /// Returns the test hooks of the whole database.
    #[inline]
    pub(in crate::db) fn hooks(&self) -> &Arc<TestHooks> {
        &self.hooks
    }

    /// Returns the facts about the keys of its tables.
    #[inline]
    pub(in crate::db) fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Returns whether the server has blocks of statements, once it was asked.
    pub(in crate::db) fn has_blocks(&self) -> &OnceLock<bool> {
        &self.has_blocks
    }

    pub(in crate::db) fn failed_callbacks(&self) -> u64 {
        self.failed_callbacks.load(Ordering::Relaxed)
    }

    pub(in crate::db) fn count_failed_callback(&self) {
        self.failed_callbacks.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns whether the call is inside a transaction on this database.
    fn holds_own(&self) -> bool {
        let scope = Frame::current().scope();
        scope.tx != 0 && scope.db == self.scope()
    }

    /// Returns the identity of this database, to recognize a receiver's own transaction.
    pub(in crate::db) fn scope(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// Returns how long a call waits for a connection of the pool or of a transaction.
    pub(in crate::db) fn acquire_timeout(&self) -> Duration {
        self.pool.acquire_timeout()
    }

    /// Takes a connection from the pool.
    pub(in crate::db) async fn acquire(&self) -> Result<Conn> {
        let pool = &self.pool;
        let idle = if self.made_by == MadeBy::Library { pool.try_acquire() } else { None };
        if self.holds_own() {
            if idle.is_none() && pool.max_connections() == 1 && pool.idle() == 0 {
                return Err(Error::ConnectionHeld { using: self.name().to_owned() });
            }
            outside::warn(self.name());
        }
        if let Some(connection) = idle {
            return Ok(connection);
        }
        let connection = created::watch(pool.acquire(self.name())).await?;
        match self.made_by {
            MadeBy::Library => Ok(connection),
            MadeBy::Application if pool.is_pooled() => Ok(connection),
            MadeBy::Application => created::announce_once(connection, pool.backend(), self.name()).await,
        }
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

/// The facts about the models that were queried in one transaction.
pub(in crate::db) type OwnTables = Vec<(&'static ModelMeta, KeyFacts)>;

/// The facts about the keys of tables: queried once for each model, and kept while the database is open.
///
/// Changes of a table are not detected. A fact is forgotten if a statement finds it wrong. In a transaction
/// that may have changed tables, the facts are kept by the transaction until it is committed.
#[derive(Default)]
pub(in crate::db) struct Tables(ArcSwap<HashMap<TypeId, Arc<KeyFacts>, BuildHasherDefault<TypeIdHasher>>>);

/// The hasher of a `TypeId`, which is already a hash. Every save looks up its model, and hashing again would
/// take longer than the rest of the lookup.
#[derive(Default)]
pub(in crate::db) struct TypeIdHasher(u64);

impl Hasher for TypeIdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // A `TypeId` writes one `u64`. Other bytes are accepted, with a weaker hash.
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl Tables {
    /// Reads the known facts about the key of a model's table, or returns `None` if the database was not
    /// queried yet.
    pub(in crate::db) fn key_facts<T>(&self, meta: &ModelMeta, read: impl FnOnce(&KeyFacts) -> T) -> Option<T> {
        self.0.load().get(&meta.type_id()).map(|facts| read(facts))
    }

    /// Stores the facts that the database returned about the key of a model's table.
    pub(in crate::db) fn keep(&self, meta: &'static ModelMeta, facts: KeyFacts) {
        let facts = Arc::new(facts);
        self.0.rcu(|tables| {
            let mut tables = HashMap::clone(tables);
            tables.insert(meta.type_id(), Arc::clone(&facts));
            tables
        });
    }

    /// Stores the facts that a committed transaction has read.
    pub(in crate::db) fn keep_own(&self, tables: OwnTables) {
        for (meta, facts) in tables {
            self.keep(meta, facts);
        }
    }

    /// Forgets the facts about a table, after a statement found them wrong.
    pub(in crate::db) fn forget(&self, meta: &'static ModelMeta) {
        self.0.rcu(|tables| {
            let mut tables = HashMap::clone(tables);
            tables.remove(&meta.type_id());
            tables
        });
    }

    /// Forgets all facts, since the tables may have changed.
    #[cfg(feature = "migrate")]
    pub(in crate::db) fn forget_all(&self) {
        self.0.store(Arc::default());
    }
}
