//! Databases and transactions: [`Db`] and [`Tx`], cheap handles that are cloned and shared freely.
//!
//! This is the only room beside `field` that matches on the backend.

mod builder;
mod callback;
mod connection;
mod created;
mod handle;
mod level;
#[cfg(feature = "migrate")]
mod migrate;
mod pool;
mod progress;
mod reading;
mod session;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statement;
mod tx;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::dispatch::{Frame, Scope};
use crate::error::{Error, Result};
use crate::field::Backend;

pub use builder::Builder;
pub(crate) use callback::{Callback, Change, End, Placed, Waiting, conclude};
pub use connection::Connection;
pub use created::{ConnectionCreated, connection_created};
pub(crate) use handle::Doing;
pub use handle::{Handle, IntoHandle};
#[cfg(feature = "migrate")]
pub use migrate::{PlannedMigration, PostMigrate, PreMigrate, post_migrate, pre_migrate};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteTx;
pub(crate) use statement::{Statement, Text};
pub use tx::Tx;

use connection::Conn;
use pool::Pool;

/// A database: a pool of connections, its name, and its settings.
///
/// It is a cheap handle; clones share one pool.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> signals::Result<()> {
/// use signals::Db;
///
/// let db = Db::connect("sqlite::memory:").await?;
/// let replica = Db::builder("sqlite://replica.db?mode=ro").name("replica").connect().await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Db(Arc<Shared>);

struct Shared {
    pool: Pool,
    name: Arc<str>,
    recursion_limit: u32,
    failed_callbacks: AtomicU64,
}

impl Db {
    /// Connects to the database of this URL, under the name `default`.
    ///
    /// SQLite in memory gets one connection that lives as long as the `Db`; a file gets WAL and a busy timeout of five seconds, and foreign keys are on.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownBackend`] if the URL's backend is not compiled in, [`Error::DuplicateReceiver`] if two linked receivers share a uid,
    /// the failure of a `connection_created` receiver, or [`Error::Database`] if the database cannot be reached.
    pub async fn connect(url: &str) -> Result<Self> {
        Self::builder(url).connect().await
    }

    /// Begins a database with settings of its own.
    pub fn builder(url: &str) -> Builder {
        Builder::new(url)
    }

    fn new(pool: Pool, name: Arc<str>, recursion_limit: u32) -> Self {
        Self(Arc::new(Shared { pool, name, recursion_limit, failed_callbacks: AtomicU64::new(0) }))
    }

    /// The database's name, which receivers get as `using`.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Which backend it is.
    pub fn backend(&self) -> Backend {
        self.0.pool.backend()
    }

    /// How deep signals may nest.
    pub fn recursion_limit(&self) -> u32 {
        self.0.recursion_limit
    }

    /// How many `on_commit` callbacks have failed since the database was connected.
    pub fn failed_callbacks(&self) -> u64 {
        self.0.failed_callbacks.load(Ordering::Relaxed)
    }

    fn count_failed_callback(&self) {
        self.0.failed_callbacks.fetch_add(1, Ordering::Relaxed);
    }

    /// Begins a transaction. Dropping it rolls it back.
    ///
    /// The connection is taken here; `BEGIN` travels with the first statement.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] if no connection can be had, [`Error::ConnectionHeld`] in a receiver whose own transaction holds the only one.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future begins nothing.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(Tx::outermost(self.clone(), self.acquire().await?))
    }

    /// Runs `work` in a transaction: commits it on `Ok`, rolls it back on `Err`.
    ///
    /// # Errors
    ///
    /// What `work` returned, or why the transaction could not begin or commit. [`Error::other`] wraps an error of one's own.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future rolls the transaction back, unless its commit is already on the way.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// db.atomic(|tx| async move {
    ///     tx.on_commit(async { println!("committed") });
    ///     Ok(())
    /// })
    /// .await?;
    /// # Ok(()) }
    /// ```
    pub async fn atomic<T, F>(&self, work: impl FnOnce(Tx) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let tx = self.begin().await?;
        tx.conclude(work).await
    }

    /// Closes every connection; those in use close when they are given back.
    pub async fn close(&self) {
        self.0.pool.close().await;
    }

    /// The identity of this database, for telling a receiver's own transaction from another.
    fn scope(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    /// Takes a connection from the pool.
    async fn acquire(&self) -> Result<Conn> {
        if let Some(connection) = self.0.pool.try_acquire() {
            return Ok(connection);
        }
        let scope = Frame::current().scope();
        if scope.tx != 0 && scope.db == self.scope() && self.0.pool.max_connections() == 1 {
            return Err(Error::ConnectionHeld { using: self.name().to_owned() });
        }
        // Boxed, since sqlx's future of three kilobytes would otherwise be part of every save's.
        created::watch(Box::pin(self.0.pool.acquire())).await
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db").field("name", &self.name()).field("backend", &self.backend()).finish_non_exhaustive()
    }
}

/// The scope of a transaction at a level.
fn scope(db: &Db, tx: usize, level: usize) -> Scope {
    Scope { db: db.scope(), tx, level }
}
