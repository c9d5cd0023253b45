//! Columns that may be NULL.

use std::marker::PhantomData;

/// Decides whether a column of type `T` may be NULL, from the type itself and not from its spelling.
///
/// The inherent constant of `Nullable<Option<T>>` wins over the one that [`NotNull`] gives every type.
#[doc(hidden)]
#[derive(Debug)]
pub struct Nullable<T>(PhantomData<T>);

impl<T> Nullable<Option<T>> {
    /// Whether the column may be NULL: true for an `Option`.
    pub const IS: bool = true;
}

/// The fallback of [`Nullable`] for all other types.
#[doc(hidden)]
pub trait NotNull {
    /// Whether the column may be NULL: false for every other type.
    const IS: bool = false;
}

impl<T> NotNull for Nullable<T> {}
