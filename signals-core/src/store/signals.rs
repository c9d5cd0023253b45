//! The model signals: their names and their payloads.

use std::ops::Deref;

use super::payload::{
    DeleteFinalized, M2mChanged, NoSender, PostDelete, PostDeleteSet, PostSave, PostSaveSet, PreDelete, PreDeleteSet,
    PreSave, PreSaveSet, SaveFinalized,
};
use crate::db::DbSignal;
use crate::model::AnyModel;
use crate::registry::ModelSignal;
use crate::signal::{Signal, SignalKind};

/// Defines a model signal: the unit struct, and its payload.
macro_rules! model_signal {
    ($(#[$doc:meta])* $signal:ident, $name:literal, $kind:expr, $payload:ident, $any:ty) => {
        $(#[$doc])*
        #[allow(non_camel_case_types, reason = "a signal is named as it is called")]
        #[derive(Debug, Clone, Copy)]
        pub struct $signal;

        impl Signal for $signal {
            const NAME: &'static str = $name;
            const KIND: SignalKind = $kind;
            type Event<'a, M: ?Sized + Send + Sync + 'static> = $payload<'a, M>;
            type Any = $any;
            type Response = ();
        }

        impl Deref for $signal {
            type Target = ModelSignal<Self>;

            fn deref(&self) -> &Self::Target {
                // The compiler makes a constant of a call only in a block of its own.
                const { &ModelSignal::new() }
            }
        }
    };
}

const PRE_SAVE: SignalKind = SignalKind::of("pre_save");
const POST_SAVE: SignalKind = SignalKind::of("post_save");
const PRE_DELETE: SignalKind = SignalKind::of_deletes("pre_delete");
const POST_DELETE: SignalKind = SignalKind::of_deletes("post_delete");

/// Defines a signal of whole sets of rows, or of the end of the transaction. Receivers reach it by an option
/// of the signal it belongs to.
macro_rules! of_signal {
    ($signal:ident, $name:literal, $kind:expr, $payload:ident, $any:ty) => {
        model_signal! { #[doc(hidden)] $signal, $name, $kind, $payload, $any }
    };
}

model_signal! {
    /// Sent before an instance is written. Receivers may change it, and an error vetoes the save.
    ///
    /// Each call that writes rows of a model sends it, once for each row. These are
    /// [`save`](super::Model::save), [`create`](super::Model::create),
    /// [`bulk_create`](super::Model::bulk_create), [`bulk_update`](super::Model::bulk_update),
    /// [`Objects::update`](super::Objects::update) and the calls that save a row as a part of their work,
    /// such as [`Objects::get_or_create`](super::Objects::get_or_create). Calls with `.quiet()`, plain SQL
    /// and `update_fields([])` do not send it. Calls that write many rows send it for all rows of a
    /// statement, and then execute the statement.
    ///
    /// **It does not mean that the row will be written.** The statement or a later receiver may fail.
    ///
    /// # Payload
    ///
    /// The payload is [`PreSave`].
    ///
    /// | field | type | parameter | is |
    /// |---|---|---|---|
    /// | `instance` | `&mut M` | `instance: &mut User` or `instance: &User` | the instance that is about to be written |
    /// | `previous` | `Option<&M>` | `previous: Option<&User>` | the row as it is in the database; `None` for a new row |
    /// | `update_fields` | `Option<&mut FieldSet>` | `update_fields: Option<&mut FieldSet>` or `Option<&FieldSet>` | the columns that the save is limited to |
    /// | `raw` | `bool` | `raw: bool` | whether it is written raw, as a fixture is |
    /// | `tx` | `Tx` | `tx: &Tx` | the transaction of the save |
    /// | `using` | `&str` | `using: &str` | the name of the database: `"default"`, unless [`DbBuilder::name`](crate::db::DbBuilder::name) sets another |
    /// | `sender` | `&'static ModelMeta` | `sender: &ModelMeta` | the [description](crate::model::ModelMeta) of the model |
    /// | `signal` | `&'static str` | `signal: &str` | the name of the signal, for a receiver of several |
    ///
    /// A parameter takes the field of its name. In a receiver without a sender, the rows are
    /// [`&dyn AnyModel`](AnyModel). `event: &PreSave<'_, User>`, as the only parameter, takes the whole
    /// payload.
    ///
    /// # Options
    ///
    /// Of the [options](../signals/attr.receiver.html#options), `sender`, `priority` and `uid` apply, and
    /// these:
    ///
    /// | option | the receiver |
    /// |---|---|
    /// | `robust` | may fail: its writes are undone, and the save continues |
    /// | `raw` | is called for raw saves too |
    /// | `changed(..)`, `when(..)` | is called only if the fields change in this way |
    /// | `set` | is called once for the rows of a statement, with a [`PreSaveSet`] |
    ///
    /// # Transactions
    ///
    /// The receivers run in the transaction of the write. In a `Tx`, that is a savepoint. The transaction
    /// begins before them if one of them takes `tx` or the whole payload. It also begins before them if the
    /// key is set and one of them names `previous` or has a condition.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::{Db, Model, Result, pre_save, receiver};
    ///
    /// #[derive(Debug, Clone, Model)]
    /// struct User {
    ///     id: i64,
    ///     email: String,
    /// }
    ///
    /// #[receiver(pre_save, sender = User, priority = -10)]
    /// fn normalize(instance: &mut User) {
    ///     instance.email.make_ascii_lowercase();
    /// }
    ///
    /// #[receiver(pre_save, sender = User)]
    /// fn refuse(instance: &User) -> Result<()> {
    ///     if instance.email.contains('@') { Ok(()) } else { Err("not an email".into()) }
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> Result<()> {
    ///     let db = Db::connect("sqlite::memory:").await?;
    ///     db.create_tables().await?;
    ///     let ann = User { id: 0, email: "Ann@B.C".into() }.create(&db).await?;
    ///     assert_eq!(ann.email, "ann@b.c");
    ///     assert!(User { id: 0, email: "nobody".into() }.create(&db).await.is_err());
    ///     Ok(())
    /// }
    /// ```
    pre_save, "pre_save", PRE_SAVE, PreSave, dyn AnyModel
}
model_signal! {
    /// Sent after an instance was written, in the same transaction. An error undoes the write.
    ///
    /// The calls that send [`pre_save`] send it too, once for each row that the statement wrote. Calls that
    /// write many rows send it for all rows of a statement after that statement.
    ///
    /// **The transaction may still be rolled back.** For work that a rollback cannot undo, such as a mail,
    /// use the option `on_commit`.
    ///
    /// # Payload
    ///
    /// The payload is [`PostSave`].
    ///
    /// | field | type | parameter | is |
    /// |---|---|---|---|
    /// | `instance` | `&M` | `instance: &User` | the instance as it was written, with its key |
    /// | `previous` | `Option<&M>` | `previous: Option<&User>` | the row that the statement replaced; `None` for a new row |
    /// | `created` | `bool` | `created: bool` | whether an INSERT was executed |
    /// | `update_fields` | `Option<&FieldSet>` | `update_fields: Option<&FieldSet>` | the columns that the save was limited to |
    /// | `raw` | `bool` | `raw: bool` | whether it was written raw, as a fixture is |
    /// | `tx` | `Tx` | `tx: &Tx` | the transaction of the save |
    /// | `using` | `&str` | `using: &str` | the name of the database: `"default"`, unless [`DbBuilder::name`](crate::db::DbBuilder::name) sets another |
    /// | `sender` | `&'static ModelMeta` | `sender: &ModelMeta` | the [description](crate::model::ModelMeta) of the model |
    /// | `signal` | `&'static str` | `signal: &str` | the name of the signal, for a receiver of several |
    ///
    /// A parameter takes the field of its name. In a receiver without a sender, the rows are
    /// [`&dyn AnyModel`](AnyModel). `event: &PostSave<'_, User>`, as the only parameter, takes the whole
    /// payload.
    ///
    /// # Options
    ///
    /// Of the [options](../signals/attr.receiver.html#options), `sender`, `priority` and `uid` apply, and
    /// these:
    ///
    /// | option | the receiver |
    /// |---|---|
    /// | `robust` | may fail: its writes are undone, and the save continues |
    /// | `raw` | is called for raw saves too |
    /// | `changed(..)`, `when(..)` | is called only if the fields changed in this way |
    /// | `set` | is called once for the rows of a statement, with a [`PostSaveSet`] |
    /// | `on_commit` | is called after the outermost commit, with a [`SaveFinalized`] |
    /// | `on_rollback` | is called after the write was rolled back, with a [`SaveFinalized`] |
    /// | `each` | with one of these two: is called for each write, and not once for each row |
    ///
    /// # Transactions
    ///
    /// The receivers run in the transaction of the write. In a `Tx`, that is a savepoint. A transaction is
    /// opened if a receiver takes `tx` or the whole payload, is `async`, or returns a `Result` and is not
    /// `robust`. It is also opened if the key is set and a receiver names `previous` or has a condition.
    /// **Without a transaction, the row stays if a receiver panics.**
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::{Db, Model, Result, Tx, post_save, receiver};
    ///
    /// #[derive(Debug, Clone, Model)]
    /// struct User {
    ///     id: i64,
    ///     email: String,
    /// }
    ///
    /// #[derive(Debug, Clone, Model)]
    /// struct Profile {
    ///     id: i64,
    ///     #[model(references = User, on_delete = cascade)]
    ///     user_id: i64,
    /// }
    ///
    /// #[receiver(post_save, sender = User)]
    /// async fn create_profile(instance: &User, created: bool, tx: &Tx) -> Result<()> {
    ///     if created {
    ///         Profile { id: 0, user_id: instance.id }.save(tx).await?;
    ///     }
    ///     Ok(())
    /// }
    ///
    /// #[receiver(post_save, sender = User, on_commit)]
    /// async fn welcome(instance: &User, created: bool) {
    ///     if created {
    ///         println!("a mail to {}", instance.email);
    ///     }
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> Result<()> {
    ///     let db = Db::connect("sqlite::memory:").await?;
    ///     db.create_tables().await?;
    ///     let ann = User { id: 0, email: "ann@b.c".into() }.create(&db).await?;
    ///     assert_eq!(Profile::get(&db, 1).await?.user_id, ann.id);
    ///     Ok(())
    /// }
    /// ```
    post_save, "post_save", POST_SAVE, PostSave, dyn AnyModel
}
model_signal! {
    /// Sent before an instance's row is deleted. An error vetoes the delete.
    ///
    /// [`delete`](super::Model::delete), [`bulk_delete`](super::Model::bulk_delete) and
    /// [`Objects::delete`](super::Objects::delete) send it, once for each row that they are about to delete.
    /// These include the rows that they reach by `on_delete = cascade`, and the links that a many-to-many
    /// relation removes. A call sends all of them before its first statement that writes. Nothing is sent for
    /// calls with `.quiet()`, for plain SQL, and for rows that the database changes or deletes by itself.
    ///
    /// **It does not mean that the row will be deleted.** If the row is already gone, it is sent without
    /// [`post_delete`].
    ///
    /// # Payload
    ///
    /// The payload is [`PreDelete`].
    ///
    /// | field | type | parameter | is |
    /// |---|---|---|---|
    /// | `instance` | `&M` | `instance: &User` | the instance whose delete was called, or a row that was read |
    /// | `previous` | `Option<&M>` | `previous: Option<&User>` | the row as it is in the database; `None` if it is gone |
    /// | `origin` | [`DeleteOrigin`](super::DeleteOrigin) | `origin: DeleteOrigin` | why the row is deleted |
    /// | `root` | `Option<&dyn AnyModel>` | `root: Option<&dyn AnyModel>` | the instance whose delete was called; `None` for a set of rows |
    /// | `tx` | `Tx` | `tx: &Tx` | the transaction of the delete |
    /// | `using` | `&str` | `using: &str` | the name of the database: `"default"`, unless [`DbBuilder::name`](crate::db::DbBuilder::name) sets another |
    /// | `sender` | `&'static ModelMeta` | `sender: &ModelMeta` | the [description](crate::model::ModelMeta) of the model |
    /// | `signal` | `&'static str` | `signal: &str` | the name of the signal, for a receiver of several |
    ///
    /// A parameter takes the field of its name. In a receiver without a sender, the rows are
    /// [`&dyn AnyModel`](AnyModel). `event: &PreDelete<'_, User>`, as the only parameter, takes the whole
    /// payload.
    ///
    /// # Options
    ///
    /// Of the [options](../signals/attr.receiver.html#options), `sender`, `priority` and `uid` apply, and
    /// these:
    ///
    /// | option | the receiver |
    /// |---|---|
    /// | `robust` | may fail: its writes are undone, and the delete continues |
    /// | `set` | is called once for the rows of a statement, with a [`PreDeleteSet`] |
    ///
    /// **A receiver without a sender makes each delete of any model read every row that it reaches.** Name
    /// the senders.
    ///
    /// # Transactions
    ///
    /// The receivers run in the transaction of the delete. In a `Tx`, that is a savepoint. A transaction is
    /// opened before them if a receiver takes `tx`, `previous` or the whole payload. It is always opened for
    /// a set of rows, and if another model references this one.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::{Db, Model, Result, pre_delete, receiver};
    ///
    /// #[derive(Debug, Clone, Model)]
    /// struct Account {
    ///     id: i64,
    ///     cents: i64,
    /// }
    ///
    /// #[receiver(pre_delete, sender = Account)]
    /// fn refuse_balance(previous: Option<&Account>) -> Result<()> {
    ///     match previous {
    ///         Some(account) if account.cents != 0 => Err("the account is not empty".into()),
    ///         _ => Ok(()),
    ///     }
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> Result<()> {
    ///     let db = Db::connect("sqlite::memory:").await?;
    ///     db.create_tables().await?;
    ///     let account = Account { id: 0, cents: 7 }.create(&db).await?;
    ///     assert!(account.delete(&db).await.is_err());
    ///     assert_eq!(Account::objects().count(&db).await?, 1);
    ///     Ok(())
    /// }
    /// ```
    pre_delete, "pre_delete", PRE_DELETE, PreDelete, dyn AnyModel
}
model_signal! {
    /// Sent after an instance's row was deleted, in the same transaction. An error undoes the delete.
    ///
    /// The calls that send [`pre_delete`] send it too, once for each row that their own statement deleted. If
    /// several tasks delete the same row, only one of them sends it. In a cascade it is sent model by model,
    /// while the rows that the deleted rows reference still exist.
    ///
    /// **The transaction may still be rolled back.** For work that a rollback cannot undo, such as removing a
    /// file, use the option `on_commit`.
    ///
    /// # Payload
    ///
    /// The payload is [`PostDelete`].
    ///
    /// | field | type | parameter | is |
    /// |---|---|---|---|
    /// | `instance` | `&M` | `instance: &User` | the instance whose row was deleted; it keeps its key |
    /// | `previous` | `Option<&M>` | `previous: Option<&User>` | the row that the statement deleted, even if the instance differs |
    /// | `origin` | [`DeleteOrigin`](super::DeleteOrigin) | `origin: DeleteOrigin` | why the row is deleted |
    /// | `root` | `Option<&dyn AnyModel>` | `root: Option<&dyn AnyModel>` | the instance whose delete was called; `None` for a set of rows |
    /// | `tx` | `Tx` | `tx: &Tx` | the transaction of the delete |
    /// | `using` | `&str` | `using: &str` | the name of the database: `"default"`, unless [`DbBuilder::name`](crate::db::DbBuilder::name) sets another |
    /// | `sender` | `&'static ModelMeta` | `sender: &ModelMeta` | the [description](crate::model::ModelMeta) of the model |
    /// | `signal` | `&'static str` | `signal: &str` | the name of the signal, for a receiver of several |
    ///
    /// A parameter takes the field of its name. In a receiver without a sender, the rows are
    /// [`&dyn AnyModel`](AnyModel). `event: &PostDelete<'_, User>`, as the only parameter, takes the whole
    /// payload.
    ///
    /// # Options
    ///
    /// Of the [options](../signals/attr.receiver.html#options), `sender`, `priority` and `uid` apply, and
    /// these:
    ///
    /// | option | the receiver |
    /// |---|---|
    /// | `robust` | may fail: its writes are undone, and the delete continues |
    /// | `set` | is called once for the rows of a statement, with a [`PostDeleteSet`] |
    /// | `on_commit` | is called after the outermost commit, with a [`DeleteFinalized`] |
    /// | `on_rollback` | is called after the delete was rolled back, with a [`DeleteFinalized`] |
    /// | `each` | with one of these two: is called for each delete, and not for the net change of a row |
    ///
    /// **A receiver without a sender makes each delete of any model read every row that it reaches.** Name
    /// the senders.
    ///
    /// # Transactions
    ///
    /// The receivers run in the transaction of the delete. In a `Tx`, that is a savepoint. A transaction is
    /// opened if a receiver takes `tx`, `previous` or the whole payload, is `async`, or returns a `Result`
    /// and is not `robust`. It is always opened for a set of rows, and if another model references this one.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::{Db, DeleteOrigin, Model, Result, Tx, post_delete, receiver};
    ///
    /// #[derive(Debug, Clone, Model)]
    /// struct Item {
    ///     id: i64,
    ///     cents: i64,
    /// }
    ///
    /// #[derive(Debug, Clone, Model)]
    /// struct Total {
    ///     id: i64,
    ///     cents: i64,
    /// }
    ///
    /// #[receiver(post_delete, sender = Item)]
    /// async fn keep_total(previous: Option<&Item>, origin: DeleteOrigin, tx: &Tx) -> Result<()> {
    ///     let mut total = Total::get(tx, 1).await?;
    ///     total.cents -= previous.map_or(0, |item| item.cents);
    ///     println!("{origin:?}: {} cents are left", total.cents);
    ///     total.save(tx).await
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> Result<()> {
    ///     let db = Db::connect("sqlite::memory:").await?;
    ///     db.create_tables().await?;
    ///     Total { id: 0, cents: 12 }.create(&db).await?;
    ///     let item = Item { id: 0, cents: 5 }.create(&db).await?;
    ///     item.delete(&db).await?;
    ///     assert_eq!(Total::get(&db, 1).await?.cents, 7);
    ///     Ok(())
    /// }
    /// ```
    post_delete, "post_delete", POST_DELETE, PostDelete, dyn AnyModel
}
model_signal! {
    /// Sent before and after the links of a many-to-many relation change. The sender is the through model. An
    /// error undoes the change.
    ///
    /// The action is an [`M2mAction`](super::M2mAction), whose page lists the actions that each call sends.
    /// Receivers are called once for each change, whatever the number of its links. Calls with `.quiet()` and
    /// plain SQL do not send it. Neither does a save or a delete of rows of the through model itself.
    ///
    /// **The links that `add` and `set` insert send no [`post_save`] of the through model.** Links that are
    /// removed send [`pre_delete`] and [`post_delete`] of it.
    ///
    /// # Payload
    ///
    /// The payload is [`M2mChanged`].
    ///
    /// | field | type | parameter | is |
    /// |---|---|---|---|
    /// | `action` | [`M2mAction`](super::M2mAction) | `action: M2mAction` | what happens, and whether it has happened yet |
    /// | `instance` | `&dyn AnyModel` | `instance: &dyn AnyModel` | the instance whose relation is changed, on either side |
    /// | `keys` | `Option<&mut KeySet>` | `keys: Option<&KeySet>` or `Option<&mut KeySet>` | the keys of the other side; `None` in a clear. Before an add or a remove, receivers may change them |
    /// | `reverse` | `bool` | `reverse: bool` | whether the call is on the model that does not declare the relation |
    /// | `model` | `&'static ModelMeta` | `model: &ModelMeta` | the model on the other side |
    /// | `raw` | `bool` | `raw: bool` | whether it is written raw, as a fixture is |
    /// | `tx` | `Tx` | `tx: &Tx` | the transaction of the change |
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
of_signal! { pre_save_set, "pre_save set", PRE_SAVE, PreSaveSet, NoSender }
of_signal! { post_save_set, "post_save set", POST_SAVE, PostSaveSet, NoSender }
of_signal! { pre_delete_set, "pre_delete set", PRE_DELETE, PreDeleteSet, NoSender }
of_signal! { post_delete_set, "post_delete set", POST_DELETE, PostDeleteSet, NoSender }
of_signal! { post_save_committed, "post_save on_commit", POST_SAVE.at_end(), SaveFinalized, dyn AnyModel }
of_signal! { post_delete_committed, "post_delete on_commit", POST_DELETE.at_end(), DeleteFinalized, dyn AnyModel }
of_signal! { post_save_rolled_back, "post_save on_rollback", POST_SAVE.at_end(), SaveFinalized, dyn AnyModel }
of_signal! { post_delete_rolled_back, "post_delete on_rollback", POST_DELETE.at_end(), DeleteFinalized, dyn AnyModel }

impl DbSignal for pre_save {}
impl DbSignal for post_save {}
impl DbSignal for pre_delete {}
impl DbSignal for post_delete {}
impl DbSignal for m2m_changed {}

/// A signal whose receivers may take a whole set of rows at once, with
/// `#[receiver(post_save, sender = User, set)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no sets of rows",
    label = "not sent for sets of rows",
    note = "`set` goes with `pre_save`, `post_save`, `pre_delete` and `post_delete`; leave it out"
)]
pub trait SetSignal: Signal {
    /// The signal that is sent for a set.
    type Set: Signal;
}

/// A signal whose receivers may wait for the end of the transaction, with
/// `#[receiver(post_save, sender = User, on_commit)]`.
#[diagnostic::on_unimplemented(
    message = "receivers of `{Self}` cannot wait for the end of the transaction",
    label = "has no `on_commit` or `on_rollback`",
    note = "`on_commit` and `on_rollback` go with `post_save` and `post_delete`; leave it out; a receiver of `pre_save` or `pre_delete` may take `tx: &Tx` and call `tx.on_commit(..)`"
)]
pub trait FinalizedSignal: Signal {
    /// The signal that is sent after the commit.
    type Committed: Signal;
    /// The signal that is sent after a rollback.
    type RolledBack: Signal;
}

macro_rules! relate {
    ($($signal:ident: $set:ident $(, $committed:ident, $rolled_back:ident)?;)*) => {$(
        impl SetSignal for $signal {
            type Set = $set;
        }

        $(impl FinalizedSignal for $signal {
            type Committed = $committed;
            type RolledBack = $rolled_back;
        })?
    )*};
}

relate! {
    pre_save: pre_save_set;
    post_save: post_save_set, post_save_committed, post_save_rolled_back;
    pre_delete: pre_delete_set;
    post_delete: post_delete_set, post_delete_committed, post_delete_rolled_back;
}
