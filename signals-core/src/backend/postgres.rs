//! The values of PostgreSQL. The files below have its capabilities, its pool, and how statements run.

mod array;
mod capabilities;
mod capture;
mod connect;
mod naming;
mod run;

use std::borrow::Cow;

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgRow, PgTypeInfo, PgValueFormat, Postgres};
use sqlx::{Arguments as _, Column as _, ColumnIndex, Decode, Encode, Row as _, Type, TypeInfo as _};

use super::column_error::of_column;
use super::guarded::{guarded, guarded_read};
pub use array::Elements;
pub(super) use capabilities::CAPABILITIES;
pub(super) use connect::open;
pub(super) use naming::Naming;
pub(super) use run::{control, defers_references, first, rows, run, transaction_status};

/// A type that PostgreSQL can bind and read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a column of PostgreSQL",
    label = "PostgreSQL has no such type",
    note = "PostgreSQL has no unsigned numbers: use a signed one, such as `i64`, or mark the field `#[model(json)]`",
    note = "or write a newtype with sqlx's `Type`, `Encode` and `Decode` by hand",
    note = "or leave the feature `postgres` of `signals-orm` out, if the program does not use it"
)]
pub trait PostgresField: Sized {
    /// Returns the name of its type in PostgreSQL.
    fn postgres_type() -> Cow<'static, str>;

    /// Binds the value.
    ///
    /// # Errors
    ///
    /// sqlx's error if the value cannot be encoded.
    fn add_to_postgres(&self, args: &mut PgArguments) -> Result<(), BoxDynError>;

    /// Binds the value for a comparison with a column. A text gets the column's type.
    ///
    /// # Errors
    ///
    /// sqlx's error if the value cannot be encoded.
    fn compare_in_postgres(&self, args: &mut PgArguments) -> Result<(), BoxDynError>;

    /// Adds the value to the elements of an array, unless it is NULL. Returns whether arrays of its type are bound.
    ///
    /// # Errors
    ///
    /// sqlx's error if the value cannot be encoded.
    #[doc(hidden)]
    fn add_to_array(&self, elements: &mut Elements) -> Result<bool, BoxDynError>;

    /// Returns whether it is bound as NULL.
    fn is_null_in_postgres(&self) -> bool;

    /// Reads it from a row.
    ///
    /// # Errors
    ///
    /// sqlx's error with the column's name.
    fn from_postgres(row: &PgRow, column: &str) -> Result<Self, sqlx::Error>;
}

#[diagnostic::do_not_recommend]
impl<T> PostgresField for T
where
    T: for<'q> Encode<'q, Postgres> + for<'r> Decode<'r, Postgres> + Type<Postgres>,
{
    fn postgres_type() -> Cow<'static, str> {
        match T::type_info().name() {
            // In quotes, PostgreSQL's type names are case-sensitive.
            "\"CHAR\"" => Cow::Borrowed("\"char\""),
            name => Cow::Owned(name.to_owned()),
        }
    }

    fn add_to_postgres(&self, args: &mut PgArguments) -> Result<(), BoxDynError> {
        args.add(Bound(self))
    }

    fn compare_in_postgres(&self, args: &mut PgArguments) -> Result<(), BoxDynError> {
        let is_text = T::type_info().oid().is_some_and(|oid| TEXTS.contains(&oid.0));
        if is_text { args.add(Compared(self)) } else { args.add(Bound(self)) }
    }

    fn add_to_array(&self, elements: &mut Elements) -> Result<bool, BoxDynError> {
        elements.push(&Bound(self))
    }

    fn is_null_in_postgres(&self) -> bool {
        let mut scratch = PgArgumentBuffer::default();
        matches!(Bound(self).encode_by_ref(&mut scratch), Ok(IsNull::Yes))
    }

    fn from_postgres(row: &PgRow, column: &str) -> Result<Self, sqlx::Error> {
        let index = column.index(row)?;
        let read = match conversion(row, index)? {
            Conversion::Safe => row.try_get(index),
            Conversion::Guarded => guarded_read(|| row.try_get(index)),
            Conversion::Infinite => Err(sqlx::Error::ColumnDecode { index: String::new(), source: INFINITE.into() }),
        };
        read.map_err(of_column(column))
    }
}

/// A value as it is bound. It is refused if no row could return it.
struct Bound<'a, T>(&'a T);

impl<T: Type<Postgres>> Type<Postgres> for Bound<'_, T> {
    fn type_info() -> PgTypeInfo {
        T::type_info()
    }
}

impl<'q, T: Encode<'q, Postgres> + Type<Postgres>> Encode<'q, Postgres> for Bound<'_, T> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let start = buffer.len();
        match T::type_info().oid() {
            // In UTC, the time may be beyond the years of its type.
            Some(Oid(TIMESTAMPTZ)) => guarded(|| self.0.encode_by_ref(buffer)),
            Some(Oid(TIME)) => {
                let is_null = self.0.encode_by_ref(buffer)?;
                refuse_midnight(&buffer[start..])?;
                Ok(is_null)
            }
            _ => self.0.encode_by_ref(buffer),
        }
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        self.0.produces()
    }

    fn size_hint(&self) -> usize {
        self.0.size_hint()
    }
}

/// A text whose type the server takes from the compared column.
struct Compared<'a, T>(&'a T);

impl<T: Type<Postgres>> Type<Postgres> for Compared<'_, T> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(UNKNOWN))
    }
}

impl<'q, T: Encode<'q, Postgres>> Encode<'q, Postgres> for Compared<'_, T> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        self.0.encode_by_ref(buffer)
    }

    fn size_hint(&self) -> usize {
        self.0.size_hint()
    }
}

const UNKNOWN: u32 = 705;
const DATE: u32 = 1082;
const TIME: u32 = 1083;
const TIMESTAMP: u32 = 1114;
const TIMESTAMPTZ: u32 = 1184;

/// `text`, `char(n)`, `varchar` and `name`.
const TEXTS: [u32; 4] = [25, 1042, 1043, 19];

/// Returns whether the conversion of a type has no range: `bool`, `bytea`, `"char"`, whole numbers, `text`, `json`,
/// floats, `char(n)`, `varchar`, `uuid` and `jsonb`.
fn is_safe(sql_type: u32) -> bool {
    matches!(sql_type, 16 | 17 | 18 | 20 | 21 | 23 | 25 | 114 | 700 | 701 | 1042 | 1043 | 2950 | 3802)
}

const DAY: i64 = 86_400_000_000;

/// The days that every library of dates has, counted from the year 2000: those of the years 1 to 9999.
const DAYS: std::ops::Range<i64> = -730_119..2_921_940;

const INFINITE: &str = "the value is `infinity`, which no Rust type of dates and times has";

/// Refuses 24:00. A leap second at the end of the day becomes 24:00, which reads as 00:00.
fn refuse_midnight(time: &[u8]) -> Result<(), BoxDynError> {
    match time.try_into().map(i64::from_be_bytes) {
        Ok(micros) if micros >= DAY => Err("PostgreSQL has no leap seconds".into()),
        _ => Ok(()),
    }
}

/// How a value is converted.
enum Conversion {
    Safe,
    /// The value may be beyond the range of its Rust type, which sqlx does not check.
    Guarded,
    Infinite,
}

fn conversion(row: &PgRow, index: usize) -> Result<Conversion, sqlx::Error> {
    let sql_type = row.column(index).type_info().oid().map_or(UNKNOWN, |oid| oid.0);
    if is_safe(sql_type) {
        return Ok(Conversion::Safe);
    }
    if ![DATE, TIMESTAMP, TIMESTAMPTZ].contains(&sql_type) {
        return Ok(Conversion::Guarded);
    }
    let value = row.try_get_raw(index)?;
    let (PgValueFormat::Binary, Ok(bytes)) = (value.format(), value.as_bytes()) else { return Ok(Conversion::Safe) };
    let days = match (<[u8; 4]>::try_from(bytes), <[u8; 8]>::try_from(bytes)) {
        (Ok(days), _) => match i32::from_be_bytes(days) {
            i32::MIN | i32::MAX => return Ok(Conversion::Infinite),
            days => i64::from(days),
        },
        (_, Ok(micros)) => match i64::from_be_bytes(micros) {
            i64::MIN | i64::MAX => return Ok(Conversion::Infinite),
            micros => micros.div_euclid(DAY),
        },
        _ => return Ok(Conversion::Guarded),
    };
    Ok(if DAYS.contains(&days) { Conversion::Safe } else { Conversion::Guarded })
}
