//! The values of SQLite. The files below have its capabilities, its pool, and how statements run.

mod capabilities;
mod capture;
mod connect;
#[cfg(feature = "migrate")]
mod migrate;
mod run;

use std::fmt::{self, Write};

use sqlx::encode::IsNull;
use sqlx::error::{BoxDynError, UnexpectedNullError};
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteArgumentsBuffer, SqliteRow};
use sqlx::{Arguments as _, ColumnIndex, Decode, Encode, Row as _, Type, TypeInfo as _, ValueRef as _};

use super::column_error::of_column;
use super::guarded::guarded_read;
pub(super) use capabilities::CAPABILITIES;
pub(super) use connect::{is_in_memory, open};
#[cfg(feature = "migrate")]
pub(super) use migrate::apply as apply_migration;
pub(super) use run::{control, defers_references, first, rows, run, transaction_status};

/// A type that SQLite can bind and read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a column of SQLite",
    label = "SQLite has no such type",
    note = "SQLite has no decimals, no arrays and no `u64`: use an `i64` (for money, of cents), or mark the field `#[model(json)]`",
    note = "or write a newtype with sqlx's `Type`, `Encode` and `Decode` by hand",
    note = "or leave the feature `sqlite` of `signals-orm` out, if the program does not use it"
)]
pub trait SqliteField: Sized {
    /// Returns the name of its type in SQLite.
    fn sqlite_type() -> &'static str;

    /// Binds the value.
    ///
    /// # Errors
    ///
    /// sqlx's error if the value cannot be encoded.
    fn add_to_sqlite(&self, args: &mut SqliteArguments) -> Result<(), BoxDynError>;

    /// Returns whether it is bound as NULL.
    fn is_null_in_sqlite(&self) -> bool;

    /// Reads it from a row.
    ///
    /// # Errors
    ///
    /// sqlx's error with the column's name.
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
            // BLOB keeps each value unchanged, as a type without an affinity needs.
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
        match self.encode_by_ref(&mut scratch) {
            Ok(IsNull::Yes) => true,
            Ok(IsNull::No) => is_nan(&scratch),
            Err(_) => false,
        }
    }

    fn from_sqlite(row: &SqliteRow, column: &str) -> Result<Self, sqlx::Error> {
        let index = column.index(row)?;
        let value = row.try_get_raw(index)?;
        if value.is_null() {
            return null(row, index).map_err(of_column(column));
        }
        let read = match (T::type_info().name(), value.type_info().name()) {
            // A column of NUMERIC affinity stores 5.0 as 5, and SQLite returns both forms.
            ("REAL", "INTEGER") => row.try_get_unchecked(index),
            // sqlx takes it for seconds since 1970, and panics beyond the range of `time`: others write milliseconds.
            ("DATETIME" | "DATE" | "TIME", "INTEGER") => guarded_read(|| row.try_get(index)),
            _ => row.try_get(index),
        };
        read.map_err(of_column(column))
    }
}

/// Reads NULL for a type that has it. For other types SQLite would return 0, an empty text and so on, which
/// the next save would write.
///
/// A type has NULL if the value that it reads from NULL is bound as NULL again.
fn null<T>(row: &SqliteRow, index: usize) -> Result<T, sqlx::Error>
where
    T: SqliteField + for<'r> Decode<'r, Sqlite>,
{
    let value = row.try_get_unchecked::<T, _>(index);
    value
        .ok()
        .filter(T::is_null_in_sqlite)
        .ok_or_else(|| sqlx::Error::ColumnDecode { index: String::new(), source: UnexpectedNullError.into() })
}

/// Returns whether the value is a NaN, which SQLite stores as NULL.
///
/// sqlx shows the values only by `Debug`.
fn is_nan(value: &SqliteArgumentsBuffer) -> bool {
    let mut rest = Expected("SqliteArgumentsBuffer([Double(NaN)])");
    write!(rest, "{value:?}").is_ok() && rest.0.is_empty()
}

/// The rest of an expected text. It refuses any other text, so that no long value is written in full.
struct Expected(&'static str);

impl Write for Expected {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(text).ok_or(fmt::Error)?;
        Ok(())
    }
}
