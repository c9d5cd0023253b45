//! Values of SQLite.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteArgumentsBuffer, SqliteRow};
use sqlx::{Arguments as _, Decode, Encode, Row as _, Type, TypeInfo as _};

use super::{BackendRow, Row};

/// A type that SQLite can bind and read.
pub trait SqliteField: Sized {
    /// Its type's name in SQLite.
    fn sqlite_type() -> &'static str;

    /// Binds it.
    ///
    /// # Errors
    ///
    /// sqlx's, when it cannot be encoded.
    fn add_to_sqlite(&self, args: &mut SqliteArguments) -> Result<(), BoxDynError>;

    /// Whether it is bound as NULL.
    fn is_null_in_sqlite(&self) -> bool;

    /// Reads it from a row.
    ///
    /// # Errors
    ///
    /// sqlx's, naming the column.
    fn from_sqlite(row: &SqliteRow, column: &str) -> Result<Self, sqlx::Error>;
}

#[diagnostic::do_not_recommend]
impl<T> SqliteField for T
where
    T: for<'q> Encode<'q, Sqlite> + for<'r> Decode<'r, Sqlite> + Type<Sqlite>,
{
    fn sqlite_type() -> &'static str {
        match T::type_info().name() {
            "BOOLEAN" => "BOOLEAN",
            "INTEGER" => "INTEGER",
            "REAL" => "REAL",
            // A type without an affinity of its own keeps values as they are, which is what BLOB says.
            "BLOB" | "NULL" => "BLOB",
            "NUMERIC" => "NUMERIC",
            "DATE" => "DATE",
            "TIME" => "TIME",
            "DATETIME" => "DATETIME",
            _ => "TEXT",
        }
    }

    fn add_to_sqlite(&self, args: &mut SqliteArguments) -> Result<(), BoxDynError> {
        args.add(self)
    }

    fn is_null_in_sqlite(&self) -> bool {
        let mut scratch = SqliteArgumentsBuffer::default();
        matches!(self.encode_by_ref(&mut scratch), Ok(IsNull::Yes))
    }

    fn from_sqlite(row: &SqliteRow, column: &str) -> Result<Self, sqlx::Error> {
        row.try_get(column)
    }
}

impl BackendRow for SqliteRow {
    fn as_row(&self) -> Row<'_> {
        Row::Sqlite(self)
    }
}
