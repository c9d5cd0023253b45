//! The plan of a delete.

use std::sync::Arc;

use crate::error::Result;
use crate::sql::Reset;
use crate::store::chunk::Chunk;
use crate::store::erased::Erased;
use crate::store::keys::{AnyKeys, chunks};
use crate::store::relations::Incoming;
use crate::store::write_scope::WriteScope;

/// The rows and columns that a delete writes.
#[derive(Default)]
pub(in crate::store) struct Collected {
    /// The rows to delete, by model. After all are collected, the models are in the order of their deletes.
    pub(in crate::store) groups: Vec<Group>,
    /// The rows to delete without reading them, including rows added before the delete. The values that they
    /// reference are not read yet.
    pub(in crate::store) unseen: Vec<ReachedRows>,
    /// The columns to reset, including those of rows added before the reset. The values that they reference are not
    /// read yet.
    pub(in crate::store) resets: Vec<(ReachedRows, Reset)>,
}

/// The rows of one model.
pub(in crate::store) struct Group {
    pub(in crate::store) of: &'static dyn Erased,
    pub(in crate::store) keys: Box<dyn AnyKeys>,
    /// Whether receivers are called for them.
    pub(in crate::store) has_receivers: bool,
    /// Whether they are deleted before rows that reference them.
    pub(in crate::store) breaks_references: bool,
}

/// The rows that reference one of some keys, or of some values of another column.
#[derive(Clone)]
pub(in crate::store) struct ReachedRows {
    pub(in crate::store) by: Incoming,
    /// The referenced model.
    pub(in crate::store) of: &'static dyn Erased,
    pub(in crate::store) keys: Arc<dyn AnyKeys>,
}

impl ReachedRows {
    /// Replaces the keys by the values that the reference holds, if those are not the keys. They are read from the rows
    /// with the keys, which must exist, and which are locked until the end of the transaction.
    pub(in crate::store) async fn read_values(&mut self, scope: &WriteScope<'_>) -> Result<()> {
        let Some(mut values) = self.by.values() else { return Ok(()) };
        for places in chunks(self.keys.len()) {
            let chunk = Chunk::by_key(self.of, &*self.keys, places);
            chunk.lock_values(self.by.target_columns(), scope.handle(), &mut *values).await?;
        }
        values.arrange();
        self.keys = Arc::from(values);
        Ok(())
    }

    /// Returns the rows, in parts.
    pub(in crate::store) fn chunks(&self) -> impl Iterator<Item = Chunk<'_>> {
        Chunk::all(self.by.store, self.by.columns, &*self.keys)
    }
}
