//! The types of columns that hold numbers.

/// A type of columns that hold numbers: the integers except `i8`, `f32`, `f64`, `Decimal`, and an `Option` of
/// one. Implement it for a newtype of one to compute with its columns too.
///
/// # Examples
///
/// ```
/// use signals::Model;
/// use signals::query::{ArithmeticField, NumberKind};
///
/// #[derive(Debug, Clone, PartialEq, sqlx::Type)]
/// #[sqlx(transparent)]
/// struct Cents(i64);
///
/// impl ArithmeticField for Cents {
///     const KIND: NumberKind = i64::KIND;
/// }
///
/// #[derive(Model)]
/// struct Product { id: i64, price: Cents }
///
/// let _ = Product::PRICE.set(Product::PRICE + Cents(100));
/// ```
#[diagnostic::on_unimplemented(
    message = "a column of `{Self}` is not a number",
    label = "only numbers can be computed with",
    note = "the operators `+`, `-`, `*` and `/` are for columns of numbers; texts are joined by `concat`; for a newtype of a number, implement `signals::query::ArithmeticField`"
)]
pub trait ArithmeticField: 'static {
    /// The kind of number, which a newtype takes from its own field.
    const KIND: NumberKind;
}

/// A kind of number, for [`ArithmeticField`].
#[derive(Debug, Clone, Copy)]
pub struct NumberKind(Kind);

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// An integer. Without a bound, the database's own bound is the type's.
    Integer { least: i64, greatest: i64 },
    /// A number with a fraction.
    Fraction,
}

impl NumberKind {
    pub(super) fn kind(self) -> Kind {
        self.0
    }
}

macro_rules! integers {
    ($($int:ident: $least:expr, $greatest:expr;)*) => {$(
        impl ArithmeticField for $int {
            #[allow(clippy::cast_lossless, reason = "the type is one of several")]
            const KIND: NumberKind = NumberKind(Kind::Integer { least: $least, greatest: $greatest });
        }
    )*};
}

integers! {
    i16: i16::MIN as i64, i16::MAX as i64;
    i32: i32::MIN as i64, i32::MAX as i64;
    i64: i64::MIN, i64::MAX;
    u8: 0, u8::MAX as i64;
    u16: 0, u16::MAX as i64;
    u32: 0, u32::MAX as i64;
    // SQLite, whose integers are the only ones that are checked here, has no `u64`.
    u64: 0, i64::MAX;
}

impl ArithmeticField for f32 {
    const KIND: NumberKind = NumberKind(Kind::Fraction);
}

impl ArithmeticField for f64 {
    const KIND: NumberKind = NumberKind(Kind::Fraction);
}

#[cfg(feature = "rust_decimal")]
impl ArithmeticField for sqlx::types::Decimal {
    const KIND: NumberKind = NumberKind(Kind::Fraction);
}

impl<T: ArithmeticField> ArithmeticField for Option<T> {
    const KIND: NumberKind = T::KIND;
}
