//! One value on its way into or out of a database: [`Field`], [`Args`] and [`Row`], the same for every backend.
//!
//! Each backend has a file here with its helper trait; generated code sees only the three names above.

mod absent;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod guarded;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::borrow::Cow;
use std::fmt;

use sqlx::{Arguments as _, Error as SqlxError};

use crate::error::{Error, Result};

#[cfg(not(feature = "mysql"))]
pub use absent::MysqlField;
#[cfg(not(feature = "postgres"))]
pub use absent::PostgresField;
#[cfg(not(feature = "sqlite"))]
pub use absent::SqliteField;
#[cfg(feature = "mysql")]
pub use mysql::MysqlField;
#[cfg(feature = "postgres")]
pub use postgres::PostgresField;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteField;

/// Which database a [`Db`](crate::db::Db) talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// SQLite, in memory or in a file.
    #[cfg(feature = "sqlite")]
    Sqlite,
    /// PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres,
    /// MySQL, or MariaDB.
    #[cfg(feature = "mysql")]
    Mysql,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => "SQLite",
            #[cfg(feature = "postgres")]
            Self::Postgres => "PostgreSQL",
            #[cfg(feature = "mysql")]
            Self::Mysql => "MySQL",
        })
    }
}

/// A type that can be a column: every compiled-in backend can bind it, read it, and name its SQL type.
///
/// It is implemented for every type that has sqlx's `Encode`, `Decode` and `Type`; derive `sqlx::Type` for enums and newtypes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a column",
    label = "not a type that sqlx can bind and read on every compiled-in backend",
    note = "for an enum or a newtype, write `#[derive(sqlx::Type)]`",
    note = "to store it as JSON, mark the field `#[model(json)]`; to leave it out of the table, `#[model(skip)]`",
    note = "types of uuid, chrono, time and rust_decimal need the feature of that name; SQLite has no decimals, PostgreSQL no unsigned numbers, and only PostgreSQL has arrays"
)]
pub trait Field: SqliteField + PostgresField + MysqlField + Send + Sync + 'static {
    /// Whether the database gets NULL for this value.
    #[doc(hidden)]
    fn is_null(&self, backend: Backend) -> bool {
        match backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite => self.is_null_in_sqlite(),
            #[cfg(feature = "postgres")]
            Backend::Postgres => self.is_null_in_postgres(),
            #[cfg(feature = "mysql")]
            Backend::Mysql => self.is_null_in_mysql(),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: SqliteField + PostgresField + MysqlField + Send + Sync + 'static> Field for T {}

/// The SQL type of `T` on `backend`, as sqlx names it.
pub fn sql_type<T: Field>(backend: Backend) -> Cow<'static, str> {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => T::sqlite_type().into(),
        #[cfg(feature = "postgres")]
        Backend::Postgres => T::postgres_type(),
        #[cfg(feature = "mysql")]
        Backend::Mysql => mysql::uuid_type::<T>().unwrap_or_else(T::mysql_type),
    }
}

/// The SQL type of a JSON document on `backend`.
pub fn json_type(backend: Backend) -> Cow<'static, str> {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => "TEXT".into(),
        #[cfg(feature = "postgres")]
        Backend::Postgres => "JSONB".into(),
        #[cfg(feature = "mysql")]
        Backend::Mysql => "JSON".into(),
    }
}

/// The bound values of one statement, in order.
#[derive(Debug)]
#[non_exhaustive]
pub enum Args {
    /// Values for SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::sqlite::SqliteArguments),
    /// Values for PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(sqlx::postgres::PgArguments),
    /// Values for MySQL.
    #[cfg(feature = "mysql")]
    Mysql(sqlx::mysql::MySqlArguments),
}

impl Args {
    /// Makes an empty list with room for `capacity` values.
    pub fn new(backend: Backend, capacity: usize) -> Self {
        match backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite => {
                let mut args = sqlx::sqlite::SqliteArguments::default();
                args.reserve(capacity, 0);
                Self::Sqlite(args)
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres => {
                let mut args = sqlx::postgres::PgArguments::default();
                args.reserve(capacity, 0);
                Self::Postgres(args)
            }
            #[cfg(feature = "mysql")]
            Backend::Mysql => {
                let mut args = sqlx::mysql::MySqlArguments::default();
                args.reserve(capacity, 0);
                Self::Mysql(args)
            }
        }
    }

    /// Binds a value.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] when the value cannot be encoded; whoever knows the field makes it an [`Error::Value`].
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
    /// PostgreSQL takes the column's type for a text, so that padding, upper and lower case count as the column says: as a text, no value equals a padded `CHAR(4)`.
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
    /// [`Error::Database`] when the value cannot be serialized.
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

    /// Whether both hold the same values, as the database would store them.
    ///
    /// sqlx keeps the values to itself, and shows them only for debugging, where each is written out whole.
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

    /// Refuses a column that the model does not have.
    ///
    /// # Errors
    ///
    /// Always [`Error::Schema`].
    pub fn no_column(&self, column: usize) -> Result<()> {
        Err(Error::Schema(format!("there is no column number {column}")))
    }
}

fn encoding(source: sqlx::error::BoxDynError) -> Error {
    Error::database("binding a value")(SqlxError::Encode(source))
}

/// Gives the error of a column that was read by its number the column's name.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
fn of_column(column: &str) -> impl FnOnce(SqlxError) -> SqlxError {
    move |error| match error {
        SqlxError::ColumnDecode { source, .. } => SqlxError::ColumnDecode { index: format!("{column:?}"), source },
        error => error,
    }
}

/// One row, as it came from any backend.
#[derive(Debug)]
#[non_exhaustive]
pub enum Row<'r> {
    /// A row of SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(&'r sqlx::sqlite::SqliteRow),
    /// A row of PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(&'r sqlx::postgres::PgRow),
    /// A row of MySQL.
    #[cfg(feature = "mysql")]
    Mysql(&'r sqlx::mysql::MySqlRow),
}

impl Row<'_> {
    /// Reads the column of this name.
    ///
    /// # Errors
    ///
    /// sqlx's own, naming the column: it is missing, NULL, or of another type.
    pub fn get<T: Field>(&self, column: &str) -> Result<T, SqlxError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(row) => T::from_sqlite(row, column),
            #[cfg(feature = "postgres")]
            Self::Postgres(row) => T::from_postgres(row, column),
            #[cfg(feature = "mysql")]
            Self::Mysql(row) => T::from_mysql(row, column),
        }
    }

    /// Reads the column of this name as a JSON document.
    ///
    /// # Errors
    ///
    /// sqlx's own, naming the column: it is missing, not a document of this type, or NULL where `T` is no `Option`.
    #[cfg(feature = "json")]
    pub fn json<T: serde::de::DeserializeOwned + 'static>(&self, column: &str) -> Result<T, SqlxError> {
        use serde::de::IntoDeserializer as _;
        let document: Option<sqlx::types::Json<T>> = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(row) => sqlx::Row::try_get(*row, column)?,
            #[cfg(feature = "postgres")]
            Self::Postgres(row) => sqlx::Row::try_get(*row, column)?,
            #[cfg(feature = "mysql")]
            Self::Mysql(row) => sqlx::Row::try_get(*row, column)?,
        };
        match document {
            Some(sqlx::types::Json(value)) => Ok(value),
            // A nullable column may hold NULL where others write to it; an `Option` is read from it as from the document `null`.
            None => T::deserialize(().into_deserializer()).map_err(|source: serde::de::value::Error| {
                SqlxError::ColumnDecode { index: column.to_owned(), source: source.into() }
            }),
        }
    }
}

/// sqlx's row type of a compiled-in backend.
///
/// Generated `FromRow` implementations are generic over it, so that they need not know which backends there are.
pub trait BackendRow: sqlx::Row {
    /// This row, for any backend.
    fn as_row(&self) -> Row<'_>;
}
