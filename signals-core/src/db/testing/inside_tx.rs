//! A `Db` whose calls go through a transaction, and callbacks without a commit: for tests that leave no rows.

use crate::db::handle::{Db, Tx};
use crate::db::transaction::{End, conclude};
use crate::dispatch::Frame;
use crate::error::Result;

impl Tx {
    /// Returns a [`Db`] whose calls all go through this transaction. Code that takes a `&Db` can then be
    /// tested in a transaction that is rolled back.
    ///
    /// [`begin`](Db::begin) and [`atomic`](Db::atomic) on it open savepoints. Callbacks wait for the commit
    /// of this transaction: see [`run_on_commit`](Self::run_on_commit). Calls on it run one after another.
    /// While a savepoint that was begun on the `Db` is open, a call on the `Db` fails with
    /// [`Error::SavepointOpen`](crate::error::Error::SavepointOpen). It has no pool: [`Db::sqlite`] and
    /// [`Db::migrate`] return errors.
    ///
    /// [`mute`](Db::mute) and [`record`](Db::record) on it apply only to this transaction, and to the
    /// receivers that are notified of its end. So tests can share a database, each in its own transaction.
    ///
    /// It does not keep the transaction open. After the last handle of the transaction is dropped, calls on
    /// the `Db` fail.
    ///
    /// # Errors
    ///
    /// [`Error::TransactionEnded`](crate::error::Error::TransactionEnded) if the transaction has ended.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::{Db, Model, Result};
    ///
    /// #[derive(Model)]
    /// struct Visit {
    ///     id: i64,
    /// }
    ///
    /// async fn count_visit(db: &Db) -> Result<()> {
    ///     db.atomic(|tx| async move { Visit { id: 0 }.save(&tx).await }).await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// db.create_tables().await?;
    ///
    /// let tx = db.begin().await?;
    /// count_visit(&tx.as_db()?).await?;
    /// assert!(Visit::find(&tx, 1).await?.is_some());
    /// tx.rollback().await?;
    /// assert!(Visit::find(&db, 1).await?.is_none());
    /// # Ok(()) }
    /// ```
    pub fn as_db(&self) -> Result<Db> {
        self.check()?;
        Ok(self.db().inside(self.weak()))
    }

    /// Runs the callbacks that wait for the commit of this level, as if it had been committed, and returns
    /// their number.
    ///
    /// It is for tests whose transaction is rolled back. It also runs the callbacks of savepoints that were
    /// committed in this level, and those that callbacks add. It does not run those of an open savepoint, or
    /// of a level around this one. Unlike after a commit, the transaction still has its connection, so
    /// callbacks must use the database through it: give the tested code [`as_db`](Self::as_db).
    ///
    /// **If a callback fails or panics, this call does not return an error**, and neither does a commit. The
    /// failure is logged, and counted by [`Db::failed_callbacks`]: check that too.
    ///
    /// # Errors
    ///
    /// [`Error::TransactionEnded`](crate::error::Error::TransactionEnded) if the transaction has ended.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the callbacks that have not run.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// let tx = db.begin().await?;
    /// tx.on_commit(async { println!("a mail is sent") })?;
    /// assert_eq!(tx.run_on_commit().await?, 1);
    /// assert_eq!(db.failed_callbacks(), 0);
    /// tx.rollback().await?;
    /// # Ok(()) }
    /// ```
    pub async fn run_on_commit(&self) -> Result<usize> {
        let db = self.as_db()?;
        // If this transaction has the only connection, a callback that needs another one gets an error
        // instead of waiting.
        let mut frame = Frame::current().within(self.scope());
        let mut ran = 0;
        loop {
            let waiting = self.take_waiting()?;
            if waiting.is_empty() {
                return Ok(ran);
            }
            ran += frame.around(conclude(&db, waiting, End::Committed)).await;
            // Callbacks that callbacks add are as deep in nested sends as after a commit.
            frame = frame.deeper(self.scope(), None);
        }
    }
}
