//! The rows of a database.

use sqlx::Error as SqlxError;

use super::field::Field;
use super::form::StoredForm;

/// One row of any backend.
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
    /// sqlx's error with the column's name: the column is missing, NULL, or of another type.
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

    /// Reads a key that the database generated, as [`Done`](super::Done) has it.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub(crate) fn generated_key(&self, column: &str) -> Result<i64, SqlxError> {
        let key = self.get(column);
        #[cfg(feature = "mysql")]
        if let (Err(_), Self::Mysql(row)) = (&key, self) {
            // The column may be unsigned.
            return sqlx::Row::try_get::<u64, _>(*row, column).map(u64::cast_signed);
        }
        key
    }

    /// Reads the column of this name, which SQLite keeps in this form.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    #[cfg_attr(
        not(feature = "sqlite"),
        expect(clippy::extra_unused_type_parameters, reason = "only SQLite has forms of its own")
    )]
    pub(crate) fn get_stored<T: Field, F: StoredForm<T>>(&self, column: &str) -> Result<T, SqlxError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(row) => F::read_in_sqlite(row, column),
            #[allow(unreachable_patterns, reason = "SQLite may be the only backend")]
            _ => self.get(column),
        }
    }

    /// Reads the column of this name as a JSON document.
    ///
    /// # Errors
    ///
    /// sqlx's error with the column's name: the column is missing, does not hold a document of this type, or
    /// is NULL while `T` is not an `Option`.
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
            // A nullable column may hold NULL if other programs write to it. An `Option` is read from it as
            // from the document `null`.
            None => T::deserialize(().into_deserializer()).map_err(|source: serde::de::value::Error| {
                SqlxError::ColumnDecode { index: column.to_owned(), source: source.into() }
            }),
        }
    }
}

/// sqlx's row type of a compiled-in backend.
///
/// Generated `FromRow` implementations are generic over it, so they do not depend on the compiled-in
/// backends.
pub trait BackendRow: sqlx::Row {
    /// Returns this row for any backend.
    fn as_row(&self) -> Row<'_>;
}

#[cfg(feature = "sqlite")]
impl BackendRow for sqlx::sqlite::SqliteRow {
    fn as_row(&self) -> Row<'_> {
        Row::Sqlite(self)
    }
}

#[cfg(feature = "postgres")]
impl BackendRow for sqlx::postgres::PgRow {
    fn as_row(&self) -> Row<'_> {
        Row::Postgres(self)
    }
}

#[cfg(feature = "mysql")]
impl BackendRow for sqlx::mysql::MySqlRow {
    fn as_row(&self) -> Row<'_> {
        Row::Mysql(self)
    }
}
