//! Moments as numbers.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a float of SQLite has no more digits, and a remainder fits"
)]

use sqlx::sqlite::SqliteRow;
use sqlx::{ColumnIndex as _, Row as _, TypeInfo as _, ValueRef as _};

use super::units::{MILLI, SECOND};

/// The Julian day of the beginning of 1970, in milliseconds.
const EPOCH: i64 = 210_866_760_000_000;
/// The milliseconds of a day.
const DAY: f64 = 86_400_000.0;

/// A number in a column of SQLite.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Integer(i64),
    Real(f64),
}

impl Number {
    fn real(self) -> f64 {
        match self {
            Self::Integer(number) => number as f64,
            Self::Real(number) => number,
        }
    }
}

/// Reads a number. Returns `None` for another value.
pub(super) fn read(row: &SqliteRow, column: &str) -> Result<Option<Number>, sqlx::Error> {
    let index = column.index(row)?;
    let value = row.try_get_raw(index)?;
    if value.is_null() {
        return Ok(None);
    }
    let name = value.type_info().name().to_owned();
    Ok(match name.as_str() {
        "INTEGER" => Some(Number::Integer(row.try_get_unchecked(index)?)),
        "REAL" => Some(Number::Real(row.try_get_unchecked(index)?)),
        _ => None,
    })
}

/// Returns the number of units with so many nanoseconds each. Only a moment that a form does not store has a part of
/// one.
fn units(whole: i64, nanos: u32, unit: u32) -> Number {
    match nanos {
        0 => Number::Integer(whole),
        nanos => Number::Real(whole as f64 + f64::from(nanos) / f64::from(unit)),
    }
}

pub(super) fn seconds(seconds: i64, nanos: u32) -> Number {
    units(seconds, nanos, SECOND)
}

pub(super) fn of_seconds(number: Number) -> (i64, u32) {
    match number {
        Number::Integer(seconds) => (seconds, 0),
        Number::Real(seconds) => {
            let micros = (seconds * 1e6).round() as i64;
            (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000) as u32 * 1_000)
        }
    }
}

pub(super) fn millis(seconds: i64, nanos: u32) -> Number {
    let whole = seconds.saturating_mul(1_000).saturating_add(i64::from(nanos / MILLI));
    units(whole, nanos % MILLI, MILLI)
}

pub(super) fn of_millis(number: Number) -> (i64, u32) {
    match number {
        Number::Integer(millis) => (millis.div_euclid(1_000), millis.rem_euclid(1_000) as u32 * MILLI),
        Number::Real(millis) => of_seconds(Number::Real(millis / 1e3)),
    }
}

/// SQLite calculates a Julian day in the same way, so the same moment is the same float.
pub(super) fn julian_day(seconds: i64, nanos: u32) -> Number {
    Number::Real(millis(seconds.saturating_add(EPOCH / 1_000), nanos).real() / DAY)
}

pub(super) fn of_julian_day(number: Number) -> (i64, u32) {
    of_millis(Number::Integer(((number.real() * DAY).round() as i64).saturating_sub(EPOCH)))
}

#[cfg(test)]
mod tests {
    use super::{Number, julian_day, millis, of_julian_day, of_millis, of_seconds, seconds};

    #[test]
    fn a_number_gives_the_moment_that_it_was_made_of() {
        for (second, nanos) in [(0, 0), (1_704_164_645, 678_000_000), (-1, 999_000_000), (-62_135_596_800, 0)] {
            assert_eq!(of_millis(millis(second, nanos)), (second, nanos));
            assert_eq!(of_julian_day(julian_day(second, nanos)), (second, nanos));
        }
        assert_eq!(of_seconds(seconds(-1, 0)), (-1, 0));
        assert_eq!(of_seconds(Number::Real(-0.25)), (-1, 750_000_000));
    }
}
