//! The bound values of a statement.

use sqlx::{Arguments as _, Error as SqlxError};

use super::field::Field;
use super::kind::Backend;
use crate::error::{Error, Result};

/// The bound values of one statement, in order. They are boxed, since each call moves them through many futures.
#[derive(Debug)]
#[non_exhaustive]
pub enum Args {
    /// Values for SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(Box<sqlx::sqlite::SqliteArguments>),
    /// Values for PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(Box<sqlx::postgres::PgArguments>),
    /// Values for MySQL.
    #[cfg(feature = "mysql")]
    Mysql(Box<sqlx::mysql::MySqlArguments>),
}

impl Args {
    /// Makes an empty list with room for `capacity` values.
    pub fn new(backend: Backend, capacity: usize) -> Self {
        match backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite => {
                let mut args = Box::<sqlx::sqlite::SqliteArguments>::default();
                args.reserve(capacity, 0);
                Self::Sqlite(args)
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres => {
                let mut args = Box::<sqlx::postgres::PgArguments>::default();
                args.reserve(capacity, 0);
                Self::Postgres(args)
            }
            #[cfg(feature = "mysql")]
            Backend::Mysql => {
                let mut args = Box::<sqlx::mysql::MySqlArguments>::default();
                args.reserve(capacity, 0);
                Self::Mysql(args)
            }
        }
    }

    /// Binds a value.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] if the value cannot be encoded. The caller that knows the field turns it into
    /// [`Error::Value`].
    pub fn add<T: Field>(&mut self, value: &T) -> Result<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(args) => value.add_to_sqlite(args),
            #[cfg(feature = "postgres")]
            Self::Postgres(args) => value.add_to_postgres(args),
            #[cfg(feature = "mysql")]
            Self::Mysql(args) => value.add_to_mysql(args),
        }
        .map_err(encoding)
    }

    /// Binds a value that a column is compared with.
    ///
    /// PostgreSQL gives a text the column's type, so padding, upper and lower case count as in the column. As
    /// a plain text, no value equals a padded `CHAR(4)`.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub(crate) fn add_compared<T: Field>(&mut self, value: &T) -> Result<()> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(args) => value.compare_in_postgres(args).map_err(encoding),
            #[allow(unreachable_patterns, reason = "PostgreSQL may be the only backend")]
            _ => self.add(value),
        }
    }

    /// Binds a value as a JSON document.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] if the value cannot be serialized.
    #[cfg(feature = "json")]
    pub fn add_json<T: serde::Serialize>(&mut self, value: &T) -> Result<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(args) => args.add(sqlx::types::Json(value)),
            #[cfg(feature = "postgres")]
            Self::Postgres(args) => args.add(sqlx::types::Json(value)),
            #[cfg(feature = "mysql")]
            Self::Mysql(args) => args.add(sqlx::types::Json(value)),
        }
        .map_err(encoding)
    }

    /// Returns whether both hold the same values, as the database would store them.
    ///
    /// sqlx shows the values only by `Debug`, which writes each one in full.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.shown() == other.shown()
    }

    fn shown(&self) -> String {
        match self {
            // SQLite stores NaN as NULL.
            #[cfg(feature = "sqlite")]
            Self::Sqlite(args) => format!("{args:?}").replace("[Double(NaN)]", "[Null]"),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            args => format!("{args:?}"),
        }
    }
}

fn encoding(source: sqlx::error::BoxDynError) -> Error {
    Error::database("binding a value")(SqlxError::Encode(source))
}
