//! The conditions, orders and assignments that a column makes.

use super::assignment::Assignment;
use super::condition::Condition;
use super::node::{ColumnRef, Comparison, Node, Test};
use super::operand::Operand;
use super::order::Order;
use super::value::{BoundValue, value};
use crate::backend::Field;
use crate::model::{Column, Entity};

impl<M: Entity, T> Column<M, T> {
    pub(super) fn place(&self) -> ColumnRef {
        ColumnRef::of(M::meta(), self.index())
    }

    pub(super) fn test(&self, test: Test) -> Condition<M> {
        Condition::new(Node::test(self.place(), test))
    }

    /// Holds where the column is NULL.
    ///
    /// **`None` in a field marked `json` is stored as the JSON document `null`, and not as NULL**, so this does not find
    /// it. It finds what plain SQL has set to NULL.
    pub fn is_null(&self) -> Condition<M> {
        self.test(Test::Null)
    }

    /// Holds where the column is not NULL. In a column of JSON, the document `null` is not NULL.
    pub fn is_not_null(&self) -> Condition<M> {
        self.is_null().not()
    }

    /// Smallest first. NULL comes before every value, as `None` does in Rust.
    pub fn asc(&self) -> Order<M> {
        Order::ascending(self.place())
    }

    /// Greatest first. NULL comes after every value.
    pub fn desc(&self) -> Order<M> {
        Order::descending(self.place())
    }
}

/// Values are bound, never pasted into the SQL. Texts are compared as the database collates the column.
impl<M: Entity, T: Field> Column<M, T> {
    fn compare(&self, comparison: Comparison, operand: impl Operand<T>) -> Condition<M> {
        self.test(Test::Compare(comparison, value(operand.into_value())))
    }

    /// Holds where the column equals the value. `eq(None)` holds where it is NULL.
    pub fn eq(&self, operand: impl Operand<T>) -> Condition<M> {
        self.compare(Comparison::Equal, operand)
    }

    /// Holds where [`eq`](Self::eq) does not: a row with NULL is unequal to every value, and `ne(None)` holds where the column is not NULL.
    pub fn ne(&self, operand: impl Operand<T>) -> Condition<M> {
        self.eq(operand).not()
    }

    /// Holds where the column is less than the value; never where one of them is NULL.
    pub fn lt(&self, operand: impl Operand<T>) -> Condition<M> {
        self.compare(Comparison::Less, operand)
    }

    /// Holds where the column is less than the value, or equal; never where one of them is NULL.
    pub fn le(&self, operand: impl Operand<T>) -> Condition<M> {
        self.compare(Comparison::LessOrEqual, operand)
    }

    /// Holds where the column is greater than the value; never where one of them is NULL.
    pub fn gt(&self, operand: impl Operand<T>) -> Condition<M> {
        self.compare(Comparison::Greater, operand)
    }

    /// Holds where the column is greater than the value, or equal; never where one of them is NULL.
    pub fn ge(&self, operand: impl Operand<T>) -> Condition<M> {
        self.compare(Comparison::GreaterOrEqual, operand)
    }

    /// Holds where the column is `low`, `high` or in between; never where one of the three is NULL.
    pub fn between(&self, low: impl Operand<T>, high: impl Operand<T>) -> Condition<M> {
        self.test(Test::Between(value(low.into_value()), value(high.into_value())))
    }

    /// Holds where the column equals one of the values. An empty list holds of no row, and `None` in it asks for NULL.
    ///
    /// Each value takes one parameter of the statement, and all conditions of a query share them: SQLite takes 32,766, PostgreSQL and MySQL take 65,535.
    /// A query with more fails with [`Error::TooManyValues`](crate::error::Error::TooManyValues). Read a longer list in
    /// parts.
    #[doc(alias = "is_in")]
    pub fn in_<O: Operand<T>>(&self, operands: impl IntoIterator<Item = O>) -> Condition<M> {
        let values = operands.into_iter().map(|operand| value(operand.into_value())).collect::<Vec<BoundValue>>();
        self.test(Test::In(values))
    }

    /// Holds where [`in_`](Self::in_) does not: an empty list holds of every row, and NULL is in no list without `None`.
    pub fn not_in<O: Operand<T>>(&self, operands: impl IntoIterator<Item = O>) -> Condition<M> {
        self.in_(operands).not()
    }

    /// Sets the column to the value, in an update of many rows or in the links that a relation adds.
    ///
    /// The primary key, a column of JSON and a column that is set twice are errors of the call that gets the assignment. An
    /// update does not fill `auto_now` columns: set them too.
    pub fn set(&self, operand: impl Operand<T>) -> Assignment<M>
    where
        T: Clone,
    {
        Assignment::new(self.index(), operand.into_value())
    }
}
