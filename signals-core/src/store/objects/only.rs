//! The only row of a query set.

use futures_util::future::BoxFuture;

use super::{Objects, reading, statement};
use crate::backend::Backend;
use crate::db::{Handle, IntoHandle};
use crate::error::{Error, Result};
use crate::model::Entity;
use crate::query::{Built, Select};

impl<M: Entity> Objects<M> {
    /// Reads the one row that matches.
    ///
    /// This is Django's `get`. [`Model::get`](crate::store::Model::get) reads a row by its key, and
    /// [`first`](Self::first) returns an `Option`.
    ///
    /// # Errors
    ///
    /// [`Error::DoesNotExist`] if no row matches, with `None` as its `key`, and [`Error::MultipleObjects`] if
    /// several do. For other errors, see [`all`](Self::all).
    ///
    /// # Cancel safety
    ///
    /// See [`all`](Self::all).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Error, Model, Result};
    /// # #[derive(Model)]
    /// # struct User { id: i64, #[model(unique)] email: String }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let ann = User::objects().filter(User::EMAIL.eq("ann@example.com")).get(db).await?;
    /// let nobody = User::objects().filter(User::EMAIL.eq("")).get(db).await;
    /// assert!(matches!(nobody, Err(Error::DoesNotExist { .. })));
    /// # drop(ann);
    /// # Ok(()) }
    /// ```
    pub fn get<'a>(&self, on: impl IntoHandle<'a>) -> BoxFuture<'a, Result<M>> {
        let (objects, on) = (self.clone(), on.into_handle());
        Box::pin(async move {
            let row = objects.one(on, Select::rows).await?;
            row.ok_or(Error::DoesNotExist { model: M::meta().name(), key: None })
        })
    }

    /// Returns the only row, if there is one.
    pub(super) async fn one(
        &self,
        on: Handle<'_>,
        statement: impl FnOnce(&Select, Backend) -> Result<Built>,
    ) -> Result<Option<M>> {
        let Built { statement, args } = statement::built(&self.select.clone().limit(2), on, statement)?;
        let mut rows = on.all(&statement, args, reading::<M>(), M::load).await?;
        let row = rows.pop();
        if rows.is_empty() { Ok(row) } else { Err(Error::MultipleObjects { model: M::meta().name(), at_least: 2 }) }
    }
}
