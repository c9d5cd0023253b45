//! Pages of a query set, each found by a row of the one before it.

use std::any::Any;

use futures_util::future::BoxFuture;

use super::{Objects, reading, statement};
use crate::db::IntoHandle;
use crate::error::Result;
use crate::model::Entity;
use crate::query::{Built, Cursor, Position, Reading, Select, Side};

/// The rows of [`Objects::page`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<M> {
    /// The rows, in the order of the query set.
    pub rows: Vec<M>,
    /// Whether there are more rows: after the last one, or [before](Objects::before) the first one.
    pub has_more: bool,
}

/// The values of a row.
struct RowPosition<M>(M);

impl<M: Entity> Position for RowPosition<M> {
    fn value(&self, column: usize) -> Option<&dyn Any> {
        self.0.field(column)
    }
}

impl<M: Entity> Objects<M> {
    /// Keeps only the rows after this one, in the order of the query set. If called again, the last row counts.
    ///
    /// The order is continued by the primary key, so that every row has one place in it. The place is given by the
    /// values of the instance: the row may have been deleted meanwhile. Rows that are inserted or deleted meanwhile
    /// neither repeat nor hide others, unlike with [`offset`](Self::offset). An index of the order's columns is
    /// used, so a late page takes no longer than the first one, unless the first column may be NULL and is in a
    /// descending order.
    ///
    /// **MySQL and MariaDB sort a `TEXT` column by its first 1,024 bytes, so pages in its order can hide rows** whose
    /// texts are longer and begin alike. Declare a shorter column: `sql_type = "VARCHAR(200)"`.
    ///
    /// Call it before a limit or an offset, as [`filter`](Self::filter). A column of JSON in the order is
    /// [`Error::JsonValue`](crate::error::Error::JsonValue).
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct Track { id: i64, seconds: i32 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables().await?;
    /// # for seconds in [391, 460, 391, 208] {
    /// #     Track { id: 0, seconds }.create(&db).await?;
    /// # }
    /// let longest_first = Track::objects().order_by([Track::SECONDS.desc(), Track::ID.asc()]);
    /// let page = longest_first.page(&db, 2).await?;
    /// assert!(page.has_more);
    /// let last = page.rows.last().unwrap();
    /// let next = longest_first.clone().after(last).page(&db, 2).await?;
    /// assert_eq!(next.rows.iter().map(|track| track.id).collect::<Vec<_>>(), [3, 4]);
    /// let previous = longest_first.before(&next.rows[0]).page(&db, 2).await?;
    /// assert_eq!(previous.rows[1].id, last.id);
    /// # Ok(()) }
    /// ```
    pub fn after(self, row: &M) -> Self
    where
        M: Clone,
    {
        Self::of(self.select.beyond(Cursor::new(RowPosition(row.clone()), Side::After)))
    }

    /// Keeps only the rows before this one, in the order of the query set, as [`after`](Self::after) keeps those
    /// after it.
    ///
    /// [`page`](Self::page) then returns the last of these rows. A limit or an offset would count from the first of
    /// them, and is [`Error::QueryOptions`](crate::error::Error::QueryOptions).
    pub fn before(self, row: &M) -> Self
    where
        M: Clone,
    {
        Self::of(self.select.beyond(Cursor::new(RowPosition(row.clone()), Side::Before)))
    }

    /// Reads at most `rows` rows, and whether there are more: the first ones, or those next to the row that was
    /// given to [`after`](Self::after) or [`before`](Self::before).
    ///
    /// It reads one row more than the page has, and does not count. The order is continued by the primary key, in
    /// the direction of its last column.
    ///
    /// # Errors
    ///
    /// [`Error::QueryOptions`](crate::error::Error::QueryOptions) for a query set with a limit or an offset. For
    /// other errors, see [`all`](Self::all).
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
    /// # async fn example(db: &Db, after: Option<i64>) -> Result<()> {
    /// let mut users = User::objects().order_by(User::NAME.asc());
    /// if let Some(id) = after {
    ///     users = users.after(&User::get(db, id).await?);
    /// }
    /// let page = users.page(db, 20).await?;
    /// let next = page.rows.last().filter(|_| page.has_more).map(|user| format!("/users?after={}", user.id));
    /// # drop(next);
    /// # Ok(()) }
    /// ```
    pub fn page<'a>(&self, on: impl IntoHandle<'a>, rows: u64) -> BoxFuture<'a, Result<Page<M>>> {
        let on = on.into_handle();
        let page = self.select.page(rows.saturating_add(1));
        let built = page.and_then(|(select, reading)| Ok((statement::built(&select, on, Select::rows)?, reading)));
        Box::pin(async move {
            let (Built { statement, args }, direction) = built?;
            let mut found = on.all(&statement, args, reading::<M>(), M::load).await?;
            let has_more = found.len() as u64 > rows;
            if has_more {
                found.pop();
            }
            if direction == Reading::Backward {
                found.reverse();
            }
            Ok(Page { rows: found, has_more })
        })
    }
}
