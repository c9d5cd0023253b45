//! A model without its type, for what reaches over several models: deletes that cascade, and relations.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use futures_util::future::BoxFuture;

use super::keys::{AnyKeys, Keys};
use super::rows::{AnyRows, Batch, Rows, Run};
use super::send::{DeleteNeeds, DeleteReceivers, post_delete_of, pre_delete_of};
use super::write_scope::WriteScope;
use super::{Model, ModelState, after_transaction};
use crate::error::Result;
use crate::model::ModelMeta;
use crate::registry::models;

/// What the store can do with a model whose type it does not know.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct AnyStore(&'static dyn Erased);

impl fmt::Debug for AnyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyStore").field(&self.0.meta().name()).finish()
    }
}

pub(super) trait Erased: Send + Sync {
    /// The model's description.
    fn meta(&self) -> &'static ModelMeta;
    /// An empty list of the model's keys.
    fn keys(&self) -> Box<dyn AnyKeys>;
    /// An empty list of the model's rows.
    fn rows(&self) -> Box<dyn AnyRows>;
    /// Whether the signals of its deletes have receivers.
    fn has_delete_receivers(&self, scope: &WriteScope<'_>) -> bool;
    /// What these receivers need.
    fn delete_needs(&self, scope: &WriteScope<'_>) -> DeleteNeeds;
    /// Sends `pre_delete` for some rows.
    fn pre_delete<'a>(&self, part: Batch<'a>, scope: &'a mut WriteScope<'_>) -> BoxFuture<'a, Result<()>>;
    /// Sends `post_delete` for some rows.
    fn post_delete<'a>(&self, part: Batch<'a>, scope: &'a mut WriteScope<'_>) -> BoxFuture<'a, Result<()>>;
    /// Whether rows wait for the end of the transaction, so that `reread` may read some.
    fn awaits_end(&self, scope: &WriteScope<'_>) -> bool;
    /// Reads the rows again that wait for the end of the transaction, after some were changed or deleted without signals.
    fn reread<'a>(&self, scope: &'a WriteScope<'_>) -> BoxFuture<'a, Result<()>>;
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
            let stores = models::entries().into_iter().filter_map(models::ModelEntry::store::<Self>);
            stores.map(|store| (store.0.meta(), store.0)).collect()
        });
        stores.get(meta).copied()
    }
}

impl<M: Model> Erased for ModelState<M> {
    fn meta(&self) -> &'static ModelMeta {
        M::meta()
    }

    fn keys(&self) -> Box<dyn AnyKeys> {
        Box::new(Keys::<M::Key>::default())
    }

    fn rows(&self) -> Box<dyn AnyRows> {
        Box::new(Rows::<M>::default())
    }

    fn has_delete_receivers(&self, scope: &WriteScope<'_>) -> bool {
        !DeleteReceivers::<M>::now(scope).is_empty()
    }

    fn delete_needs(&self, scope: &WriteScope<'_>) -> DeleteNeeds {
        DeleteReceivers::<M>::now(scope).needs()
    }

    fn pre_delete<'a>(&self, part: Batch<'a>, scope: &'a mut WriteScope<'_>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let receivers = DeleteReceivers::<M>::now(scope);
            for Run { rows, previous, reason } in part.runs::<M>() {
                if let [instance, ..] = rows {
                    receivers.finalized.check(instance)?;
                }
                pre_delete_of(&receivers.before, rows, &previous, reason, scope).await?;
            }
            Ok(())
        })
    }

    fn post_delete<'a>(&self, part: Batch<'a>, scope: &'a mut WriteScope<'_>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let receivers = DeleteReceivers::<M>::now(scope);
            for Run { rows, previous, reason } in part.runs::<M>() {
                post_delete_of(&receivers, rows, &previous, reason, scope).await?;
            }
            Ok(())
        })
    }

    fn awaits_end(&self, scope: &WriteScope<'_>) -> bool {
        after_transaction::awaits_end::<M>(scope.handle())
    }

    fn reread<'a>(&self, scope: &'a WriteScope<'_>) -> BoxFuture<'a, Result<()>> {
        Box::pin(after_transaction::reread::<M>(scope.handle()))
    }
}
