//! A `Db` whose calls go through a transaction, and the end of a transaction that never comes: for tests that leave nothing behind.

use crate::db::handle::{Db, Tx};
use crate::db::transaction::{End, conclude};
use crate::dispatch::Frame;
use crate::error::Result;

impl Tx {
    /// A [`Db`] whose calls all go through this transaction, so that code that takes a `&Db` can be tested in one that is rolled back.
    ///
    /// [`begin`](Db::begin) and [`atomic`](Db::atomic) on it open savepoints, and what waits for the commit waits for
    /// that of this transaction: see [`run_on_commit`](Self::run_on_commit). Calls on it run one after another, so a
    /// call on the `Db` fails with [`Error::SavepointOpen`](crate::error::Error::SavepointOpen) while a savepoint that
    /// was begun on it is open. There is no pool: [`Db::sqlite`] and [`Db::migrate`] are errors.
    ///
    /// [`mute`](Db::mute) and [`record`](Db::record) on it hold for this transaction alone, and for the receivers that are notified of its
    /// end: tests that share a database, each in a transaction of its own, do not notice each other.
    ///
    /// It does not keep the transaction open: when the last handle of that is dropped, calls on this fail.
    ///
    /// # Errors
    ///
    /// [`Error::TransactionEnded`](crate::error::Error::TransactionEnded) if it has ended.
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

    /// Runs now what waits for the commit of this level, as if it had been committed, and tells how many callbacks that were.
    ///
    /// For tests whose transaction is rolled back. What was begun and committed in this level is run too, and what the callbacks
    /// themselves add; what waits in a savepoint that is open, or in a level around this one, is not. Unlike after a commit the transaction still has its connection, so callbacks must
    /// reach the database through it: give the tested code [`as_db`](Self::as_db).
    ///
    /// **A callback that fails or panics is no error of this call**, as it is none of a commit. It is logged, and counted by
    /// [`Db::failed_callbacks`]: compare that too.
    ///
    /// # Errors
    ///
    /// [`Error::TransactionEnded`](crate::error::Error::TransactionEnded) if it has ended.
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
        // Where this transaction has the only connection, a callback that wants another is told so, and does not wait for it.
        let mut frame = Frame::current().within(self.scope());
        let mut ran = 0;
        loop {
            let waiting = self.take_waiting()?;
            if waiting.is_empty() {
                return Ok(ran);
            }
            ran += frame.around(conclude(&db, waiting, End::Committed)).await;
            // What callbacks add is as deep in the nest of sends as it would be after a commit.
            frame = frame.deeper(self.scope(), None);
        }
    }
}
