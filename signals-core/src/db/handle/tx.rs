//! A transaction or a savepoint.

mod notes;

use std::fmt;
use std::sync::Arc;

use super::db::Db;
use crate::backend::{Args, Backend, Conn, Mode, Text};
use crate::db::hooks::{InForce, TestHooks};
use crate::db::transaction::{self, CallbackError, Doing, Level, LevelRef, Session, Statement, Transaction};
use crate::dispatch::{Frame, Scope};
use crate::error::{Error, Result};
use crate::signal::ReceiverOutput;

/// A transaction, or a savepoint in one.
///
/// It is a cheap handle, and clones are the same transaction. If the last of them is dropped without a
/// [`commit`](Self::commit), the transaction is rolled back. Nothing is sent to the database before the first
/// statement.
///
/// Calls on one transaction run one after another. A wait for another call ends with [`Error::WaitTimedOut`]
/// after the builder's `acquire_timeout`. While a savepoint made by [`begin`](Self::begin) is open, use its
/// handle. A call on the outer handle fails with [`Error::SavepointOpen`].
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
///
/// let savepoint = tx.begin().await?;
/// sqlx::query("INSERT INTO note VALUES ('gone')").execute(&mut *savepoint.sqlite().await?).await?;
/// savepoint.rollback().await?;
///
/// tx.on_commit(async { println!("committed") })?;
/// tx.commit().await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Tx(Inner);

#[derive(Clone)]
enum Inner {
    /// A level of a transaction.
    Level(LevelRef<Db>),
    /// A placeholder for the payload of a send without a transaction. No receiver takes `tx` then.
    Unopened(Db),
}

/// A callback or a change that waits for the end of a transaction.
pub(crate) type Waiting = transaction::Waiting<Db>;
/// A write that is recorded for receivers at the end of the transaction.
pub(crate) type Change = transaction::Change<Db>;

const UNOPENED: Error =
    Error::TransactionEnded { why: "no transaction was opened, since no receiver takes it", source: None };

impl Tx {
    pub(super) fn outermost(db: Db, connection: Conn, mode: Mode) -> Self {
        Self(Inner::Level(Level::outermost(Transaction::new(db, connection, mode))))
    }

    /// Returns a placeholder for the payload of a send without a transaction. No receiver sees it.
    pub(crate) fn unopened(db: &Db) -> Self {
        Self(Inner::Unopened(db.clone()))
    }

    fn level(&self) -> Result<&Arc<Level<Db>>> {
        self.level_ref().map(LevelRef::level)
    }

    fn level_ref(&self) -> Result<&LevelRef<Db>> {
        // `ok_or` would create and drop an error at each call that succeeds.
        match &self.0 {
            Inner::Level(level_ref) => Ok(level_ref),
            Inner::Unopened(_) => Err(UNOPENED),
        }
    }

    /// Fails if the transaction has ended.
    pub(in crate::db) fn check(&self) -> Result<()> {
        self.level()?.check()
    }

    /// Returns whether the database refuses writes in the transaction.
    pub(crate) fn is_read_only(&self) -> bool {
        self.level().is_ok_and(|level| level.transaction.is_read_only)
    }

    /// Takes the callbacks and changes that wait for the commit of this level.
    pub(in crate::db) fn take_waiting(&self) -> Result<Vec<Waiting>> {
        let level = self.level()?;
        Ok(level.transaction.notes().take_waiting_at(level.depth))
    }

    /// Returns a handle of the same level that does not keep it open.
    pub(in crate::db) fn weak(&self) -> Self {
        Self(match &self.0 {
            Inner::Level(level_ref) => Inner::Level(level_ref.weak()),
            Inner::Unopened(db) => Inner::Unopened(db.clone()),
        })
    }

    /// Returns the test tools that apply to this call.
    pub(super) fn in_force(&self) -> InForce<'_> {
        InForce::of(self.db().database().hooks(), self.hooks())
    }

    /// Returns the test tools of this transaction, if it has any.
    pub(super) fn hooks(&self) -> Option<&TestHooks> {
        self.level().ok()?.transaction.hooks.get().map(|hooks| &**hooks)
    }

    /// Returns the test tools of this transaction, to add a guard.
    pub(in crate::db) fn hooks_for_guard(&self) -> Arc<TestHooks> {
        let made = |level: &Arc<Level<Db>>| Arc::clone(level.transaction.hooks.get_or_init(Arc::default));
        self.level().map_or_else(|_| Arc::default(), made)
    }

    /// Returns the identity of this level, for the receivers that take it.
    pub(crate) fn scope(&self) -> Scope {
        self.level().map_or_else(|_| Scope::default(), |level| level.scope())
    }

    pub(super) async fn session(&self) -> Result<Session<'_, Db>> {
        Session::enter_to_run(self.level()?).await
    }

    /// Returns the database of the transaction.
    pub(crate) fn db(&self) -> &Db {
        match &self.0 {
            Inner::Level(level_ref) => &level_ref.level().transaction.db,
            Inner::Unopened(db) => db,
        }
    }

    /// Returns the backend, for plain SQL that differs.
    ///
    /// Receivers use it, because they have no [`Db`]. See [`Db::backend`] for an example.
    pub fn backend(&self) -> Backend {
        self.db().backend()
    }

    /// Runs a statement that defines a part of the schema.
    pub(crate) async fn define(&self, model: &'static str, statement: String) -> Result<()> {
        let args = Args::new(self.backend(), 0);
        let doing = Doing { verb: "CREATE", model };
        self.level()?.transaction.notes().may_alter = true;
        self.session().await?.run(&Statement::built(statement), args, doing).await.map(drop)
    }

    /// Runs a statement that defines a part of the schema and that not every database can prepare.
    pub(crate) async fn define_unprepared(&self, model: &'static str, statement: String) -> Result<()> {
        let doing = Doing { verb: "CREATE", model };
        self.level()?.transaction.notes().may_alter = true;
        self.session().await?.control(Text::unkept(statement), doing).await
    }

    /// Defers the check of references until the commit, or until this level is rolled back. The commit fails
    /// if a reference is broken.
    ///
    /// If the database cannot defer the check, it is turned off. Call
    /// [`recheck_references`](Self::recheck_references) soon after.
    pub(crate) async fn defer_references(&self) -> Result<()> {
        self.session().await?.defer_references().await
    }

    /// Checks references again, if this level turned the check off.
    pub(crate) async fn recheck_references(&self) -> Result<()> {
        self.session().await?.recheck_references().await
    }

    /// Undoes the remains of dropped or failed savepoints, as a commit would do first.
    pub(crate) async fn settle(&self) -> Result<()> {
        Session::enter(self.level()?).await.map(drop)
    }

    /// Returns whether the check of references is deferred or off.
    pub(crate) async fn defers_references(&self) -> Result<bool> {
        self.session().await?.defers_references().await
    }

    /// Runs a statement without bound values and without preparing it.
    pub(crate) async fn control(&self, text: Text, doing: Doing) -> Result<()> {
        self.session().await?.control(text, doing).await
    }

    /// Begins a savepoint. Dropping it rolls back to it.
    ///
    /// # Errors
    ///
    /// [`Error::TransactionEnded`], or [`Error::SavepointOpen`] if another is open.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, no savepoint is begun.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// let tx = db.begin().await?;
    /// let savepoint = tx.begin().await?;
    /// savepoint.on_commit(async { println!("not printed") })?;
    /// savepoint.rollback().await?;                // the transaction goes on
    /// tx.commit().await?;
    /// # Ok(()) }
    /// ```
    pub async fn begin(&self) -> Result<Self> {
        Level::child(self.level_ref()?, true).await.map(|level_ref| Self(Inner::Level(level_ref)))
    }

    /// Begins a savepoint for one save or one receiver. Other calls wait for it.
    pub(crate) async fn nested(&self) -> Result<Self> {
        Level::child(self.level_ref()?, false).await.map(|level_ref| Self(Inner::Level(level_ref)))
    }

    /// Runs `work` in a savepoint: keeps it on `Ok`, rolls back to it on `Err`.
    ///
    /// # Errors
    ///
    /// Returns the error of `work`, or the error of the begin or the end.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future rolls back to the savepoint.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Error, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// let tx = db.begin().await?;
    /// let undone = tx.atomic(|savepoint| async move {
    ///     sqlx::query("CREATE TABLE note (text TEXT)").execute(&mut *savepoint.sqlite().await?).await?;
    ///     Err::<(), _>(Error::other("no"))
    /// });
    /// assert!(undone.await.is_err());
    /// // Only the savepoint was rolled back, so the table can be created.
    /// sqlx::query("CREATE TABLE note (text TEXT)").execute(&mut *tx.sqlite().await?).await?;
    /// tx.commit().await?;
    /// # Ok(()) }
    /// ```
    pub async fn atomic<T, F>(&self, work: impl FnOnce(Tx) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.begin().await?.conclude(work).await
    }

    /// Runs [`atomic`](Self::atomic) with another error type, which must implement `From` of [`enum@Error`].
    ///
    /// # Errors
    ///
    /// See [`atomic`](Self::atomic).
    ///
    /// # Cancel safety
    ///
    /// See [`atomic`](Self::atomic).
    pub async fn try_atomic<T, E, F>(&self, work: impl FnOnce(Tx) -> F) -> Result<T, E>
    where
        E: From<Error>,
        F: Future<Output = Result<T, E>>,
    {
        self.begin().await?.conclude(work).await
    }

    pub(super) async fn conclude<T, E, F>(self, work: impl FnOnce(Tx) -> F) -> Result<T, E>
    where
        E: From<Error>,
        F: Future<Output = Result<T, E>>,
    {
        let own = Own(self);
        match work(own.0.clone()).await {
            Ok(value) => own.0.clone().commit().await.map(|()| value).map_err(E::from),
            Err(error) => Err(own.0.clone().undo_after(error).await),
        }
    }

    /// Rolls back, and returns the error that caused it.
    pub(crate) async fn undo_after<E>(self, reason: E) -> E {
        if let Err(error) = self.rollback().await {
            tracing::warn!(target: "signals", %error, "a rollback failed");
        }
        reason
    }

    /// Rolls back in the background, unless the level has ended. Other handles no longer keep it open.
    pub(crate) fn give_up(&self) {
        if let Ok(level) = self.level() {
            level.give_up();
        }
    }

    /// Runs `callback` after the outermost commit. It does not run if this level is rolled back.
    ///
    /// Callbacks run in the order of their registration, all of them even if one fails. Failures are logged
    /// and counted ([`Db::failed_callbacks`]). They run inside `commit`, in its tracing span and with its
    /// task-locals. If the future of `commit` is dropped meanwhile, they continue in their own task, without
    /// the caller's task-locals. Within a receiver they always run in such a task. A callback that owns a
    /// handle of its own transaction keeps it open until it is committed or rolled back.
    ///
    /// The sends of a callback nest in those around this call. If a receiver's callback leads to a call of
    /// the same receiver, this ends at the recursion limit.
    ///
    /// # Errors
    ///
    /// [`Error::TransactionEnded`] if the transaction has ended. The callback is dropped and does not run.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// static MAILS: AtomicU32 = AtomicU32::new(0);
    ///
    /// let db = Db::connect("sqlite::memory:").await?;
    /// let tx = db.begin().await?;
    /// tx.on_commit(async { MAILS.fetch_add(1, Ordering::Relaxed); })?;
    /// tx.on_commit(async { Err("no mail server") })?;            // logged and counted
    /// tx.commit().await?;
    /// assert_eq!(MAILS.load(Ordering::Relaxed), 1);
    /// assert_eq!(db.failed_callbacks(), 1);
    ///
    /// let tx = db.begin().await?;
    /// tx.on_commit(async { MAILS.fetch_add(1, Ordering::Relaxed); })?;
    /// tx.rollback().await?;
    /// assert_eq!(MAILS.load(Ordering::Relaxed), 1);
    /// # Ok(()) }
    /// ```
    pub fn on_commit<F>(&self, callback: F) -> Result<()>
    where
        F: Future<Output: ReceiverOutput<()>> + Send + 'static,
    {
        let frame = Frame::current();
        let callback =
            Box::pin(async move { frame.at_least(callback).await.into_response().map_err(CallbackError::Failed) });
        self.level()?.wait_for_end(Waiting::Callback(callback))
    }

    /// Commits the transaction, or makes the savepoint part of the level around it.
    ///
    /// # Errors
    ///
    /// After each of these errors the transaction is rolled back:
    ///
    /// - [`Error::Database`] if the database returns an error;
    /// - [`Error::InDoubt`] after a write was dropped in flight;
    /// - [`Error::TransactionEnded`] if the transaction has ended;
    /// - [`Error::SavepointOpen`] while a savepoint in it is open;
    /// - [`Error::WaitTimedOut`] if another task does not return the connection in time.
    ///
    /// [`Error::CommitUnknown`] if the reply to the COMMIT is lost. The transaction is committed or rolled
    /// back, and no receiver is called.
    ///
    /// [`Error::ConnectionLent`] or [`Error::StreamOpen`] if plain sqlx in this task or a stream has the
    /// connection. The transaction stays open for its other handles: drop the guard or the stream, and commit
    /// with another handle.
    ///
    /// # Cancel safety
    ///
    /// If the commit of a savepoint is dropped, the savepoint is rolled back. The commit of a transaction
    /// with callbacks, once begun, runs to its end even if the future is dropped, and so do its callbacks.
    /// Without callbacks, a dropped commit may or may not have happened.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Error, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// let tx = db.begin().await?;
    /// let other = tx.clone();                     // the same transaction
    /// tx.commit().await?;
    /// assert!(matches!(other.commit().await, Err(Error::TransactionEnded { .. })));
    /// # Ok(()) }
    /// ```
    pub async fn commit(self) -> Result<()> {
        // Checked before the end begins, so that another handle may try again.
        self.level()?.may_use_connection()?;
        let own = Own(self);
        transaction::commit(own.0.level()?).await
    }

    /// Rolls back this level, with its `on_commit` callbacks and the savepoints in it.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] if the connection is lost, [`Error::TransactionEnded`] if the transaction has
    /// ended. [`Error::ConnectionLent`] or [`Error::StreamOpen`] if plain sqlx or a stream of this task has
    /// the connection. The transaction is then rolled back when that is dropped.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future also rolls back, and receivers that wait for the rollback are still called.
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
    /// tx.rollback().await?;                       // dropping `tx` does the same in the background
    /// let tables: Vec<(String,)> = sqlx::query_as("SELECT name FROM sqlite_schema").fetch_all(db.sqlite()?).await?;
    /// assert!(tables.is_empty());
    /// # Ok(()) }
    /// ```
    pub async fn rollback(self) -> Result<()> {
        let own = Own(self);
        transaction::rollback(own.0.level()?).await
    }
}

/// A level that ends when this is dropped, whatever other handles exist.
struct Own(Tx);

impl Drop for Own {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Tx");
        debug.field("using", &self.db().name());
        if let Ok(level) = self.level() {
            debug.field("level", &level.depth);
        }
        debug.finish_non_exhaustive()
    }
}
