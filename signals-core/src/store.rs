//! Saving, deleting and loading: the only module that both writes rows and dispatches signals.

mod after_transaction;
mod bulk;
mod calls;
mod chunk;
mod collect;
mod delete;
mod erased;
mod key_errors;
mod keys;
mod load;
mod m2m;
mod objects;
mod payload;
mod relations;
mod rows;
mod save;
mod schema;
mod send;
mod senders;
mod signals;
mod state;
mod swaps;
mod table;
mod typed;
mod write;
mod write_scope;

pub use calls::{
    BulkCreate, BulkDelete, BulkUpdate, Create, Delete, DeleteObjects, Deleted, GetOrCreate, Save, UpdateObjects,
    UpdateOrCreate,
};
pub use erased::AnyStore;
pub use m2m::{KeyOf, M2mAdd, M2mClear, M2mCreate, M2mRemove, M2mSet, ManyToMany, RelationPath};
pub use objects::Objects;
pub use payload::{
    DeleteFinalized, DeleteOrigin, Instances, InstancesMut, KeySet, KeySetIter, M2mAction, M2mChanged, PostDelete,
    PostDeleteSet, PostSave, PostSaveSet, PreDelete, PreDeleteSet, PreSave, PreSaveSet, SaveFinalized,
};
pub use signals::{FinalizedSignal, SetSignal, m2m_changed, post_delete, post_save, pre_delete, pre_save};
pub use state::ModelState;

use futures_util::future::BoxFuture;

use crate::db::IntoHandle;
use crate::error::Result;
use crate::model::{ColumnOf, Entity, FieldSet, PrimaryKey};
use crate::query::UseObjects;

/// A struct that is saved to a table: what `#[derive(Model)]` implements.
///
/// Every call takes `&Db` or `&Tx`.
///
/// # Examples
///
/// ```standalone_crate
/// use signals::{Db, Model, Result};
///
/// #[derive(Debug, Model)]
/// struct Track {
///     id: i64,
///     title: String,
///     seconds: i32,
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///
///     let mut track = Track { id: 0, title: "Koyaanisqatsi".into(), seconds: 208 };
///     track.save(&db).await?;
///     track.seconds = 209;
///     track.save(&db).update_fields([Track::SECONDS]).await?;
///
///     assert_eq!(Track::get(&db, track.id).await?.seconds, 209);
///     assert_eq!(track.delete(&db).await?.rows(), 1);
///     assert!(Track::find(&db, track.id).await?.is_none());
///     Ok(())
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model",
    note = "write `#[derive(Model)]` on the struct"
)]
pub trait Model: Entity {
    /// What is kept for this model: its receivers and its statements.
    #[doc(hidden)]
    fn state() -> &'static ModelState<Self>;

    /// Saves the instance: an INSERT while its key is unset, else an UPDATE, and an INSERT if that found no row.
    ///
    /// Sends `pre_save` before the write and `post_save` after it. Options chain before `.await`.
    ///
    /// # Errors
    ///
    /// After each of them the database is as it was before, and so is the instance's key. If a `pre_save` receiver takes the instance and the model is `Clone`,
    /// all fields are: a second attempt does not meet what receivers changed in the first. **If the model is not `Clone`, those changes stay.**
    ///
    /// - [`Error::Receiver`](crate::error::Error::Receiver) if a receiver failed, [`Error::Recursion`](crate::error::Error::Recursion) if signals nest too deep;
    /// - [`Error::Database`](crate::error::Error::Database) if the database refused, such as for a constraint;
    /// - [`Error::Value`](crate::error::Error::Value) if the column cannot store the value of a field, or could never give it back;
    /// - [`Error::KeyTaken`](crate::error::Error::KeyTaken) if the UPDATE matched no row and the INSERT found the key taken,
    ///   [`Error::WriteSkipped`](crate::error::Error::WriteSkipped) if something keeps a forced update from its row,
    ///   [`Error::KeyNotUnique`](crate::error::Error::KeyNotUnique) if the key is that of several rows,
    ///   [`Error::KeyNotGenerated`](crate::error::Error::KeyNotGenerated) if SQLite makes no keys for the column;
    /// - [`Error::SaveOptions`](crate::error::Error::SaveOptions) if options contradict each other, [`Error::KeyMissing`](crate::error::Error::KeyMissing) if an
    ///   update has no key, both before any signal; [`Error::NotUpdated`](crate::error::Error::NotUpdated) if a forced update found no row;
    /// - [`Error::TransactionEnded`](crate::error::Error::TransactionEnded), [`Error::SavepointOpen`](crate::error::Error::SavepointOpen) or
    ///   [`Error::InDoubt`](crate::error::Error::InDoubt) if the `Tx` cannot be used,
    ///   [`Error::ConnectionHeld`](crate::error::Error::ConnectionHeld) for a `Db` in a receiver whose transaction has its only connection.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future undoes what it did, before the next statement of the same transaction. Two moments are the database's own: a bare statement on a `Db`,
    /// and the commit of a save's own transaction, may have happened if they are dropped in flight. (The key stays set in the second case, so that saving
    /// again updates.) In a `Tx` a model without receivers is saved with one bare statement; if that is dropped in flight, the `Tx` refuses to go on
    /// ([`Error::InDoubt`](crate::error::Error::InDoubt)).
    ///
    /// # Transactions
    ///
    /// A transaction (in a `Tx`, a savepoint) is opened if a receiver takes `tx` or the whole payload, or one that runs after the write can fail or is `async`.
    /// If the key is set, one is also opened for a receiver that takes `previous` or has a condition: the row is read in it, and locked on PostgreSQL and MySQL.
    /// Otherwise there is none, and then the row
    /// stays if a `post_save` receiver, a plain function that returns `()`, panics.
    fn save<'a>(&'a mut self, on: impl IntoHandle<'a>) -> Save<'a, Self> {
        Save::new(self, on.into_handle())
    }

    /// Inserts a new row and returns its instance, with its key.
    ///
    /// Is a [`save`](Self::save) with `force_insert`, and sends the same signals: `pre_save`, then `post_save` with
    /// `created`. A row that has the key already is a database error. Options chain before `.await`. **The instance is
    /// lost if the insert fails:** use `save` to keep it. After
    /// [`Error::CommitUnknown`](crate::error::Error::CommitUnknown) so is the key by which the row could be looked for.
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save).
    ///
    /// # Cancel safety
    ///
    /// As [`save`](Self::save).
    ///
    /// # Transactions
    ///
    /// As [`save`](Self::save).
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::{Db, Model, Result};
    ///
    /// #[derive(Debug, Model)]
    /// struct User { id: i64, email: String }
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> Result<()> {
    ///     let db = Db::connect("sqlite::memory:").await?;
    ///     db.create_tables().await?;
    ///
    ///     let alice = User { id: 0, email: "alice@example.com".into() }.create(&db).await?;
    ///     let bob = User { id: 0, email: "bob@example.com".into() }.create(&db).quiet().await?;     // sends no signals
    ///     assert_eq!((alice.id, bob.id), (1, 2));
    ///     Ok(())
    /// }
    /// ```
    fn create<'a>(self, on: impl IntoHandle<'a>) -> Create<'a, Self> {
        Create::new(self, on.into_handle())
    }

    /// Deletes the instance's row, and does with the rows that reference it what their `on_delete` says. The instance keeps its key.
    ///
    /// Sends `pre_delete` before the write and `post_delete` after it. A delete that finds no row sends `pre_delete` alone and returns 0 rows: `post_delete` is sent once
    /// for each row that this call deleted, also if several tasks delete the same rows. (Django sends both for a row that is gone.) Rows that a `cascade` reaches get both
    /// signals too, and so on.
    ///
    /// The instance may be stale. `previous` is the row as the database has it, and is read if a receiver names it; `post_delete` then gets the row that was deleted.
    ///
    /// All that is reached is read first; then come all `pre_delete`, then the writes. Of each model, `post_delete` comes when its rows are gone and those they reference are
    /// still there. A relation without receivers, which no other model references, is deleted in one statement without
    /// being read; one receiver of deletes without a sender is enough to
    /// end that for every model.
    ///
    /// Of up to 2,000 rows of a model, both signals get the same instance. Of more, only the keys are kept: the rows are read part by part for `pre_delete`, and anew for `post_delete`,
    /// which then comes when the row's part is gone: it shows what `set_null` has emptied by then, and leaves out a row that a receiver has deleted meanwhile. (Receivers with `on_commit` keep a copy of each row all the same.)
    ///
    /// Rows that become NULL or their default get no signal, nor do those that the database deletes by itself.
    ///
    /// # Errors
    ///
    /// [`Error::KeyMissing`](crate::error::Error::KeyMissing) if the key is unset. [`Error::Protected`](crate::error::Error::Protected) and
    /// [`Error::Restricted`](crate::error::Error::Restricted) if rows stand in the way, before any signal. Else as [`save`](Self::save).
    ///
    /// # Cancel safety
    ///
    /// As [`save`](Self::save).
    ///
    /// # Transactions
    ///
    /// As [`save`](Self::save); a model that others reference is always deleted in one. Rows that receivers are shown are read with a lock (`FOR UPDATE`), those that are
    /// referenced first and each model's in the order of its keys. PostgreSQL asks for the UPDATE privilege for that. Where rows reference each other in a circle, references are minded by the commit from then
    /// on: what is wrong by then, such as by `on_delete = do_nothing`, is refused there. **In a schema of your own on PostgreSQL, declare the
    /// constraints of such references `DEFERRABLE`,** as [`Db::create_tables`](crate::db::Db::create_tables) does. Otherwise the delete fails with a
    /// [foreign key violation](crate::error::Error::is_foreign_key_violation).
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::{Db, DeleteOrigin, Error, Model, Result, post_delete, receiver};
    ///
    /// #[derive(Debug, Model)]
    /// struct Album {
    ///     id: i64,
    /// }
    ///
    /// #[derive(Debug, Model)]
    /// struct Track {
    ///     id: i64,
    ///     #[model(references = Album, on_delete = cascade)]
    ///     album_id: i64,
    /// }
    ///
    /// #[derive(Debug, Model)]
    /// struct Sale {
    ///     id: i64,
    ///     #[model(references = Track, on_delete = protect)]
    ///     track_id: i64,
    /// }
    ///
    /// #[receiver(post_delete, sender = Track)]
    /// fn tell(instance: &Track, origin: DeleteOrigin) {
    ///     println!("track {} is gone: {origin:?}", instance.id);
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> Result<()> {
    ///     let db = Db::connect("sqlite::memory:").await?;
    ///     db.create_tables().await?;
    ///     let mut album = Album { id: 0 };
    ///     album.save(&db).await?;
    ///     let mut track = Track { id: 0, album_id: album.id };
    ///     track.save(&db).await?;
    ///     let mut sale = Sale { id: 0, track_id: track.id };
    ///     sale.save(&db).await?;
    ///
    ///     let Err(Error::Protected { by, .. }) = album.delete(&db).await else { unreachable!() };
    ///     assert_eq!((by[0].model, by[0].rows), ("Sale", 1));
    ///     sale.delete(&db).await?;
    ///     assert_eq!(album.delete(&db).await?.by_model()["Track"], 1);
    ///     Ok(())
    /// }
    /// ```
    fn delete<'a>(&'a self, on: impl IntoHandle<'a>) -> Delete<'a, Self> {
        Delete::new(self, on.into_handle())
    }

    /// The rows of this model, to be filtered, ordered and read.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Model)]
    /// # struct User { id: i64, name: String, age: Option<i32> }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let adults = User::objects().filter(User::AGE.ge(18)).order_by([User::NAME.asc()]).limit(10).all(db).await?;
    /// # Ok(()) }
    /// ```
    fn objects() -> Objects<Self> {
        Objects::new()
    }

    /// Inserts many instances, with one statement for each thousand, and sets their keys.
    ///
    /// Sends what a save of each would: `pre_save` of the rows of a statement, then `post_save` of them. An instance whose key is set is inserted too, never updated;
    /// a row with its key is a database error. Receivers of whole `set`s are called once for each statement. Without receivers, one statement is all there is
    /// (and a question before it, whether the table has triggers that scatter the keys).
    ///
    /// If a `pre_save` receiver takes `instance` or `instances`, a copy of every instance is kept until the call ends, since an error gives all of them back as they
    /// were: the list then takes twice its memory. A model that is not `Clone` gets only its keys back, and nothing is copied.
    ///
    /// Where some have a key and others get theirs from the database, those with a key are written first, so that the database makes none of theirs. If that takes several
    /// statements, their signals come first too, and a `set` has them in front; the slice keeps its order. A key that a `pre_save` receiver sets comes too late for that.
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save). After each of them the database is as it was before, and so are the keys of all instances. What the database refuses is a statement:
    /// its error does not tell which of the rows it was.
    ///
    /// # Cancel safety
    ///
    /// As [`save`](Self::save).
    ///
    /// # Transactions
    ///
    /// As [`save`](Self::save); and one is opened if it takes several statements.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use signals::{Db, Model, Result, pre_save, receiver};
    ///
    /// #[derive(Debug, Model)]
    /// struct User { id: i64, email: String }
    ///
    /// #[receiver(pre_save, sender = User)]
    /// fn lower_case(instance: &mut User) {
    ///     instance.email.make_ascii_lowercase();
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> Result<()> {
    ///     let db = Db::connect("sqlite::memory:").await?;
    ///     db.create_tables().await?;
    ///
    ///     let mut users = ["Alice@example.com", "Bob@example.com"].map(|email| User { id: 0, email: email.into() });
    ///     User::bulk_create(&db, &mut users).await?;
    ///     assert_eq!(users.map(|user| (user.id, user.email)), [(1, "alice@example.com".into()), (2, "bob@example.com".into())]);
    ///     Ok(())
    /// }
    /// ```
    fn bulk_create<'a>(on: impl IntoHandle<'a>, instances: &'a mut [Self]) -> BulkCreate<'a, Self> {
        BulkCreate::new(instances, on.into_handle())
    }

    /// Writes these columns of many instances, each with its own values, with one statement for each thousand.
    ///
    /// Sends what a save of each with `update_fields` would: `pre_save` of the rows of a statement, then `post_save` of them. What a `pre_save` receiver changes in other columns
    /// of a row is written too. `auto_now` fields are written only if they are among the columns.
    ///
    /// Instances are copied as in [`bulk_create`](Self::bulk_create). If a receiver takes `previous`, a row whose key has other letters than that of its instance
    /// is read with a statement of its own.
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save): with [`Error::NotUpdated`](crate::error::Error::NotUpdated) if one of the rows is not there, naming the first;
    /// and [`Error::SaveOptions`](crate::error::Error::SaveOptions), before any signal, if a key is in the list twice or the primary key is among the columns.
    /// After each of them the database is as it was before.
    ///
    /// # Cancel safety
    ///
    /// As [`save`](Self::save).
    ///
    /// # Transactions
    ///
    /// One is opened (in a `Tx`, a savepoint), unless the list has but one instance.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Model)]
    /// # struct User { id: i64, email: String, age: i32 }
    /// # async fn birthday(db: &Db) -> Result<()> {
    /// let mut users = User::objects().filter(User::AGE.lt(18)).all(db).await?;
    /// for user in &mut users {
    ///     user.age += 1;
    /// }
    /// User::bulk_update(db, &mut users, [User::AGE]).await?;
    /// # Ok(()) }
    /// ```
    fn bulk_update<'a, const N: usize>(
        on: impl IntoHandle<'a>,
        instances: &'a mut [Self],
        columns: [&dyn ColumnOf<Self>; N],
    ) -> BulkUpdate<'a, Self> {
        BulkUpdate::new(instances, FieldSet::of::<Self>(&columns), on.into_handle())
    }

    /// Deletes the rows of many instances, and what their delete reaches. The instances keep their keys.
    ///
    /// The rows that receivers get are read again, so a stale instance does no harm. One that is gone already is left out, and sends no signal.
    ///
    /// # Errors
    ///
    /// As [`delete`](Self::delete).
    ///
    /// # Cancel safety
    ///
    /// As [`save`](Self::save).
    ///
    /// # Transactions
    ///
    /// One is opened (in a `Tx`, a savepoint) if the signals have receivers, another model references this one, or it
    /// takes several statements.
    fn bulk_delete<'a>(on: impl IntoHandle<'a>, instances: &'a [Self]) -> BulkDelete<'a, Self> {
        BulkDelete::new(instances, on.into_handle())
    }

    /// Loads the row with this key.
    ///
    /// # Errors
    ///
    /// [`Error::DoesNotExist`](crate::error::Error::DoesNotExist) if there is none, [`Error::Database`](crate::error::Error::Database) if it cannot be read.
    ///
    /// # Cancel safety
    ///
    /// It only reads, so dropping the future changes nothing.
    fn get<'a>(
        on: impl IntoHandle<'a>,
        key: <Self::Key as PrimaryKey>::Lookup<'_>,
    ) -> impl Future<Output = Result<Self>> + Send {
        load::get(Self::state(), on.into_handle(), Self::Key::from_lookup(key))
    }

    /// Loads the row with this key, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Database`](crate::error::Error::Database) if it cannot be read.
    ///
    /// # Cancel safety
    ///
    /// As [`get`](Self::get).
    fn find<'a>(
        on: impl IntoHandle<'a>,
        key: <Self::Key as PrimaryKey>::Lookup<'_>,
    ) -> impl Future<Output = Result<Option<Self>>> + Send {
        load::find(Self::state(), on.into_handle(), Self::Key::from_lookup(key))
    }

    /// Is not there: see [`UseObjects`].
    #[doc(hidden)]
    fn all<T>(_on: T) -> BoxFuture<'static, Result<Vec<Self>>>
    where
        Self: UseObjects,
    {
        Self::never()
    }

    /// Loads the instance's row anew. Fields marked `skip` become their default.
    ///
    /// # Errors
    ///
    /// [`Error::DoesNotExist`](crate::error::Error::DoesNotExist) if the row is gone, [`Error::KeyMissing`](crate::error::Error::KeyMissing) if the key is
    /// unset, [`Error::Database`](crate::error::Error::Database) if it cannot be read. The instance is as it was then.
    ///
    /// # Cancel safety
    ///
    /// As [`get`](Self::get): the instance changes only at the end.
    fn refresh<'a>(&'a mut self, on: impl IntoHandle<'a>) -> impl Future<Output = Result<()>> + Send {
        load::refresh(Self::state(), self, on.into_handle())
    }
}
