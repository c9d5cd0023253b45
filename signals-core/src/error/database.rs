//! The errors of databases and their meaning.

pub(super) mod advice;
pub(super) mod backends;
mod classify;
mod copied;
mod failure;

use std::error::Error as StdError;

use sqlx::error::DatabaseError;

use super::{Error, chain};
pub(crate) use copied::copy;
use failure::Failure;

impl Error {
    pub(crate) fn database(doing: impl Into<String>) -> impl FnOnce(sqlx::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Database { doing, source }
    }

    /// Names the field whose value cannot be bound.
    pub(crate) fn of_field(self, model: &'static str, field: &'static str) -> Self {
        match self {
            Self::Database { source: source @ sqlx::Error::Encode(_), .. } => Self::Value { model, field, source },
            error => error,
        }
    }

    /// Returns whether a row has the key of an existing row, or its values in unique columns.
    ///
    /// Like all predicates of this type it looks at every cause: it is also true for the error of a receiver
    /// that failed with such an error.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Model)]
    /// # struct User { id: i64, #[model(unique)] email: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables().await?;
    /// User { id: 0, email: "ann@b.c".into() }.create(&db).await?;
    /// let error = User { id: 0, email: "ann@b.c".into() }.create(&db).await.unwrap_err();
    /// assert!(error.is_unique_violation(), "{error}");
    /// # Ok(()) }
    /// ```
    pub fn is_unique_violation(&self) -> bool {
        self.is_of(Failure::UniqueViolation)
    }

    /// Returns whether a row references a missing row, or cannot be deleted because another row references
    /// it.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Model)]
    /// # struct Album { id: i64 }
    /// # #[derive(Debug, Model)]
    /// # struct Track { id: i64, #[model(references = Album, on_delete = cascade)] album_id: i64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables().await?;
    /// let error = Track { id: 0, album_id: 7 }.create(&db).await.unwrap_err();
    /// assert!(error.is_foreign_key_violation(), "{error}");
    /// # Ok(()) }
    /// ```
    pub fn is_foreign_key_violation(&self) -> bool {
        self.is_of(Failure::ForeignKeyViolation)
    }

    /// Returns whether a value breaks a CHECK constraint.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct Note { id: i64, text: String, #[model(sql_type = "INTEGER CHECK (stars BETWEEN 0 AND 5)")] stars: i32 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables().await?;
    /// let error = Note { id: 0, text: "a".into(), stars: 6 }.create(&db).await.unwrap_err();
    /// assert!(error.is_check_violation(), "{error}");
    /// # Ok(()) }
    /// ```
    pub fn is_check_violation(&self) -> bool {
        self.is_of(Failure::CheckViolation)
    }

    /// Returns whether a NOT NULL column was given no value.
    pub fn is_not_null_violation(&self) -> bool {
        self.is_of(Failure::NotNullViolation)
    }

    /// Returns whether a transaction could not continue because another one changed what it had read.
    ///
    /// That is SQLSTATE 40001 of PostgreSQL, error 1020 of MariaDB, and `SQLITE_BUSY_SNAPSHOT`.
    pub fn is_serialization_failure(&self) -> bool {
        self.is_of(Failure::Serialization)
    }

    /// Returns whether the database ended a deadlock between transactions. SQLite has one writer at a time,
    /// so it has none.
    pub fn is_deadlock(&self) -> bool {
        self.is_of(Failure::Deadlock)
    }

    /// Returns whether a lock was not available in time: `lock_timeout` or NOWAIT of PostgreSQL,
    /// `innodb_lock_wait_timeout`, and SQLite's busy timeout.
    pub fn is_lock_timeout(&self) -> bool {
        self.is_of(Failure::LockTimeout)
    }

    /// Returns whether the connection to the database was lost, or could not be opened.
    ///
    /// A transaction whose connection was lost is rolled back, unless this is an [`Error::CommitUnknown`].
    /// Outside of a transaction it is unknown whether the statement was executed.
    pub fn is_connection_lost(&self) -> bool {
        self.is_of(Failure::ConnectionLost)
    }

    /// Returns whether the same transaction may succeed if it is run again from its beginning.
    ///
    /// This is true for a [serialization failure](Self::is_serialization_failure), a
    /// [deadlock](Self::is_deadlock), a [lock timeout](Self::is_lock_timeout) and
    /// [`Error::UpsertContended`], which leave nothing written. It is false for a [lost connection](Self::is_connection_lost), because the statement may have
    /// been executed. [`Db::transaction`](crate::db::Db::transaction) retries a transaction by itself.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Result, Tx};
    /// # async fn book(tx: Tx) -> Result<()> { drop(tx); Ok(()) }
    /// # async fn example(db: &Db) -> Result<()> {
    /// for _ in 0..3 {
    ///     match db.atomic(book).await {
    ///         Err(error) if error.is_retryable() => {}
    ///         outcome => return outcome,
    ///     }
    /// }
    /// // The same in one call, with a pause between the attempts:
    /// db.transaction().retries(3).run(book).await?;
    /// # Ok(()) }
    /// ```
    pub fn is_retryable(&self) -> bool {
        is_retryable(chain::causes(self))
    }

    fn is_of(&self, failure: Failure) -> bool {
        failures(chain::causes(self)).any(|found| found == failure)
    }
}

/// Works as [`Error::is_retryable`] for an error of the application that may have one of ours among its
/// causes.
pub(crate) fn application_error_is_retryable(error: &(dyn StdError + 'static)) -> bool {
    is_retryable(chain::causes_of(error))
}

fn is_retryable<'a>(mut causes: impl Iterator<Item = &'a (dyn StdError + 'static)>) -> bool {
    causes.any(|cause| {
        matches!(cause.downcast_ref(), Some(Error::UpsertContended { .. }))
            || matches!(failure(cause), Failure::Serialization | Failure::Deadlock | Failure::LockTimeout)
    })
}

fn failures<'a>(causes: impl Iterator<Item = &'a (dyn StdError + 'static)>) -> impl Iterator<Item = Failure> {
    causes.map(failure)
}

fn failure(cause: &(dyn StdError + 'static)) -> Failure {
    if let Some(error) = cause.downcast_ref() {
        return Failure::of(error);
    }
    // An application's error that forwards to sqlx's shows only the inner error.
    cause.downcast_ref::<Box<dyn DatabaseError>>().map_or(Failure::Other, |error| Failure::of_database(&**error))
}

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        Self::Database { doing: "a statement".into(), source }
    }
}
