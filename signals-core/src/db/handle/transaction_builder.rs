//! Transactions with settings, and their retries.

use std::error::Error as StdError;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use super::db::Db;
use super::tx::Tx;
use crate::backend::{Isolation, Mode};
use crate::error::{Error, Result, application_error_is_retryable, escaped};

/// A transaction with settings that is about to begin, returned by [`Db::transaction`].
#[derive(Debug, Clone)]
#[must_use = "nothing begins before `begin`, `run` or `try_run`"]
pub struct TransactionBuilder<'a> {
    db: &'a Db,
    mode: Mode,
    retries: u32,
}

impl Db {
    /// Returns a builder of a transaction, to set its isolation level, read-only mode, and retries.
    ///
    /// On a `Db` within a transaction ([`Tx::as_db`](super::Tx::as_db)), it is a savepoint. The settings of
    /// that transaction apply, and nothing is retried.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::{Db, Isolation, Model, Result};
    ///
    /// #[derive(Model)]
    /// struct Account {
    ///     id: i64,
    ///     cents: i64,
    /// }
    ///
    /// async fn transfer(db: &Db, from: i64, to: i64, cents: i64) -> Result<()> {
    ///     db.transaction()
    ///         .isolation(Isolation::Serializable)
    ///         .retries(3)
    ///         .run(|tx| async move {
    ///             let (mut from, mut to) = (Account::get(&tx, from).await?, Account::get(&tx, to).await?);
    ///             from.cents -= cents;
    ///             to.cents += cents;
    ///             from.save(&tx).await?;
    ///             to.save(&tx).await
    ///         })
    ///         .await
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables().await?;
    /// # for cents in [100, 0] {
    /// #     Account { id: 0, cents }.save(&db).await?;
    /// # }
    /// # transfer(&db, 1, 2, 40).await?;
    /// # assert_eq!(Account::get(&db, 2).await?.cents, 40);
    /// # Ok(()) }
    /// ```
    pub fn transaction(&self) -> TransactionBuilder<'_> {
        TransactionBuilder { db: self, mode: Mode::default(), retries: 0 }
    }
}

impl TransactionBuilder<'_> {
    /// Sets the isolation level. The default is that of the database.
    ///
    /// SQLite is always serializable, whatever is set here.
    ///
    /// A level that protects more makes more transactions fail with a
    /// [serialization failure](Error::is_serialization_failure): combine it with [`retries`](Self::retries).
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Isolation, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// let tx = db.transaction().isolation(Isolation::RepeatableRead).begin().await?;
    /// tx.commit().await?;
    /// # Ok(()) }
    /// ```
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.mode.isolation = Some(isolation);
        self
    }

    /// Makes the database refuse writes in the transaction.
    ///
    /// On SQLite (a file with WAL), such a transaction does not wait for the writer, and the writer does not
    /// wait for it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// let tx = db.transaction().read_only().begin().await?;
    /// let written = sqlx::query("CREATE TABLE note (text TEXT)").execute(&mut *tx.sqlite().await?).await;
    /// assert!(written.is_err());
    /// tx.rollback().await?;
    /// # Ok(()) }
    /// ```
    pub fn read_only(mut self) -> Self {
        self.mode.read_only = true;
        self
    }

    /// Sets how often [`run`](Self::run) runs the transaction again after an error that [is
    /// retryable](Error::is_retryable); 0 by default.
    ///
    /// [`begin`](Self::begin) ignores it, because it does not have the work to run again.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Begins the transaction. Dropping it rolls it back.
    ///
    /// `BEGIN` is sent with the first statement. Only [`run`](Self::run) retries.
    ///
    /// # Errors
    ///
    /// See [`Db::begin`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, no transaction is begun.
    pub async fn begin(self) -> Result<Tx> {
        self.db.begin_as(self.mode).await
    }

    /// Runs `work` in a transaction: commits it on `Ok`, rolls it back on `Err`, and retries it after a
    /// retryable error.
    ///
    /// **`work` may run several times**, so it must do nothing outside of the transaction that cannot be
    /// repeated. Use [`Tx::on_commit`] for that: callbacks of a failed attempt are dropped. Each attempt is a
    /// new transaction. Before each retry, this waits for a random time below 20 ms, a limit that doubles
    /// with every attempt, up to 2 s. An attempt whose COMMIT fails is also retried, except after
    /// [`Error::CommitUnknown`].
    ///
    /// # Errors
    ///
    /// Returns the error of the last attempt, from `work`, the begin or the commit.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future rolls the attempt back, unless its commit is already in progress.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// let answer = db.transaction().retries(3).run(|tx| async move {
    ///     tx.on_commit(async { println!("printed once, after the attempt that succeeded") })?;
    ///     Ok(42)
    /// });
    /// assert_eq!(answer.await?, 42);
    /// # Ok(()) }
    /// ```
    pub async fn run<T, F>(self, work: impl FnMut(Tx) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.try_run(work).await
    }

    /// Runs [`run`](Self::run) with another error type, which must implement `From` of [`enum@Error`].
    ///
    /// The type must implement `std::error::Error`, since its sources decide whether the transaction is
    /// retried. `anyhow::Error` does not: convert it with [`Error::other`] and use [`run`](Self::run).
    ///
    /// # Errors
    ///
    /// See [`run`](Self::run).
    ///
    /// # Cancel safety
    ///
    /// See [`run`](Self::run).
    pub async fn try_run<T, E, F>(self, mut work: impl FnMut(Tx) -> F) -> Result<T, E>
    where
        E: From<Error> + StdError + 'static,
        F: Future<Output = Result<T, E>>,
    {
        // No retry in a savepoint, since most of these errors end the whole transaction.
        let retries = if self.db.inside_tx().is_some() { 0 } else { self.retries };
        let mut attempt = 0;
        loop {
            let error = match self.attempt(&mut work).await {
                Err(error) if attempt < retries && application_error_is_retryable(&error) => error,
                outcome => return outcome,
            };
            attempt += 1;
            tracing::debug!(target: "signals", using = self.db.name(), attempt, error = %escaped(&error), "a transaction is run again");
            drop(error);
            tokio::time::sleep(pause(attempt)).await;
        }
    }

    async fn attempt<T, E, F>(&self, work: impl FnOnce(Tx) -> F) -> Result<T, E>
    where
        E: From<Error>,
        F: Future<Output = Result<T, E>>,
    {
        self.db.begin_as(self.mode).await?.conclude(work).await
    }
}

/// Returns a random time, so that transactions that blocked each other do not start together again.
fn pause(attempt: u32) -> Duration {
    let longest = 10_000_u64.saturating_mul(1 << attempt.min(10)).min(2_000_000);
    // Each state of the standard library's hasher is random.
    Duration::from_micros(RandomState::new().hash_one(attempt) % longest)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::pause;

    #[test]
    fn pauses_grow_to_a_limit_and_differ() {
        for attempt in [1, 5, 8, 40, u32::MAX] {
            let pauses: Vec<_> = (0..200).map(|_| pause(attempt)).collect();
            let longest = Duration::from_micros(20_000 << (attempt - 1).min(20)).min(Duration::from_secs(2));
            assert!(pauses.iter().all(|pause| *pause < longest), "{attempt}");
            assert!(pauses.iter().any(|pause| *pause > longest / 2), "{attempt}");
            assert!(pauses.iter().any(|pause| *pause < longest / 2), "{attempt}");
        }
    }
}
