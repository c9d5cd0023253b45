//! The signals of saves.

use std::ops::Deref;

use crate::model::AnyModel;
use crate::registry::ModelSignal;
use crate::signal::{Signal, SignalKind};
use crate::store::payload::{PostSave, PreSave};

pub(super) const PRE_SAVE: SignalKind = SignalKind::of("pre_save");
pub(super) const POST_SAVE: SignalKind = SignalKind::of("post_save");

model_signal! {
    /// Sent before an instance is written. Receivers may change it, and an error vetoes the save.
    ///
    /// Each call that writes rows of a model sends it, once for each row. These are
    /// [`save`](crate::store::Model::save), [`create`](crate::store::Model::create),
    /// [`bulk_create`](crate::store::Model::bulk_create), [`bulk_update`](crate::store::Model::bulk_update),
    /// [`Objects::update`](crate::store::Objects::update) and the calls that save a row as a part of their work,
    /// such as [`Objects::get_or_create`](crate::store::Objects::get_or_create). Calls with `.quiet()`, plain SQL
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
    /// | `context` | `&Context` | `context: &Context` | the request and the actor that caused the send: see [`current`](crate::context::current) |
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
    /// | `set` | is called once for the rows of a statement, with a [`PreSaveSet`](crate::store::PreSaveSet) |
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
    /// | `context` | `&Context` | `context: &Context` | the request and the actor that caused the send: see [`current`](crate::context::current) |
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
    /// | `set` | is called once for the rows of a statement, with a [`PostSaveSet`](crate::store::PostSaveSet) |
    /// | `on_commit` | is called after the outermost commit, with a [`SaveFinalized`](crate::store::SaveFinalized) |
    /// | `on_rollback` | is called after the write was rolled back, with a [`SaveFinalized`](crate::store::SaveFinalized) |
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
