//! Databases and transactions: [`Db`] and [`Tx`], cheap handles that are cloned and shared freely.

mod builder;
mod callback;
mod connection_user;
mod created;
mod handle;
mod hooks;
mod inside_tx;
mod lent;
mod level;
mod level_ref;
#[cfg(feature = "migrate")]
mod migrate;
mod native;
mod outside;
mod reading;
mod session;
mod statement;
mod table;
mod to_the_end;
mod transaction;
mod transaction_state;
mod tx;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::backend::{Backend, Conn, Mode, Pool, needs_runtime};
use crate::dispatch::{Frame, Scope};
use crate::error::{Error, Result};

pub use crate::backend::{Connection, Isolation};
pub(crate) use crate::backend::{Done, Text};
pub use builder::DbBuilder;
pub(crate) use callback::{
    Callback, CallbackError, Change, End, Placed, Waiting, conclude_in_background, conclude_to_the_end,
};
pub use created::{ConnectionCreated, connection_created};
pub use handle::{Handle, IntoHandle};
pub use hooks::{DbSignal, Muted, RecordedSignal, Recording};
pub use lent::TxConnection;
#[cfg(feature = "migrate")]
pub use migrate::{PlannedMigration, PostMigrate, PreMigrate, post_migrate, pre_migrate};
// By a glob, since `native` alone names the backends.
pub use native::*;
pub(crate) use statement::{Doing, MOST_PADDED, Statement, padded};
pub use transaction::TransactionBuilder;
pub use tx::Tx;

use hooks::TestHooks;

/// A database: a pool of connections, its name, and its settings.
///
/// It is a cheap handle; clones share one pool. [`Tx::as_db`] makes one whose calls go through a transaction, for tests.
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
pub struct Db {
    shared: Arc<Shared>,
    /// The transaction that its calls go through, if it stands for one.
    inside_tx: Option<Box<Tx>>,
    /// The test tools of the transaction that has ended, for the receivers that are notified of its end.
    hooks_at_end: Option<Arc<TestHooks>>,
}

struct Shared {
    pool: Pool,
    name: Arc<str>,
    recursion_limit: u32,
    failed_callbacks: AtomicU64,
    hooks: Arc<TestHooks>,
    tables: table::Tables,
}

impl Db {
    /// Connects to the database of this URL, under the name `default`.
    ///
    /// SQLite in memory gets one connection that lives as long as the `Db`; a file gets WAL and a busy timeout of five seconds, and foreign keys are on.
    ///
    /// The first connect of a program warns through `tracing` of receivers of deletes that cannot hear all they seem to (those of a model whose rows the database
    /// deletes by itself, with `on_delete = database`), and of those without a sender, which make every delete read each row that it reaches.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownBackend`] if the URL's backend is not compiled in, [`Error::DuplicateReceiver`] if two linked receivers share a uid,
    /// [`Error::Schema`] if a linked receiver of `m2m_changed` names a sender that is not the through model of a relation,
    /// the failure of a `connection_created` receiver, or [`Error::Database`] if the URL is wrong or the database cannot be reached. Errors show
    /// the URL without user, password and parameters that may be secret.
    pub async fn connect(url: &str) -> Result<Self> {
        Self::builder(url).connect().await
    }

    /// Begins a database with settings of its own.
    pub fn builder(url: &str) -> DbBuilder {
        DbBuilder::new(url)
    }

    fn new(pool: Pool, name: Arc<str>, recursion_limit: u32) -> Self {
        let failed_callbacks = AtomicU64::new(0);
        let (hooks, tables) = (Arc::default(), table::Tables::default());
        let shared = Shared { pool, name, recursion_limit, failed_callbacks, hooks, tables };
        Self { shared: Arc::new(shared), inside_tx: None, hooks_at_end: None }
    }

    /// The database's name, which receivers get as `using`.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Which backend it is.
    pub fn backend(&self) -> Backend {
        self.shared.pool.backend()
    }

    /// How deep signals may nest.
    pub fn recursion_limit(&self) -> u32 {
        self.shared.recursion_limit
    }

    /// How many `on_commit` callbacks have failed since the database was connected.
    pub fn failed_callbacks(&self) -> u64 {
        self.shared.failed_callbacks.load(Ordering::Relaxed)
    }

    fn count_failed_callback(&self) {
        self.shared.failed_callbacks.fetch_add(1, Ordering::Relaxed);
    }

    /// Begins a transaction. Dropping it rolls it back.
    ///
    /// The connection is taken here; `BEGIN` travels with the first statement.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] if no connection can be had, [`Error::Closed`] after [`close`](Self::close), [`Error::ConnectionHeld`] in a receiver whose own transaction holds the only one.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future begins nothing.
    pub async fn begin(&self) -> Result<Tx> {
        self.begin_as(Mode::default()).await
    }

    async fn begin_as(&self, mode: Mode) -> Result<Tx> {
        match &self.inside_tx {
            Some(tx) => tx.begin().await,
            None => Ok(Tx::outermost(self.clone(), self.acquire().await?, mode)),
        }
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
    /// [`try_atomic`](Self::try_atomic) takes work with another error type, [`transaction`](Self::transaction) has settings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// db.atomic(|tx| async move {
    ///     tx.on_commit(async { println!("committed") })?;
    ///     Ok(())
    /// })
    /// .await?;
    /// # Ok(()) }
    /// ```
    pub async fn atomic<T, F>(&self, work: impl FnOnce(Tx) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.try_atomic(work).await
    }

    /// As [`atomic`](Self::atomic), for work with an error type of its own: any that is made of [`enum@Error`].
    ///
    /// It is a method of its own, since the compiler could not infer the type of `Ok(())` in the work of `atomic` if that took any.
    ///
    /// # Errors
    ///
    /// As [`atomic`](Self::atomic).
    ///
    /// # Cancel safety
    ///
    /// As [`atomic`](Self::atomic).
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::Db;
    /// #[derive(Debug)]
    /// enum AppError {
    ///     SoldOut,
    ///     Signals(signals::Error),
    /// }
    ///
    /// impl From<signals::Error> for AppError {
    ///     fn from(error: signals::Error) -> Self {
    ///         Self::Signals(error)
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> signals::Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// let outcome: Result<(), AppError> = db.try_atomic(|_tx| async { Err(AppError::SoldOut) }).await;
    /// assert!(matches!(outcome, Err(AppError::SoldOut)));
    /// # Ok(()) }
    /// ```
    pub async fn try_atomic<T, E, F>(&self, work: impl FnOnce(Tx) -> F) -> Result<T, E>
    where
        E: From<Error>,
        F: Future<Output = Result<T, E>>,
    {
        self.begin().await?.conclude(work).await
    }

    /// Closes every connection, and waits for those in use, for at most the [`acquire_timeout`](DbBuilder::acquire_timeout).
    ///
    /// From now on no connection is given out: calls fail with [`Error::Closed`]. Idle connections are closed at once, and those in use when they
    /// are given back; a transaction that is open may go on. Closing twice does no harm. A `Db` within a transaction closes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::StillInUse`] if a transaction, a stream or a call still has a connection when the time is over. In a receiver whose own
    /// transaction has one, that is at once.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the database closed for new calls.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Error, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// db.close().await?;
    /// assert!(matches!(db.begin().await, Err(Error::Closed { .. })));
    /// # Ok(()) }
    /// ```
    pub async fn close(&self) -> Result<()> {
        if self.inside_tx.is_some() {
            return Ok(());
        }
        needs_runtime("closing the database")?;
        let pool = &self.shared.pool;
        let limit = if self.holds_own() { Duration::ZERO } else { pool.acquire_timeout() };
        if tokio::time::timeout(limit, pool.close()).await.is_ok() {
            return Ok(());
        }
        Err(Error::StillInUse { using: self.name().to_owned(), connections: pool.in_use(), waited: limit })
    }

    /// Whether a transaction on this database is around the call.
    fn holds_own(&self) -> bool {
        let scope = Frame::current().scope();
        scope.tx != 0 && scope.db == self.scope()
    }

    /// The identity of this database, for telling a receiver's own transaction from another.
    fn scope(&self) -> usize {
        Arc::as_ptr(&self.shared) as usize
    }

    /// How long a call waits for a connection, of the pool or of a transaction.
    fn acquire_timeout(&self) -> Duration {
        self.shared.pool.acquire_timeout()
    }

    /// Whether each call needs a transaction, since a pooler gives each its own server, and sqlx sends one statement in two steps.
    fn is_pooled(&self) -> bool {
        self.shared.pool.is_pooled()
    }

    /// Takes a connection from the pool.
    async fn acquire(&self) -> Result<Conn> {
        self.refuse_within("the `Db` that the transaction was begun on")?;
        let pool = &self.shared.pool;
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
        // Boxed, since sqlx's future of three kilobytes would otherwise be part of every save's.
        created::watch(Box::pin(pool.acquire(self.name()))).await
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Db");
        debug.field("name", &self.name()).field("backend", &self.backend());
        if let Some(tx) = &self.inside_tx {
            debug.field("inside_tx", tx);
        }
        debug.finish_non_exhaustive()
    }
}

/// The scope of a transaction at a level.
fn scope(db: &Db, tx: usize, level: usize) -> Scope {
    Scope { db: db.scope(), tx, level }
}
