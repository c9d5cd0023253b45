//! The order of rows.

use std::fmt;
use std::iter;
use std::marker::PhantomData;

use super::node::ColumnRef;

/// An order of rows by one column: `User::AGE.asc()`, `User::AGE.desc()`.
///
/// NULL is less than every value, as `None` is in Rust: it comes first in an ascending order and last in a
/// descending one, on every backend.
///
/// # Examples
///
/// ```no_run
/// # use signals::{Db, Model, Result};
/// # #[derive(Debug, Clone, Model)]
/// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
/// # async fn example(db: &Db) -> Result<()> {
/// let newest_first = User::objects().order_by(User::ID.desc());
/// let by_age = User::objects().order_by([User::AGE.asc(), User::NAME.asc(), User::ID.asc()]);
/// # drop((newest_first.first(db).await?, by_age.first(db).await?));
/// # Ok(()) }
/// ```
pub struct Order<M> {
    ordering: Ordering,
    model: PhantomData<fn() -> M>,
}

/// The argument of [`Objects::order_by`](crate::store::Objects::order_by): an [`Order`], or a list of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an order of the rows of `{M}`",
    label = "not an order, nor a list of orders",
    note = "write `.asc()` or `.desc()` after each column, such as `order_by([{M}::ID.desc()])`"
)]
pub trait IntoOrders<M> {
    /// Returns the orders. The first one sorts first.
    #[doc(hidden)]
    fn orderings(self) -> impl Iterator<Item = Order<M>>;
}

#[diagnostic::do_not_recommend]
impl<M> IntoOrders<M> for Order<M> {
    fn orderings(self) -> impl Iterator<Item = Self> {
        iter::once(self)
    }
}

#[diagnostic::do_not_recommend]
impl<M, I: IntoIterator> IntoOrders<M> for I
where
    Order<M>: OrderFrom<I::Item>,
{
    fn orderings(self) -> impl Iterator<Item = Order<M>> {
        self.into_iter().map(Order::order_from)
    }
}

/// An order made from an entry of a list. This trait gives a list of columns the error message of
/// [`IntoOrders`].
#[doc(hidden)]
pub trait OrderFrom<T> {
    fn order_from(entry: T) -> Self;
}

impl<M> OrderFrom<Self> for Order<M> {
    fn order_from(entry: Self) -> Self {
        entry
    }
}

/// An order without its model's type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ordering {
    pub(super) place: ColumnRef,
    pub(super) direction: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Ascending,
    Descending,
}

impl Direction {
    pub(super) fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

impl Ordering {
    pub(crate) fn ascending(place: ColumnRef) -> Self {
        Self { place, direction: Direction::Ascending }
    }
}

impl<M> Order<M> {
    pub(super) fn ascending(place: ColumnRef) -> Self {
        Self { ordering: Ordering::ascending(place), model: PhantomData }
    }

    pub(super) fn descending(place: ColumnRef) -> Self {
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
