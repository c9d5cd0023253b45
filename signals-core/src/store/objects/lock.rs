//! Reads of a query set that lock their rows.

use super::Objects;
use crate::model::Entity;
use crate::query::LockWait;

impl<M: Entity> Objects<M> {
    /// Locks the rows that a call reads, until the end of the transaction: `SELECT .. FOR UPDATE`. Meanwhile nobody
    /// else can lock, change or delete them. The call waits for rows that are locked by others.
    ///
    /// **Read on a `Tx`, and write on the same one.** On a `Db` the call fails, because the lock would end with the
    /// statement. It is for [`all`](Self::all), [`first`](Self::first), [`get`](Self::get),
    /// [`stream`](Self::stream) and [`get_or_create`](Self::get_or_create). An update or a delete locks its rows in
    /// any case.
    ///
    /// SQLite locks no rows: a transaction that can write is the only one until it ends. On PostgreSQL, a row that
    /// another transaction changed meanwhile is left out if it no longer matches, so that a query set with a limit
    /// may return fewer rows. MySQL locks all rows that it looks at: filter by an index.
    ///
    /// # Errors
    ///
    /// The call that reads returns [`Error::QueryOptions`](crate::error::Error::QueryOptions) on a `Db`, in a
    /// [read-only](crate::db::TransactionBuilder::read_only) transaction, and if it is [`count`](Self::count) or
    /// [`exists`](Self::exists), which read no row. If it waits too long, the database's error is a
    /// [lock timeout](crate::error::Error::is_lock_timeout).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Model)]
    /// # struct Seat { id: i64, row: i32, taken_by: Option<i64> }
    /// /// Takes the best free seat, if there is one.
    /// async fn take_seat(db: &Db, guest: i64) -> Result<Option<Seat>> {
    ///     db.atomic(|tx| async move {
    ///         let free = Seat::objects().filter(Seat::TAKEN_BY.is_null()).order_by(Seat::ROW.asc());
    ///         let Some(mut seat) = free.skip_locked().first(&tx).await? else { return Ok(None) };
    ///         seat.taken_by = Some(guest);
    ///         seat.save(&tx).await?;
    ///         Ok(Some(seat))
    ///     })
    ///     .await
    /// }
    /// ```
    #[doc(alias = "select_for_update")]
    #[doc(alias = "for_update")]
    pub fn lock(self) -> Self {
        Self::of(self.select.locked(LockWait::Wait))
    }

    /// Locks the rows as [`lock`](Self::lock) does, and leaves out those that are locked by others: the way to take
    /// work from a queue. SQLite has no such rows.
    ///
    /// MySQL needs version 8.0, and MariaDB 10.6.
    ///
    /// # Errors
    ///
    /// See [`lock`](Self::lock). An update or a delete of such a query set is also
    /// [`Error::QueryOptions`](crate::error::Error::QueryOptions), because it does not skip rows.
    pub fn skip_locked(self) -> Self {
        Self::of(self.select.locked(LockWait::Skip))
    }

    /// Locks the rows as [`lock`](Self::lock) does, but fails if one of them is locked by others. On SQLite, the
    /// transaction itself waits before it begins.
    ///
    /// # Errors
    ///
    /// See [`skip_locked`](Self::skip_locked). For a locked row, a
    /// [lock timeout](crate::error::Error::is_lock_timeout). On PostgreSQL, the transaction can then only be rolled
    /// back, so try in a savepoint.
    pub fn no_wait(self) -> Self {
        Self::of(self.select.locked(LockWait::Fail))
    }
}
