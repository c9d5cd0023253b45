//! All rows of a query set, some at a time.

use std::any::Any;

use super::{Objects, reading, statement};
use crate::db::IntoHandle;
use crate::error::Result;
use crate::model::{Entity, ModelKey as _};
use crate::query::{Built, Cursor, Position, Select, Side};

/// The key of a row.
struct KeyPosition<M: Entity>(M::Key);

impl<M: Entity> Position for KeyPosition<M> {
    fn value(&self, column: usize) -> Option<&dyn Any> {
        let part = M::meta().primary_key_columns().iter().position(|key| *key == column)?;
        self.0.part_value(part)
    }
}

impl<M: Entity> Objects<M> {
    /// Reads all rows, at most `rows` at a time, and calls `each` with them. The first error ends it.
    ///
    /// The rows are in the order of their primary key, and each query begins after the key of the last row. So no
    /// connection is held while `each` runs, and rows that are inserted or deleted meanwhile neither repeat nor hide
    /// others. On a `Db`, a row that is inserted meanwhile is read if its key is greater than those that were read.
    ///
    /// # Errors
    ///
    /// Returns the error of `each`. [`Error::QueryOptions`](crate::error::Error::QueryOptions) for a query set with an order, a limit, an offset or
    /// [`before`](Self::before), and if `rows` is 0. For other errors, see [`all`](Self::all).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops that of `each`. Nothing else is in progress.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct User { id: i64, name: String, age: Option<i32>, active: bool }
    /// # async fn example(db: &Db) -> Result<()> {
    /// User::objects()
    ///     .filter(User::ACTIVE.eq(true))
    ///     .for_each(db, 1000, |users| async move {
    ///         for mut user in users {
    ///             user.name.make_ascii_lowercase();
    ///             user.save(db).await?;
    ///         }
    ///         Ok(())
    ///     })
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub async fn for_each<'a, F>(
        &self,
        on: impl IntoHandle<'a>,
        rows: u64,
        mut each: impl FnMut(Vec<M>) -> F,
    ) -> Result<()>
    where
        F: Future<Output = Result<()>>,
    {
        let on = on.into_handle();
        let mut select = self.select.parts(rows)?;
        loop {
            let Built { statement, args } = statement::built(&select.clone().limit(rows), on, Select::rows)?;
            let found = on.all(&statement, args, reading::<M>(), M::load).await?;
            let is_last = (found.len() as u64) < rows;
            let Some(key) = found.last().map(M::key) else { return Ok(()) };
            each(found).await?;
            if is_last {
                return Ok(());
            }
            select = select.beyond(Cursor::new(KeyPosition::<M>(key), Side::After));
        }
    }
}
