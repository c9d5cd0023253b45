//! The order of rows.

use std::fmt;
use std::marker::PhantomData;

use super::Place;

/// By which column rows are ordered: `User::AGE.asc()`, `User::AGE.desc()`.
///
/// NULL is less than every value, as `None` is in Rust: it comes first in an ascending order and last in a descending one, on every backend.
pub struct Order<M> {
    ordering: Ordering,
    model: PhantomData<fn() -> M>,
}

/// An order, without its model's type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ordering {
    pub(super) place: Place,
    pub(super) direction: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Ascending,
    Descending,
}

impl Ordering {
    pub(crate) fn ascending(place: Place) -> Self {
        Self { place, direction: Direction::Ascending }
    }
}

impl<M> Order<M> {
    pub(super) fn ascending(place: Place) -> Self {
        Self { ordering: Ordering::ascending(place), model: PhantomData }
    }

    pub(super) fn descending(place: Place) -> Self {
        Self { ordering: Ordering { place, direction: Direction::Descending }, model: PhantomData }
    }

    pub(crate) fn ordering(&self) -> Ordering {
        self.ordering
    }
}

impl<M> Clone for Order<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Order<M> {}

impl<M> fmt::Debug for Order<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Order").field(&self.ordering.place.column).field(&self.ordering.direction).finish()
    }
}
