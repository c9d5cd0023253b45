//! References that are followed back: from a row to those that reference it.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use futures_util::future::BoxFuture;

use super::assigned::Assigning;
use super::end::{End, Ends};
use super::loaded::LoadedMany;
use crate::db::IntoHandle;
use crate::error::Result;
use crate::model::Entity;
use crate::query::Select;
use crate::store::{Model, Objects};

/// The rows of `B` that reference a row of `A`, such as `User::ORDERS`.
///
/// `related = orders` beside `references = User` generates the constant. It reads nothing by itself.
///
/// | to read | write |
/// |---|---|
/// | the orders of one user | `User::ORDERS.of(&user).all(&db)`; any other call of a query set works too |
/// | those of many users | `User::ORDERS.load(&db, &users)`, then `orders.of(&user)` |
/// | some of them, in an order | `User::ORDERS.load_from(&db, &users, Order::objects().filter(..).order_by(..))` |
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
///     #[model(references = User, related = orders, on_delete = cascade)]
///     user_id: i64,
///     total: i64,
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///     let ann = User { id: 0, name: "Ann".into() }.create(&db).await?;
///     for total in [30, 10] {
///         Order { id: 0, user_id: ann.id, total }.create(&db).await?;
///     }
///
///     let large = User::ORDERS.of(&ann).filter(Order::TOTAL.gt(20));
///     assert_eq!(large.count(&db).await?, 1);
///
///     let users = User::objects().all(&db).await?;
///     let orders = User::ORDERS.load_from(&db, &users, Order::objects().order_by(Order::TOTAL.asc())).await?;
///     for user in &users {
///         println!("{}: {:?}", user.name, orders.of(user));
///     }
///     assert_eq!(orders.of(&ann)[0].total, 10);
///     Ok(())
/// }
/// ```
pub struct ToMany<A, B>(Ends<A, B>);

impl<A: Model, B: Model> ToMany<A, B> {
    /// Makes it of the two ends.
    #[doc(hidden)]
    pub const fn new(ends: Ends<A, B>) -> Self {
        Self(ends)
    }

    /// Returns the rows that reference this one, as a query set.
    ///
    /// If `row` is not saved, each call of the set returns [`Error::KeyMissing`](crate::error::Error::KeyMissing).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Model)]
    /// # struct User { id: i64 }
    /// # #[derive(Debug, Model)]
    /// # struct Order { id: i64, #[model(references = User, related = orders, on_delete = cascade)] user_id: i64 }
    /// # async fn example(db: &Db, user: &User) -> Result<()> {
    /// let newest = User::ORDERS.of(user).order_by(Order::ID.desc()).first(db).await?;
    /// # drop(newest);
    /// # Ok(()) }
    /// ```
    pub fn of(&self, row: &A) -> Objects<B> {
        self.0.of(row)
    }

    /// Reads the rows that reference one of these.
    ///
    /// It takes `&Vec`, a slice, or any other iterator of references. Rows with the same key are read once. A
    /// statement has at most 1,024 keys, so 100,000 rows take 98 statements; no rows take none. On PostgreSQL, keys
    /// that are integers or UUIDs, or newtypes of them, are bound as an array, and 131,072 are in a statement. Without
    /// an order, the database chooses the order of the rows: see [`load_from`](Self::load_from).
    ///
    /// Keys of text are equal if the database finds them equal, such as in another case. This takes no further
    /// statement while the rows have these spellings. Each statement that returns a row of another spelling takes two
    /// more: one asks which key equals it, and one whether others do too. They read only keys, of one row for each of
    /// these spellings.
    ///
    /// # Errors
    ///
    /// [`Error::KeyMissing`](crate::error::Error::KeyMissing) if one of the rows is not saved. For other errors,
    /// see [`Objects::all`].
    ///
    /// # Cancel safety
    ///
    /// This call only reads, so dropping the future changes nothing.
    ///
    /// # Transactions
    ///
    /// Several statements on a `Db` are not one snapshot. Pass a `Tx` whose isolation is `REPEATABLE READ` or higher
    /// if that matters.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Model)]
    /// # struct User { id: i64 }
    /// # #[derive(Debug, Model)]
    /// # #[model(table = "orders")]
    /// # struct Order { id: i64, #[model(references = User, related = orders, on_delete = cascade)] user_id: i64 }
    /// # #[derive(Debug, Model)]
    /// # struct Line { id: i64, #[model(references = Order, related = lines, on_delete = cascade)] order_id: i64 }
    /// # async fn example(db: &Db, users: Vec<User>) -> Result<()> {
    /// let orders = User::ORDERS.load(db, &users).await?;
    /// let lines = Order::LINES.load(db, orders.rows()).await?;
    /// for user in &users {
    ///     for order in orders.of(user) {
    ///         println!("{user:?} {order:?} {:?}", lines.of(order));
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn load<'a, 'r>(
        &self,
        on: impl IntoHandle<'a>,
        rows: impl IntoIterator<Item = &'r A>,
    ) -> BoxFuture<'a, Result<LoadedMany<A, B>>> {
        self.load_from(on, rows, B::objects())
    }

    /// Reads those of a query set that reference one of these rows, in the order of the set.
    ///
    /// # Errors
    ///
    /// See [`load`](Self::load). [`Error::QueryOptions`](crate::error::Error::QueryOptions) also for a query set with a
    /// limit or an offset: it would count the rows of all together.
    ///
    /// # Cancel safety
    ///
    /// See [`load`](Self::load).
    ///
    /// # Transactions
    ///
    /// See [`load`](Self::load).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Model)]
    /// # struct User { id: i64 }
    /// # #[derive(Debug, Model)]
    /// # struct Order {
    /// #     id: i64,
    /// #     #[model(references = User, related = orders, on_delete = cascade)]
    /// #     user_id: i64,
    /// #     paid: bool,
    /// # }
    /// # async fn example(db: &Db, users: &[User]) -> Result<()> {
    /// let open = Order::objects().filter(Order::PAID.eq(false)).order_by(Order::ID.desc());
    /// let orders = User::ORDERS.load_from(db, users, open).await?;
    /// # drop(orders);
    /// # Ok(()) }
    /// ```
    pub fn load_from<'a, 'r>(
        &self,
        on: impl IntoHandle<'a>,
        rows: impl IntoIterator<Item = &'r A>,
        objects: Objects<B>,
    ) -> BoxFuture<'a, Result<LoadedMany<A, B>>> {
        let (ends, on) = (self.0, on.into_handle());
        let backend = on.db().backend();
        let owners = ends.from.owners(rows, backend);
        Box::pin(async move {
            let owners = owners?;
            let (own_key, mut rows) = (End::<B>::key(), Assigning::new(&owners));
            let keep = |slots: &Range<usize>, row: B| {
                rows.add(slots, ends.to.lookup(&row, backend), row, |row| own_key.values(row));
            };
            ends.read(&objects, &owners, on, keep).await?;
            let all = Select::of(B::meta()).locked_as(&objects.select);
            let equal = ends.equal_to_read(rows.take_respelled(), &all, &own_key.places(), &owners, on).await?;
            let mut assigned = rows.with_equal(&equal);
            if !equal.is_empty() {
                // Keys that equal each other may have been in different statements.
                let mut seen = HashSet::new();
                assigned.retain(|_, row| seen.insert(own_key.lookup(row, backend)));
            }
            Ok(LoadedMany::new(ends.from, backend, owners, assigned, &equal))
        })
    }
}

impl<A, B> Clone for ToMany<A, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, B> Copy for ToMany<A, B> {}

impl<A: Entity, B: Entity> fmt::Debug for ToMany<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ToMany{:?}", self.0)
    }
}
