//! The expressions that an update sets columns to.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Add, Div, Mul, Sub};
use std::sync::Arc;

use super::arithmetic_field::ArithmeticField;
use super::assignment::{Assigned, AssignedTo, Computed};
use super::operand::Operand;
use super::term::{Operator, Term};
use super::text::TextField;
use super::value::Assign;
use crate::backend::Field;
use crate::model::{Column, Entity, Timestamp};

/// A value that the database computes from the columns of a row of `M`: `Product::STOCK - 1`.
///
/// [`Column::set`] takes it in an update, and in `update_with` of an
/// [upsert](crate::store::OnConflict::update_with). `+`, `-`, `*` and `/` compute with columns of
/// [numbers](ArithmeticField), and [`concat`](Self::concat) joins texts. The other operand is a value of the column's
/// type, another column of it, or another expression. The column comes first: `Product::STOCK - 1`, not
/// `1 - Product::STOCK`. If a part is NULL, so is the whole; [`Column::coalesce`] replaces NULL.
///
/// All expressions of an update read the row as it was before the update.
///
/// - An integer that does not fit the column's type is an error of the database. So is a float on PostgreSQL and
///   MySQL; on SQLite it is infinite.
/// - A quotient of integers is an integer: `7 / 2` is 3 and `-7 / 2` is -3.
/// - Division by zero is an error on PostgreSQL. On SQLite and MySQL it is NULL, which a column that cannot be NULL
///   refuses.
/// - Fractions are computed and rounded by the database.
///
/// # Examples
///
/// ```standalone_crate
/// use signals::{Db, Model, Result};
///
/// #[derive(Debug, Model)]
/// struct Product { id: i64, name: String, stock: i32, reserved: i32, sold: Option<i32> }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///     let tea = Product { id: 0, name: "tea".into(), stock: 7, reserved: 2, sold: None }.create(&db).await?;
///
///     let available = Product::objects().filter(Product::STOCK.ge(1));
///     let sell = [Product::STOCK.set(Product::STOCK - 1), Product::SOLD.set(Product::SOLD.coalesce(0) + 1)];
///     assert_eq!(available.update(&db, sell).await?, 1);
///     Product::objects().update(&db, Product::STOCK.set((Product::STOCK - Product::RESERVED) * 2)).await?;
///     Product::objects().update(&db, Product::NAME.set(Product::NAME.concat(" (new)"))).await?;
///
///     let tea = Product::get(&db, tea.id).await?;
///     assert_eq!((&*tea.name, tea.stock, tea.sold), ("tea (new)", 8, Some(1)));
///     Ok(())
/// }
/// ```
#[must_use = "an expression does nothing until a column is set to it"]
pub struct Expression<M, T> {
    term: ExpressionTerm,
    types: PhantomData<fn() -> (M, T)>,
}

/// A value keeps its type, so that it can be put into an instance.
#[derive(Clone)]
enum ExpressionTerm {
    Value(Arc<dyn Assign>),
    Computed(Term),
}

impl<M, T> Expression<M, T> {
    fn new(term: ExpressionTerm) -> Self {
        Self { term, types: PhantomData }
    }

    fn of(term: Term) -> Self {
        Self::new(ExpressionTerm::Computed(term))
    }

    fn of_value(value: impl Assign + 'static) -> Self {
        Self::new(ExpressionTerm::Value(Arc::new(value)))
    }

    fn into_term(self) -> Term {
        match self.term {
            ExpressionTerm::Value(value) => Term::Value(value),
            ExpressionTerm::Computed(term) => term,
        }
    }

    /// Returns the assignment of the expression to a column.
    pub(super) fn assigned_to(self, column: &Column<M, T>) -> Assigned
    where
        M: Entity,
        T: Field,
    {
        let to = match self.term {
            ExpressionTerm::Value(value) => AssignedTo::Value(value, column.place().stored),
            ExpressionTerm::Computed(term) => AssignedTo::Computed(Arc::new(Computed::new::<T>(column.place(), term))),
        };
        Assigned::new(column.index(), to)
    }
}

impl<M, T> Expression<M, T> {
    /// Joins the text and another, as [`Column::concat`] does.
    pub fn concat(self, text: impl IntoExpression<M, T>) -> Self
    where
        T: TextField,
    {
        Self::of(Term::concat([self.into_term(), text.into_expression().into_term()]))
    }
}

impl<M: Entity, T: TextField> Column<M, T> {
    /// Joins the text of the column and another one, which comes after it. If one of them is NULL, so is the result.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, city: String }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let rows = User::objects().update(db, User::NAME.set(User::NAME.concat(" of ").concat(User::CITY))).await?;
    /// # let _ = rows;
    /// # Ok(()) }
    /// ```
    pub fn concat(&self, text: impl IntoExpression<M, T>) -> Expression<M, T> {
        IntoExpression::<M, T>::into_expression(self).concat(text)
    }
}

impl<M: Entity, T> Column<M, Option<T>> {
    /// Takes the value of the column, or another one if that is NULL.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, visits: Option<i32> }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let rows = User::objects().update(db, User::VISITS.set(User::VISITS.coalesce(0) + 1)).await?;
    /// # let _ = rows;
    /// # Ok(()) }
    /// ```
    pub fn coalesce(&self, otherwise: impl IntoExpression<M, T>) -> Expression<M, T> {
        Expression::of(Term::coalesce([Term::Column(self.place()), otherwise.into_expression().into_term()]))
    }
}

/// What a column of `M` with values of type `T` can be set to: a value as for a comparison ([`Operand`]), another
/// column of the same type, an [`Expression`], or the present time ([`now`]).
#[diagnostic::on_unimplemented(
    message = "a column of `{T}` cannot be set to, or computed with, `{Self}`",
    label = "neither a value of this column, nor an expression of its model",
    note = "pass a value of type `{T}` or a reference to one, or a column or an expression of `{M}` of this type; a column of `String` takes `&str` too, and a column of `Option<T>` takes a `T`"
)]
pub trait IntoExpression<M, T> {
    /// Returns the expression.
    #[doc(hidden)]
    fn into_expression(self) -> Expression<M, T>;
}

/// The values: the same as those of [`Operand`].
macro_rules! values {
    ($([$($value:ident)?] $from:ty => $to:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<M $(, $value: Field + Clone)?> IntoExpression<M, $to> for $from
        where
            $to: Field + Clone,
        {
            fn into_expression(self) -> Expression<M, $to> {
                Expression::of_value(<Self as Operand<$to>>::into_value(self))
            }
        }
    )*};
}

values! {
    [T] T => T;
    [T] &T => T;
    [T] T => Option<T>;
    [T] &T => Option<T>;
    [] &str => String;
    [] &str => Option<String>;
}

#[diagnostic::do_not_recommend]
impl<M: Entity, T> IntoExpression<M, T> for &Column<M, T> {
    fn into_expression(self) -> Expression<M, T> {
        Expression::of(Term::Column(self.place()))
    }
}

#[diagnostic::do_not_recommend]
impl<M: Entity, T> IntoExpression<M, Option<T>> for &Column<M, T> {
    fn into_expression(self) -> Expression<M, Option<T>> {
        Expression::of(Term::Column(self.place()))
    }
}

#[diagnostic::do_not_recommend]
impl<M, T> IntoExpression<M, T> for Expression<M, T> {
    fn into_expression(self) -> Self {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<M, T> IntoExpression<M, Option<T>> for Expression<M, T> {
    fn into_expression(self) -> Expression<M, Option<T>> {
        Expression::of(self.into_term())
    }
}

macro_rules! operators {
    ($($trait:ident::$method:ident: $operator:ident),*) => {$(
        impl<M: Entity, T: ArithmeticField, O: IntoExpression<M, T>> $trait<O> for &Column<M, T> {
            type Output = Expression<M, T>;

            fn $method(self, other: O) -> Expression<M, T> {
                IntoExpression::<M, T>::into_expression(self).$method(other)
            }
        }

        impl<M, T: ArithmeticField, O: IntoExpression<M, T>> $trait<O> for Expression<M, T> {
            type Output = Self;

            fn $method(self, other: O) -> Self {
                let parts = [self.into_term(), other.into_expression().into_term()];
                Self::of(Term::arithmetic(Operator::$operator, T::KIND.kind(), parts))
            }
        }
    )*};
}

operators! { Add::add: Add, Sub::sub: Subtract, Mul::mul: Multiply, Div::div: Divide }

/// The present time, to which an update sets a column: `Post::SEEN.set(now())`.
///
/// It is the time of the program's clock at this call, as in `auto_now` columns: in UTC and in whole microseconds.
///
/// # Examples
///
/// ```no_run
/// # #[cfg(feature = "chrono")]
/// # mod example {
/// use signals::query::now;
/// use signals::{Db, Model, Result};
/// use chrono::{DateTime, Utc};
///
/// #[derive(Debug, Model)]
/// struct Post { id: i64, seen: Option<DateTime<Utc>> }
///
/// async fn see(db: &Db) -> Result<u64> {
///     Post::objects().filter(Post::SEEN.is_null()).update(db, Post::SEEN.set(now())).await
/// }
/// # }
/// ```
pub fn now() -> Now {
    Now(())
}

/// The result of [`now`].
#[derive(Debug, Clone, Copy)]
pub struct Now(());

#[diagnostic::do_not_recommend]
impl<M, T: Timestamp + Field + Clone> IntoExpression<M, T> for Now {
    fn into_expression(self) -> Expression<M, T> {
        Expression::of_value(T::now())
    }
}

impl<M, T> Clone for Expression<M, T> {
    fn clone(&self) -> Self {
        Self::new(self.term.clone())
    }
}

impl<M, T> fmt::Debug for Expression<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.term {
            ExpressionTerm::Value(_) => f.write_str("Expression(?)"),
            ExpressionTerm::Computed(term) => f.debug_tuple("Expression").field(term).finish(),
        }
    }
}
