//! The pool and the connections of a database, for plain sqlx. Outside of `backend` and `error`, only this
//! file has methods for single backends.

use super::db::Db;
use super::tx::Tx;
use crate::backend::Conn;
use crate::db::transaction::TxConnection;
use crate::error::Result;

impl Db {
    /// Returns the pool, for plain sqlx.
    ///
    /// # Errors
    ///
    /// [`Error::WrongBackend`](crate::error::Error::WrongBackend) if this is another backend, and
    /// [`Error::NoPool`](crate::error::Error::NoPool) for a `Db` within a transaction: use [`Tx::sqlite`]
    /// there.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// let (two,): (i64,) = sqlx::query_as("SELECT 1 + 1").fetch_one(db.sqlite()?).await?;
    /// assert_eq!(two, 2);
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "sqlite")]
    pub fn sqlite(&self) -> Result<&sqlx::SqlitePool> {
        self.refuse_within("`tx.sqlite()`")?;
        self.database().pool().sqlite()
    }

    /// Returns the pool, for plain sqlx.
    ///
    /// # Errors
    ///
    /// [`Error::WrongBackend`](crate::error::Error::WrongBackend) if this is another backend, and
    /// [`Error::NoPool`](crate::error::Error::NoPool) for a `Db` within a transaction: use [`Tx::postgres`]
    /// there.
    #[cfg(feature = "postgres")]
    pub fn postgres(&self) -> Result<&sqlx::PgPool> {
        self.refuse_within("`tx.postgres()`")?;
        self.database().pool().postgres()
    }

    /// Returns the pool, for plain sqlx.
    ///
    /// # Errors
    ///
    /// [`Error::WrongBackend`](crate::error::Error::WrongBackend) if this is another backend, and
    /// [`Error::NoPool`](crate::error::Error::NoPool) for a `Db` within a transaction: use [`Tx::mysql`]
    /// there.
    #[cfg(feature = "mysql")]
    pub fn mysql(&self) -> Result<&sqlx::MySqlPool> {
        self.refuse_within("`tx.mysql()`")?;
        self.database().pool().mysql()
    }
}

impl Tx {
    /// Returns the transaction's connection, for plain sqlx: `query.execute(&mut *tx.sqlite().await?)`.
    ///
    /// Calls of other tasks on the transaction wait until the guard is dropped, for at most the builder's
    /// `acquire_timeout`. Calls of the same task fail with
    /// [`Error::ConnectionLent`](crate::error::Error::ConnectionLent). Bind a result with `let` before a loop
    /// over it, since the head of a `for` or a `match` holds the connection for the whole body. Leave
    /// `BEGIN`, `COMMIT` and savepoints to `Tx`.
    ///
    /// # Errors
    ///
    /// [`Error::TransactionEnded`](crate::error::Error::TransactionEnded), or
    /// [`Error::SavepointOpen`](crate::error::Error::SavepointOpen) while a savepoint below this level is
    /// open.
    ///
    /// # Cancel safety
    ///
    /// If the future of a plain sqlx statement is dropped, the statement may or may not be executed, as
    /// always with sqlx.
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
    /// let notes: Vec<(String,)> = sqlx::query_as("SELECT text FROM note").fetch_all(&mut *tx.sqlite().await?).await?;
    /// assert!(notes.is_empty());
    /// tx.commit().await?;
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "sqlite")]
    pub async fn sqlite(&self) -> Result<SqliteTxConnection<'_>> {
        self.lend(Conn::sqlite).await
    }

    /// Returns the transaction's connection, for plain sqlx: `query.execute(&mut *tx.postgres().await?)`.
    ///
    /// Calls of other tasks on the transaction wait until the guard is dropped, for at most the builder's
    /// `acquire_timeout`. Calls of the same task fail with
    /// [`Error::ConnectionLent`](crate::error::Error::ConnectionLent). Bind a result with `let` before a loop
    /// over it, since the head of a `for` or a `match` holds the connection for the whole body. Leave
    /// `BEGIN`, `COMMIT` and savepoints to `Tx`.
    ///
    /// # Errors
    ///
    /// [`Error::TransactionEnded`](crate::error::Error::TransactionEnded),
    /// [`Error::SavepointOpen`](crate::error::Error::SavepointOpen) while a savepoint below this level is
    /// open, or [`Error::WrongBackend`](crate::error::Error::WrongBackend) if this is another backend.
    ///
    /// # Cancel safety
    ///
    /// If the future of a plain sqlx statement is dropped, the statement may or may not be executed, as
    /// always with sqlx.
    #[cfg(feature = "postgres")]
    pub async fn postgres(&self) -> Result<PostgresTxConnection<'_>> {
        self.lend(Conn::postgres).await
    }

    /// Returns the transaction's connection, for plain sqlx: `query.execute(&mut *tx.mysql().await?)`.
    ///
    /// Calls of other tasks on the transaction wait until the guard is dropped, for at most the builder's
    /// `acquire_timeout`. Calls of the same task fail with
    /// [`Error::ConnectionLent`](crate::error::Error::ConnectionLent). Bind a result with `let` before a loop
    /// over it, since the head of a `for` or a `match` holds the connection for the whole body. Leave
    /// `BEGIN`, `COMMIT` and savepoints to `Tx`.
    ///
    /// # Errors
    ///
    /// [`Error::TransactionEnded`](crate::error::Error::TransactionEnded),
    /// [`Error::SavepointOpen`](crate::error::Error::SavepointOpen) while a savepoint below this level is
    /// open, or [`Error::WrongBackend`](crate::error::Error::WrongBackend) if this is another backend.
    ///
    /// # Cancel safety
    ///
    /// Do not drop the future of a plain sqlx statement: sqlx leaves the connection in the middle of a reply,
    /// and the next statement reads that reply as its own.
    #[cfg(feature = "mysql")]
    pub async fn mysql(&self) -> Result<MysqlTxConnection<'_>> {
        self.lend(Conn::mysql).await
    }

    /// Opens the transaction, and lends its connection when no statement runs on it.
    async fn lend<'a, C: 'a>(
        &'a self,
        choose: impl FnOnce(&mut Conn) -> Result<&mut C>,
    ) -> Result<TxConnection<'a, C>> {
        let mut session = self.session().await?;
        session.open().await?;
        session.free().await?;
        session.unmark().await?;
        session.borrow(choose)
    }
}

/// The connection of a transaction, lent to plain sqlx.
#[cfg(feature = "sqlite")]
pub type SqliteTxConnection<'a> = TxConnection<'a, sqlx::SqliteConnection>;

/// The connection of a transaction, lent to plain sqlx.
#[cfg(feature = "postgres")]
pub type PostgresTxConnection<'a> = TxConnection<'a, sqlx::PgConnection>;

/// The connection of a transaction, lent to plain sqlx.
#[cfg(feature = "mysql")]
pub type MysqlTxConnection<'a> = TxConnection<'a, sqlx::MySqlConnection>;
