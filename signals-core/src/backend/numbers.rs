//! The numbers of an aggregate.

/// What the numbers of a column are.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// Their average is a float.
    Integers,
    /// Their sum and average are floats.
    Floats,
    /// Their sum and average are decimals.
    #[cfg(all(feature = "rust_decimal", not(feature = "sqlite")))]
    Decimals,
}
