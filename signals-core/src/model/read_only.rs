//! The typed constants of columns that the program only reads.

use std::fmt;
use std::ops::Deref;

use super::{Column, ColumnOf, Entity, ForeignColumn, ReferencedColumn, ReferencedValues};

/// A column that this program only reads: one with `generated` or `read_only`.
///
/// It has the methods of a [`Column`], to filter and to sort by, except `set`.
///
/// # Examples
///
/// ```
/// use signals::Model;
///
/// #[derive(Model)]
/// struct Line {
///     id: i64,
///     price: i64,
///     amount: i64,
///     #[model(generated, sql_type = "BIGINT GENERATED ALWAYS AS (price * amount) STORED")]
///     total: i64,
/// }
///
/// let _ = Line::objects().filter(Line::TOTAL.ge(100)).order_by(Line::TOTAL.desc());
/// ```
pub struct ReadOnlyColumn<M, T>(Column<M, T>);

impl<M, T> ReadOnlyColumn<M, T> {
    /// Returns the column of this number and field name.
    #[doc(hidden)]
    pub const fn new(index: usize, name: &'static str) -> Self {
        Self(Column::new(index, name))
    }

    /// Returns the reference of a field of type `F` to this column.
    #[doc(hidden)]
    pub const fn referenced_by<F: ForeignColumn<T>>(&self, values: &ReferencedValues<T>) -> ReferencedColumn {
        self.0.referenced_by::<F>(values)
    }

    /// Does not exist: see [`Assignable`].
    #[doc(hidden)]
    pub fn set<O, R>(&self, _operand: O) -> R
    where
        Self: Assignable,
    {
        Self::never()
    }
}

/// Refuses `Line::TOTAL.set(1)`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the database fills this column, and no statement of the program writes it",
    label = "the column is `generated` or `read_only`",
    note = "leave the assignment out, or the word on the field"
)]
pub trait Assignable {
    fn never<R>() -> R;
}

impl<M, T> Deref for ReadOnlyColumn<M, T> {
    type Target = Column<M, T>;

    fn deref(&self) -> &Column<M, T> {
        &self.0
    }
}

impl<M: Entity, T> ColumnOf<M> for ReadOnlyColumn<M, T> {
    fn index(&self) -> usize {
        self.0.index()
    }
}

impl<M, T> fmt::Debug for ReadOnlyColumn<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
