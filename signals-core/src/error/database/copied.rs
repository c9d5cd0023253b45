//! Copies of a database's error, for the errors that later follow from a failed statement. sqlx's own errors
//! cannot be cloned.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::{fmt, io};

use sqlx::error::{DatabaseError, ErrorKind};

use super::backends::write_more;
use super::failure::Failure;

/// A database's error without the type of its backend.
#[derive(Debug)]
pub(super) struct Copied {
    pub(super) failure: Failure,
    shown: String,
    message: String,
    code: Option<String>,
    constraint: Option<String>,
    table: Option<String>,
}

/// Copies an error of sqlx.
pub(crate) fn copy(error: &sqlx::Error) -> sqlx::Error {
    match error {
        sqlx::Error::Database(source) => sqlx::Error::Database(Box::new(Copied {
            failure: Failure::of(error),
            shown: format!("{source}{}", More(error)),
            message: source.message().to_owned(),
            code: source.code().map(Cow::into_owned),
            constraint: source.constraint().map(str::to_owned),
            table: source.table().map(str::to_owned),
        })),
        sqlx::Error::Io(error) => sqlx::Error::Io(io::Error::new(error.kind(), error.to_string())),
        sqlx::Error::WorkerCrashed => sqlx::Error::WorkerCrashed,
        other => sqlx::Error::InvalidArgument(other.to_string()),
    }
}

struct More<'a>(&'a sqlx::Error);

impl fmt::Display for More<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_more(self.0, f)
    }
}

impl fmt::Display for Copied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl StdError for Copied {}

impl DatabaseError for Copied {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        self.code.as_deref().map(Cow::Borrowed)
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn constraint(&self) -> Option<&str> {
        self.constraint.as_deref()
    }

    fn table(&self) -> Option<&str> {
        self.table.as_deref()
    }

    fn kind(&self) -> ErrorKind {
        match self.failure {
            Failure::UniqueViolation => ErrorKind::UniqueViolation,
            Failure::ForeignKeyViolation => ErrorKind::ForeignKeyViolation,
            Failure::CheckViolation => ErrorKind::CheckViolation,
            Failure::NotNullViolation => ErrorKind::NotNullViolation,
            _ => ErrorKind::Other,
        }
    }
}
