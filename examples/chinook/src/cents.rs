//! Money, exact to the cent.

use std::fmt;

/// An amount in cents: an integer, because sums of binary fractions drift.
///
/// A newtype only needs `sqlx::Type` to be a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct Cents(pub(crate) i64);

impl Cents {
    /// Reads an amount such as `1.98`, `-2` or `0.5`. More than two decimals and any other notation are
    /// errors.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) || fraction.len() > 2 {
            return None;
        }
        let whole: i64 = whole.parse().ok()?;
        let tenths_or_cents: i64 = fraction.parse().ok()?;
        let fraction = if fraction.len() == 1 { tenths_or_cents * 10 } else { tenths_or_cents };
        let cents = whole.checked_mul(100)?.checked_add(fraction)?;
        Some(Self(if negative { -cents } else { cents }))
    }

    /// Returns the price of several, unless it is too large.
    pub(crate) fn times(self, quantity: i64) -> Option<Self> {
        self.0.checked_mul(quantity).map(Self)
    }

    /// Returns the sum, unless it is too large.
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let cents = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", cents / 100, cents % 100)
    }
}
