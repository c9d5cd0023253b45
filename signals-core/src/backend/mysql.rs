//! MySQL and MariaDB: their values here; what they can do, their pool, and how statements run, in the files below.

mod cancel_safe;
mod capabilities;
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
pub(super) use run::{control, defers_references, first, rows, run, transaction_status};

/// A type that MySQL and MariaDB can bind and read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a column of MySQL",
    label = "MySQL has no such type",
    note = "MySQL has no arrays: mark the field `#[model(json)]`",
    note = "or write a newtype with sqlx's `Type`, `Encode` and `Decode` by hand",
    note = "or leave the feature `mysql` of `signals` out, where the program has no use for it"
)]
pub trait MysqlField: Sized {
    /// Its type's name in MySQL.
    fn mysql_type() -> Cow<'static, str>;

    /// Binds it.
    ///
    /// # Errors
    ///
    /// sqlx's, when it cannot be encoded.
    fn add_to_mysql(&self, args: &mut MySqlArguments) -> Result<(), BoxDynError>;

    /// Whether it is bound as NULL, or is a NaN, which MySQL has none of.
    fn is_null_in_mysql(&self) -> bool;

    /// Reads it from a row.
    ///
    /// # Errors
    ///
    /// sqlx's, naming the column.
    fn from_mysql(row: &MySqlRow, column: &str) -> Result<Self, sqlx::Error>;
}

#[diagnostic::do_not_recommend]
impl<T> MysqlField for T
where
    T: for<'q> Encode<'q, MySql> + for<'r> Decode<'r, MySql> + Type<MySql>,
{
    fn mysql_type() -> Cow<'static, str> {
        Cow::Borrowed(match T::type_info().name() {
            // An index and a default need to know how long a text may be; `sql_type` gives another length.
            "VARCHAR" | "CHAR" | "ENUM" | "SET" => "VARCHAR(255)",
            "TEXT" | "TINYTEXT" | "MEDIUMTEXT" | "LONGTEXT" => "LONGTEXT",
            "BLOB" | "TINYBLOB" | "MEDIUMBLOB" | "LONGBLOB" => "LONGBLOB",
            "VARBINARY" => "VARBINARY(255)",
            "BINARY" => "BINARY(16)",
            // Without a number of digits MySQL keeps whole seconds. A TIMESTAMP ends in 2038 and has none before 1970; sqlx keeps connections in UTC.
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
        // sqlx reads an enum from hardly any column, and `create_tables` makes it a text.
        if T::type_info().name() == "ENUM" && is_text(row, column)? {
            return row.try_get_unchecked(column);
        }
        row.try_get(column)
    }
}

/// Whether the value is a NaN, which no column can hold.
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

/// A value as it is bound: refused if no row could give it back.
///
/// What sqlx binds as a TIMESTAMP is bound as a DATETIME, since MariaDB takes a TIMESTAMP for NULL before 1970 and after 2038. Both are the same bytes.
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
            // In UTC the moment may be beyond the years of its type.
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

/// The type that a moment is bound as.
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

/// Refuses a year that the server keeps, and gives back as something that is no date: all later reads of the table would fail.
fn refuse_year(date: &[u8]) -> Result<(), BoxDynError> {
    let Some(year) = date.get(1..3).and_then(|bytes| bytes.try_into().ok()).map(u16::from_le_bytes) else {
        return Ok(());
    };
    if year > 9999 {
        return Err(format!("the year {year} is beyond 9999, the last one of MySQL").into());
    }
    Ok(())
}

/// Refuses a second with more than a million microseconds, as chrono writes a leap second; the server keeps it, and sqlx does not read it.
fn refuse_leap_second(value: &[u8], place: usize) -> Result<(), BoxDynError> {
    let micros = value.get(place..place + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    if micros.is_some_and(|micros| micros > 999_999) {
        return Err("MySQL has no leap seconds".into());
    }
    Ok(())
}

/// The type's name of a UUID, which sqlx takes for bytes of any length.
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
