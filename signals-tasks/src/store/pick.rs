//! Picks rows and changes them, so that no two workers pick the same rows.

use signals_core::backend::Row;
use signals_core::db::{Db, Handle, IntoHandle as _, Tx};
use signals_core::error::Result;
use uuid::Uuid;

use super::statement::{Value, list, read, run, write};
use super::transaction::{begin, conclude};
use crate::dialect::{Dialect, Picking};

/// The maximum number of rows that one transaction changes.
pub(crate) const BATCH: usize = 500;

/// The maximum number of rows that one statement deletes by their keys. For many, MariaDB may scan the table and wait
/// for rows that others have locked.
pub(super) const DELETED: usize = 64;

/// Rows to pick, and the change to make.
pub(super) struct Pick<'a> {
    /// The condition for the rows, with its bound values.
    pub(super) filter: (&'a str, Vec<Value>),
    pub(super) order: &'a str,
    pub(super) limit: usize,
    pub(super) change: Change<'a>,
    /// The columns to read from each row after the change.
    pub(super) columns: &'a str,
    /// The same values as expressions of the row before the change.
    pub(super) columns_before: &'a str,
}

/// The change of a row.
pub(super) enum Change<'a> {
    /// An UPDATE. An assignment must not depend on a column that is assigned before it.
    Set(&'a str, Vec<Value>),
    Delete,
}

impl Pick<'_> {
    /// Picks and changes the rows, and reads the changed ones.
    pub(super) async fn run<T: Send>(
        &self,
        db: &Db,
        show: impl FnMut(&Row<'_>) -> Result<T, sqlx::Error> + Send,
    ) -> Result<Vec<T>> {
        match Dialect::of(db.backend()).picking {
            Picking::Skipping => self.run_skipping(db.into_handle(), show).await,
            Picking::Alone => self.run_alone(db.into_handle(), show).await,
            Picking::InTwoSteps => {
                let tx = begin(db).await?;
                let picked = self.run_in_two_steps(&tx, show).await;
                conclude(tx, picked).await
            }
        }
    }

    fn limit(&self) -> Value {
        Value::Int(i64::try_from(self.limit).unwrap_or(i64::MAX))
    }

    /// Picks in a materialized query, because otherwise the database might run it once for each row.
    async fn run_skipping<T: Send>(
        &self,
        on: Handle<'_>,
        show: impl FnMut(&Row<'_>) -> Result<T, sqlx::Error> + Send,
    ) -> Result<Vec<T>> {
        let Self { filter: (filter, values), order, columns, .. } = self;
        let picked = format!(
            "WITH picked AS MATERIALIZED (SELECT id AS picked_id FROM signals_task WHERE {filter} ORDER BY {order} \
             LIMIT ? FOR UPDATE SKIP LOCKED) "
        );
        let mut values = values.clone();
        values.push(self.limit());
        let (verb, sql) = match &self.change {
            Change::Set(set, set_values) => {
                values.extend(set_values.iter().cloned());
                let update = format!("UPDATE signals_task SET {set} FROM picked WHERE id = picked_id");
                ("UPDATE", format!("{picked}{update} RETURNING {columns}"))
            }
            Change::Delete => {
                let delete = "DELETE FROM signals_task USING picked WHERE id = picked_id";
                ("DELETE", format!("{picked}{delete} RETURNING {columns}"))
            }
        };
        write(on, verb, &sql, &values, show).await
    }

    async fn run_alone<T: Send>(
        &self,
        on: Handle<'_>,
        show: impl FnMut(&Row<'_>) -> Result<T, sqlx::Error> + Send,
    ) -> Result<Vec<T>> {
        let Self { filter: (filter, filter_values), order, columns, .. } = self;
        let picked = format!("id IN (SELECT id FROM signals_task WHERE {filter} ORDER BY {order} LIMIT ?)");
        let (verb, mut values, sql) = match &self.change {
            Change::Set(set, values) => {
                ("UPDATE", values.clone(), format!("UPDATE signals_task SET {set} WHERE {picked} RETURNING {columns}"))
            }
            Change::Delete => {
                ("DELETE", Vec::new(), format!("DELETE FROM signals_task WHERE {picked} RETURNING {columns}"))
            }
        };
        values.extend(filter_values.iter().cloned());
        values.push(self.limit());
        write(on, verb, &sql, &values, show).await
    }

    async fn run_in_two_steps<T: Send>(
        &self,
        tx: &Tx,
        mut show: impl FnMut(&Row<'_>) -> Result<T, sqlx::Error> + Send,
    ) -> Result<Vec<T>> {
        let Self { filter: (filter, values), order, columns_before, .. } = self;
        let sql = format!(
            "SELECT id AS picked_id, {columns_before} FROM signals_task WHERE {filter} ORDER BY {order} \
             LIMIT ? FOR UPDATE SKIP LOCKED"
        );
        let mut values = values.clone();
        values.push(self.limit());
        let read = read(tx.into_handle(), &sql, &values, |row| Ok((row.get::<Uuid>("picked_id")?, show(row)?))).await?;
        if read.is_empty() {
            return Ok(Vec::new());
        }
        let (ids, picked): (Vec<_>, Vec<_>) = read.into_iter().unzip();
        let (verb, begin, set_values, most) = match &self.change {
            Change::Set(set, values) => ("UPDATE", format!("UPDATE signals_task SET {set}"), values.clone(), BATCH),
            Change::Delete => ("DELETE", "DELETE FROM signals_task".to_owned(), Vec::new(), DELETED),
        };
        for ids in ids.chunks(most) {
            let mut values = set_values.clone();
            let list = list(&mut values, ids.iter().copied());
            let sql = format!("{begin} WHERE id IN ({list})");
            run(tx.into_handle(), verb, &sql, &values).await?;
        }
        Ok(picked)
    }
}
