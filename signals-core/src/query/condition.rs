//! Conditions of one model.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use super::node::Node;

/// Which rows of `M` are meant: made by a column's methods, such as `User::AGE.ge(18)`, and combined here.
///
/// A condition holds of a row or it does not; there is no third way. A comparison with NULL does not hold (but `eq(None)` asks for NULL),
/// and [`not`](Self::not) is true of exactly the other rows, those with NULL among them. This is what Rust's own comparisons of `Option`s say, and what Django's
/// `exclude` does; SQL's bare `NOT` loses the rows with NULL.
///
/// A NaN is NULL where the database has none, as in SQLite and MySQL. In PostgreSQL it equals itself and is greater than every other number.
///
/// # Examples
///
/// ```
/// use signals::Model;
///
/// #[derive(Model)]
/// struct User { id: i64, name: String, age: Option<i32> }
///
/// let grown_up = User::AGE.ge(18);
/// let called_al = User::NAME.starts_with("Al").or(User::NAME.eq("Bob"));
/// let either = grown_up.clone().and(called_al.clone());
/// // The operators do the same.
/// let the_same = grown_up & !!called_al;
/// # drop((either, the_same));
/// ```
#[must_use = "a condition does nothing until it is given to `filter` or `exclude`"]
pub struct Condition<M> {
    node: Node,
    model: PhantomData<fn() -> M>,
}

impl<M> Condition<M> {
    pub(crate) fn new(node: Node) -> Self {
        Self { node, model: PhantomData }
    }

    pub(crate) fn into_node(self) -> Node {
        self.node
    }

    /// Holds where both hold.
    pub fn and(self, other: Self) -> Self {
        Self::new(self.node.and(other.node))
    }

    /// Holds where one of them holds, or both.
    pub fn or(self, other: Self) -> Self {
        Self::new(self.node.or(other.node))
    }

    /// Holds of exactly the rows of which this does not, those with NULL included.
    #[expect(clippy::should_implement_trait, reason = "it does; the method reads better at the end of a chain")]
    pub fn not(self) -> Self {
        Self::new(self.node.not())
    }
}

impl<M> BitAnd for Condition<M> {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.and(other)
    }
}

impl<M> BitOr for Condition<M> {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}

impl<M> Not for Condition<M> {
    type Output = Self;

    fn not(self) -> Self {
        self.not()
    }
}

impl<M> Clone for Condition<M> {
    fn clone(&self) -> Self {
        Self::new(self.node.clone())
    }
}

impl<M> fmt::Debug for Condition<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Condition").field(&self.node).finish()
    }
}
