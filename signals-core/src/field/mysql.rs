//! Values of MySQL and MariaDB.

#[cfg(feature = "uuid")]
use std::any::TypeId;
use std::borrow::Cow;

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::mysql::{MySql, MySqlArguments, MySqlRow, MySqlTypeInfo};
use sqlx::{Arguments as _, Decode, Encode, Row as _, Type, TypeInfo as _, ValueRef as _};

use super::{BackendRow, Row};

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
        if T::type_info().name() == "TIMESTAMP" { args.add(Moment(self)) } else { args.add(self) }
    }

    fn is_null_in_mysql(&self) -> bool {
        let mut scratch = Vec::new();
        match self.encode_by_ref(&mut scratch) {
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

/// What is bound as a DATETIME though sqlx binds a TIMESTAMP, which MariaDB takes for NULL before 1970 and after 2038. Both are the same bytes.
struct Moment<'a, T>(&'a T);

impl<T: Type<MySql>> Type<MySql> for Moment<'_, T> {
    fn type_info() -> MySqlTypeInfo {
        T::type_info()
    }
}

impl<'q, T: Encode<'q, MySql>> Encode<'q, MySql> for Moment<'_, T> {
    fn encode_by_ref(&self, buffer: &mut Vec<u8>) -> Result<IsNull, BoxDynError> {
        self.0.encode_by_ref(buffer)
    }

    #[cfg(feature = "chrono")]
    fn produces(&self) -> Option<MySqlTypeInfo> {
        Some(<chrono::NaiveDateTime as Type<MySql>>::type_info())
    }

    #[cfg(all(feature = "time", not(feature = "chrono")))]
    fn produces(&self) -> Option<MySqlTypeInfo> {
        Some(<time::PrimitiveDateTime as Type<MySql>>::type_info())
    }
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

impl BackendRow for MySqlRow {
    fn as_row(&self) -> Row<'_> {
        Row::Mysql(self)
    }
}
