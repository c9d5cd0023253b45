//! Copying a model that is `Clone`, where the code that asks cannot know whether it is.

use std::marker::PhantomData;

/// Copies a `T` if it is `Clone`.
///
/// The inherent function of a `Duplicate<T>` whose `T` is `Clone` wins over the one that [`NotClone`] gives every type.
#[doc(hidden)]
#[derive(Debug)]
pub struct Duplicate<T>(PhantomData<T>);

impl<T: Clone> Duplicate<T> {
    /// A copy.
    pub fn of(value: &T) -> Option<T> {
        Some(value.clone())
    }
}

/// The other half of [`Duplicate`].
#[doc(hidden)]
pub trait NotClone<T> {
    /// Nothing, since there is no copy.
    fn of(_: &T) -> Option<T> {
        None
    }
}

impl<T> NotClone<T> for Duplicate<T> {}
