//! The assignments of an update.

use std::fmt;
use std::iter;
use std::marker::PhantomData;
use std::sync::Arc;

use super::value::{Assign, BoundValue};
use crate::backend::{Args, Field};
use crate::error::Result;
use crate::model::Entity;

/// A column and the value that an update gives it: `User::ACTIVE.set(false)`.
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
    value: Arc<dyn Assign>,
}

impl Assigned {
    /// Returns the column's index among the model's columns.
    pub(crate) fn column(&self) -> usize {
        self.column
    }

    /// Binds the value.
    pub(crate) fn bind(&self, args: &mut Args) -> Result<()> {
        self.value.bind(args)
    }

    /// Returns the value, for a statement.
    pub(super) fn value(&self) -> BoundValue {
        let value: Arc<dyn Assign> = Arc::clone(&self.value);
        value
    }
}

impl<M> Assignment<M> {
    pub(super) fn new<T: Field + Clone>(column: usize, value: T) -> Self {
        Self { assigned: Assigned { column, value: Arc::new(value) }, model: PhantomData }
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
    /// Puts the value into an instance. Returns false if the model does not allow its columns to be set.
    pub(crate) fn assign(&self, instance: &mut M) -> bool {
        instance.field_mut(self.assigned.column).is_some_and(|field| self.assigned.value.assign(field))
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
