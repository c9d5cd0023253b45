//! The payload of `m2m_changed`.

use std::fmt;
use std::marker::PhantomData;

use super::CarriesTx;
use super::key_set::KeySet;
use crate::context::Context;
use crate::db::Tx;
use crate::model::{AnyModel, ModelMeta};

/// What happens to a relation, and whether it has happened yet.
///
/// | call | sends |
/// |---|---|
/// | [`add`](crate::store::ManyToMany::add), [`create`](crate::store::ManyToMany::create) | `PreAdd`, `PostAdd` |
/// | [`remove`](crate::store::ManyToMany::remove) | `PreRemove`, `PostRemove` |
/// | [`set`](crate::store::ManyToMany::set) | `PreRemove`, `PostRemove` if links are removed; then `PreAdd`, `PostAdd` if links are added |
/// | [`clear`](crate::store::ManyToMany::clear) | `PreClear`, `PostClear` |
/// | [`set(..).clear()`](crate::store::M2mSet::clear) | `PreClear`, `PostClear`; then `PreAdd`, `PostAdd` if rows are named |
///
/// An error of a receiver or of the database ends the call, so a `Pre` action may have no `Post` action.
///
/// # Examples
///
/// ```standalone_crate
/// use signals::{KeySet, M2mAction, Model, Result, Tx, m2m_changed, receiver};
///
/// #[derive(Model)]
/// #[model(many_to_many(members: Person))]
/// struct Group { id: i64 }
///
/// #[derive(Model)]
/// struct Person { id: i64 }
///
/// #[receiver(m2m_changed, sender = GroupMembers)]
/// fn log(action: M2mAction, keys: Option<&KeySet>) {
///     match action {
///         M2mAction::PostAdd => println!("joined: {keys:?}"),
///         M2mAction::PostRemove => println!("left: {keys:?}"),
///         M2mAction::PostClear => println!("all left"),
///         _ => {}
///     }
/// }
/// # fn main() {}
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum M2mAction {
    /// Before links are added.
    PreAdd,
    /// After links were added. It is sent after each `PreAdd` that no error follows, also if no link was added.
    PostAdd,
    /// Before links are removed.
    PreRemove,
    /// After links were removed.
    PostRemove,
    /// Before all links of an instance are removed.
    PreClear,
    /// After all links of an instance were removed.
    PostClear,
}

impl M2mAction {
    /// Returns whether it is sent before the write.
    ///
    /// # Examples
    ///
    /// ```
    /// use signals::M2mAction;
    ///
    /// assert!(M2mAction::PreAdd.is_pre() && !M2mAction::PostAdd.is_pre());
    /// ```
    pub fn is_pre(self) -> bool {
        matches!(self, Self::PreAdd | Self::PreRemove | Self::PreClear)
    }

    /// Returns whether it is sent after the write.
    pub fn is_post(self) -> bool {
        !self.is_pre()
    }
}

/// The payload of [`m2m_changed`](crate::store::m2m_changed). `T` is the through model.
///
/// # Examples
///
/// ```standalone_crate
/// # use signals::payload::M2mChanged;
/// # use signals::{Db, Model, Result, m2m_changed, receiver};
/// # #[derive(Debug, Model)]
/// # #[model(many_to_many(toppings: Topping))]
/// # struct Pizza { id: i64 }
/// # #[derive(Debug, Model)]
/// # struct Topping { id: i64 }
/// #[receiver(m2m_changed, sender = PizzaToppings)]
/// fn journal(event: &M2mChanged<'_, PizzaToppings>) {
///     if let (true, Some(keys)) = (event.action.is_post(), &event.keys) {
///         println!("{:?} {:?}: {} {keys}", event.action, event.instance, event.model.name());
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let db = Db::connect("sqlite::memory:").await?;
/// # db.create_tables().await?;
/// let (pizza, basil) = (Pizza { id: 0 }.create(&db).await?, Topping { id: 0 }.create(&db).await?);
/// pizza.toppings().add(&db, [&basil]).await?;                 // prints: PostAdd Pizza 1: Topping 1
/// # Ok(()) }
/// ```
#[non_exhaustive]
pub struct M2mChanged<'a, T: ?Sized> {
    /// The kind of change, and whether the signal is sent before or after it.
    pub action: M2mAction,
    /// Whether the relation is followed from the other model to the one that declares it. Always false for a
    /// symmetrical relation.
    pub reverse: bool,
    /// The instance whose relation is changed, on either side.
    pub instance: &'a dyn AnyModel,
    /// The model on the other side, whose keys are in `keys`.
    pub model: &'static ModelMeta,
    /// The keys of the other side. `None` if all links are removed.
    ///
    /// - [`PreAdd`](M2mAction::PreAdd) has the requested keys that are not linked yet;
    /// - [`PostAdd`](M2mAction::PostAdd) has exactly the keys whose links this call inserted. It may be
    ///   empty, if another task or a receiver added them first;
    /// - [`PreRemove`](M2mAction::PreRemove) and [`PostRemove`](M2mAction::PostRemove) have all requested
    ///   keys, linked or not. [`post_delete`](crate::store::post_delete) of the through model is sent for the
    ///   links that were deleted.
    pub keys: Option<&'a mut KeySet>,
    /// Whether it is written raw, as fixtures are.
    pub raw: bool,
    /// The database's name.
    pub using: &'a str,
    /// The transaction, to reach the database.
    pub tx: Tx,
    /// The request and the actor that caused the send.
    pub context: &'a Context,
    /// The through model.
    pub sender: &'static ModelMeta,
    /// The signal's name.
    pub signal: &'static str,
    pub(in crate::store) through: PhantomData<fn() -> Box<T>>,
}

impl<T: ?Sized> M2mChanged<'_, T> {
    /// Returns the payload with another through model as its type.
    pub(in crate::store) fn erased<U: ?Sized>(&mut self) -> M2mChanged<'_, U> {
        let Self {
            action,
            reverse,
            instance,
            model,
            ref mut keys,
            raw,
            using,
            ref tx,
            context,
            sender,
            signal,
            through: _,
        } = *self;
        let (keys, tx, through) = (keys.as_deref_mut(), tx.clone(), PhantomData);
        M2mChanged { action, reverse, instance, model, keys, raw, using, tx, context, sender, signal, through }
    }
}

impl<T: ?Sized> CarriesTx for M2mChanged<'_, T> {
    fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }
}

impl<T: ?Sized> fmt::Debug for M2mChanged<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("M2mChanged")
            .field("action", &self.action)
            .field("sender", &self.sender.name())
            .field("instance", &format_args!("{} {:?}", self.instance.meta().name(), self.instance.pk()))
            .field("model", &self.model.name())
            .field("reverse", &self.reverse)
            .field("keys", &self.keys)
            .field("raw", &self.raw)
            .field("using", &self.using)
            .finish_non_exhaustive()
    }
}
