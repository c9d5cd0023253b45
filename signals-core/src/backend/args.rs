//! The bound values of a statement.

use sqlx::error::BoxDynError;
use sqlx::{Arguments as _, Error as SqlxError};

use super::Elements;
use super::field::Field;
use super::form::StoredForm;
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

    /// Binds an array of elements, unless they could not be encoded.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub(crate) fn add_array(&mut self, elements: Result<Elements, BoxDynError>) -> Result<()> {
        let elements = elements.map_err(encoding)?;
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(args) => args.add(elements).map_err(encoding),
            #[allow(unreachable_patterns, reason = "PostgreSQL may be the only backend")]
            _ => Err(Error::Internal(format!("the database has no arrays to bind {elements:?}"))),
        }
    }

    /// Binds a key that the database generated, as [`Done`](super::Done) has it.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub(crate) fn add_generated(&mut self, key: i64) -> Result<()> {
        match self {
            #[cfg(feature = "mysql")]
            Self::Mysql(args) => args.add(key.cast_unsigned()).map_err(encoding),
            #[allow(unreachable_patterns, reason = "MySQL may be the only backend")]
            _ => self.add(&key),
        }
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

    /// Binds a value for a column that SQLite keeps in this form.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add), and if the form has no such value.
    #[cfg_attr(
        not(feature = "sqlite"),
        expect(clippy::extra_unused_type_parameters, reason = "only SQLite has forms of its own")
    )]
    pub(crate) fn add_stored<T: Field, F: StoredForm<T>>(&mut self, value: &T) -> Result<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(args) => F::bind_in_sqlite(&F::cut(value), args).map_err(encoding),
            #[allow(unreachable_patterns, reason = "SQLite may be the only backend")]
            _ => self.add(value),
        }
    }

    /// Binds a value that a column is compared with, which SQLite keeps in this form. Digits that the column does not
    /// keep count.
    ///
    /// # Errors
    ///
    /// As [`add_stored`](Self::add_stored).
    #[cfg_attr(
        not(feature = "sqlite"),
        expect(clippy::extra_unused_type_parameters, reason = "only SQLite has forms of its own")
    )]
    pub(crate) fn add_stored_compared<T: Field, F: StoredForm<T>>(&mut self, value: &T) -> Result<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(args) => F::bind_in_sqlite(value, args).map_err(encoding),
            #[allow(unreachable_patterns, reason = "SQLite may be the only backend")]
            _ => self.add_compared(value),
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

    /// Binds a value as a JSON document, or NULL if the document is `null`.
    ///
    /// # Errors
    ///
    /// As [`add_json`](Self::add_json).
    #[cfg(feature = "json")]
    pub fn add_json_or_null<T: serde::Serialize>(&mut self, value: &T) -> Result<()> {
        if is_null_document(value) { self.add(&None::<sqlx::types::Json<()>>) } else { self.add_json(value) }
    }

    /// Returns the number of values.
    pub(crate) fn len(&self) -> usize {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(args) => args.len(),
            #[cfg(feature = "postgres")]
            Self::Postgres(args) => args.len(),
            #[cfg(feature = "mysql")]
            Self::Mysql(args) => args.len(),
        }
    }

    /// Returns whether both hold the same values, as the database would store them.
    ///
    /// sqlx shows the values only by `Debug`, which writes each one in full.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.shown() == other.shown()
    }

    /// Returns the values as text. Equal values have the same text.
    pub(crate) fn shown(&self) -> String {
        match self {
            // SQLite stores NaN as NULL.
            #[cfg(feature = "sqlite")]
            Self::Sqlite(args) => format!("{args:?}").replace("[Double(NaN)]", "[Null]"),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            args => format!("{args:?}"),
        }
    }
}

fn encoding(source: BoxDynError) -> Error {
    Error::database("binding a value")(SqlxError::Encode(source))
}

/// Returns whether a value is the JSON document `null`. It ends at the first byte of another document.
#[cfg(feature = "json")]
fn is_null_document<T: serde::Serialize>(value: &T) -> bool {
    let mut rest = Expected(b"null");
    serde_json::to_writer(&mut rest, value).is_ok() && rest.0.is_empty()
}

/// The rest of an expected text. It refuses any other text.
#[cfg(feature = "json")]
struct Expected(&'static [u8]);

#[cfg(feature = "json")]
impl std::io::Write for Expected {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.strip_prefix(text).ok_or(std::io::ErrorKind::InvalidData)?;
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
