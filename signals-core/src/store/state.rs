//! What is kept for a model as long as the program runs.

use std::sync::OnceLock;

use super::{Model, post_delete, post_save, pre_delete, pre_save};
use crate::field::Backend;
use crate::registry::Slot;
use crate::sql::Statements;

/// The receivers and the statements of one model.
#[doc(hidden)]
pub struct ModelState<M: Model> {
    pub(super) pre_save: Slot<pre_save, M>,
    pub(super) post_save: Slot<post_save, M>,
    pub(super) pre_delete: Slot<pre_delete, M>,
    pub(super) post_delete: Slot<post_delete, M>,
    #[cfg(feature = "sqlite")]
    sqlite: OnceLock<Statements>,
}

impl<M: Model> ModelState<M> {
    /// Empty; each part is made at its first use.
    pub const fn new() -> Self {
        Self {
            pre_save: Slot::new(),
            post_save: Slot::new(),
            pre_delete: Slot::new(),
            post_delete: Slot::new(),
            #[cfg(feature = "sqlite")]
            sqlite: OnceLock::new(),
        }
    }

    pub(super) fn statements(&self, backend: Backend) -> &Statements {
        let kept = match backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite => &self.sqlite,
        };
        kept.get_or_init(|| Statements::new(M::meta(), backend))
    }
}

impl<M: Model> Default for ModelState<M> {
    fn default() -> Self {
        Self::new()
    }
}
