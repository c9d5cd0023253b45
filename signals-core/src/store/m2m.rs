//! Many-to-many relations: reads and changes of the rows of another model that an instance is related to.

mod calls;
mod change;
mod create;
mod fill;
mod insert;
mod key_of;
mod read;
mod relation_path;
mod rows;
mod side;
mod through;
mod to_many;

use std::marker::PhantomData;

use super::Model;
use super::keys::{self, AnyKeys, Keys};
use crate::db::{Handle, IntoHandle};
use crate::error::Result;
use crate::model::{AnyModel, Entity};
use crate::query::BoundValue;

pub use calls::{M2mAdd, M2mClear, M2mRemove, M2mSet};
pub use create::M2mCreate;
pub use key_of::KeyOf;
pub use relation_path::RelationPath;
pub use to_many::ToManyThrough;

use calls::Call;
use change::Replace;
use side::Side;

/// The rows of `M` that an instance is related to, through links that are rows of `T`, such as
/// `pizza.toppings()`.
///
/// `#[model(many_to_many(..))]` generates the method that returns it. It is cheap to copy, and reads or
/// writes nothing before one of its calls is awaited. Each call takes `&Db` or `&Tx`. A row is named by a
/// reference to an instance or by its key ([`KeyOf`]).
///
/// Each change sends [`m2m_changed`](super::m2m_changed) of `T` before and after its write. It sends no
/// signals of saves or deletes for the instances on either side, and none of saves for the links. If a link
/// is saved as an instance of `T` (`PizzaToppings { .. }.save(..)`), the signals of a save are sent, and not
/// `m2m_changed`.
///
/// # Errors
///
/// After any of these errors the database is as it was before.
///
/// - [`Error::KeyMissing`](crate::error::Error::KeyMissing) if the instance, or one that is named, is not
///   saved, before any signal;
/// - [`Error::Receiver`](crate::error::Error::Receiver) if a receiver failed,
///   [`Error::Recursion`](crate::error::Error::Recursion) if signals nest too deep;
/// - [`Error::Database`](crate::error::Error::Database) if the database returned an error, such as for the
///   key of a row that does not exist;
/// - [`Error::ThroughFields`](crate::error::Error::ThroughFields) if a through model of your own has no
///   field, or several, that could be meant;
/// - [`Error::ThroughDefaults`](crate::error::Error::ThroughDefaults) if the defaults of new links cannot be
///   set;
/// - the errors of a [`Tx`](crate::db::Tx) or a [`Db`](crate::db::Db) that cannot be used, as for
///   [`save`](super::Model::save).
///
/// # Cancel safety
///
/// See [`save`](super::Model::save). Dropping the future of a change undoes it, before the next statement of
/// the same transaction.
///
/// # Transactions
///
/// A change and its signals are one transaction (in a `Tx`, a savepoint). It is opened as for a save, if a
/// receiver takes `tx` or can fail, and if several statements write. Without receivers, `add`, `remove` and
/// `clear` are one plain statement each. `set` reads before it writes, and always opens one.
///
/// # Examples
///
/// ```standalone_crate
/// use signals::{Db, KeySet, M2mAction, Model, Result, m2m_changed, receiver};
///
/// #[derive(Debug, Clone, Model)]
/// #[model(many_to_many(toppings: Topping, related = pizzas))]
/// struct Pizza {
///     id: i64,
///     name: String,
/// }
///
/// #[derive(Debug, Clone, Model)]
/// struct Topping {
///     id: i64,
///     name: String,
/// }
///
/// #[receiver(m2m_changed, sender = PizzaToppings)]
/// fn log(action: M2mAction, reverse: bool, keys: Option<&KeySet>) {
///     println!("{action:?} {keys:?} {}", if reverse { "from a topping" } else { "from a pizza" });
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///     let mut margherita = Pizza { id: 0, name: "Margherita".into() };
///     margherita.save(&db).await?;
///     let (mut basil, mut olives) = (Topping { id: 0, name: "Basil".into() }, Topping { id: 0, name: "Olives".into() });
///     basil.save(&db).await?;
///     olives.save(&db).await?;
///
///     margherita.toppings().add(&db, [&basil, &olives]).await?;
///     margherita.toppings().remove(&db, [olives.id]).await?;
///     assert_eq!(margherita.toppings().all(&db).await?[0].name, "Basil");
///     assert!(basil.pizzas().contains(&db, &margherita).await?);
///
///     margherita.toppings().set(&db, [&olives]).await?;
///     basil.pizzas().clear(&db).await?;
///     assert_eq!(margherita.toppings().keys(&db).await?, [olives.id]);
///     Ok(())
/// }
/// ```
#[must_use = "a relation does nothing until one of its calls is awaited"]
pub struct ManyToMany<'a, T, M> {
    instance: &'a dyn AnyModel,
    owner: fn(&dyn AnyModel) -> Option<Vec<BoundValue>>,
    path: RelationPath,
    models: PhantomData<fn() -> (T, M)>,
}

impl<'a, T: Model, M: Model> ManyToMany<'a, T, M> {
    /// Returns the relation from `instance`.
    #[doc(hidden)]
    pub fn new<O: Entity>(instance: &'a O, path: RelationPath) -> Self {
        Self { instance, owner: owner::<O>, path, models: PhantomData }
    }

    /// Adds rows to the relation. Rows that are already related are skipped.
    ///
    /// In `PostAdd`, receivers of [`m2m_changed`](super::m2m_changed) get exactly the keys whose links this
    /// call inserted. They are called even if there are none. A call without rows does nothing. The links are
    /// inserted in bulk, without save signals of `T`.
    ///
    /// # Errors
    ///
    /// See [`ManyToMany`]. If a new link has a value that is taken in another unique column, the call fails,
    /// even if only the schema declares the column unique.
    /// [`Error::is_unique_violation`](crate::error::Error::is_unique_violation) returns true for this error.
    ///
    /// # Transactions
    ///
    /// Several tasks may add the same links at the same time. Each link is inserted once, and only one task
    /// has its key in `PostAdd`. The others wait for that task's transaction. MySQL may end one of them with
    /// a deadlock. If a row of a chunk already exists and `m2m_changed` has receivers, MySQL inserts the rows
    /// of the chunk one by one.
    ///
    /// If `T` has no `unique(..)` of the pair, the database does not prevent duplicate links. `add` and `set`
    /// then lock the rows at the source of the links, and read which links exist. The lock excludes other
    /// calls of `add` and `set`. It does not exclude plain INSERTs, nor transactions of PostgreSQL at
    /// `REPEATABLE READ` or higher, which read an older snapshot.
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
    /// pizza.toppings().add(db, [basil, olives]).await?;
    /// pizza.toppings().add(db, [basil.id]).await?;            // by key; it is there already
    /// basil.pizzas().add(db, [pizza]).await?;                 // the same link, from the other side
    /// # Ok(()) }
    /// ```
    pub fn add<I>(&self, on: impl IntoHandle<'a>, rows: I) -> M2mAdd<'a, T>
    where
        I: IntoIterator<Item: KeyOf<M>>,
    {
        M2mAdd {
            call: self.call(on.into_handle()),
            keys: keys_of::<M, I>(rows),
            defaults: Vec::new(),
            through: PhantomData,
        }
    }

    /// Removes rows from the relation. The rows themselves stay. Rows that are not related are skipped.
    ///
    /// Receivers of [`m2m_changed`](super::m2m_changed) get every key of the call, related or not. A call
    /// without rows does nothing.
    ///
    /// # Errors
    ///
    /// See [`ManyToMany`].
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
    /// pizza.toppings().remove(db, [basil, olives]).await?;
    /// pizza.toppings().remove(db, [basil.id]).quiet().await?; // sends nothing
    /// # Ok(()) }
    /// ```
    pub fn remove<I>(&self, on: impl IntoHandle<'a>, rows: I) -> M2mRemove<'a>
    where
        I: IntoIterator<Item: KeyOf<M>>,
    {
        M2mRemove { call: self.call(on.into_handle()), keys: keys_of::<M, I>(rows) }
    }

    /// Relates the instance to exactly these rows.
    ///
    /// First, related rows that are not in `rows` are removed. Then rows that are not yet related are added.
    /// Each step sends its pair of signals, and is skipped if it has no rows.
    ///
    /// # Errors
    ///
    /// See [`ManyToMany`].
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
    /// pizza.toppings().set(db, [basil]).await?;
    /// pizza.toppings().set(db, [basil, olives]).await?;       // adds the olives, and keeps the basil
    /// # Ok(()) }
    /// ```
    pub fn set<I>(&self, on: impl IntoHandle<'a>, rows: I) -> M2mSet<'a, T>
    where
        I: IntoIterator<Item: KeyOf<M>>,
    {
        let (call, keys, replace) = (self.call(on.into_handle()), keys_of::<M, I>(rows), Replace::Differing);
        M2mSet { call, keys, defaults: Vec::new(), replace, through: PhantomData }
    }

    /// Removes all rows from the relation. The rows themselves stay.
    ///
    /// Receivers of [`m2m_changed`](super::m2m_changed) get no keys, and are called even if nothing is
    /// related. A receiver that needs the keys reads the relation in
    /// [`PreClear`](super::M2mAction::PreClear).
    ///
    /// # Errors
    ///
    /// See [`ManyToMany`].
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
    /// pizza.toppings().clear(db).await?;
    /// assert_eq!(pizza.toppings().count(db).await?, 0);
    /// # Ok(()) }
    /// ```
    pub fn clear(&self, on: impl IntoHandle<'a>) -> M2mClear<'a> {
        M2mClear { call: self.call(on.into_handle()) }
    }

    fn side(&self) -> Result<Side<'a>> {
        Side::new(self.instance, (self.owner)(self.instance), self.path, T::state(), M::meta())
    }

    fn call(&self, on: Handle<'a>) -> Call<'a> {
        Call::new(self.side(), on)
    }
}

/// Returns the values of the key of an instance, unless it is unset.
fn owner<O: Entity>(instance: &dyn AnyModel) -> Option<Vec<BoundValue>> {
    let key = instance.downcast_ref::<O>()?.key_ref();
    instance.pk().is_some().then(|| keys::values::<O::Key>(key))
}

fn keys_of<M: Entity, I: IntoIterator<Item: KeyOf<M>>>(rows: I) -> Box<dyn AnyKeys> {
    Box::new(Keys(rows.into_iter().map(KeyOf::into_key).collect::<Vec<M::Key>>()))
}

impl<T, M> Clone for ManyToMany<'_, T, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, M> Copy for ManyToMany<'_, T, M> {}

impl<T: Model, M: Model> std::fmt::Debug for ManyToMany<'_, T, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (own, other, through) = (self.instance.meta().name(), M::meta().name(), T::meta().name());
        write!(f, "ManyToMany({own} {:?} to {other} through {through})", self.instance.pk())
    }
}
