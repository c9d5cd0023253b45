//! The plan of a delete.

use std::sync::Arc;

use crate::sql::Reset;
use crate::store::chunk::Chunk;
use crate::store::erased::Erased;
use crate::store::keys::AnyKeys;
use crate::store::relations::Incoming;

/// The rows and columns that a delete writes.
#[derive(Default)]
pub(in crate::store) struct Collected {
    /// The rows to delete, by model. After all are collected, the models are in the order of their deletes.
    pub(in crate::store) groups: Vec<Group>,
    /// The rows to delete without reading them, including rows added before the delete.
    pub(in crate::store) unseen: Vec<ReachedRows>,
    /// The columns to reset, including those of rows added before the reset.
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

/// The rows that reference one of some keys.
#[derive(Clone)]
pub(in crate::store) struct ReachedRows {
    pub(in crate::store) by: Incoming,
    pub(in crate::store) keys: Arc<dyn AnyKeys>,
}

impl ReachedRows {
    /// Returns the rows, in parts.
    pub(in crate::store) fn chunks(&self) -> impl Iterator<Item = Chunk<'_>> {
        Chunk::all(self.by.store, self.by.columns, &*self.keys)
    }
}
