//! The signals of deletes.

use std::ops::Deref;

use crate::model::AnyModel;
use crate::registry::ModelSignal;
use crate::signal::{Signal, SignalKind};
use crate::store::payload::{PostDelete, PreDelete};

pub(super) const PRE_DELETE: SignalKind = SignalKind::of_deletes("pre_delete");
pub(super) const POST_DELETE: SignalKind = SignalKind::of_deletes("post_delete");

model_signal! {
    /// Sent before an instance's row is deleted. An error vetoes the delete.
    ///
    /// [`delete`](crate::store::Model::delete), [`bulk_delete`](crate::store::Model::bulk_delete) and
    /// [`Objects::delete`](crate::store::Objects::delete) send it, once for each row that they are about to delete.
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
    /// | `origin` | [`DeleteOrigin`](crate::store::DeleteOrigin) | `origin: DeleteOrigin` | why the row is deleted |
    /// | `root` | `Option<&dyn AnyModel>` | `root: Option<&dyn AnyModel>` | the instance whose delete was called; `None` for a set of rows |
    /// | `tx` | `Tx` | `tx: &Tx` | the transaction of the delete |
    /// | `context` | `&Context` | `context: &Context` | the request and the actor that caused the send: see [`current`](crate::context::current) |
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
    /// | `set` | is called once for the rows of a statement, with a [`PreDeleteSet`](crate::store::PreDeleteSet) |
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
    /// | `origin` | [`DeleteOrigin`](crate::store::DeleteOrigin) | `origin: DeleteOrigin` | why the row is deleted |
    /// | `root` | `Option<&dyn AnyModel>` | `root: Option<&dyn AnyModel>` | the instance whose delete was called; `None` for a set of rows |
    /// | `tx` | `Tx` | `tx: &Tx` | the transaction of the delete |
    /// | `context` | `&Context` | `context: &Context` | the request and the actor that caused the send: see [`current`](crate::context::current) |
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
    /// | `set` | is called once for the rows of a statement, with a [`PostDeleteSet`](crate::store::PostDeleteSet) |
    /// | `on_commit` | is called after the outermost commit, with a [`DeleteFinalized`](crate::store::DeleteFinalized) |
    /// | `on_rollback` | is called after the delete was rolled back, with a [`DeleteFinalized`](crate::store::DeleteFinalized) |
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
