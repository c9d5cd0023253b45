//! The values of MySQL and MariaDB. The files below have their capabilities, their pool, and how statements
//! run.

mod cancel_safe;
mod capabilities;
mod capture;
mod connect;
mod run;

#[cfg(feature = "uuid")]
use std::any::TypeId;
use std::borrow::Cow;

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::mysql::{MySql, MySqlArguments, MySqlRow, MySqlTypeInfo};
use sqlx::{Arguments as _, Decode, Encode, Row as _, Type, TypeInfo as _, ValueRef as _};

use super::guarded::guarded;
pub(super) use cancel_safe::CancelSafeConnection;
pub(super) use capabilities::CAPABILITIES;
pub(super) use connect::open;
pub(super) use run::{control, defers_references, first, rows, run, run_block, transaction_status};

/// A type that MySQL and MariaDB can bind and read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a column of MySQL",
    label = "MySQL has no such type",
    note = "MySQL has no arrays: mark the field `#[model(json)]`",
    note = "or write a newtype with sqlx's `Type`, `Encode` and `Decode` by hand",
    note = "or leave the feature `mysql` of `signals-orm` out, if the program does not use it"
)]
pub trait MysqlField: Sized {
    /// Returns the name of its type in MySQL.
    fn mysql_type() -> Cow<'static, str>;

    /// Binds the value.
    ///
    /// # Errors
    ///
    /// sqlx's error if the value cannot be encoded.
    fn add_to_mysql(&self, args: &mut MySqlArguments) -> Result<(), BoxDynError>;

    /// Returns whether it is bound as NULL, or is a NaN, which MySQL does not have.
    fn is_null_in_mysql(&self) -> bool;

    /// Reads it from a row.
    ///
    /// # Errors
    ///
    /// sqlx's error with the column's name.
    fn from_mysql(row: &MySqlRow, column: &str) -> Result<Self, sqlx::Error>;
}

#[diagnostic::do_not_recommend]
impl<T> MysqlField for T
where
    T: for<'q> Encode<'q, MySql> + for<'r> Decode<'r, MySql> + Type<MySql>,
{
    fn mysql_type() -> Cow<'static, str> {
        Cow::Borrowed(match T::type_info().name() {
            // An index and a default need the maximum length of a text. `sql_type` sets another length.
            "VARCHAR" | "CHAR" | "ENUM" | "SET" => "VARCHAR(255)",
            "TEXT" | "TINYTEXT" | "MEDIUMTEXT" | "LONGTEXT" => "LONGTEXT",
            "BLOB" | "TINYBLOB" | "MEDIUMBLOB" | "LONGBLOB" => "LONGBLOB",
            "VARBINARY" => "VARBINARY(255)",
            "BINARY" => "BINARY(16)",
            // Without a number of digits MySQL keeps whole seconds. A TIMESTAMP has the years 1970 to 2038
            // only. sqlx keeps connections in UTC.
            "TIMESTAMP" | "DATETIME" => "DATETIME(6)",
            "TIME" => "TIME(6)",
            "DECIMAL" => "DECIMAL(65, 28)",
            name => return Cow::Owned(name.to_owned()),
        })
    }

    fn add_to_mysql(&self, args: &mut MySqlArguments) -> Result<(), BoxDynError> {
        args.add(Bound(self))
    }

    fn is_null_in_mysql(&self) -> bool {
        let mut scratch = Vec::new();
        match Bound(self).encode_by_ref(&mut scratch) {
            Ok(IsNull::Yes) => true,
            Ok(IsNull::No) => is_nan(T::type_info().name(), &scratch),
            Err(_) => false,
        }
    }

    fn from_mysql(row: &MySqlRow, column: &str) -> Result<Self, sqlx::Error> {
        // sqlx reads an enum from few column types, and `create_tables` makes it a text.
        if T::type_info().name() == "ENUM" && is_text(row, column)? {
            return row.try_get_unchecked(column);
        }
        row.try_get(column)
    }
}

/// Returns whether the value is a NaN, which no column can hold.
fn is_nan(sql_type: &str, value: &[u8]) -> bool {
    match sql_type {
        "FLOAT" => value.try_into().is_ok_and(|bytes| f32::from_le_bytes(bytes).is_nan()),
        "DOUBLE" => value.try_into().is_ok_and(|bytes| f64::from_le_bytes(bytes).is_nan()),
        _ => false,
    }
}

fn is_text(row: &MySqlRow, column: &str) -> Result<bool, sqlx::Error> {
    Ok(<str as Type<MySql>>::compatible(&row.try_get_raw(column)?.type_info()))
}

/// A value as it is bound. It is refused if no row could return it.
///
/// A TIMESTAMP of sqlx is bound as a DATETIME, because MariaDB reads a TIMESTAMP before 1970 and after 2038
/// as NULL. Both have the same bytes.
struct Bound<'a, T>(&'a T);

impl<T: Type<MySql>> Type<MySql> for Bound<'_, T> {
    fn type_info() -> MySqlTypeInfo {
        T::type_info()
    }
}

impl<'q, T: Encode<'q, MySql> + Type<MySql>> Encode<'q, MySql> for Bound<'_, T> {
    fn encode_by_ref(&self, buffer: &mut Vec<u8>) -> Result<IsNull, BoxDynError> {
        let start = buffer.len();
        let sql_type = self.0.produces().unwrap_or_else(T::type_info);
        let is_null = match sql_type.name() {
            // In UTC, the time may be beyond the years of its type.
            "TIMESTAMP" => guarded(|| self.0.encode_by_ref(buffer)),
            _ => self.0.encode_by_ref(buffer),
        }?;
        match sql_type.name() {
            "DATE" | "DATETIME" | "TIMESTAMP" => refuse_year(&buffer[start..])?,
            _ => {}
        }
        match sql_type.name() {
            "DATETIME" | "TIMESTAMP" => refuse_leap_second(&buffer[start..], 8)?,
            "TIME" => refuse_leap_second(&buffer[start..], 9)?,
            _ => {}
        }
        Ok(is_null)
    }

    fn produces(&self) -> Option<MySqlTypeInfo> {
        moment().filter(|_| T::type_info().name() == "TIMESTAMP").or_else(|| self.0.produces())
    }
}

/// Returns the type as which dates with a time are bound.
#[cfg(feature = "chrono")]
#[expect(clippy::unnecessary_wraps, reason = "without a library of times there is none")]
fn moment() -> Option<MySqlTypeInfo> {
    Some(<chrono::NaiveDateTime as Type<MySql>>::type_info())
}

#[cfg(all(feature = "time", not(feature = "chrono")))]
#[expect(clippy::unnecessary_wraps, reason = "without a library of times there is none")]
fn moment() -> Option<MySqlTypeInfo> {
    Some(<time::PrimitiveDateTime as Type<MySql>>::type_info())
}

#[cfg(not(any(feature = "chrono", feature = "time")))]
fn moment() -> Option<MySqlTypeInfo> {
    None
}

/// Refuses a year that the server stores but does not return as a date: all later reads of the table would
/// fail.
fn refuse_year(date: &[u8]) -> Result<(), BoxDynError> {
    let Some(year) = date.get(1..3).and_then(|bytes| bytes.try_into().ok()).map(u16::from_le_bytes) else {
        return Ok(());
    };
    if year > 9999 {
        return Err(format!("the year {year} is beyond 9999, the last one of MySQL").into());
    }
    Ok(())
}

/// Refuses a second with more than a million microseconds, which is how chrono writes a leap second. The
/// server stores it, but sqlx cannot read it.
fn refuse_leap_second(value: &[u8], place: usize) -> Result<(), BoxDynError> {
    let micros = value.get(place..place + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    if micros.is_some_and(|micros| micros > 999_999) {
        return Err("MySQL has no leap seconds".into());
    }
    Ok(())
}

/// Returns the type's name of a UUID. sqlx reports bytes of any length.
#[cfg_attr(
    not(feature = "uuid"),
    expect(clippy::extra_unused_type_parameters, reason = "without the library of UUIDs none is one")
)]
pub(super) fn uuid_type<T: 'static>() -> Option<Cow<'static, str>> {
    #[cfg(feature = "uuid")]
    if [TypeId::of::<uuid::Uuid>(), TypeId::of::<Option<uuid::Uuid>>()].contains(&TypeId::of::<T>()) {
        return Some(Cow::Borrowed("BINARY(16)"));
    }
    None
}
