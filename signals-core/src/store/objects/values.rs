//! The values of some columns.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use futures_util::future::BoxFuture;

use super::{Objects, reading, statement};
use crate::db::{Handle, IntoHandle};
use crate::error::Result;
use crate::model::Entity;
use crate::query::{Built, Select, Values};

impl<M: Entity> Objects<M> {
    /// Reads only the values of these columns: a `Vec` of the values of one column, or of tuples.
    ///
    /// [`distinct`](ValuesOf::distinct) chains before `.await`.
    ///
    /// # Errors
    ///
    /// [`Error::JsonValue`](crate::error::Error::JsonValue) for a column of JSON. For other errors, see
    /// [`all`](Self::all).
    ///
    /// # Cancel safety
    ///
    /// See [`all`](Self::all).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let users = User::objects().order_by(User::NAME.asc());
    /// let names: Vec<String> = users.values(db, User::NAME).await?;
    /// let rows: Vec<(i64, Option<i32>)> = users.values(db, (User::ID, User::AGE)).await?;
    /// let different: Vec<String> = users.values(db, User::NAME).distinct().await?;
    /// # drop((names, rows, different));
    /// # Ok(()) }
    /// ```
    pub fn values<'a, C: Values<M>>(&self, on: impl IntoHandle<'a>, columns: C) -> ValuesOf<'a, M, C> {
        let model = PhantomData;
        ValuesOf { select: self.select.clone(), on: on.into_handle(), columns, is_distinct: false, model }
    }
}

/// A query of the values of some columns: `.await` it, or set options first.
///
/// [`Objects::values`] returns it.
#[must_use = "nothing is read until it is awaited"]
pub struct ValuesOf<'a, M, C> {
    select: Select,
    on: Handle<'a>,
    columns: C,
    is_distinct: bool,
    model: PhantomData<fn() -> M>,
}

impl<M: Entity, C> ValuesOf<'_, M, C> {
    /// Returns equal values only once. NULL equals NULL, and texts are equal as the columns compare them.
    ///
    /// A limit and an offset count the different values. An order may use only these columns: by another one, the
    /// call returns [`Error::QueryOptions`](crate::error::Error::QueryOptions).
    pub fn distinct(mut self) -> Self {
        self.is_distinct = true;
        self
    }
}

impl<M: Entity, C> fmt::Debug for ValuesOf<'_, M, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValuesOf")
            .field("model", &M::meta().name())
            .field("select", &self.select)
            .field("distinct", &self.is_distinct)
            .finish_non_exhaustive()
    }
}

impl<'a, M: Entity, C: Values<M> + Send + Sync + 'a> IntoFuture for ValuesOf<'a, M, C> {
    type Output = Result<Vec<C::Output>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { select, on, columns, is_distinct, .. } = self;
        let read = if is_distinct { Select::distinct_values } else { Select::values };
        let built = statement::built(&select, on, |select, backend| read(select, backend, &columns.indexes()));
        Box::pin(async move {
            let Built { statement, args } = built?;
            on.all(&statement, args, reading::<M>(), |row| columns.read(row)).await
        })
    }
}
