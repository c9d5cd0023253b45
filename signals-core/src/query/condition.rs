//! Conditions of one model.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use super::node::Node;

/// A test of the rows of `M`, made by a column's methods, such as `User::AGE.ge(18)`, and combined here.
///
/// A condition is either true or false for a row, never unknown. A comparison with NULL is false, except that
/// `eq(None)` tests for NULL. [`not`](Self::not) matches exactly the other rows, including those with NULL.
/// Comparisons of `Option`s in Rust and Django's `exclude` behave the same. A plain `NOT` of SQL loses the
/// rows with NULL.
///
/// A NaN is stored as NULL in databases without NaN, such as SQLite and MySQL. In PostgreSQL it equals itself
/// and is greater than every other number.
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

    /// Tests whether both conditions are true.
    pub fn and(self, other: Self) -> Self {
        Self::new(self.node.and(other.node))
    }

    /// Tests whether at least one of the conditions is true.
    pub fn or(self, other: Self) -> Self {
        Self::new(self.node.or(other.node))
    }

    /// Matches exactly the rows that this condition does not match, including those with NULL.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let minors = User::AGE.lt(18);
    /// let others = User::objects().filter(minors.not()).all(db).await?;        // 18 and older, and without an age
    /// # drop(others);
    /// # Ok(()) }
    /// ```
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
