//! Columns of numbers, and their sums.

use std::fmt::Debug;

use super::numbers::Numbers;
use super::row::Row;

/// A type of columns that hold numbers, which have a sum and an average. Implement it for a newtype of one to
/// aggregate its columns too.
///
/// | type | sum | average |
/// |---|---|---|
/// | integers; `i8` without PostgreSQL | `i64` | `f64` |
/// | `f32`, `f64` | `f64` | `f64` |
/// | `Decimal`, without SQLite | `Decimal` | `Decimal` |
/// | `Option` of one | as its type | as its type |
///
/// # Examples
///
/// ```
/// use signals::Model;
/// use signals::query::NumberField;
///
/// #[derive(Debug, Clone, sqlx::Type)]
/// #[sqlx(transparent)]
/// struct Cents(i64);
///
/// impl NumberField for Cents {
///     type Sum = i64;
/// }
///
/// #[derive(Model)]
/// struct Product { id: i64, price: Cents }
/// ```
#[diagnostic::on_unimplemented(
    message = "a column of `{Self}` has no sum",
    label = "not numbers",
    note = "`sum` and `avg` are for columns of integers, floats, decimals and `Option`s of them; for a newtype of one, implement `signals::query::NumberField`"
)]
pub trait NumberField {
    /// The type of the sum: `i64`, `f64` or `Decimal`.
    type Sum: Total;
}

/// The type of a sum: `i64`, `f64`, and `Decimal` without SQLite.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type of sums",
    label = "not a type of sums",
    note = "a sum of integers is an `i64`, one of floats is an `f64`, and one of decimals is a `Decimal`"
)]
pub trait Total: Sized + Debug + Send + 'static {
    /// The type of the average.
    type Average: Total;

    /// What the numbers are.
    #[doc(hidden)]
    const NUMBERS: Numbers;

    /// Reads the sum, or an average of this type, from the column of this name.
    ///
    /// # Errors
    ///
    /// sqlx's error if the value has another type.
    #[doc(hidden)]
    fn read(row: &Row<'_>, column: &str) -> Result<Result<Option<Self>, OutOfRange>, sqlx::Error>;
}

/// A sum is not in the range of its type.
#[doc(hidden)]
#[derive(Debug)]
pub struct OutOfRange;

impl Total for i64 {
    type Average = f64;
    const NUMBERS: Numbers = Numbers::Integers;

    fn read(row: &Row<'_>, column: &str) -> Result<Result<Option<Self>, OutOfRange>, sqlx::Error> {
        let Some(text) = row.get::<Option<String>>(column)? else { return Ok(Ok(None)) };
        match text.parse() {
            Ok(sum) => Ok(Ok(Some(sum))),
            Err(_) if text.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit()) => Ok(Err(OutOfRange)),
            // A column of SQLite may hold other values than its type says.
            Err(_) => Err(sqlx::Error::Decode(format!("the sum {text} of integers is not an integer").into())),
        }
    }
}

impl Total for f64 {
    type Average = Self;
    const NUMBERS: Numbers = Numbers::Floats;

    fn read(row: &Row<'_>, column: &str) -> Result<Result<Option<Self>, OutOfRange>, sqlx::Error> {
        row.get(column).map(Ok)
    }
}

#[cfg(all(feature = "rust_decimal", not(feature = "sqlite")))]
impl Total for sqlx::types::Decimal {
    type Average = Self;
    const NUMBERS: Numbers = Numbers::Decimals;

    fn read(row: &Row<'_>, column: &str) -> Result<Result<Option<Self>, OutOfRange>, sqlx::Error> {
        row.get(column).map(Ok)
    }
}

macro_rules! number_fields {
    ($($field:ty: $sum:ty;)*) => {$(
        impl NumberField for $field {
            type Sum = $sum;
        }
    )*};
}

number_fields! {
    i16: i64;
    i32: i64;
    i64: i64;
    u8: i64;
    u16: i64;
    u32: i64;
    u64: i64;
    f32: f64;
    f64: f64;
}

// Its type in PostgreSQL, `"char"`, has no sum.
#[cfg(not(feature = "postgres"))]
number_fields!(i8: i64;);

#[cfg(all(feature = "rust_decimal", not(feature = "sqlite")))]
number_fields!(sqlx::types::Decimal: sqlx::types::Decimal;);

#[diagnostic::do_not_recommend]
impl<T: NumberField> NumberField for Option<T> {
    type Sum = T::Sum;
}
