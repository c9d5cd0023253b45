//! The signal of many-to-many relations.

use std::ops::Deref;

use crate::model::AnyModel;
use crate::registry::ModelSignal;
use crate::signal::{Signal, SignalKind};
use crate::store::payload::M2mChanged;

model_signal! {
    /// Sent before and after the links of a many-to-many relation change. The sender is the through model. An
    /// error undoes the change.
    ///
    /// The action is an [`M2mAction`](crate::store::M2mAction), whose page lists the actions that each call sends.
    /// Receivers are called once for each change, whatever the number of its links. Calls with `.quiet()` and
    /// plain SQL do not send it. Neither does a save or a delete of rows of the through model itself.
    ///
    /// **The links that `add` and `set` insert send no [`post_save`](crate::store::post_save) of the through model.** Links that are
    /// removed send [`pre_delete`](crate::store::pre_delete) and [`post_delete`](crate::store::post_delete) of it.
    ///
    /// # Payload
    ///
    /// The payload is [`M2mChanged`].
    ///
    /// | field | type | parameter | is |
    /// |---|---|---|---|
    /// | `action` | [`M2mAction`](crate::store::M2mAction) | `action: M2mAction` | what happens, and whether it has happened yet |
    /// | `instance` | `&dyn AnyModel` | `instance: &dyn AnyModel` | the instance whose relation is changed, on either side |
    /// | `keys` | `Option<&mut KeySet>` | `keys: Option<&KeySet>` or `Option<&mut KeySet>` | the keys of the other side; `None` in a clear. Before an add or a remove, receivers may change them |
    /// | `reverse` | `bool` | `reverse: bool` | whether the call is on the model that does not declare the relation |
    /// | `model` | `&'static ModelMeta` | `model: &ModelMeta` | the model on the other side |
    /// | `raw` | `bool` | `raw: bool` | whether it is written raw, as a fixture is |
    /// | `tx` | `Tx` | `tx: &Tx` | the transaction of the change |
    /// | `context` | `&Context` | `context: &Context` | the request and the actor that caused the send: see [`current`](crate::context::current) |
    /// | `using` | `&str` | `using: &str` | the name of the database: `"default"`, unless [`DbBuilder::name`](crate::db::DbBuilder::name) sets another |
    /// | `sender` | `&'static ModelMeta` | `sender: &ModelMeta` | the [description](crate::model::ModelMeta) of the model |
    /// | `signal` | `&'static str` | `signal: &str` | the name of the signal, for a receiver of several |
    ///
    /// `event: &M2mChanged<'_, PizzaToppings>`, as the only parameter, takes the whole payload.
    ///
    /// # Options
    ///
    /// Of the [options](../signals/attr.receiver.html#options), `sender`, `priority` and `uid` apply, and
    /// these:
    ///
    /// | option | the receiver |
    /// |---|---|
    /// | `robust` | may fail: its writes are undone, and the change continues |
    /// | `raw` | is called for raw changes too |
    ///
    /// # Errors
    ///
    /// If the sender is not the through model of a relation, [`Db::connect`](crate::db::Db::connect) returns
    /// [`Error::UnusableReceiver`](crate::error::Error::UnusableReceiver), which names the through models of
    /// that sender.
    ///
    /// # Transactions
    ///
    /// The receivers run in the transaction of the change. In a `Tx`, that is a savepoint. The transaction
    /// begins in the same way as that of a save.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::{Db, KeySet, M2mAction, Model, Result, m2m_changed, receiver};
    ///
    /// #[derive(Debug, Clone, Model)]
    /// #[model(many_to_many(toppings: Topping))]
    /// struct Pizza {
    ///     id: i64,
    /// }
    ///
    /// #[derive(Debug, Clone, Model)]
    /// struct Topping {
    ///     id: i64,
    /// }
    ///
    /// #[receiver(m2m_changed, sender = PizzaToppings)]
    /// fn limit(action: M2mAction, keys: Option<&KeySet>) -> Result<()> {
    ///     match keys {
    ///         Some(keys) if action == M2mAction::PreAdd && keys.len() > 3 => Err("too many at once".into()),
    ///         _ => Ok(()),
    ///     }
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> Result<()> {
    ///     let db = Db::connect("sqlite::memory:").await?;
    ///     db.create_tables().await?;
    ///     let pizza = Pizza { id: 0 }.create(&db).await?;
    ///     let mut toppings = [0; 4].map(|id| Topping { id });
    ///     Topping::bulk_create(&db, &mut toppings).await?;
    ///     assert!(pizza.toppings().add(&db, &toppings).await.is_err());
    ///     pizza.toppings().add(&db, &toppings[..3]).await?;
    ///     Ok(())
    /// }
    /// ```
    m2m_changed, "m2m_changed", SignalKind::of("m2m_changed"), M2mChanged, dyn AnyModel
}
