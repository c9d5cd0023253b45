//! What is kept for a model as long as the program runs.

use std::sync::OnceLock;

use super::Model;
use super::signals::{
    m2m_changed, post_delete, post_delete_committed, post_delete_rolled_back, post_delete_set, post_save,
    post_save_committed, post_save_rolled_back, post_save_set, pre_delete, pre_delete_set, pre_save, pre_save_set,
};
use crate::field::Backend;
use crate::registry::Slot;
use crate::sql::Statements;

macro_rules! state {
    ($($signal:ident),*) => {
        /// The receivers and the statements of one model.
        #[doc(hidden)]
        pub struct ModelState<M: Model> {
            $(pub(super) $signal: Slot<$signal, M>,)*
            #[cfg(feature = "sqlite")]
            sqlite: OnceLock<Statements>,
            #[cfg(feature = "postgres")]
            postgres: OnceLock<Statements>,
            #[cfg(feature = "mysql")]
            mysql: OnceLock<Statements>,
        }

        impl<M: Model> ModelState<M> {
            /// Empty; each part is made at its first use.
            pub const fn new() -> Self {
                Self {
                    $($signal: Slot::new(),)*
                    #[cfg(feature = "sqlite")]
                    sqlite: OnceLock::new(),
                    #[cfg(feature = "postgres")]
                    postgres: OnceLock::new(),
                    #[cfg(feature = "mysql")]
                    mysql: OnceLock::new(),
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

impl<M: Model> ModelState<M> {
    pub(super) fn statements(&self, backend: Backend) -> &Statements {
        let kept = match backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite => &self.sqlite,
            #[cfg(feature = "postgres")]
            Backend::Postgres => &self.postgres,
            #[cfg(feature = "mysql")]
            Backend::Mysql => &self.mysql,
        };
        kept.get_or_init(|| Statements::new(M::meta(), backend))
    }
}

impl<M: Model> Default for ModelState<M> {
    fn default() -> Self {
        Self::new()
    }
}
