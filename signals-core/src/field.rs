//! One value on its way into or out of a database: [`Field`], [`Args`] and [`Row`], the same for every backend.
//!
//! Each backend has a file here with its helper trait; generated code sees only the three names above.

#[cfg(feature = "sqlite")]
mod sqlite;

use sqlx::{Arguments as _, Error as SqlxError};

use crate::error::{Error, Result};

#[cfg(feature = "sqlite")]
pub use sqlite::SqliteField;

/// Which database a [`Db`](crate::db::Db) talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// SQLite, in memory or in a file.
    #[cfg(feature = "sqlite")]
    Sqlite,
}

/// A type that can be a column: every compiled-in backend can bind it, read it, and name its SQL type.
///
/// It is implemented for every type that has sqlx's `Encode`, `Decode` and `Type`; derive `sqlx::Type` for enums and newtypes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a column",
    label = "not a type that sqlx can bind and read on every compiled-in backend",
    note = "for an enum or a newtype, write `#[derive(sqlx::Type)]`",
    note = "to store it as JSON, mark the field `#[model(json)]`; to leave it out of the table, `#[model(skip)]`",
    note = "types of uuid, chrono, time and rust_decimal need the feature of that name; SQLite has no decimal type"
)]
pub trait Field: SqliteField + Send + Sync + 'static {
    /// Whether the database gets NULL for this value.
    #[doc(hidden)]
    fn is_null(&self) -> bool {
        self.is_null_in_sqlite()
    }
}

#[diagnostic::do_not_recommend]
impl<T: SqliteField + Send + Sync + 'static> Field for T {}

/// The SQL type of `T` on `backend`, as sqlx names it.
pub fn sql_type<T: Field>(backend: Backend) -> &'static str {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => T::sqlite_type(),
    }
}

/// The SQL type of a JSON document on `backend`.
pub fn json_type(backend: Backend) -> &'static str {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => "TEXT",
    }
}

/// The bound values of one statement, in order.
#[derive(Debug)]
#[non_exhaustive]
pub enum Args {
    /// Values for SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::sqlite::SqliteArguments),
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
        }
    }

    /// Binds a value.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] when the value cannot be encoded.
    pub fn add<T: Field>(&mut self, value: &T) -> Result<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(args) => value.add_to_sqlite(args),
        }
        .map_err(encoding)
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
        }
        .map_err(encoding)
    }

    /// Whether both hold the same values.
    ///
    /// sqlx keeps the values to itself, and shows them only for debugging, where each is written out whole.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        format!("{self:?}") == format!("{other:?}")
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

/// One row, as it came from any backend.
#[derive(Debug)]
#[non_exhaustive]
pub enum Row<'r> {
    /// A row of SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(&'r sqlx::sqlite::SqliteRow),
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
