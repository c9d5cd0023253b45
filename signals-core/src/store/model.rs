//! The calls that save, delete and load the rows of a model.

use futures_util::future::BoxFuture;

use super::{BulkCreate, BulkDelete, BulkUpdate, Create, Delete, ModelState, Objects, Save, load};
use crate::db::{IntoHandle, Tx};
use crate::error::Result;
use crate::model::{ColumnOf, Entity, FieldSet, ModelKey};
use crate::query::UseObjects;

/// A struct that is saved to a table. `#[derive(Model)]` implements it.
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
    /// Returns the state of this model: its receivers and its statements.
    #[doc(hidden)]
    fn state() -> &'static ModelState<Self>;

    /// Saves the instance: with an INSERT if its key is unset, else with an UPDATE, and an INSERT if that
    /// found no row.
    ///
    /// Sends `pre_save` before the write and `post_save` after it. Options chain before `.await`.
    ///
    /// # Errors
    ///
    /// After any of these errors the database and the instance's key are as they were before. If a `pre_save`
    /// receiver takes the instance and the model is `Clone`, all fields are restored, so a second attempt
    /// does not see the changes of the first. **If the model is not `Clone`, those changes stay.**
    ///
    /// - [`Error::Receiver`](crate::error::Error::Receiver) if a receiver failed,
    ///   [`Error::Recursion`](crate::error::Error::Recursion) if signals nest too deep;
    /// - [`Error::Database`](crate::error::Error::Database) if the database returned an error, such as a
    ///   violated constraint;
    /// - [`Error::Value`](crate::error::Error::Value) if a column cannot store the value of a field, or the
    ///   value could never be read back;
    /// - [`Error::KeyTaken`](crate::error::Error::KeyTaken) if the UPDATE matched no row and the INSERT found
    ///   the key taken, [`Error::WriteSkipped`](crate::error::Error::WriteSkipped) if the row exists but a
    ///   forced update does not reach it, [`Error::KeyNotUnique`](crate::error::Error::KeyNotUnique) if
    ///   several rows have the key, [`Error::KeyNotGenerated`](crate::error::Error::KeyNotGenerated) if
    ///   SQLite generates no keys for the column;
    /// - [`Error::SaveOptions`](crate::error::Error::SaveOptions) if options contradict each other,
    ///   [`Error::KeyMissing`](crate::error::Error::KeyMissing) if an update has no key, both before any
    ///   signal; [`Error::NotUpdated`](crate::error::Error::NotUpdated) if a forced update found no row;
    /// - [`Error::TransactionEnded`](crate::error::Error::TransactionEnded),
    ///   [`Error::SavepointOpen`](crate::error::Error::SavepointOpen) or
    ///   [`Error::InDoubt`](crate::error::Error::InDoubt) if the `Tx` cannot be used,
    ///   [`Error::ConnectionHeld`](crate::error::Error::ConnectionHeld) for a `Db` in a receiver whose
    ///   transaction has its only connection.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future undoes its writes, before the next statement of the same transaction. Two steps
    /// may have taken effect if the future is dropped while they run: a bare statement on a `Db`, and the
    /// commit of the save's own transaction. After a dropped commit the key stays set, so saving again
    /// updates. In a `Tx`, a model whose receivers need no transaction is saved with one bare statement. If the
    /// future is dropped while it runs, the `Tx` returns [`Error::InDoubt`](crate::error::Error::InDoubt) from
    /// then on.
    ///
    /// # Transactions
    ///
    /// Opens a transaction (in a `Tx`, a savepoint) if a receiver takes `tx` or the whole payload. It also
    /// opens one if a receiver that runs after the write can fail or is `async`. If the key is set, it also
    /// opens one for a receiver that takes `previous` or has a condition. The row is then read in the
    /// transaction, and locked on PostgreSQL and MySQL. A durable receiver of `post_save` needs none: the statement
    /// of the save inserts its run too, if the database can. Otherwise there is no transaction, and the row stays
    /// if a `post_save` receiver, a plain function that returns `()`, panics.
    fn save<'a>(&'a mut self, on: impl IntoHandle<'a>) -> Save<'a, Self> {
        Save::new(self, on.into_handle())
    }

    /// Inserts a new row and returns its instance, with its key.
    ///
    /// Runs [`save`](Self::save) with `force_insert`, and sends the same signals: `pre_save`, then
    /// `post_save` with `created`. If a row already has the key, the database returns an error. Options chain
    /// before `.await`. **The instance is lost if the insert fails:** use `save` to keep it. After
    /// [`Error::CommitUnknown`](crate::error::Error::CommitUnknown) the key is lost too, so the row cannot be
    /// looked for.
    ///
    /// # Errors
    ///
    /// See [`save`](Self::save).
    ///
    /// # Cancel safety
    ///
    /// See [`save`](Self::save).
    ///
    /// # Transactions
    ///
    /// See [`save`](Self::save).
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

    /// Deletes the instance's row, and applies `on_delete` to the rows that reference it. The instance keeps
    /// its key.
    ///
    /// Sends `pre_delete` before the write and `post_delete` after it. A delete that finds no row sends only
    /// `pre_delete` and returns 0 rows. `post_delete` is sent once for each row that this call deleted, even
    /// if several tasks delete the same rows. (Django sends both signals for a missing row.) Both signals are
    /// also sent for every row that a `cascade` reaches.
    ///
    /// The instance may be stale. If a receiver names `previous`, the row is read from the database. In
    /// `post_delete`, `previous` is the row that was deleted.
    ///
    /// All rows that the delete reaches are read first. Then every `pre_delete` is sent, then the rows are
    /// written. `post_delete` of a model is sent after its rows are deleted, and before the rows that they
    /// reference are. Rows of a model that has no receivers, and that no other model references, are deleted
    /// in one statement without being read. A single receiver of deletes without a sender ends this for every
    /// model.
    ///
    /// For up to 2,000 rows of a model, both signals get the same instance. For more rows, only the keys are
    /// kept. The rows are then read in parts for `pre_delete`, and again for `post_delete`, which is sent
    /// after each part is deleted. It shows the columns that `set_null` has emptied, and leaves out rows that
    /// a receiver has deleted meanwhile. (For receivers with `on_commit`, a copy of each row is kept in any
    /// case.)
    ///
    /// No signal is sent for rows whose column becomes NULL or its default, nor for rows that the database
    /// deletes by itself.
    ///
    /// # Errors
    ///
    /// [`Error::KeyMissing`](crate::error::Error::KeyMissing) if the key is unset.
    /// [`Error::Protected`](crate::error::Error::Protected) and
    /// [`Error::Restricted`](crate::error::Error::Restricted) if referencing rows prevent the delete, before
    /// any signal. For other errors, see [`save`](Self::save).
    ///
    /// # Cancel safety
    ///
    /// See [`save`](Self::save).
    ///
    /// # Transactions
    ///
    /// See [`save`](Self::save). A model that others reference is always deleted in a transaction. Rows for
    /// receivers are read with a lock (`FOR UPDATE`): referenced rows first, and the rows of each model in
    /// the order of their keys. On PostgreSQL the lock needs the UPDATE privilege.
    ///
    /// If rows reference each other in a circle, references are checked only at the commit from then on. The
    /// commit then fails if a reference is broken, such as by `on_delete = do_nothing`. **In your own schema
    /// on PostgreSQL, declare the constraints of such references `DEFERRABLE`,** as
    /// [`Db::create_tables`](crate::db::Db::create_tables) does. Otherwise the delete fails with a
    /// [foreign key violation](crate::error::Error::is_foreign_key_violation).
    ///
    /// # Examples
    ///
    /// [`Deleted`](super::Deleted) has one with references.
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Model)]
    /// # struct User { id: i64 }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let deleted = User::get(db, 7).await?.delete(db).await?;
    /// println!("{} rows in all", deleted.rows());
    /// # Ok(()) }
    /// ```
    fn delete<'a>(&'a self, on: impl IntoHandle<'a>) -> Delete<'a, Self> {
        Delete::new(self, on.into_handle())
    }

    /// Returns the rows of this model as a query set, to filter, order and read them.
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
    /// Sends the signals of a save of each: `pre_save` for all rows of a statement, then `post_save` for
    /// them. An instance whose key is set is also inserted, never updated. If a row already has its key, the
    /// database returns an error. Receivers of whole `set`s are called once for each statement. Without
    /// receivers, only the INSERT runs, and before it a query for triggers that scatter the keys.
    ///
    /// If a `pre_save` receiver takes `instance` or `instances`, the call keeps a copy of every instance,
    /// which doubles the memory of the list. After an error all instances are restored from it. If the model
    /// is not `Clone`, nothing is copied, and only the keys are restored.
    ///
    /// If only some instances have a key, these are inserted first, so that the database does not generate
    /// the same keys. If the list takes several statements, their signals are also sent first, and a `set`
    /// has them first. The slice keeps its order. A key that a `pre_save` receiver sets does not change this
    /// order.
    ///
    /// # Errors
    ///
    /// See [`save`](Self::save). After any error the database and the keys of all instances are as they were
    /// before. An error of the database is the error of a statement, and does not say which row caused it.
    ///
    /// # Cancel safety
    ///
    /// See [`save`](Self::save).
    ///
    /// # Transactions
    ///
    /// See [`save`](Self::save). A transaction is also opened if the call takes several statements.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Model)]
    /// # struct User { id: i64, email: String }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let mut users = ["ann@b.c", "bob@b.c"].map(|email| User { id: 0, email: email.into() });
    /// User::bulk_create(db, &mut users).await?;
    /// # Ok(()) }
    /// ```
    fn bulk_create<'a>(on: impl IntoHandle<'a>, instances: &'a mut [Self]) -> BulkCreate<'a, Self> {
        BulkCreate::new(instances, on.into_handle())
    }

    /// Writes these columns of many instances, each with its own values, with one statement for each
    /// thousand.
    ///
    /// Sends the signals of a save of each with `update_fields`: `pre_save` for all rows of a statement, then
    /// `post_save` for them. If a `pre_save` receiver changes other columns of a row, these are written too.
    /// `auto_now` fields are written only if they are among the columns.
    ///
    /// Instances are copied as in [`bulk_create`](Self::bulk_create). If a receiver takes `previous`, a row
    /// whose key is spelled with other letters than its instance's is read with a statement of its own.
    ///
    /// # Errors
    ///
    /// See [`save`](Self::save). [`Error::NotUpdated`](crate::error::Error::NotUpdated) if a row does not
    /// exist, with the key of the first such row. [`Error::SaveOptions`](crate::error::Error::SaveOptions),
    /// before any signal, if a key is in the list twice or the primary key is among the columns. After any
    /// error the database is as it was before.
    ///
    /// # Cancel safety
    ///
    /// See [`save`](Self::save).
    ///
    /// # Transactions
    ///
    /// Opens a transaction (in a `Tx`, a savepoint), unless the list has only one instance.
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

    /// Deletes the rows of many instances, and the rows that their delete reaches. The instances keep their
    /// keys.
    ///
    /// The rows that receivers get are read from the database, so instances may be stale. A row that no
    /// longer exists is left out, and no signal is sent for it.
    ///
    /// # Errors
    ///
    /// See [`delete`](Self::delete).
    ///
    /// # Cancel safety
    ///
    /// See [`save`](Self::save).
    ///
    /// # Transactions
    ///
    /// Opens a transaction (in a `Tx`, a savepoint) if the signals have receivers, another model references
    /// this one, or the call takes several statements.
    fn bulk_delete<'a>(on: impl IntoHandle<'a>, instances: &'a [Self]) -> BulkDelete<'a, Self> {
        BulkDelete::new(instances, on.into_handle())
    }

    /// Loads the row with this key. A composite key is a tuple: `Order::get(&db, (tenant, number))`.
    ///
    /// # Errors
    ///
    /// [`Error::DoesNotExist`](crate::error::Error::DoesNotExist) if there is none,
    /// [`Error::Database`](crate::error::Error::Database) if it cannot be read.
    ///
    /// # Cancel safety
    ///
    /// This call only reads, so dropping the future changes nothing.
    fn get<'a>(
        on: impl IntoHandle<'a>,
        key: <Self::Key as ModelKey>::Lookup<'_>,
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
    /// See [`get`](Self::get).
    fn find<'a>(
        on: impl IntoHandle<'a>,
        key: <Self::Key as ModelKey>::Lookup<'_>,
    ) -> impl Future<Output = Result<Option<Self>>> + Send {
        load::find(Self::state(), on.into_handle(), Self::Key::from_lookup(key))
    }

    /// Loads the row with this key and locks it until the end of the transaction: `SELECT .. FOR UPDATE`. Waits if
    /// others have locked the row. SQLite locks no rows: a transaction that can write is the only one.
    ///
    /// [`Objects::lock`] locks the rows of a query set.
    ///
    /// # Errors
    ///
    /// See [`get`](Self::get). [`Error::QueryOptions`](crate::error::Error::QueryOptions) in a
    /// [read-only](crate::db::TransactionBuilder::read_only) transaction. If it waits too long, the database's error is
    /// a [lock timeout](crate::error::Error::is_lock_timeout).
    ///
    /// # Cancel safety
    ///
    /// See [`get`](Self::get). The row may stay locked until the end of the transaction.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Model, Result, Tx};
    /// # #[derive(Model)]
    /// # struct Account { id: i64, cents: i64 }
    /// # async fn example(tx: &Tx) -> Result<()> {
    /// let mut account = Account::get_for_update(tx, 7).await?;
    /// account.cents -= 100;
    /// account.save(tx).await?;
    /// # Ok(()) }
    /// ```
    #[doc(alias = "select_for_update")]
    fn get_for_update(tx: &Tx, key: <Self::Key as ModelKey>::Lookup<'_>) -> impl Future<Output = Result<Self>> + Send {
        load::get_for_update(Self::state(), tx, Self::Key::from_lookup(key))
    }

    /// Loads the row with this key, if there is one, and locks it as [`get_for_update`](Self::get_for_update) does.
    /// If there is no row, others may insert it. On MySQL they wait, since its gap is locked, and may deadlock.
    ///
    /// # Errors
    ///
    /// See [`get_for_update`](Self::get_for_update).
    ///
    /// # Cancel safety
    ///
    /// See [`get_for_update`](Self::get_for_update).
    fn find_for_update(
        tx: &Tx,
        key: <Self::Key as ModelKey>::Lookup<'_>,
    ) -> impl Future<Output = Result<Option<Self>>> + Send {
        load::find_for_update(Self::state(), tx, Self::Key::from_lookup(key))
    }

    /// Cannot be called: see [`UseObjects`].
    #[doc(hidden)]
    fn all<T>(_on: T) -> BoxFuture<'static, Result<Vec<Self>>>
    where
        Self: UseObjects,
    {
        Self::never()
    }

    /// Reloads the instance's row. Fields marked `skip` become their default.
    ///
    /// # Errors
    ///
    /// [`Error::DoesNotExist`](crate::error::Error::DoesNotExist) if the row is gone,
    /// [`Error::KeyMissing`](crate::error::Error::KeyMissing) if the key is unset,
    /// [`Error::Database`](crate::error::Error::Database) if the row cannot be read. After an error the
    /// instance is unchanged.
    ///
    /// # Cancel safety
    ///
    /// See [`get`](Self::get). The instance changes only at the end.
    fn refresh<'a>(&'a mut self, on: impl IntoHandle<'a>) -> impl Future<Output = Result<()>> + Send {
        load::refresh(Self::state(), self, on.into_handle())
    }
}
