//! A database.

use std::fmt;
use std::sync::Arc;

use super::tx::Tx;
use crate::backend::{Backend, Conn, KeyFacts, Mode};
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
/// It is a cheap handle; clones share one pool. [`Tx::as_db`] makes one whose calls go through a transaction, for
/// tests.
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
    /// The transaction that its calls go through, if it stands for one.
    inside_tx: Option<Box<Tx>>,
    /// The test tools of the transaction that has ended, for the receivers that are notified of its end.
    hooks_at_end: Option<Arc<TestHooks>>,
}

impl Db {
    /// Connects to the database of this URL, under the name `default`.
    ///
    /// SQLite in memory gets one connection that lives as long as the `Db`; a file gets WAL and a busy timeout of five
    /// seconds, and foreign keys are on.
    ///
    /// The first connect of a program logs a `WARN` event for some receivers of deletes: those of a model whose rows the
    /// database deletes by itself (`on_delete = database`), which are not called for such rows, and those without a
    /// sender, which make every delete read each row that it reaches.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownBackend`] if the URL's backend is not compiled in, [`Error::DuplicateReceiver`] if two linked
    /// receivers share a uid, [`Error::UnusableReceiver`] if a linked receiver of `m2m_changed` names a sender that is
    /// not the through model of a relation, the failure of a `connection_created` receiver, or [`Error::Database`] if
    /// the URL is wrong or the database cannot be reached. Errors show the URL without user, password and parameters
    /// that may be secret.
    pub async fn connect(url: &str) -> Result<Self> {
        Self::builder(url).connect().await
    }

    /// Begins a database with settings of its own.
    pub fn builder(url: &str) -> DbBuilder {
        DbBuilder::new(url)
    }

    pub(super) fn new(database: Database) -> Self {
        Self { database: Arc::new(database), inside_tx: None, hooks_at_end: None }
    }

    /// This database, with calls that go through a transaction.
    pub(in crate::db) fn inside(&self, tx: Tx) -> Self {
        Self { database: Arc::clone(&self.database), inside_tx: Some(Box::new(tx)), hooks_at_end: None }
    }

    /// What all handles of the database share.
    pub(in crate::db) fn database(&self) -> &Arc<Database> {
        &self.database
    }

    /// The transaction that its calls go through, if it stands for one.
    pub(in crate::db) fn inside_tx(&self) -> Option<&Tx> {
        self.inside_tx.as_deref()
    }

    /// The test hooks of the transaction that has ended.
    pub(super) fn hooks_at_end(&self) -> Option<&TestHooks> {
        self.hooks_at_end.as_deref()
    }

    /// Refuses what takes a connection of its own.
    pub(super) fn refuse_within(&self, instead: &'static str) -> Result<()> {
        match self.inside_tx {
            Some(_) => Err(Error::NoPool { using: self.name().to_owned(), instead }),
            None => Ok(()),
        }
    }

    /// The database's name, which receivers get as `using`.
    pub fn name(&self) -> &str {
        self.database.name()
    }

    /// Which backend it is.
    pub fn backend(&self) -> Backend {
        self.database.pool().backend()
    }

    /// How deep signals may nest.
    pub fn recursion_limit(&self) -> u32 {
        self.database.recursion_limit()
    }

    /// How many `on_commit` callbacks have failed since the database was connected.
    pub fn failed_callbacks(&self) -> u64 {
        self.database.failed_callbacks()
    }

    /// Begins a transaction. Dropping it rolls it back.
    ///
    /// The connection is taken here; `BEGIN` travels with the first statement.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] if no connection can be had, [`Error::Closed`] after [`close`](Self::close),
    /// [`Error::ConnectionHeld`] in a receiver whose own transaction holds the only one.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future begins nothing.
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
    /// What `work` returned, or why the transaction could not begin or commit. [`Error::other`] wraps an error of one's
    /// own.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future rolls the transaction back, unless its commit is already on the way.
    ///
    /// [`try_atomic`](Self::try_atomic) takes work with another error type, [`transaction`](Self::transaction) has
    /// settings.
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
    /// It is a method of its own, since the compiler could not infer the type of `Ok(())` in the work of `atomic` if
    /// that took any.
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

    /// Closes every connection, and waits for those in use, for at most the
    /// [`acquire_timeout`](DbBuilder::acquire_timeout).
    ///
    /// From now on no connection is given out: calls fail with [`Error::Closed`]. Idle connections are closed at once,
    /// and those in use when they are given back; a transaction that is open may go on. Closing twice does no harm. A
    /// `Db` within a transaction closes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::StillInUse`] if a transaction, a stream or a call still has a connection when the time is over. In a
    /// receiver whose own transaction has one, that is at once.
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

    /// The same database with a pool of its own, for a companion crate whose statements must not wait for the
    /// application's; `None` in memory, where another connection would be another database.
    ///
    /// Nothing is opened before the first statement, and the connections belong to the runtime that runs it.
    ///
    /// # Errors
    ///
    /// [`Error::NoPool`] for a `Db` within a transaction, [`Error::Database`] without a runtime.
    #[doc(hidden)]
    pub fn detached(&self, max_connections: u32) -> Result<Option<Self>> {
        self.refuse_within("the `Db` that the transaction was begun on")?;
        Ok(self.database.detached(max_connections)?.map(Self::new))
    }

    /// How many connections the pool may have.
    #[doc(hidden)]
    pub fn max_connections(&self) -> u32 {
        self.database.pool().max_connections()
    }

    /// Whether each call needs a transaction, since a pooler gives each its own server, and sqlx sends one statement in
    /// two steps.
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

/// The receivers of a send on this database, and what is known of the keys of its tables.
impl Db {
    #[inline]
    pub(super) fn in_force(&self) -> InForce<'_> {
        let inside_tx = || self.inside_tx().and_then(Tx::hooks);
        InForce::of(self.database().hooks(), self.hooks_at_end().or_else(inside_tx))
    }

    /// As [`Handle::receivers`](super::Handle::receivers), where no transaction is open.
    #[inline]
    pub(crate) fn receivers<S: Signal, M: Sender<S>>(&self) -> Snapshot {
        self.in_force().without_muted(S::KIND, M::slot().snapshot())
    }

    /// As [`Handle::record_sent`](super::Handle::record_sent), where no transaction is open.
    #[inline]
    #[cfg(feature = "migrate")]
    pub(crate) fn record_sent(&self, signal: impl FnOnce() -> RecordedSignal) {
        self.in_force().record_sent(signal);
    }

    /// Reads what is known of the key of a model's table; `None` if nobody has asked the database yet.
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
