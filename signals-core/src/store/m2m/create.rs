//! Creation of a row together with its link.

use futures_util::future::BoxFuture;

use super::ManyToMany;
use crate::db::IntoHandle;
use crate::error::Result;
use crate::store::Model;
use crate::store::send::PreSaveReceivers;
use crate::store::write_scope::{KeyGuard, WriteScope};

impl<'a, T: Model, M: Model> ManyToMany<'a, T, M> {
    /// Saves a row and adds it to the relation.
    ///
    /// Sends the signals of the save, then those of the add. Both are one transaction.
    ///
    /// # Errors
    ///
    /// See [`ManyToMany`] and [`save`](Model::save). After an error the row is not saved, and its key is as
    /// it was. See [`save`](Model::save) for its other fields.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Model)]
    /// # #[model(many_to_many(toppings: Topping))]
    /// # struct Pizza { id: i64 }
    /// # #[derive(Debug, Model)]
    /// # struct Topping { id: i64, name: String }
    /// # async fn example(db: &Db, pizza: &Pizza) -> Result<()> {
    /// let mut basil = Topping { id: 0, name: "Basil".into() };
    /// pizza.toppings().create(db, &mut basil).await?;
    /// # Ok(()) }
    /// ```
    pub fn create(&self, on: impl IntoHandle<'a>, row: &'a mut M) -> BoxFuture<'a, Result<()>> {
        let (relation, on) = (*self, on.into_handle());
        Box::pin(async move {
            relation.side()?;
            let mut scope = WriteScope::new(on);
            let kept = KeyGuard::new(row, PreSaveReceivers::<M>::now(&scope).may_change_rows(false));
            scope.open_if(true).await?;
            let created = async {
                kept.held.save(scope.handle()).await?;
                relation.add(scope.handle(), [&*kept.held]).await
            };
            let created = created.await;
            kept.end(scope, created).await
        })
    }
}
