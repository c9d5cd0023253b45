//! The conditions, orders and assignments that a column makes.

use super::assignment::Assignment;
use super::condition::Condition;
use super::expression::IntoExpression;
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

    /// Tests whether the column is NULL.
    ///
    /// `None` in a field marked `json` is stored as NULL, and this test matches it. It does not match the JSON document
    /// `null`, which other programs may have written.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let ageless = User::objects().filter(User::AGE.is_null()).all(db).await?;
    /// # drop(ageless);
    /// # Ok(()) }
    /// ```
    pub fn is_null(&self) -> Condition<M> {
        self.test(Test::Null)
    }

    /// Tests whether the column is not NULL. In a JSON column, the document `null` is not NULL.
    pub fn is_not_null(&self) -> Condition<M> {
        self.is_null().not()
    }

    /// Sorts the smallest value first. NULL comes before every value, as `None` does in Rust.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let users = User::objects().order_by([User::AGE.asc(), User::ID.asc()]).all(db).await?;
    /// # drop(users);
    /// # Ok(()) }
    /// ```
    pub fn asc(&self) -> Order<M> {
        Order::ascending(self.place())
    }

    /// Sorts the greatest value first. NULL comes after every value.
    pub fn desc(&self) -> Order<M> {
        Order::descending(self.place())
    }
}

/// Values are bound, never inserted into the SQL text. Texts are compared by the collation of the column.
impl<M: Entity, T: Field> Column<M, T> {
    fn compare(&self, comparison: Comparison, operand: impl Operand<T>) -> Condition<M> {
        self.test(Test::Compare(comparison, value(operand.into_value())))
    }

    /// Tests whether the column equals the value. `eq(None)` tests for NULL.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let anns = User::objects().filter(User::NAME.eq("Ann")).all(db).await?;
    /// let ageless = User::objects().filter(User::AGE.eq(None)).all(db).await?;
    /// # drop((anns, ageless));
    /// # Ok(()) }
    /// ```
    pub fn eq(&self, operand: impl Operand<T>) -> Condition<M> {
        self.compare(Comparison::Equal, operand)
    }

    /// Tests the opposite of [`eq`](Self::eq): NULL is unequal to every value, and `ne(None)` tests for a
    /// value other than NULL.
    pub fn ne(&self, operand: impl Operand<T>) -> Condition<M> {
        self.eq(operand).not()
    }

    /// Tests whether the column is less than the value. It is false if one of them is NULL.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let minors = User::objects().filter(User::AGE.lt(18)).all(db).await?;       // not those without an age
    /// # drop(minors);
    /// # Ok(()) }
    /// ```
    pub fn lt(&self, operand: impl Operand<T>) -> Condition<M> {
        self.compare(Comparison::Less, operand)
    }

    /// Tests whether the column is less than or equal to the value. It is false if one of them is NULL.
    pub fn le(&self, operand: impl Operand<T>) -> Condition<M> {
        self.compare(Comparison::LessOrEqual, operand)
    }

    /// Tests whether the column is greater than the value. It is false if one of them is NULL.
    pub fn gt(&self, operand: impl Operand<T>) -> Condition<M> {
        self.compare(Comparison::Greater, operand)
    }

    /// Tests whether the column is greater than or equal to the value. It is false if one of them is NULL.
    pub fn ge(&self, operand: impl Operand<T>) -> Condition<M> {
        self.compare(Comparison::GreaterOrEqual, operand)
    }

    /// Tests whether the column is `low`, `high` or between them. It is false if one of the three is NULL.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let teens = User::objects().filter(User::AGE.between(13, 19)).all(db).await?;     // 13 and 19 too
    /// # drop(teens);
    /// # Ok(()) }
    /// ```
    pub fn between(&self, low: impl Operand<T>, high: impl Operand<T>) -> Condition<M> {
        self.test(Test::Between(value(low.into_value()), value(high.into_value())))
    }

    /// Tests whether the column equals one of the values. An empty list matches no row, and a `None` in the
    /// list matches NULL.
    ///
    /// Each value takes one parameter of the statement, and all conditions of a query share them. SQLite
    /// allows 32,766; PostgreSQL and MySQL allow 65,535. A query with more returns
    /// [`Error::TooManyValues`](crate::error::Error::TooManyValues). Read a longer list in parts.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let users = User::objects().filter(User::ID.in_([1, 2, 3])).all(db).await?;
    /// let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
    /// let same = User::objects().filter(User::ID.in_(&ids)).all(db).await?;
    /// # drop(same);
    /// # Ok(()) }
    /// ```
    #[doc(alias = "is_in")]
    pub fn in_<O: Operand<T>>(&self, operands: impl IntoIterator<Item = O>) -> Condition<M> {
        let values = operands.into_iter().map(|operand| value(operand.into_value())).collect::<Vec<BoundValue>>();
        self.test(Test::In(values))
    }

    /// Tests the opposite of [`in_`](Self::in_). An empty list matches every row, and NULL matches every list
    /// without `None`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let others = User::objects().filter(User::NAME.not_in(["Ann", "Bob"])).all(db).await?;
    /// # drop(others);
    /// # Ok(()) }
    /// ```
    pub fn not_in<O: Operand<T>>(&self, operands: impl IntoIterator<Item = O>) -> Condition<M> {
        self.in_(operands).not()
    }

    /// Sets the column to a value or an [`Expression`](super::Expression) in an update of many rows, or to a value in
    /// the links that a relation adds.
    ///
    /// The call that gets the assignment returns an error for the primary key, a JSON column, or a column
    /// that is set twice. An update does not fill `auto_now` columns: set them too, such as to
    /// [`now()`](super::now).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let rows = User::objects().update(db, [User::ACTIVE.set(false), User::AGE.set(None)]).await?;
    /// let older = User::objects().update(db, User::AGE.set(User::AGE + 1)).await?;        // NULL stays NULL
    /// # let _ = (rows, older);
    /// # Ok(()) }
    /// ```
    pub fn set(&self, to: impl IntoExpression<M, T>) -> Assignment<M> {
        Assignment::new(to.into_expression().assigned_to(self))
    }
}
