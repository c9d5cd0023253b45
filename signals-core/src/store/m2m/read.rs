//! Reads of a relation.

use futures_util::future::BoxFuture;

use super::ManyToMany;
use super::key_of::KeyOf;
use super::side::Side;
use crate::db::{Doing, IntoHandle};
use crate::error::{Error, Result};
use crate::model::SingleKey;
use crate::query::{Built, ColumnRef, Node, Select, Subquery, value};
use crate::store::keys::Keys;
use crate::store::{Model, Objects};

impl<'a, T: Model, M: Model> ManyToMany<'a, T, M> {
    /// Returns the related rows as a query set, to filter, order and read them.
    ///
    /// # Errors
    ///
    /// [`Error::KeyMissing`] if the instance is not saved, [`Error::ThroughFields`] if it is not clear which
    /// fields of the through model are meant.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Model)]
    /// # #[model(many_to_many(toppings: Topping, related = pizzas))]
    /// # struct Pizza { id: i64 }
    /// # #[derive(Debug, Model)]
    /// # struct Topping { id: i64 }
    /// # async fn example(db: &Db, pizza: &Pizza, basil: &Topping, olives: &Topping) -> Result<()> {
    /// let last = pizza.toppings().objects()?.order_by(Topping::ID.desc()).first(db).await?;
    /// # drop(last);
    /// # Ok(()) }
    /// ```
    pub fn objects(&self) -> Result<Objects<M>> {
        let side = self.side()?;
        let through = T::meta();
        let linked = Subquery { column: ColumnRef::of(through, side.other), filter: owned(&side) };
        // Only models whose key is one column have relations.
        let key = ColumnRef::of(M::meta(), M::meta().single_key().unwrap_or_default());
        Ok(Objects::of(Select::of(M::meta()).filter(Node::within(key, linked))))
    }

    /// Reads the related rows, in the order of their keys.
    ///
    /// # Errors
    ///
    /// See [`objects`](Self::objects) and [`Objects::all`].
    ///
    /// # Cancel safety
    ///
    /// This call only reads, so dropping the future changes nothing.
    pub fn all(&self, on: impl IntoHandle<'a>) -> BoxFuture<'a, Result<Vec<M>>> {
        let (objects, on) = (self.objects(), on.into_handle());
        Box::pin(async move { Objects::of(objects?.select.or_by_key()).all(on).await })
    }

    /// Counts the related rows.
    ///
    /// # Errors
    ///
    /// See [`all`](Self::all).
    ///
    /// # Cancel safety
    ///
    /// See [`all`](Self::all).
    pub fn count(&self, on: impl IntoHandle<'a>) -> BoxFuture<'a, Result<u64>> {
        let (objects, on) = (self.objects(), on.into_handle());
        Box::pin(async move { objects?.count(on).await })
    }

    /// Returns whether this row is related.
    ///
    /// # Errors
    ///
    /// See [`all`](Self::all). [`Error::KeyMissing`] also if `row` is not saved.
    ///
    /// # Cancel safety
    ///
    /// See [`all`](Self::all).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Model)]
    /// # #[model(many_to_many(toppings: Topping, related = pizzas))]
    /// # struct Pizza { id: i64 }
    /// # #[derive(Debug, Model)]
    /// # struct Topping { id: i64 }
    /// # async fn example(db: &Db, pizza: &Pizza, basil: &Topping, olives: &Topping) -> Result<()> {
    /// if pizza.toppings().contains(db, basil).await? {
    ///     println!("it is a margherita");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn contains(&self, on: impl IntoHandle<'a>, row: impl KeyOf<M>) -> BoxFuture<'a, Result<bool>>
    where
        M::Key: SingleKey,
    {
        let (side, on, key) = (self.side(), on.into_handle(), row.into_key());
        Box::pin(async move {
            let side = side?;
            side.refuse_unset(&Keys(vec![key.clone()]), "save it first")?;
            let link = owned(&side).and(Node::equal(ColumnRef::of(T::meta(), side.other), value(key)));
            let Built { statement, args } = Select::of(T::meta()).filter(link).exists(on.db().backend())?;
            let doing = Doing { verb: "SELECT", model: T::meta().name() };
            Ok(on.first(&statement, args, doing, |_| Ok(())).await?.is_some())
        })
    }

    /// Reads the keys of the related rows, in order, without the rows.
    ///
    /// # Errors
    ///
    /// See [`all`](Self::all).
    ///
    /// # Cancel safety
    ///
    /// See [`all`](Self::all).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Model)]
    /// # #[model(many_to_many(toppings: Topping, related = pizzas))]
    /// # struct Pizza { id: i64 }
    /// # #[derive(Debug, Model)]
    /// # struct Topping { id: i64 }
    /// # async fn example(db: &Db, pizza: &Pizza, basil: &Topping, olives: &Topping) -> Result<()> {
    /// let keys: Vec<i64> = pizza.toppings().keys(db).await?;
    /// # drop(keys);
    /// # Ok(()) }
    /// ```
    pub fn keys(&self, on: impl IntoHandle<'a>) -> BoxFuture<'a, Result<Vec<M::Key>>> {
        let (side, on) = (self.side(), on.into_handle());
        Box::pin(async move {
            let linked = side?.linked(Box::new(Keys::<M::Key>::default()), on).await?;
            linked.into_any().downcast::<Keys<M::Key>>().map(|keys| keys.0).map_err(|_| other_type::<M>())
        })
    }
}

/// Returns the condition that a link is one of the instance.
fn owned(side: &Side<'_>) -> Node {
    Node::equal(ColumnRef::of(side.through.meta(), side.own), side.owner.clone())
}

/// Returns the error of a list of keys of another type, which never happens.
fn other_type<M: Model>() -> Error {
    Error::Internal(format!("the keys of `{}` are of another type", M::meta().name()))
}
