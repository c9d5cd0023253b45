//! A database.

use std::fmt;
use std::sync::Arc;

use super::tx::Tx;
use crate::backend::{Backend, Conn, KeyFacts, Mode, Target};
#[cfg(feature = "migrate")]
use crate::db::hooks::RecordedSignal;
use crate::db::hooks::{InForce, TestHooks};
use crate::db::pool::{Database, DbBuilder};
use crate::db::transaction::TxDatabase;
use crate::error::{Error, Result};
use crate::model::ModelMeta;
use crate::registry::{Sender, Snapshot};
use crate::signal::Signal;

/// A database: a pool of connections, its name, and its settings.
///
/// It is a cheap handle, and clones share one pool. [`Tx::as_db`] returns a `Db` whose calls go through a
/// transaction, for tests.
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
    database: Arc<Database>,
    /// The transaction that its calls go through, if it was made by [`Tx::as_db`].
    inside_tx: Option<Box<Tx>>,
    /// The test tools of the transaction that has ended, for the receivers that are notified of its end.
    hooks_at_end: Option<Arc<TestHooks>>,
}

impl Db {
    /// Connects to the database of this URL, under the name `default`.
    ///
    /// SQLite in memory gets one connection, which lives as long as the `Db`. A file of SQLite gets WAL and a
    /// busy timeout of 5 seconds. Foreign keys are on in both.
    ///
    /// The first connect of a program logs a `WARN` event for some receivers of deletes. Those of a model
    /// with `on_delete = database` are not called for rows that the database deletes by itself. Those without
    /// a sender make every delete read each row that it reaches.
    ///
    /// # Errors
    ///
    /// - [`Error::UnknownBackend`] if the URL's backend is not compiled in;
    /// - [`Error::DuplicateReceiver`] if two linked receivers share a uid;
    /// - [`Error::MissingReceivers`] if a receiver of [`expect_receivers!`] is not linked;
    /// - [`Error::UnusableReceiver`] if a linked receiver of `m2m_changed` names a sender that is not the
    ///   through model of a relation;
    /// - the error of a `connection_created` receiver;
    /// - [`Error::Database`] if the URL is wrong or the database cannot be reached.
    ///
    /// Errors show the URL without user, password and parameters that may be secret.
    ///
    /// [`expect_receivers!`]: https://docs.rs/signals-orm/latest/signals/macro.expect_receivers.html
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Error, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// assert_eq!(db.name(), "default");
    ///
    /// let error = Db::connect("oracle://localhost/shop").await.unwrap_err();
    /// assert!(matches!(error, Error::UnknownBackend { .. }), "{error}");
    /// # Ok(()) }
    /// ```
    pub async fn connect(url: &str) -> Result<Self> {
        Self::builder(url).connect().await
    }

    /// Returns a builder, to set options before the connect.
    ///
    /// The target is a URL, or sqlx's own connect options (`SqliteConnectOptions`, `PgConnectOptions`,
    /// `MySqlConnectOptions`), for example for TLS. The library adds nothing to such options: a file of SQLite
    /// gets WAL only if they say so. [`from_pool`](Self::from_pool) uses a pool that exists.
    ///
    /// Nothing is checked or connected before [`DbBuilder::connect`]. See [`DbBuilder`] for the settings, their
    /// defaults and an example.
    pub fn builder(target: impl Into<Target>) -> DbBuilder {
        DbBuilder::new(target.into())
    }

    pub(super) fn new(database: Database) -> Self {
        Self { database: Arc::new(database), inside_tx: None, hooks_at_end: None }
    }

    /// Returns this database, with calls that go through a transaction.
    pub(in crate::db) fn inside(&self, tx: Tx) -> Self {
        Self { database: Arc::clone(&self.database), inside_tx: Some(Box::new(tx)), hooks_at_end: None }
    }

    /// Returns the state that all handles of the database share.
    pub(in crate::db) fn database(&self) -> &Arc<Database> {
        &self.database
    }

    /// Returns the transaction that its calls go through, if there is one.
    pub(in crate::db) fn inside_tx(&self) -> Option<&Tx> {
        self.inside_tx.as_deref()
    }

    /// Returns the test hooks of the transaction that has ended.
    pub(super) fn hooks_at_end(&self) -> Option<&TestHooks> {
        self.hooks_at_end.as_deref()
    }

    /// Fails within a transaction, for calls that need a connection of the pool.
    pub(super) fn refuse_within(&self, instead: &'static str) -> Result<()> {
        match self.inside_tx {
            Some(_) => Err(Error::NoPool { using: self.name().to_owned(), instead }),
            None => Ok(()),
        }
    }

    /// Returns the database's name, which receivers get as `using`.
    ///
    /// [`DbBuilder::name`] sets it. The default is `default`.
    pub fn name(&self) -> &str {
        self.database.name()
    }

    /// Returns the backend.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// use signals::db::Backend;
    ///
    /// let db = Db::connect("sqlite::memory:").await?;
    /// let now = match db.backend() {
    ///     Backend::Sqlite => "datetime('now')",
    ///     _ => "now()",
    /// };
    /// assert_eq!(now, "datetime('now')");
    /// # Ok(()) }
    /// ```
    pub fn backend(&self) -> Backend {
        self.database.pool().backend()
    }

    /// Returns how deep signals may nest.
    pub fn recursion_limit(&self) -> u32 {
        self.database.recursion_limit()
    }

    /// Returns how many callbacks have failed or panicked after the end of a transaction, since the database
    /// was connected.
    ///
    /// Each callback of [`Tx::on_commit`](super::Tx::on_commit) counts as one. The calls of all receivers
    /// with `on_commit` or `on_rollback` for one row also count as one. All handles of the database share the
    /// count, even a `Db` within a transaction. Each failure is also an event of level ERROR.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// let tx = db.begin().await?;
    /// tx.on_commit(async { Err("the mail server is down") })?;
    /// tx.commit().await?;                         // succeeds: the transaction is committed
    /// assert_eq!(db.failed_callbacks(), 1);
    /// # Ok(()) }
    /// ```
    pub fn failed_callbacks(&self) -> u64 {
        self.database.failed_callbacks()
    }

    /// Begins a transaction. Dropping it rolls it back.
    ///
    /// The connection is taken here. `BEGIN` is sent with the first statement.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] if no connection is available, [`Error::Closed`] after [`close`](Self::close),
    /// [`Error::ConnectionHeld`] in a receiver whose own transaction holds the only connection.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, no transaction is begun.
    ///
    /// # Transactions
    ///
    /// **While the transaction is open, calls on this `Db` use another connection.** They do not see its writes,
    /// and may wait for its locks. Give the [`Tx`] to every call that belongs to it. On a `Db` within a transaction
    /// ([`Tx::as_db`]), this begins a savepoint.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// let tx = db.begin().await?;
    /// sqlx::query("CREATE TABLE note (text TEXT)").execute(&mut *tx.sqlite().await?).await?;
    /// tx.commit().await?;
    /// # Ok(()) }
    /// ```
    pub async fn begin(&self) -> Result<Tx> {
        self.begin_as(Mode::default()).await
    }

    pub(super) async fn begin_as(&self, mode: Mode) -> Result<Tx> {
        match &self.inside_tx {
            Some(tx) => tx.begin().await,
            None => Ok(Tx::outermost(self.clone(), self.acquire().await?, mode)),
        }
    }

    /// Runs `work` in a transaction: commits it on `Ok`, rolls it back on `Err`.
    ///
    /// # Errors
    ///
    /// Returns the error of `work`, or the error of the begin or the commit. [`Error::other`] wraps an error
    /// of your own.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future rolls the transaction back, unless its commit is already in progress.
    ///
    /// [`try_atomic`](Self::try_atomic) takes work with another error type.
    /// [`transaction`](Self::transaction) sets options.
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

    /// Runs [`atomic`](Self::atomic) with another error type, which must implement `From` of [`enum@Error`].
    ///
    /// It is a separate method: if `atomic` took any error type, the compiler could not infer the type of
    /// `Ok(())` in its work.
    ///
    /// # Errors
    ///
    /// See [`atomic`](Self::atomic).
    ///
    /// # Cancel safety
    ///
    /// See [`atomic`](Self::atomic).
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

    /// Closes every connection. Waits for those in use for at most the
    /// [`acquire_timeout`](DbBuilder::acquire_timeout).
    ///
    /// From now on, calls that need a connection fail with [`Error::Closed`]. Idle connections are closed at
    /// once, and others when they are returned. An open transaction may continue. It does no harm to close
    /// twice. A `Db` within a transaction closes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::StillInUse`] if a transaction, a stream or a call still has a connection when the time has
    /// passed. In a receiver whose own transaction has a connection, this is returned at once.
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
        self.database.close().await
    }

    /// Returns the same database with its own pool, for a companion crate whose statements must not wait for
    /// the application's. Returns `None` in memory, because another connection would be another database.
    ///
    /// Opens no connection before the first statement. The connections belong to the runtime that runs it.
    /// A call waits up to 5 seconds for a connection. The server ends a statement that waits for a lock for 3
    /// seconds, or that takes 8 seconds, unless a pooler is in front of it. Except on MySQL, it also ends a
    /// transaction that is idle for 8 seconds. Statements outside of transactions read what is committed when they
    /// begin.
    ///
    /// # Errors
    ///
    /// [`Error::NoPool`] for a `Db` within a transaction, [`Error::Database`] without a runtime.
    #[doc(hidden)]
    pub fn detached(&self, max_connections: u32) -> Result<Option<Self>> {
        self.refuse_within("the `Db` that the transaction was begun on")?;
        Ok(self.database.detached(max_connections)?.map(Self::new))
    }

    /// Returns a number that all handles of this database share, and no other database of the process has.
    #[doc(hidden)]
    pub fn identity(&self) -> usize {
        Arc::as_ptr(&self.database).addr()
    }

    /// Returns the maximum number of connections of the pool.
    #[doc(hidden)]
    pub fn max_connections(&self) -> u32 {
        self.database.pool().max_connections()
    }

    /// Returns whether each call needs a transaction. A pooler may send each call to another server, and sqlx
    /// sends one statement in two steps.
    pub(in crate::db) fn is_pooled(&self) -> bool {
        self.database.pool().is_pooled()
    }

    /// Takes a connection from the pool.
    pub(in crate::db) async fn acquire(&self) -> Result<Conn> {
        self.refuse_within("the `Db` that the transaction was begun on")?;
        self.database.acquire().await
    }
}

impl TxDatabase for Db {
    fn database(&self) -> &Arc<Database> {
        &self.database
    }

    fn own_hooks(&self) -> Option<&Arc<TestHooks>> {
        self.hooks_at_end.as_ref()
    }

    fn at_end(&self, hooks: Option<Arc<TestHooks>>) -> Self {
        Self { hooks_at_end: hooks, ..self.clone() }
    }
}

/// The receivers of a send on this database, and the known facts about the keys of its tables.
impl Db {
    #[inline]
    pub(super) fn in_force(&self) -> InForce<'_> {
        let inside_tx = || self.inside_tx().and_then(Tx::hooks);
        InForce::of(self.database().hooks(), self.hooks_at_end().or_else(inside_tx))
    }

    /// Returns [`Handle::receivers`](super::Handle::receivers) if no transaction is open.
    #[inline]
    pub(crate) fn receivers<S: Signal, M: Sender<S>>(&self) -> Snapshot {
        self.in_force().without_muted(S::KIND, M::slot().snapshot())
    }

    /// Runs [`Handle::record_sent`](super::Handle::record_sent) if no transaction is open.
    #[inline]
    #[cfg(feature = "migrate")]
    pub(crate) fn record_sent(&self, signal: impl FnOnce() -> RecordedSignal) {
        self.in_force().record_sent(signal);
    }

    /// Reads the known facts about the key of a model's table, or returns `None` if the database was not
    /// queried yet.
    pub(crate) fn key_facts<T>(&self, meta: &ModelMeta, read: impl FnOnce(&KeyFacts) -> T) -> Option<T> {
        self.database().tables().key_facts(meta, read)
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
