//! Untyped reads and writes of the rows of a model that have, or reference, one of some keys.

use std::ops::Range;

use super::erased::Erased;
use super::keys::{AnyKeys, bind_padded, chunks, padded};
use super::table::refuse_more;
use crate::backend::{Args, Row};
use crate::db::{Doing, Handle, Statement};
use crate::error::{Result, UNSET};
use crate::registry::relations;
use crate::sql::{Among, Reset};

/// The rows of a model whose columns hold one of some keys.
#[derive(Clone)]
pub(super) struct Chunk<'a> {
    pub(super) of: &'static dyn Erased,
    /// The indexes of the columns.
    pub(super) columns: &'static [usize],
    pub(super) keys: &'a dyn AnyKeys,
    /// The positions of the keys that this chunk uses.
    pub(super) places: Range<usize>,
}

impl<'a> Chunk<'a> {
    /// Returns the rows whose own key is one of these.
    pub(super) fn by_key(of: &'static dyn Erased, keys: &'a dyn AnyKeys, places: Range<usize>) -> Self {
        Self { of, columns: of.meta().primary_key_columns(), keys, places }
    }

    /// Returns the rows that reference one of these keys, in parts.
    pub(super) fn all(
        of: &'static dyn Erased,
        columns: &'static [usize],
        keys: &'a dyn AnyKeys,
    ) -> impl Iterator<Item = Self> {
        chunks(keys.len()).map(move |places| Self { of, columns, keys, places })
    }

    /// Reads the key of each row into `keys`.
    pub(super) async fn read_keys(self, on: Handle<'_>, keys: &mut dyn AnyKeys) -> Result<()> {
        self.read_keys_by(Among::select_keys, on, keys).await
    }

    /// Reads the key of each row into `keys`, and locks the rows until the end of the transaction.
    pub(super) async fn lock(self, on: Handle<'_>, keys: &mut dyn AnyKeys) -> Result<()> {
        self.read_keys_by(Among::select_keys_to_write, on, keys).await
    }

    async fn read_keys_by(self, select: fn(Among) -> Statement, on: Handle<'_>, keys: &mut dyn AnyKeys) -> Result<()> {
        let (statement, args) = self.statement(on, select)?;
        let meta = self.of.meta();
        on.each(&statement, args, self.doing("SELECT"), |row| keys.read(row, meta, meta.primary_key_columns())).await
    }

    /// Reads these columns of each row into `values`, and locks the rows until the end of the transaction.
    pub(super) async fn lock_values(
        self,
        columns: &'static [usize],
        on: Handle<'_>,
        values: &mut dyn AnyKeys,
    ) -> Result<()> {
        let (statement, args) = self.statement(on, |among| among.select_to_write(columns))?;
        let meta = self.of.meta();
        on.each(&statement, args, self.doing("SELECT"), |row| values.read(row, meta, columns)).await
    }

    /// Calls `each` for every row, and locks the rows until the end of the transaction.
    pub(super) async fn lock_rows(
        self,
        on: Handle<'_>,
        each: impl FnMut(&Row<'_>) -> Result<(), sqlx::Error> + Send,
    ) -> Result<()> {
        let (statement, args) = self.statement(on, Among::select_rows_to_write)?;
        on.each(&statement, args, self.doing("SELECT"), each).await
    }

    /// Returns whether a row exists. Until the end of the transaction, no other transaction can change or add
    /// such rows.
    pub(super) async fn finds_any(self, on: Handle<'_>) -> Result<bool> {
        let (statement, args) = self.statement(on, Among::select_rows_to_write)?;
        Ok(on.first(&statement, args, self.doing("SELECT"), |_| Ok(())).await?.is_some())
    }

    /// Deletes the rows, and returns how many there were. If the columns are the key, more rows than keys are
    /// an error, unless the key is the pair of a relation. The transaction then has to undo the delete.
    pub(super) async fn delete(self, on: Handle<'_>) -> Result<u64> {
        let (statement, args) = self.statement(on, Among::delete)?;
        let (meta, keys) = (self.of.meta(), self.places.len() as u64);
        let rows = on.run(&statement, args, self.doing("DELETE")).await?.rows;
        let is_by_key = self.columns == meta.primary_key_columns();
        if is_by_key && rows > keys && !relations::is_keyed_by_pair(meta) {
            let shown = || self.keys.key(self.places.start).map_or_else(|| UNSET.into(), |key| key.to_string());
            refuse_more(meta, on, rows, keys, shown)?;
        }
        Ok(rows)
    }

    /// Sets the columns of the rows to NULL or to their defaults.
    pub(super) async fn reset(self, on: Handle<'_>, to: Reset) -> Result<()> {
        let (statement, args) = self.statement(on, |among| among.reset(to))?;
        on.run(&statement, args, self.doing("UPDATE")).await.map(drop)
    }

    fn statement(&self, on: Handle<'_>, make: impl FnOnce(Among) -> Statement) -> Result<(Statement, Args)> {
        let (backend, keys) = (on.db().backend(), padded(&self.places));
        let mut args = Args::new(backend, keys * self.columns.len());
        bind_padded(self.keys, &self.places, &mut args)?;
        Ok((make(Among { meta: self.of.meta(), backend, columns: self.columns, keys }), args))
    }

    fn doing(&self, verb: &'static str) -> Doing {
        Doing { verb, model: self.of.meta().name() }
    }
}
