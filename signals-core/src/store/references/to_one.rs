//! References that lead to one row.

use std::fmt;
use std::ops::Range;

use futures_util::future::BoxFuture;

use super::end::Ends;
use super::loaded::LoadedOne;
use crate::db::IntoHandle;
use crate::error::Result;
use crate::model::Entity;
use crate::store::{Model, Objects};

/// The row of `B` that a row of `A` leads to, such as `Order::USER`.
///
/// `references = User` on the field `user_id` generates the constant. If the field is unique, `related = profile`
/// generates one for the way back too, such as `User::PROFILE`. It reads nothing by itself.
///
/// | to read | write |
/// |---|---|
/// | the user of one order | `Order::USER.of(&order).get(&db)`; any other call of a query set works too |
/// | those of many orders | `Order::USER.load(&db, &orders)`, then `users.of(&order)` |
///
/// # Examples
///
/// ```standalone_crate
/// use signals::{Db, Model, Result};
///
/// #[derive(Debug, Model)]
/// struct User {
///     id: i64,
///     name: String,
/// }
///
/// #[derive(Debug, Model)]
/// #[model(table = "orders")]
/// struct Order {
///     id: i64,
///     #[model(references = User, on_delete = set_null)]
///     user_id: Option<i64>,
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///     let ann = User { id: 0, name: "Ann".into() }.create(&db).await?;
///     let order = Order { id: 0, user_id: Some(ann.id) }.create(&db).await?;
///     let lost = Order { id: 0, user_id: None }.create(&db).await?;
///
///     assert_eq!(Order::USER.of(&order).get(&db).await?.name, "Ann");
///     assert!(Order::USER.of(&lost).first(&db).await?.is_none());
///
///     let orders = Order::objects().all(&db).await?;
///     let users = Order::USER.load(&db, &orders).await?;
///     assert_eq!(users.of(&order).map(|user| user.id), Some(ann.id));
///     assert!(users.of(&lost).is_none());
///     Ok(())
/// }
/// ```
pub struct ToOne<A, B>(Ends<A, B>);

impl<A: Model, B: Model> ToOne<A, B> {
    /// Makes it of the two ends.
    #[doc(hidden)]
    pub const fn new(ends: Ends<A, B>) -> Self {
        Self(ends)
    }

    /// Returns the row that this one leads to, as a query set of at most one row.
    ///
    /// It is empty if the reference is `None`. On the way back from a row that is not saved, each call of the set
    /// returns [`Error::KeyMissing`](crate::error::Error::KeyMissing).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Model)]
    /// # struct User { id: i64 }
    /// # #[derive(Debug, Model)]
    /// # struct Order { id: i64, #[model(references = User, on_delete = cascade)] user_id: i64 }
    /// # async fn example(db: &Db, order: &Order) -> Result<()> {
    /// let user: User = Order::USER.of(order).get(db).await?;
    /// let user: Option<User> = Order::USER.of(order).first(db).await?;
    /// # drop(user);
    /// # Ok(()) }
    /// ```
    pub fn of(&self, row: &A) -> Objects<B> {
        self.0.of(row)
    }

    /// Reads the rows that these lead to. Each is read once, however many lead to it.
    ///
    /// It takes `&Vec`, a slice, or any other iterator of references. Statements are as those of
    /// [`ToMany::load`](super::ToMany::load). If no row leads anywhere, nothing is read.
    ///
    /// Keys of text are equal if the database finds them equal, such as in another case. This takes no further
    /// statement if every key finds a row that is spelled as it is, or none does. Otherwise one more statement for each
    /// 512 of the other keys asks whether rows equal them. If it finds some of these and not all, it is repeated for the
    /// rest. These statements read only keys.
    ///
    /// # Errors
    ///
    /// See [`Objects::all`]. On the way back, [`Error::KeyMissing`](crate::error::Error::KeyMissing) if one of the
    /// rows is not saved.
    ///
    /// # Cancel safety
    ///
    /// This call only reads, so dropping the future changes nothing.
    ///
    /// # Transactions
    ///
    /// See [`ToMany::load`](super::ToMany::load).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Model)]
    /// # struct User { id: i64 }
    /// # #[derive(Debug, Model)]
    /// # struct Order { id: i64, #[model(references = User, on_delete = cascade)] user_id: i64 }
    /// # async fn example(db: &Db, orders: &[Order]) -> Result<()> {
    /// let users = Order::USER.load(db, orders).await?;
    /// for order in orders {
    ///     println!("{order:?} {:?}", users.of(order));
    /// }
    /// # Ok(()) }
    /// ```
    pub fn load<'a, 'r>(
        &self,
        on: impl IntoHandle<'a>,
        rows: impl IntoIterator<Item = &'r A>,
    ) -> BoxFuture<'a, Result<LoadedOne<A, B>>> {
        self.load_from(on, rows, B::objects())
    }

    /// Reads those of a query set that these rows lead to. The others are as if they did not exist.
    ///
    /// # Errors
    ///
    /// See [`load`](Self::load). [`Error::QueryOptions`](crate::error::Error::QueryOptions) also for a query set with a
    /// limit or an offset.
    ///
    /// # Cancel safety
    ///
    /// See [`load`](Self::load).
    ///
    /// # Transactions
    ///
    /// See [`load`](Self::load).
    pub fn load_from<'a, 'r>(
        &self,
        on: impl IntoHandle<'a>,
        rows: impl IntoIterator<Item = &'r A>,
        objects: Objects<B>,
    ) -> BoxFuture<'a, Result<LoadedOne<A, B>>> {
        let (ends, on) = (self.0, on.into_handle());
        let backend = on.db().backend();
        let owners = ends.from.owners(rows, backend);
        Box::pin(async move {
            let (owners, mut found, mut asked) = (owners?, Vec::new(), Vec::new());
            let keep = |slots: &Range<usize>, row| {
                // If a statement finds no row, none equals one of its keys.
                if asked.last() != Some(slots) {
                    asked.push(slots.clone());
                }
                found.push(row);
            };
            ends.read(&objects, &owners, on, keep).await?;
            let loaded = LoadedOne::new(ends, backend, found);
            if !owners.may_be_spelled_differently {
                return Ok(loaded);
            }
            let missed = loaded.missed(ends, &owners, asked.into_iter().flatten().collect());
            let equal = ends.equal_to_others(&objects, &owners, &missed, on).await?;
            Ok(if equal.is_empty() { loaded } else { loaded.with_equal(ends, owners, &equal) })
        })
    }
}

impl<A, B> Clone for ToOne<A, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, B> Copy for ToOne<A, B> {}

impl<A: Entity, B: Entity> fmt::Debug for ToOne<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ToOne{:?}", self.0)
    }
}
