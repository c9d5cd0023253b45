//! The state of a model, which lives as long as the program.

use std::fmt;
use std::sync::OnceLock;

use super::signals::{
    m2m_changed, post_delete, post_delete_committed, post_delete_rolled_back, post_delete_set, post_save,
    post_save_committed, post_save_rolled_back, post_save_set, pre_delete, pre_delete_set, pre_save, pre_save_set,
};
use crate::backend::Backend;
use crate::model::Entity;
use crate::registry::{NoReceivers, Slot};
use crate::sql::Statements;

macro_rules! state {
    ($($signal:ident),*) => {
        /// The receivers and the statements of one model.
        #[doc(hidden)]
        pub struct ModelState<M> {
            $(pub(super) $signal: Slot<$signal, M>,)*
            statements: [OnceLock<Statements>; Backend::COUNT],
            /// Whether the signals of a save have no receivers.
            pub(super) no_save_receivers: NoReceivers,
        }

        impl<M: Entity> ModelState<M> {
            /// Returns an empty state. Each part is filled at its first use.
            pub const fn new() -> Self {
                Self {
                    $($signal: Slot::new(),)*
                    statements: [const { OnceLock::new() }; Backend::COUNT],
                    no_save_receivers: NoReceivers::new(),
                }
            }
        }
    };
}

state!(
    pre_save,
    post_save,
    pre_delete,
    post_delete,
    pre_save_set,
    post_save_set,
    pre_delete_set,
    post_delete_set,
    post_save_committed,
    post_delete_committed,
    post_save_rolled_back,
    post_delete_rolled_back,
    m2m_changed
);

impl<M: Entity> ModelState<M> {
    pub(super) fn statements(&self, backend: Backend) -> &Statements {
        self.statements[backend.index()].get_or_init(|| Statements::new(M::meta(), backend))
    }
}

impl<M: Entity> Default for ModelState<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Entity> fmt::Debug for ModelState<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelState").field("model", &M::meta().name()).finish_non_exhaustive()
    }
}
