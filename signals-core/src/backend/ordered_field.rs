//! Columns with a least and a greatest value.

use super::field::Field;

/// A type of columns whose values have an order. Implement it for a newtype or an enum of the application, to read
/// the least and the greatest value of its columns too.
///
/// It is implemented for numbers, texts, `bool`, bytes, UUIDs, dates and times, decimals, and `Option`s of them.
///
/// # Examples
///
/// ```
/// use signals::Model;
/// use signals::query::OrderedField;
///
/// #[derive(Debug, Clone, sqlx::Type)]
/// #[sqlx(transparent)]
/// struct Cents(i64);
///
/// impl OrderedField for Cents {
///     type Value = Self;
/// }
///
/// #[derive(Model)]
/// struct Product { id: i64, price: Cents }
/// ```
#[diagnostic::on_unimplemented(
    message = "a column of `{Self}` has no least and no greatest value",
    label = "not known to have an order",
    note = "for a newtype or an enum, write `impl signals::query::OrderedField for {Self} {{ type Value = Self; }}`"
)]
pub trait OrderedField: Field {
    /// The type of a value that is not NULL: the type itself, or the type in its `Option`.
    type Value: Field + ValueOf<Self>;
}

/// A value of a column of type `C`: `C` itself, or the type in its `Option`. Another type is refused:
///
/// ```compile_fail,E0277
/// #[derive(Debug, Clone, sqlx::Type)]
/// #[sqlx(transparent)]
/// struct Cents(i64);
///
/// impl signals::query::OrderedField for Cents {
///     type Value = i64;
/// }
/// ```
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the value of a column of `{C}`",
    label = "neither the type itself nor the type in its `Option`",
    note = "write `type Value = Self;`"
)]
pub trait ValueOf<C>: Sized {
    /// Returns the value, unless it is NULL.
    fn value_of(column: C) -> Option<Self>;
}

impl<T> ValueOf<T> for T {
    fn value_of(column: T) -> Option<Self> {
        Some(column)
    }
}

impl<T> ValueOf<Option<T>> for T {
    fn value_of(column: Option<T>) -> Option<Self> {
        column
    }
}

macro_rules! ordered_fields {
    ($($field:ty),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl OrderedField for $field {
            type Value = Self;
        }
    )*};
}

ordered_fields!(i16, i32, i64, f32, f64, bool, String, Vec<u8>);

#[cfg(not(feature = "postgres"))]
ordered_fields!(i8, u8, u16, u32);

#[cfg(not(any(feature = "postgres", feature = "sqlite")))]
ordered_fields!(u64);

#[cfg(feature = "uuid")]
ordered_fields!(uuid::Uuid);

#[cfg(feature = "chrono")]
ordered_fields!(chrono::DateTime<chrono::Utc>, chrono::NaiveDateTime, chrono::NaiveDate, chrono::NaiveTime);

#[cfg(feature = "time")]
ordered_fields!(time::OffsetDateTime, time::PrimitiveDateTime, time::Date, time::Time);

#[cfg(all(feature = "rust_decimal", not(feature = "sqlite")))]
ordered_fields!(sqlx::types::Decimal);

#[diagnostic::do_not_recommend]
impl<T: OrderedField<Value = T>> OrderedField for Option<T>
where
    Self: Field,
{
    type Value = T;
}
