//! The rows of a model, as a query set.

mod aggregates;
mod delete;
mod for_each;
mod lock;
mod only;
mod or_create;
mod pages;
mod statement;
pub(super) mod update;
mod values;

pub(super) use statement::built;

use std::fmt;
use std::marker::PhantomData;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, future, stream};

pub use pages::Page;
pub use values::ValuesOf;

use super::calls::{DeleteObjects, UpdateObjects};
use crate::backend::{Backend, Row};
use crate::db::{Doing, Handle, IntoHandle};
use crate::error::Result;
use crate::model::{Entity, ModelKey as _};
use crate::query::{Assignment, Built, COUNT, Condition, IntoOrders, Ordering, Select};

/// A query set: some rows of `M`. [`Model::objects`](super::Model::objects) returns all rows, and the methods
/// narrow them down.
///
/// It is cheap to clone. Nothing is read before a call such as [`all`](Self::all) is awaited. Each of these
/// calls takes `&Db` or `&Tx`, and reads with one statement.
///
/// # Examples
///
/// ```standalone_crate
/// use futures_util::TryStreamExt as _;
/// use signals::{Db, Model, Result};
///
/// #[derive(Debug, Clone, Model)]
/// struct Track {
///     id: i64,
///     #[model(unique)]
///     title: String,
///     composer: Option<String>,
///     seconds: i32,
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///     for (title, seconds) in [("Opening", 391), ("Floe", 401), ("Islands", 460)] {
///         Track { id: 0, title: title.into(), composer: Some("Glass".into()), seconds }.save(&db).await?;
///     }
///
///     let long = Track::objects().filter(Track::SECONDS.gt(400));
///     assert_eq!(long.count(&db).await?, 2);
///     let longest = long.clone().order_by([Track::SECONDS.desc(), Track::ID.asc()]).first(&db).await?;
///     assert_eq!(longest.unwrap().title, "Islands");
///
///     let mut rows = long.exclude(Track::TITLE.contains("loe")).stream(&db);
///     while let Some(track) = rows.try_next().await? {
///         println!("{}", track.title);
///     }
///     drop(rows);
///
///     let nocturne = || Track { id: 0, title: "Nocturne".into(), composer: None, seconds: 270 };
///     let (track, created) = Track::objects().filter(Track::TITLE.eq("Nocturne")).get_or_create(&db, nocturne).await?;
///     assert!(created && track.id > 0);
///     Ok(())
/// }
/// ```
#[must_use = "a query set reads nothing until a method says how, such as `all`"]
pub struct Objects<M> {
    pub(super) select: Select,
    model: PhantomData<fn() -> M>,
}

impl<M: Entity> Objects<M> {
    pub(super) fn new() -> Self {
        Self::of(Select::of(M::meta()))
    }

    pub(super) fn of(select: Select) -> Self {
        Self { select, model: PhantomData }
    }

    /// Keeps only the rows that match the condition. If called again, rows have to match both conditions.
    ///
    /// Conditions apply before [`limit`](Self::limit) and [`offset`](Self::offset), so call `filter` before
    /// them. Otherwise every call that reads or writes fails with
    /// [`Error::QueryOptions`](crate::error::Error::QueryOptions).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let adults = User::objects().filter(User::AGE.ge(18));
    /// // Both conditions have to be true.
    /// let named = adults.filter(User::NAME.starts_with("A") | User::NAME.eq("Bob"));
    /// let users = named.all(db).await?;
    /// # drop(users);
    /// # Ok(()) }
    /// ```
    pub fn filter(self, condition: Condition<M>) -> Self {
        Self::of(self.select.filter(condition.into_node()))
    }

    /// Keeps only the rows that do not match the condition, including those with NULL in its columns.
    ///
    /// As with [`filter`](Self::filter), call it before a limit or an offset. As in Django,
    /// `exclude(User::AGE.gt(18))` keeps the users whose age is NULL; see [`Condition`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let users = User::objects().exclude(User::AGE.lt(18)).all(db).await?;      // also those without an age
    /// # drop(users);
    /// # Ok(()) }
    /// ```
    pub fn exclude(self, condition: Condition<M>) -> Self {
        self.filter(condition.not())
    }

    /// Orders by these columns, the first of them first: `order_by([User::AGE.desc(), User::ID.asc()])`. If
    /// called again, the new order replaces the old one.
    ///
    /// A single order needs no list: `order_by(User::AGE.desc())`. Without an order, the database chooses the
    /// order of the rows. As with [`filter`](Self::filter), call it before a limit or an offset.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let oldest_first = User::objects().order_by([User::AGE.desc(), User::ID.asc()]).all(db).await?;
    /// # drop(oldest_first);
    /// # Ok(()) }
    /// ```
    pub fn order_by(self, orders: impl IntoOrders<M>) -> Self {
        let orders: Vec<Ordering> = orders.orderings().map(|order| order.ordering()).collect();
        Self::of(self.select.order_by(orders))
    }

    /// Keeps at most `rows` of the rows that match, after the offset. If called again, the smaller limit
    /// applies.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let page = 3;
    /// let users = User::objects().order_by(User::ID.asc()).offset(page * 20).limit(20).all(db).await?;
    /// # drop(users);
    /// # Ok(()) }
    /// ```
    pub fn limit(self, rows: u64) -> Self {
        Self::of(self.select.take(rows))
    }

    /// Skips the first `rows` of the rows that match. If called again, the last offset applies.
    ///
    /// **Without an order, two pages may have the same row.** Call [`order_by`](Self::order_by) first, with the
    /// primary key as its last column. [`page`](Self::page) finds a page by the last row of the one before it, however
    /// many rows are before that.
    pub fn offset(self, rows: u64) -> Self {
        Self::of(self.select.skip(rows))
    }

    /// Reads the rows.
    ///
    /// # Errors
    ///
    /// - [`Error::Database`](crate::error::Error::Database) if the rows cannot be read;
    /// - [`Error::QueryOptions`](crate::error::Error::QueryOptions) if a condition or an order comes after a
    ///   limit or an offset;
    /// - [`Error::JsonValue`](crate::error::Error::JsonValue) if a condition compares a column of JSON;
    /// - [`Error::ConditionTooDeep`](crate::error::Error::ConditionTooDeep) if the condition nests deeper
    ///   than 200 levels;
    /// - [`Error::TooManyValues`](crate::error::Error::TooManyValues) if the condition's lists are too long.
    ///
    /// For other errors, see [`Model::get`](super::Model::get).
    ///
    /// # Cancel safety
    ///
    /// This call only reads, so dropping the future changes nothing.
    pub fn all<'a>(&self, on: impl IntoHandle<'a>) -> BoxFuture<'a, Result<Vec<M>>> {
        let (on, built) = self.build(on.into_handle(), Select::rows);
        Box::pin(async move {
            let Built { statement, args } = built?;
            on.all(&statement, args, reading::<M>(), M::load).await
        })
    }

    /// Reads the first row, if there is one. Without an order, it is the first by primary key.
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
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// if let Some(oldest) = User::objects().order_by(User::AGE.desc()).first(db).await? {
    ///     println!("{}", oldest.name);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn first<'a>(&self, on: impl IntoHandle<'a>) -> BoxFuture<'a, Result<Option<M>>> {
        let first = Self::of(self.select.clone().or_by_key().limit(1));
        let (on, built) = first.build(on.into_handle(), Select::rows);
        Box::pin(async move {
            let Built { statement, args } = built?;
            on.first(&statement, args, reading::<M>(), M::load).await
        })
    }

    /// Counts the rows that [`all`](Self::all) would read. A limit and an offset apply.
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
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let minors = User::objects().filter(User::AGE.lt(18)).count(db).await?;
    /// println!("{minors} minors");
    /// # Ok(()) }
    /// ```
    pub fn count<'a>(&self, on: impl IntoHandle<'a>) -> BoxFuture<'a, Result<u64>> {
        let (on, built) = self.build(on.into_handle(), Select::count);
        Box::pin(async move {
            let Built { statement, args } = built?;
            let rows = on.first(&statement, args, reading::<M>(), |row| row.get::<i64>(COUNT)).await?;
            Ok(rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or(0))
        })
    }

    /// Returns whether any row matches.
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
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// if User::objects().filter(User::NAME.eq("root")).exists(db).await? {
    ///     println!("there is a root");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn exists<'a>(&self, on: impl IntoHandle<'a>) -> BoxFuture<'a, Result<bool>> {
        let (on, built) = self.build(on.into_handle(), Select::exists);
        Box::pin(async move {
            let Built { statement, args } = built?;
            Ok(on.first(&statement, args, reading::<M>(), |_| Ok(())).await?.is_some())
        })
    }

    /// Reads the rows one by one, as the stream is polled. Only a few rows are in memory at a time.
    ///
    /// On a `Db`, the stream holds a connection of the pool until it ends or is dropped. SQLite in memory has
    /// only one connection: use [`all`](Self::all) if the loop itself needs the database. On a `Tx`, the
    /// stream holds the transaction. Other calls on the `Tx` fail with
    /// [`Error::StreamOpen`](crate::error::Error::StreamOpen) meanwhile. The stream ends after an error.
    ///
    /// # Errors
    ///
    /// Yields the errors of [`all`](Self::all) as an item.
    ///
    /// # Cancel safety
    ///
    /// Dropping the stream before its end leaves the connection and the transaction usable.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// use futures_util::TryStreamExt as _;
    ///
    /// let mut users = User::objects().order_by(User::ID.asc()).stream(db);
    /// while let Some(user) = users.try_next().await? {
    ///     println!("{}", user.name);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn stream<'a>(&self, on: impl IntoHandle<'a>) -> BoxStream<'a, Result<M>> {
        let (on, built) = self.build(on.into_handle(), Select::rows);
        match built {
            Ok(Built { statement, args }) => on.stream(statement, args, reading::<M>(), M::load),
            Err(error) => stream::once(future::ready(Err(error))).boxed(),
        }
    }

    /// Sets columns of all rows to values or [expressions](crate::query::Expression): one assignment such as
    /// `User::ACTIVE.set(false)`, or a list of them. Returns the number of rows.
    ///
    /// Sends the signals of a save of each row with `update_fields`, in the order of their keys. The rows are
    /// read in parts of 1,000. `pre_save` for a part is sent before it is written, and `post_save` after it.
    /// The set of rows is fixed before the first signal. A row that a receiver deletes before it is written
    /// is not counted, and no `post_save` is sent for it. `auto_now` fields are written only if they are
    /// among the columns, with the value given here.
    ///
    /// Without receivers, it executes one UPDATE.
    ///
    /// # Errors
    ///
    /// Before anything is done:
    ///
    /// - [`Error::QueryOptions`](crate::error::Error::QueryOptions) for a query set with a limit or an
    ///   offset, if nothing is set, and if columns are computed from each other;
    /// - [`Error::JsonValue`](crate::error::Error::JsonValue) for a column of JSON;
    /// - [`Error::SaveOptions`](crate::error::Error::SaveOptions) for the primary key, and for a column that
    ///   is set twice.
    ///
    /// Later, [`Error::SaveOptions`](crate::error::Error::SaveOptions) if a `pre_save` receiver changes the
    /// key of a row. For other errors, see [`Model::save`](super::Model::save).
    ///
    /// # Cancel safety
    ///
    /// See [`Model::save`](super::Model::save).
    ///
    /// # Transactions
    ///
    /// Opens a transaction (in a `Tx`, a savepoint) if the signals have receivers.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let minors = User::objects().filter(User::AGE.lt(18));
    /// let rows = minors.update(db, User::ACTIVE.set(false)).await?;
    /// let rows = rows + minors.update(db, [User::ACTIVE.set(true), User::AGE.set(Some(18))]).quiet().await?;
    /// # let _ = rows;
    /// # Ok(()) }
    /// ```
    pub fn update<'a>(
        &self,
        on: impl IntoHandle<'a>,
        assignments: impl IntoIterator<Item = Assignment<M>>,
    ) -> UpdateObjects<'a, M> {
        UpdateObjects::new(self.select.clone(), assignments.into_iter().collect(), on.into_handle())
    }

    /// Deletes all rows, and the rows that their delete reaches; see [`Model::delete`](super::Model::delete).
    ///
    /// The set of rows is fixed before the first signal. If there are no receivers, and no model references
    /// this one, it executes one DELETE.
    ///
    /// # Errors
    ///
    /// [`Error::QueryOptions`](crate::error::Error::QueryOptions) for a query set with a limit or an offset,
    /// before anything is done. For other errors, see [`Model::delete`](super::Model::delete).
    ///
    /// # Cancel safety
    ///
    /// See [`Model::save`](super::Model::save).
    ///
    /// # Transactions
    ///
    /// Opens a transaction (in a `Tx`, a savepoint) if the signals have receivers or another model references
    /// this one.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// let deleted = User::objects().filter(User::ACTIVE.eq(false)).delete(db).await?;
    /// println!("{} users, and {} rows that reference them", deleted.of::<User>(), deleted.rows() - deleted.of::<User>());
    /// # Ok(()) }
    /// ```
    pub fn delete<'a>(&self, on: impl IntoHandle<'a>) -> DeleteObjects<'a, M> {
        DeleteObjects::new(self.select.clone(), on.into_handle())
    }

    /// Builds a statement for the backend of `on`.
    fn build<'a>(
        &self,
        on: Handle<'a>,
        statement: impl FnOnce(&Select, Backend) -> Result<Built>,
    ) -> (Handle<'a>, Result<Built>) {
        (on, statement::built(&self.select, on, statement))
    }
}

/// Reads the keys of the rows, in order.
async fn read_keys<M: Entity>(select: &Select, on: Handle<'_>) -> Result<Vec<M::Key>> {
    let Built { statement, args } = select.clone().by_key().keys(on.db().backend())?;
    on.all(&statement, args, reading::<M>(), read_key::<M>).await
}

fn read_key<M: Entity>(row: &Row<'_>) -> Result<M::Key, sqlx::Error> {
    let meta = M::meta();
    M::Key::read(row, &|part| meta.key_column(meta.primary_key_columns(), part))
}

fn reading<M: Entity>() -> Doing {
    Doing { verb: "SELECT", model: M::meta().name() }
}

impl<M> Clone for Objects<M> {
    fn clone(&self) -> Self {
        Self { select: self.select.clone(), model: PhantomData }
    }
}

impl<M> fmt::Debug for Objects<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Objects").field(&self.select).finish()
    }
}
