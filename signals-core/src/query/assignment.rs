//! The assignments of an update.

use std::any::Any;
use std::fmt;
use std::iter;
use std::marker::PhantomData;
use std::sync::Arc;

use super::node::ColumnRef;
use super::term::Term;
use super::value::Assign;
use crate::backend::{Args, Field, Row};
use crate::error::{Error, Result};
use crate::model::{Entity, StoredCodec};

/// A column and the value or the [expression](super::Expression) that an update sets it to:
/// `User::ACTIVE.set(false)`, `User::VISITS.set(User::VISITS + 1)`.
///
/// # Examples
///
/// ```no_run
/// # use signals::{Db, Model, Result};
/// # #[derive(Debug, Clone, Model)]
/// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
/// # async fn example(db: &Db) -> Result<()> {
/// let rows = User::objects().update(db, User::ACTIVE.set(false)).await?;                  // one
/// let rows = rows + User::objects().update(db, [User::ACTIVE.set(true), User::AGE.set(None)]).await?;
/// # let _ = rows;
/// # Ok(()) }
/// ```
#[must_use = "an assignment does nothing until it is given to an update"]
pub struct Assignment<M> {
    assigned: Assigned,
    model: PhantomData<fn() -> M>,
}

/// An assignment without its model's type.
#[derive(Clone)]
pub(crate) struct Assigned {
    column: usize,
    to: AssignedTo,
}

/// What a column is set to.
#[derive(Clone)]
pub(crate) enum AssignedTo {
    /// A value, and how it is bound if SQLite keeps it in a form of its own.
    Value(Arc<dyn Assign>, Option<StoredCodec>),
    Computed(Arc<Computed>),
}

/// An expression that a column is set to.
pub(crate) struct Computed {
    pub(super) place: ColumnRef,
    pub(super) term: Term,
    /// Reads the result from a row into a field. Returns whether the field has its type.
    read: fn(&Row<'_>, &str, &mut dyn Any) -> Result<bool, sqlx::Error>,
}

impl Computed {
    /// Describes an expression that a column of type `T` is set to.
    pub(super) fn new<T: Field>(place: ColumnRef, term: Term) -> Self {
        let read = |row: &Row<'_>, name: &str, field: &mut dyn Any| {
            let Some(field) = field.downcast_mut::<T>() else { return Ok(false) };
            *field = row.get(name)?;
            Ok(true)
        };
        Self { place, term, read }
    }

    /// Reads the result from a row of [`Select::rows_computing`](super::Select::rows_computing) into an instance.
    pub(crate) fn read<M: Entity>(
        &self,
        row: &Row<'_>,
        name: &str,
        column: usize,
        instance: &mut M,
    ) -> Result<(), sqlx::Error> {
        let is_read = instance.field_mut(column).map_or(Ok(false), |field| (self.read)(row, name, field))?;
        if is_read { Ok(()) } else { Err(sqlx::Error::ColumnNotFound(self.place.field.into())) }
    }
}

impl Assigned {
    pub(super) fn new(column: usize, to: AssignedTo) -> Self {
        Self { column, to }
    }

    /// Returns the column's index among the model's columns.
    pub(crate) fn column(&self) -> usize {
        self.column
    }

    /// Binds the value.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`] if it is an expression.
    pub(crate) fn bind(&self, args: &mut Args) -> Result<()> {
        match &self.to {
            AssignedTo::Value(value, Some(stored)) => (stored.write)(value.as_any(), args),
            AssignedTo::Value(value, None) => value.bind(args),
            AssignedTo::Computed(_) => Err(Error::Internal("an expression is not a value".into())),
        }
    }

    /// Returns what the column is set to, for a statement.
    pub(super) fn to(&self) -> &AssignedTo {
        &self.to
    }

    /// Returns the expression, if it is one.
    pub(crate) fn computed(&self) -> Option<&Arc<Computed>> {
        match &self.to {
            AssignedTo::Value(..) => None,
            AssignedTo::Computed(computed) => Some(computed),
        }
    }
}

impl<M> Assignment<M> {
    pub(super) fn new(assigned: Assigned) -> Self {
        Self { assigned, model: PhantomData }
    }

    /// Returns the column's index among the model's columns.
    pub fn column(&self) -> usize {
        self.assigned.column
    }

    pub(crate) fn assigned(&self) -> &Assigned {
        &self.assigned
    }
}

/// Lets a call take one assignment as well as a list.
impl<M> IntoIterator for Assignment<M> {
    type Item = Self;
    type IntoIter = iter::Once<Self>;

    fn into_iter(self) -> Self::IntoIter {
        iter::once(self)
    }
}

impl<M: Entity> Assignment<M> {
    /// Puts the value into an instance, unless it is an expression. Returns false if the model does not allow its
    /// columns to be set.
    pub(crate) fn assign(&self, instance: &mut M) -> bool {
        match &self.assigned.to {
            AssignedTo::Computed(_) => true,
            AssignedTo::Value(value, _) => {
                instance.field_mut(self.assigned.column).is_some_and(|field| value.assign(field))
            }
        }
    }
}

impl<M> Clone for Assignment<M> {
    fn clone(&self) -> Self {
        Self { assigned: self.assigned.clone(), model: PhantomData }
    }
}

impl<M: Entity> fmt::Debug for Assignment<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Assignment").field(&M::meta().columns()[self.assigned.column].field).finish()
    }
}
