//! The forms in which SQLite keeps moments and UUIDs that other programs write too.

mod moment;
#[cfg(feature = "sqlite")]
mod number;
mod units;
#[cfg(feature = "uuid")]
mod uuid;

#[cfg(feature = "sqlite")]
use sqlx::error::BoxDynError;
#[cfg(feature = "sqlite")]
use sqlx::sqlite::{SqliteArguments, SqliteRow};
#[cfg(feature = "sqlite")]
use sqlx::{Arguments as _, ColumnIndex as _, Row as _, ValueRef as _};

pub use moment::{DateTime, JulianDay, Moment, UnixMillis, UnixSeconds};
#[cfg(feature = "uuid")]
pub use uuid::{Hyphenated, Simple};

/// A form in which SQLite keeps values of type `T`. SQLite has no type of its own for moments and for UUIDs, so each
/// program chooses a form. The values of other databases are not changed.
#[diagnostic::on_unimplemented(
    message = "SQLite cannot keep a `{T}` in this form",
    label = "not a form of `{T}`",
    note = "`datetime`, `unix_seconds`, `unix_millis` and `julian_day` are forms of `DateTime<Utc>` and `NaiveDateTime` of chrono, and of `OffsetDateTime` and `PrimitiveDateTime` of time",
    note = "`hyphenated` and `simple` are forms of `uuid::Uuid`"
)]
pub trait StoredForm<T>: 'static {
    /// The type of the column in SQLite.
    const SQL_TYPE: &'static str;

    /// Returns the value as a column keeps it: without the digits that this form does not have.
    fn cut(value: &T) -> T;

    /// Binds the value, with all of its digits.
    ///
    /// # Errors
    ///
    /// Returns an error if the form has no such value.
    #[cfg(feature = "sqlite")]
    fn bind_in_sqlite(value: &T, args: &mut SqliteArguments) -> Result<(), BoxDynError>;

    /// Reads a value from a row. It reads other forms too, if they cannot be confused with this one.
    ///
    /// # Errors
    ///
    /// sqlx's error with the column's name.
    #[cfg(feature = "sqlite")]
    fn read_in_sqlite(row: &SqliteRow, column: &str) -> Result<T, sqlx::Error>;
}

#[diagnostic::do_not_recommend]
impl<T, F: StoredForm<T>> StoredForm<Option<T>> for F {
    const SQL_TYPE: &'static str = <F as StoredForm<T>>::SQL_TYPE;

    fn cut(value: &Option<T>) -> Option<T> {
        value.as_ref().map(F::cut)
    }

    #[cfg(feature = "sqlite")]
    fn bind_in_sqlite(value: &Option<T>, args: &mut SqliteArguments) -> Result<(), BoxDynError> {
        match value {
            Some(value) => <F as StoredForm<T>>::bind_in_sqlite(value, args),
            None => args.add(None::<i64>),
        }
    }

    #[cfg(feature = "sqlite")]
    fn read_in_sqlite(row: &SqliteRow, column: &str) -> Result<Option<T>, sqlx::Error> {
        if row.try_get_raw(column.index(row)?)?.is_null() {
            return Ok(None);
        }
        <F as StoredForm<T>>::read_in_sqlite(row, column).map(Some)
    }
}
