//! The errors of databases, and what each of them means.

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

    /// Whether a row has the same key, or the same values where they are unique, as one that is there.
    ///
    /// As all predicates of this type it looks at every cause: the error of a receiver that failed because of that is one too.
    pub fn is_unique_violation(&self) -> bool {
        self.is_of(Failure::UniqueViolation)
    }

    /// Whether a row references one that is not there, or is referenced by one and so cannot be deleted.
    pub fn is_foreign_key_violation(&self) -> bool {
        self.is_of(Failure::ForeignKeyViolation)
    }

    /// Whether a value breaks a CHECK constraint.
    pub fn is_check_violation(&self) -> bool {
        self.is_of(Failure::CheckViolation)
    }

    /// Whether a column that is NOT NULL was given no value.
    pub fn is_not_null_violation(&self) -> bool {
        self.is_of(Failure::NotNullViolation)
    }

    /// Whether a transaction could not go on, since another one changed what it had read.
    ///
    /// It is SQLSTATE 40001 of PostgreSQL, error 1020 of MariaDB, and `SQLITE_BUSY_SNAPSHOT`.
    pub fn is_serialization_failure(&self) -> bool {
        self.is_of(Failure::Serialization)
    }

    /// Whether the database ended a wait of transactions for each other. SQLite, which has one writer at a time, has none.
    pub fn is_deadlock(&self) -> bool {
        self.is_of(Failure::Deadlock)
    }

    /// Whether a lock was not to be had in time: `lock_timeout` or NOWAIT of PostgreSQL, `innodb_lock_wait_timeout`, and SQLite's busy timeout.
    pub fn is_lock_timeout(&self) -> bool {
        self.is_of(Failure::LockTimeout)
    }

    /// Whether the connection to the database broke, or could not be made.
    ///
    /// A transaction whose connection broke is rolled back, unless this is an [`Error::CommitUnknown`]. Outside of a transaction
    /// it is unknown whether the statement was executed.
    pub fn is_connection_lost(&self) -> bool {
        self.is_of(Failure::ConnectionLost)
    }

    /// Whether the same transaction may succeed if it is run again, from its beginning.
    ///
    /// It is so for a [serialization failure](Self::is_serialization_failure), a [deadlock](Self::is_deadlock) and a
    /// [lock timeout](Self::is_lock_timeout), none of which leaves anything written. It is not so for a
    /// [lost connection](Self::is_connection_lost), after which a statement may have been executed.
    /// [`Db::transaction`](crate::db::Db::transaction) runs a transaction again by itself.
    pub fn is_retryable(&self) -> bool {
        is_retryable(chain::causes(self))
    }

    fn is_of(&self, failure: Failure) -> bool {
        failures(chain::causes(self)).any(|found| found == failure)
    }
}

/// As [`Error::is_retryable`], for an error of the application that may have one of ours among its causes.
pub(crate) fn application_error_is_retryable(error: &(dyn StdError + 'static)) -> bool {
    is_retryable(chain::causes_of(error))
}

fn is_retryable<'a>(causes: impl Iterator<Item = &'a (dyn StdError + 'static)>) -> bool {
    failures(causes).any(|failure| matches!(failure, Failure::Serialization | Failure::Deadlock | Failure::LockTimeout))
}

fn failures<'a>(causes: impl Iterator<Item = &'a (dyn StdError + 'static)>) -> impl Iterator<Item = Failure> {
    causes.map(|cause| {
        if let Some(error) = cause.downcast_ref() {
            return Failure::of(error);
        }
        // An application's error that forwards to sqlx's shows only what that has inside.
        cause.downcast_ref::<Box<dyn DatabaseError>>().map_or(Failure::Other, |error| Failure::of_database(&**error))
    })
}

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        Self::Database { doing: "a statement".into(), source }
    }
}
