//! The forms of moments.

#[cfg(feature = "sqlite")]
use sqlx::Arguments as _;
#[cfg(feature = "sqlite")]
use sqlx::error::BoxDynError;
#[cfg(feature = "sqlite")]
use sqlx::sqlite::{SqliteArguments, SqliteRow};

use super::StoredForm;
#[cfg(feature = "sqlite")]
use super::number::{self, Number};
use super::units::{MICRO, MILLI, SECOND};
use crate::backend::SqliteField;

/// A text such as `2024-01-02 03:04:05.678901`, in UTC: six digits after the point, and neither them nor the point for
/// a whole second. Django and Rails write it, and `CURRENT_TIMESTAMP` for whole seconds.
#[derive(Debug)]
pub struct DateTime;

/// A number: the seconds since 1970, as SQLite's function `unixepoch()` returns them.
#[derive(Debug)]
pub struct UnixSeconds;

/// A number: the milliseconds since 1970, as JavaScript and Java count them.
#[derive(Debug)]
pub struct UnixMillis;

/// A number: the days since noon in Greenwich on November 24, 4714 B.C., as SQLite's function `julianday()` returns
/// them, in whole milliseconds.
#[derive(Debug)]
pub struct JulianDay;

/// A point in time, in UTC if its type has no zone.
#[diagnostic::on_unimplemented(
    message = "SQLite cannot keep a `{Self}` in this form",
    label = "not a moment",
    note = "`datetime`, `unix_seconds`, `unix_millis` and `julian_day` are forms of `DateTime<Utc>` and `NaiveDateTime` of chrono, and of `OffsetDateTime` and `PrimitiveDateTime` of time"
)]
pub trait Moment: SqliteField + Sized {
    /// Returns the seconds since 1970, and the nanoseconds after them.
    fn unix(&self) -> (i64, u32);

    /// Returns the moment that long after the beginning of 1970, or `None` if the type does not have it.
    fn of_unix(seconds: i64, nanos: u32) -> Option<Self>;

    /// Returns the moment with another part of its second.
    #[must_use]
    fn with_nanos(&self, nanos: u32) -> Self;

    /// Returns the year, and the text of the whole second, such as `2024-01-02 03:04:05`.
    fn whole_second(&self) -> (i32, String);
}

#[cfg(feature = "chrono")]
impl Moment for chrono::DateTime<chrono::Utc> {
    fn unix(&self) -> (i64, u32) {
        // A leap second has more nanoseconds, which no form has.
        (self.timestamp(), self.timestamp_subsec_nanos().min(SECOND - 1))
    }

    fn of_unix(seconds: i64, nanos: u32) -> Option<Self> {
        Self::from_timestamp(seconds, nanos)
    }

    fn with_nanos(&self, nanos: u32) -> Self {
        chrono::Timelike::with_nanosecond(self, nanos).unwrap_or(*self)
    }

    fn whole_second(&self) -> (i32, String) {
        // Without the nanoseconds, a leap second has no number of its own.
        let second = Self::from_timestamp(self.timestamp(), 0).unwrap_or(*self);
        (chrono::Datelike::year(&second), second.format("%Y-%m-%d %H:%M:%S").to_string())
    }
}

#[cfg(feature = "chrono")]
impl Moment for chrono::NaiveDateTime {
    fn unix(&self) -> (i64, u32) {
        self.and_utc().unix()
    }

    fn of_unix(seconds: i64, nanos: u32) -> Option<Self> {
        chrono::DateTime::of_unix(seconds, nanos).map(|moment| moment.naive_utc())
    }

    fn with_nanos(&self, nanos: u32) -> Self {
        chrono::Timelike::with_nanosecond(self, nanos).unwrap_or(*self)
    }

    fn whole_second(&self) -> (i32, String) {
        self.and_utc().whole_second()
    }
}

#[cfg(feature = "time")]
impl Moment for time::OffsetDateTime {
    fn unix(&self) -> (i64, u32) {
        (self.unix_timestamp(), self.nanosecond())
    }

    fn of_unix(seconds: i64, nanos: u32) -> Option<Self> {
        Self::from_unix_timestamp(seconds).ok()?.replace_nanosecond(nanos).ok()
    }

    fn with_nanos(&self, nanos: u32) -> Self {
        self.replace_nanosecond(nanos).unwrap_or(*self)
    }

    fn whole_second(&self) -> (i32, String) {
        let utc = self.to_offset(time::UtcOffset::UTC);
        let (year, month, day) = utc.to_calendar_date();
        let (hour, minute, second) = utc.to_hms();
        (year, format!("{year:04}-{:02}-{day:02} {hour:02}:{minute:02}:{second:02}", u8::from(month)))
    }
}

#[cfg(feature = "time")]
impl Moment for time::PrimitiveDateTime {
    fn unix(&self) -> (i64, u32) {
        self.assume_utc().unix()
    }

    fn of_unix(seconds: i64, nanos: u32) -> Option<Self> {
        let moment = time::OffsetDateTime::of_unix(seconds, nanos)?;
        Some(Self::new(moment.date(), moment.time()))
    }

    fn with_nanos(&self, nanos: u32) -> Self {
        self.replace_nanosecond(nanos).unwrap_or(*self)
    }

    fn whole_second(&self) -> (i32, String) {
        self.assume_utc().whole_second()
    }
}

/// Removes the part of a second that is less than this number of nanoseconds.
fn cut<T: Moment>(value: &T, smallest: u32) -> T {
    let (_, nanos) = value.unix();
    value.with_nanos(nanos - nanos % smallest)
}

impl<T: Moment> StoredForm<T> for DateTime {
    const SQL_TYPE: &'static str = "DATETIME";

    fn cut(value: &T) -> T {
        cut(value, MICRO)
    }

    #[cfg(feature = "sqlite")]
    fn bind_in_sqlite(value: &T, args: &mut SqliteArguments) -> Result<(), BoxDynError> {
        let (year, text) = value.whole_second();
        if !(0..=9999).contains(&year) {
            return Err(format!("the year {year} does not have four digits, and texts are sorted by them").into());
        }
        args.add(match value.unix() {
            (_, 0) => text,
            (_, nanos) if nanos % MICRO == 0 => format!("{text}.{:06}", nanos / MICRO),
            (_, nanos) => format!("{text}.{nanos:09}"),
        })
    }

    #[cfg(feature = "sqlite")]
    fn read_in_sqlite(row: &SqliteRow, column: &str) -> Result<T, sqlx::Error> {
        T::from_sqlite(row, column)
    }
}

macro_rules! numbers {
    ($($form:ident: $sql_type:literal, $smallest:expr, $encode:ident, $decode:ident;)*) => {$(
        impl<T: Moment> StoredForm<T> for $form {
            const SQL_TYPE: &'static str = $sql_type;

            fn cut(value: &T) -> T {
                cut(value, $smallest)
            }

            #[cfg(feature = "sqlite")]
            fn bind_in_sqlite(value: &T, args: &mut SqliteArguments) -> Result<(), BoxDynError> {
                let (seconds, nanos) = value.unix();
                match number::$encode(seconds, nanos) {
                    Number::Integer(number) => args.add(number),
                    Number::Real(number) => args.add(number),
                }
            }

            #[cfg(feature = "sqlite")]
            fn read_in_sqlite(row: &SqliteRow, column: &str) -> Result<T, sqlx::Error> {
                let Some(number) = number::read(row, column)? else { return T::from_sqlite(row, column) };
                let (seconds, nanos) = number::$decode(number);
                T::of_unix(seconds, nanos).ok_or_else(|| sqlx::Error::ColumnDecode {
                    index: format!("{column:?}"),
                    source: format!("{number:?} is beyond the years of the field's type").into(),
                })
            }
        }
    )*};
}

numbers! {
    UnixSeconds: "INTEGER", SECOND, seconds, of_seconds;
    UnixMillis: "INTEGER", MILLI, millis, of_millis;
    JulianDay: "REAL", MILLI, julian_day, of_julian_day;
}
