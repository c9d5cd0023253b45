//! Many-to-many relations: reading and changing which rows of another model an instance is related to.

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

use std::marker::PhantomData;

use super::Model;
use super::keys::{AnyKeys, Keys};
use crate::db::{Handle, IntoHandle};
use crate::error::Result;
use crate::model::{AnyModel, Entity, PrimaryKey as _};
use crate::query::{BoundValue, value};

pub use calls::{M2mAdd, M2mClear, M2mRemove, M2mSet};
pub use create::M2mCreate;
pub use key_of::KeyOf;
pub use relation_path::RelationPath;

use calls::Call;
use change::Replace;
use side::Side;

/// The rows of `M` that an instance is related to, through links that are rows of `T`: what `pizza.toppings()` is.
///
/// `#[model(many_to_many(..))]` makes it. It is a description, cheap to copy: nothing is read or written before one of its calls is awaited. Each takes `&Db` or
/// `&Tx`, and rows are named by a reference to an instance or by their key ([`KeyOf`]).
///
/// Each change sends [`m2m_changed`](super::m2m_changed) of `T` before and after its write. No save or delete signals
/// are sent for the instances on either side, and none of a save for the links: `m2m_changed` is sent for them. Links
/// that are written as what they are, rows of `T` (`PizzaToppings { .. }.save(..)`), send the signals of a save and no
/// `m2m_changed`.
///
/// # Errors
///
/// After each of them the database is as it was before.
///
/// - [`Error::KeyMissing`](crate::error::Error::KeyMissing) if the instance, or one that is named, is not saved, before any signal;
/// - [`Error::Receiver`](crate::error::Error::Receiver) if a receiver failed, [`Error::Recursion`](crate::error::Error::Recursion) if signals nest too deep;
/// - [`Error::Database`](crate::error::Error::Database) if the database refused, such as a key of a row that is not there;
/// - [`Error::ThroughFields`](crate::error::Error::ThroughFields) if a through model of one's own has no field, or
///   several, that could be meant;
/// - [`Error::ThroughDefaults`](crate::error::Error::ThroughDefaults) if the defaults of new links cannot be set;
/// - those of a [`Tx`](crate::db::Tx) or a [`Db`](crate::db::Db) that cannot be used, as for [`save`](super::Model::save).
///
/// # Cancel safety
///
/// As [`save`](super::Model::save): dropping the future of a change undoes it, before the next statement of the same transaction.
///
/// # Transactions
///
/// A change with its signals is one transaction (in a `Tx`, a savepoint), opened as that of a save is: where a receiver takes `tx` or can fail, and where several
/// statements write. Without receivers, `add`, `remove` and `clear` are one plain statement each. `set` reads before it
/// writes, and always has one.
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
    owner: fn(&dyn AnyModel) -> Option<BoundValue>,
    path: RelationPath,
    models: PhantomData<fn() -> (T, M)>,
}

impl<'a, T: Model, M: Model> ManyToMany<'a, T, M> {
    /// The rows that `instance` is related to.
    #[doc(hidden)]
    pub fn new<O: Entity>(instance: &'a O, path: RelationPath) -> Self {
        Self { instance, owner: owner::<O>, path, models: PhantomData }
    }

    /// Adds rows. Those that are related already are left alone.
    ///
    /// Receivers of [`m2m_changed`](super::m2m_changed) get in `PostAdd` exactly the keys whose links this call
    /// inserted, and are called also if that is none; a call without any row does nothing. The links are inserted in
    /// bulk, without save signals of `T`.
    ///
    /// # Errors
    ///
    /// As [`ManyToMany`] says. A link that differs from all others and has a value that is taken in another unique column fails, as
    /// [`Error::is_unique_violation`](crate::error::Error::is_unique_violation) tells, also if only the schema knows that the column is unique.
    ///
    /// # Transactions
    ///
    /// Several tasks may add the same links at the same time: each link is inserted once, and one task alone has its key in `PostAdd`. The others wait for that task's transaction. MySQL may
    /// end one of them with a deadlock. Where a row of a chunk is there already, MySQL inserts the chunk's rows one by one if `m2m_changed` has receivers.
    ///
    /// If `T` has no `unique(..)` of the pair, nothing in the database keeps a link from being there twice. `add` and `set` then lock the rows that the links are from, and look what is linked.
    /// That excludes other calls of `add` and `set`, and not plain INSERTs, nor transactions of PostgreSQL from `REPEATABLE READ` on, which look at an older snapshot.
    pub fn add<I>(&self, on: impl IntoHandle<'a>, rows: I) -> M2mAdd<'a, T>
    where
        I: IntoIterator<Item: KeyOf<M>>,
    {
        M2mAdd {
            call: self.call(on.into_handle()),
            keys: keys::<M, I>(rows),
            defaults: Vec::new(),
            through: PhantomData,
        }
    }

    /// Removes rows from the relation; the rows themselves stay. Those that are not related are left alone.
    ///
    /// Receivers of [`m2m_changed`](super::m2m_changed) get every key that was asked for, related or not; a call
    /// without any row does nothing.
    ///
    /// # Errors
    ///
    /// As [`ManyToMany`] says.
    pub fn remove<I>(&self, on: impl IntoHandle<'a>, rows: I) -> M2mRemove<'a>
    where
        I: IntoIterator<Item: KeyOf<M>>,
    {
        M2mRemove { call: self.call(on.into_handle()), keys: keys::<M, I>(rows) }
    }

    /// Relates the instance to these rows and no others.
    ///
    /// What is related and not named is removed, then what is named and not related is added, each with its pair of signals and only where there is something.
    ///
    /// # Errors
    ///
    /// As [`ManyToMany`] says.
    pub fn set<I>(&self, on: impl IntoHandle<'a>, rows: I) -> M2mSet<'a, T>
    where
        I: IntoIterator<Item: KeyOf<M>>,
    {
        let (call, keys, replace) = (self.call(on.into_handle()), keys::<M, I>(rows), Replace::Differing);
        M2mSet { call, keys, defaults: Vec::new(), replace, through: PhantomData }
    }

    /// Removes all rows from the relation; the rows themselves stay.
    ///
    /// Receivers of [`m2m_changed`](super::m2m_changed) get no keys, and are called even if nothing is related. A
    /// receiver that needs the keys reads the relation in [`PreClear`](super::M2mAction::PreClear).
    ///
    /// # Errors
    ///
    /// As [`ManyToMany`] says.
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

/// The key of an instance, unless it is unset.
fn owner<O: Entity>(instance: &dyn AnyModel) -> Option<BoundValue> {
    let key = instance.downcast_ref::<O>()?.key();
    key.key().is_some().then(|| value(key.clone()))
}

fn keys<M: Entity, I: IntoIterator<Item: KeyOf<M>>>(rows: I) -> Box<dyn AnyKeys> {
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
