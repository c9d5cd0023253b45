//! Creation of a row together with its link.

use std::fmt;
use std::future::IntoFuture;

use futures_util::future::BoxFuture;

use super::ManyToMany;
use super::side::LinkOptions;
use crate::db::{Handle, IntoHandle};
use crate::error::Result;
use crate::store::Model;
use crate::store::calls::{Save, SaveOptions, option_method};
use crate::store::send::PreSaveReceivers;
use crate::store::write_scope::{KeyGuard, WriteScope};

impl<'a, T: Model, M: Model> ManyToMany<'a, T, M> {
    /// Saves a row and adds it to the relation.
    ///
    /// Sends the signals of the save, then those of the add. Both are one transaction. Options chain before
    /// `.await`.
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
    pub fn create(&self, on: impl IntoHandle<'a>, row: &'a mut M) -> M2mCreate<'a, T, M> {
        M2mCreate { relation: *self, row, on: on.into_handle(), options: LinkOptions::default() }
    }
}

/// A row that is about to be saved and linked: `.await` it, or set options first.
#[must_use = "nothing is created until this is awaited"]
pub struct M2mCreate<'a, T, M> {
    relation: ManyToMany<'a, T, M>,
    row: &'a mut M,
    on: Handle<'a>,
    options: LinkOptions,
}

impl<T: Model, M: Model> fmt::Debug for M2mCreate<'_, T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("M2mCreate")
            .field("relation", &self.relation)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<T: Model, M: Model> M2mCreate<'_, T, M> {
    option_method! { raw: options.raw }
    option_method! {
        /// Neither the row nor the relation sends.
        quiet: options.quiet
    }

    async fn run(self) -> Result<()> {
        let Self { relation, row, on, options } = self;
        relation.side()?;
        let mut scope = WriteScope::new(on);
        let may_change = !options.quiet && PreSaveReceivers::<M>::now(&scope).may_change_rows(options.raw);
        let kept = KeyGuard::new(row, may_change);
        scope.open_if(true).await?;
        let created = async {
            let LinkOptions { raw, quiet } = options;
            let of_save = SaveOptions { raw, quiet, ..SaveOptions::default() };
            Save { instance: &mut *kept.held, on: scope.handle(), options: of_save }.await?;
            let mut add = relation.add(scope.handle(), [&*kept.held]);
            add.call.options = options;
            add.await
        };
        let created = created.await;
        kept.end(scope, created).await
    }
}

impl<'a, T: Model, M: Model> IntoFuture for M2mCreate<'a, T, M> {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'a, Result<()>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
