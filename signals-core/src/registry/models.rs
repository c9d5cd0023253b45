//! The models that the linker registered.

use std::any::Any;

use crate::model::ModelMeta;

/// A model, as generated code submits it.
#[doc(hidden)]
#[derive(Debug)]
pub struct ModelEntry {
    meta: &'static ModelMeta,
    store: &'static (dyn Any + Send + Sync),
}

impl ModelEntry {
    /// Returns a model with its store, which the modules above downcast.
    pub const fn new(meta: &'static ModelMeta, store: &'static (dyn Any + Send + Sync)) -> Self {
        Self { meta, store }
    }

    /// Returns the store, if its type is `T`.
    pub(crate) fn store<T: Any>(&self) -> Option<&'static T> {
        self.store.downcast_ref()
    }
}

inventory::collect!(ModelEntry);

/// Returns every linked model, sorted by its table's name.
pub(crate) fn all() -> Vec<&'static ModelMeta> {
    entries().into_iter().map(|entry| entry.meta).collect()
}

/// Returns every linked model with its store, sorted by its table's name.
pub(crate) fn entries() -> Vec<&'static ModelEntry> {
    let mut entries: Vec<_> = inventory::iter::<ModelEntry>.into_iter().collect();
    entries.sort_by_key(|entry| (entry.meta.table(), entry.meta.path()));
    entries
}
