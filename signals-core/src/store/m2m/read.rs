//! Reads of a relation.

use futures_util::future::BoxFuture;

use super::ManyToMany;
use super::key_of::KeyOf;
use super::side::Side;
use crate::db::{Doing, IntoHandle};
use crate::error::{Error, Result};
use crate::query::{Built, ColumnRef, Node, Refusal, Select, Subquery};
use crate::store::keys::{AnyKeys as _, Keys};
use crate::store::{Model, Objects};

impl<'a, T: Model, M: Model> ManyToMany<'a, T, M> {
    /// Returns the related rows as a query set, to filter, order and read them.
    ///
    /// If the instance is not saved, each call of the set returns [`Error::KeyMissing`]. If it is not clear which fields
    /// of the through model are meant, it returns [`Error::ThroughFields`].
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
    /// let last = pizza.toppings().objects().order_by(Topping::ID.desc()).first(db).await?;
    /// # drop(last);
    /// # Ok(()) }
    /// ```
    pub fn objects(&self) -> Objects<M> {
        let linked = self.side().map(|side| {
            let columns = ColumnRef::all_of(T::meta(), side.other).collect();
            Node::within(
                ColumnRef::key_of(M::meta()).collect(),
                Subquery { model: T::meta(), columns, filter: owned(&side) },
            )
        });
        let linked = linked.unwrap_or_else(|error| Node::Refused(Refusal::new(error)));
        Objects::of(Select::of(M::meta()).filter(linked))
    }

    /// Reads the related rows, in the order of their keys.
    ///
    /// # Errors
    ///
    /// [`Error::KeyMissing`] if the instance is not saved, [`Error::ThroughFields`] if it is not clear which
    /// fields of the through model are meant, and those of [`Objects::all`].
    ///
    /// # Cancel safety
    ///
    /// This call only reads, so dropping the future changes nothing.
    pub fn all(&self, on: impl IntoHandle<'a>) -> BoxFuture<'a, Result<Vec<M>>> {
        Objects::of(self.objects().select.or_by_key()).all(on)
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
        self.objects().count(on)
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
    pub fn contains(&self, on: impl IntoHandle<'a>, row: impl KeyOf<M>) -> BoxFuture<'a, Result<bool>> {
        let (side, on, key) = (self.side(), on.into_handle(), Keys(vec![row.into_key()]));
        Box::pin(async move {
            let side = side?;
            side.refuse_unset(&key, "save it first")?;
            let is_other = Node::all_equal(ColumnRef::all_of(T::meta(), side.other), &key.values(0));
            let link = owned(&side).and(is_other);
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
    Node::all_equal(ColumnRef::all_of(side.through.meta(), side.own), &side.owner)
}

/// Returns the error of a list of keys of another type, which never happens.
fn other_type<M: Model>() -> Error {
    Error::Internal(format!("the keys of `{}` are of another type", M::meta().name()))
}
