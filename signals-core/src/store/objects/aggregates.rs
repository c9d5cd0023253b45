//! The aggregates of one column.

use futures_util::future::BoxFuture;

use super::{Objects, reading};
use crate::backend::{NumberField, OrderedField, OutOfRange, Total, ValueOf as _};
use crate::db::{Handle, IntoHandle};
use crate::error::{Error, Result};
use crate::model::{Column, Entity};
use crate::query::{Built, Extreme, VALUE, read_column};

impl<M: Entity> Objects<M> {
    /// Returns the sum of a column, or `None` if no row has a value in it. NULL does not count. A limit and an
    /// offset apply.
    ///
    /// The sum of integers is an exact `i64`. [`NumberField`] lists the types.
    ///
    /// # Errors
    ///
    /// [`Error::SumOutOfRange`] if the sum of integers does not fit an `i64`. SQLite also returns it if a part of
    /// the sum does not fit. For other errors, see [`all`](Self::all).
    ///
    /// # Cancel safety
    ///
    /// See [`all`](Self::all).
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct Track { id: i64, seconds: i32, rating: Option<f64> }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables().await?;
    /// # for seconds in [391, 401, 460] {
    /// #     Track { id: 0, seconds, rating: None }.create(&db).await?;
    /// # }
    /// assert_eq!(Track::objects().sum(&db, Track::SECONDS).await?, Some(1252));
    /// let longest = Track::objects().order_by(Track::SECONDS.desc()).limit(2);
    /// assert_eq!(longest.sum(&db, Track::SECONDS).await?, Some(861));
    /// assert_eq!(longest.sum(&db, Track::RATING).await?, None);
    /// # Ok(()) }
    /// ```
    pub fn sum<'a, T: NumberField>(
        &self,
        on: impl IntoHandle<'a>,
        column: &Column<M, T>,
    ) -> BoxFuture<'a, Result<Option<T::Sum>>> {
        let (index, name) = (column.index(), column.name());
        let statement = self.build(on.into_handle(), |select, on| select.sum(on, index, T::Sum::NUMBERS));
        Box::pin(total::<M, T::Sum>(statement, name))
    }

    /// Returns the average of a column, or `None` if no row has a value in it. NULL does not count. A limit and an
    /// offset apply.
    ///
    /// It is an `f64`; of decimals, it is a `Decimal` with as many digits as the database calculates.
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
    /// let age: Option<f64> = User::objects().filter(User::ACTIVE.eq(true)).avg(db, User::AGE).await?;
    /// # let _ = age;
    /// # Ok(()) }
    /// ```
    pub fn avg<'a, T: NumberField>(
        &self,
        on: impl IntoHandle<'a>,
        column: &Column<M, T>,
    ) -> BoxFuture<'a, Result<Option<<T::Sum as Total>::Average>>> {
        let (index, name) = (column.index(), column.name());
        let statement = self.build(on.into_handle(), |select, on| select.average(on, index, T::Sum::NUMBERS));
        Box::pin(total::<M, <T::Sum as Total>::Average>(statement, name))
    }

    /// Returns the least value of a column, or `None` if no row has a value in it. NULL does not count. A limit and
    /// an offset apply.
    ///
    /// The values are compared as [`order_by`](Self::order_by) compares them. Of a column of `Option<T>`, it is an
    /// `Option<T>` too. Only a column of the type `ENUM` in MySQL and MariaDB is compared by its texts here, and by
    /// the order of its declaration there.
    ///
    /// # Errors
    ///
    /// [`Error::JsonValue`] for a column of JSON. For other errors, see [`all`](Self::all).
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
    /// let first: Option<String> = User::objects().min(db, User::NAME).await?;
    /// let youngest: Option<i32> = User::objects().min(db, User::AGE).await?;
    /// # drop((first, youngest));
    /// # Ok(()) }
    /// ```
    pub fn min<'a, T: OrderedField>(
        &self,
        on: impl IntoHandle<'a>,
        column: &Column<M, T>,
    ) -> BoxFuture<'a, Result<Option<T::Value>>> {
        self.extreme(on.into_handle(), *column, Extreme::Least)
    }

    /// Returns the greatest value of a column, as [`min`](Self::min) returns the least.
    ///
    /// # Errors
    ///
    /// See [`min`](Self::min).
    ///
    /// # Cancel safety
    ///
    /// See [`all`](Self::all).
    pub fn max<'a, T: OrderedField>(
        &self,
        on: impl IntoHandle<'a>,
        column: &Column<M, T>,
    ) -> BoxFuture<'a, Result<Option<T::Value>>> {
        self.extreme(on.into_handle(), *column, Extreme::Greatest)
    }

    fn extreme<'a, T: OrderedField>(
        &self,
        on: Handle<'a>,
        column: Column<M, T>,
        extreme: Extreme,
    ) -> BoxFuture<'a, Result<Option<T::Value>>> {
        let (on, built) = self.build(on, |select, on| select.extreme(on, column.index(), extreme));
        Box::pin(async move {
            let Built { statement, args } = built?;
            let value = on.first(&statement, args, reading::<M>(), |row| read_column(&column, row)).await?;
            Ok(value.and_then(T::Value::value_of))
        })
    }
}

/// Reads a sum or an average.
async fn total<M: Entity, T: Total>(
    (on, built): (Handle<'_>, Result<Built>),
    field: &'static str,
) -> Result<Option<T>> {
    let Built { statement, args } = built?;
    let out_of_range = || Error::SumOutOfRange { model: M::meta().name(), field };
    let is_overflow = on.db().backend().capabilities().aggregates.is_overflow;
    match on.first(&statement, args, reading::<M>(), |row| T::read(row, VALUE)).await {
        Ok(Some(Ok(total))) => Ok(total),
        Ok(None) => Ok(None),
        Ok(Some(Err(OutOfRange))) => Err(out_of_range()),
        Err(Error::Database { source: sqlx::Error::Database(error), .. }) if is_overflow(&*error) => {
            Err(out_of_range())
        }
        Err(error) => Err(error),
    }
}
