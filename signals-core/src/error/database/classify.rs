//! Classification of a database's errors.

use sqlx::error::{DatabaseError, ErrorKind};

use super::backends;
use super::copied::Copied;
use super::failure::Failure;

impl Failure {
    pub(super) fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => Self::of_database(&**error),
            sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => Self::ConnectionLost,
            _ => Self::Other,
        }
    }

    pub(super) fn of_database(error: &dyn DatabaseError) -> Self {
        if let Some(copied) = error.try_downcast_ref::<Copied>() {
            return copied.failure;
        }
        match error.kind() {
            ErrorKind::UniqueViolation => Self::UniqueViolation,
            ErrorKind::ForeignKeyViolation => Self::ForeignKeyViolation,
            ErrorKind::CheckViolation => Self::CheckViolation,
            ErrorKind::NotNullViolation => Self::NotNullViolation,
            _ => backends::failure(error),
        }
    }
}
