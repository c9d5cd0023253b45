//! Copies of models that are `Clone`, for code that is generic over all models.

use std::marker::PhantomData;

/// Copies a `T` if it is `Clone`.
///
/// The inherent function of a `Duplicate<T>` whose `T` is `Clone` wins over the one that [`NotClone`] gives
/// every type.
#[doc(hidden)]
#[derive(Debug)]
pub struct Duplicate<T>(PhantomData<T>);

impl<T: Clone> Duplicate<T> {
    /// Returns a copy.
    pub fn of(value: &T) -> Option<T> {
        Some(value.clone())
    }
}

/// The fallback of [`Duplicate`] for types that are not `Clone`.
#[doc(hidden)]
pub trait NotClone<T> {
    /// Returns `None`.
    fn of(_: &T) -> Option<T> {
        None
    }
}

impl<T> NotClone<T> for Duplicate<T> {}
