//! Columns whose values are read without the rest of the row.

use crate::backend::{Field, Row};
use crate::model::{Column, Entity, ReadOnlyColumn};

/// The argument of [`Objects::values`](crate::store::Objects::values): a column, or a tuple of up to 12 columns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a column of `{M}` nor a tuple of its columns",
    label = "not columns of `{M}`",
    note = "write a column such as `{M}::ID`, or a tuple of up to 12 columns such as `({M}::ID,)`; a column of JSON is read with its row"
)]
pub trait Values<M> {
    /// What is read from a row: the value of the column, or a tuple of values.
    type Output: Send + 'static;

    /// Returns the indexes of the columns.
    #[doc(hidden)]
    fn indexes(&self) -> Vec<usize>;

    /// Reads the values of a row.
    ///
    /// # Errors
    ///
    /// sqlx's error with the column's name.
    #[doc(hidden)]
    fn read(&self, row: &Row<'_>) -> Result<Self::Output, sqlx::Error>;
}

/// Reads a column as the load of a row does.
pub(crate) fn read_column<M: Entity, T: Field>(column: &Column<M, T>, row: &Row<'_>) -> Result<T, sqlx::Error> {
    let described = &M::meta().columns()[column.index()];
    let Some(stored) = described.stored() else { return row.get(described.column) };
    let mut value = None::<T>;
    (stored.read)(row, described.column, &mut value)?;
    value.ok_or_else(|| sqlx::Error::ColumnNotFound(described.column.into()))
}

#[diagnostic::do_not_recommend]
impl<M: Entity, T: Field> Values<M> for &Column<M, T> {
    type Output = T;

    fn indexes(&self) -> Vec<usize> {
        vec![self.index()]
    }

    fn read(&self, row: &Row<'_>) -> Result<T, sqlx::Error> {
        read_column(self, row)
    }
}

#[diagnostic::do_not_recommend]
impl<M: Entity, T: Field> Values<M> for &ReadOnlyColumn<M, T> {
    type Output = T;

    fn indexes(&self) -> Vec<usize> {
        vec![self.index()]
    }

    fn read(&self, row: &Row<'_>) -> Result<T, sqlx::Error> {
        read_column(self, row)
    }
}

macro_rules! tuples {
    ($(($($column:ident $place:tt),+))+) => {$(
        #[diagnostic::do_not_recommend]
        impl<M, $($column: Values<M>),+> Values<M> for ($($column,)+) {
            type Output = ($($column::Output,)+);

            fn indexes(&self) -> Vec<usize> {
                [$(self.$place.indexes()),+].concat()
            }

            fn read(&self, row: &Row<'_>) -> Result<Self::Output, sqlx::Error> {
                Ok(($(self.$place.read(row)?,)+))
            }
        }
    )+};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
}
