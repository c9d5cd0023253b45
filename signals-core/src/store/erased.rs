//! A model without its type, for what reaches over several models: deletes that cascade, and relations.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::keys::{AnyKeys, Keys};
use super::{Model, ModelState};
use crate::field::Backend;
use crate::model::ModelMeta;
use crate::registry::linked;
use crate::sql::Statements;

/// What the store can do with a model whose type it does not know.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct AnyStore(&'static dyn Erased);

pub(super) trait Erased: Send + Sync {
    /// The model's description.
    fn meta(&self) -> &'static ModelMeta;
    /// The model's statements.
    fn statements(&self, backend: Backend) -> &Statements;
    /// An empty list of the model's keys.
    fn keys(&self) -> Box<dyn AnyKeys>;
}

impl AnyStore {
    /// The store of this model.
    pub const fn of<M: Model>(state: &'static ModelState<M>) -> Self {
        Self(state)
    }

    /// The store of a model by its description, if it is linked.
    pub(super) fn find(meta: &ModelMeta) -> Option<&'static dyn Erased> {
        static STORES: OnceLock<HashMap<&'static ModelMeta, &'static dyn Erased>> = OnceLock::new();
        let stores = STORES.get_or_init(|| {
            let stores = linked::entries().into_iter().filter_map(|entry| entry.store::<Self>());
            stores.map(|store| (store.0.meta(), store.0)).collect()
        });
        stores.get(meta).copied()
    }
}

impl<M: Model> Erased for ModelState<M> {
    fn meta(&self) -> &'static ModelMeta {
        M::meta()
    }

    fn statements(&self, backend: Backend) -> &Statements {
        Self::statements(self, backend)
    }

    fn keys(&self) -> Box<dyn AnyKeys> {
        Box::new(Keys::<M::Key>::default())
    }
}
