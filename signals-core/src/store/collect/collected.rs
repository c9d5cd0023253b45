//! What a delete is going to do, as it is collected.

use std::sync::Arc;

use crate::sql::Reset;
use crate::store::chunk::Chunk;
use crate::store::erased::Erased;
use crate::store::keys::AnyKeys;
use crate::store::relations::Incoming;

/// What a delete is going to do, beside sending signals.
#[derive(Default)]
pub(in crate::store) struct Collected {
    /// The rows to be deleted one model after the other; once all are collected, in the order in which that happens.
    pub(in crate::store) groups: Vec<Group>,
    /// The rows to be deleted unseen, whichever there are by then.
    pub(in crate::store) unseen: Vec<ReachedRows>,
    /// The columns to be emptied, of whichever rows there are by then.
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
    /// The rows, in parts.
    pub(in crate::store) fn chunks(&self) -> impl Iterator<Item = Chunk<'_>> {
        Chunk::all(self.by.store, self.by.column, &*self.keys)
    }
}
