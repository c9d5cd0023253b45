//! A model without its type, for what reaches over several models: deletes that cascade, and relations.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;

use super::after_transaction::{NetRow, call_at_end};
use super::instance::Instance;
use super::keys::{AnyKeys, Keys};
use super::rows::{AnyRows, Batch, Rows, Run};
use super::send::{DeleteNeeds, DeleteReceivers, post_delete_of, pre_delete_of};
use super::signals::{post_delete_rolled_back, post_save_rolled_back};
use super::write_scope::WriteScope;
use super::{Model, ModelState};
use crate::backend::{Backend, Row};
use crate::db::{Callback, Db, End};
use crate::error::Result;
use crate::model::ModelMeta;
use crate::registry::models;
use crate::signal::ReceiverInfo;
use crate::sql::Statements;

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
    fn hears_deletes(&self, scope: &WriteScope<'_>) -> bool;
    /// What these receivers need.
    fn delete_needs(&self, scope: &WriteScope<'_>) -> DeleteNeeds;
    /// Sends `pre_delete` for some rows.
    fn pre_delete<'a>(&self, part: Batch<'a>, scope: &'a mut WriteScope<'_>) -> BoxFuture<'a, Result<()>>;
    /// Sends `post_delete` for some rows.
    fn post_delete<'a>(&self, part: Batch<'a>, scope: &'a mut WriteScope<'_>) -> BoxFuture<'a, Result<()>>;
    /// Its statements for a backend.
    fn statements(&self, backend: Backend) -> &Statements;
    /// Reads a row.
    fn load(&self, row: &Row<'_>) -> Result<Arc<dyn Instance>, sqlx::Error>;
    /// Whether a rollback of its writes has receivers.
    fn hears_rollbacks(&self, db: &Db) -> bool;
    /// The call of the receivers that wait for the end of a transaction, of those that are `chosen`.
    fn call_at_end(&self, db: &Db, row: &NetRow, end: End, chosen: fn(&ReceiverInfo) -> bool) -> Option<Callback>;
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

    fn hears_deletes(&self, scope: &WriteScope<'_>) -> bool {
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

    fn statements(&self, backend: Backend) -> &Statements {
        self.statements(backend)
    }

    fn load(&self, row: &Row<'_>) -> Result<Arc<dyn Instance>, sqlx::Error> {
        Ok(Arc::new(M::load(row)?))
    }

    fn hears_rollbacks(&self, db: &Db) -> bool {
        !db.heard::<post_save_rolled_back, M>().is_empty() || !db.heard::<post_delete_rolled_back, M>().is_empty()
    }

    fn call_at_end(&self, db: &Db, row: &NetRow, end: End, chosen: fn(&ReceiverInfo) -> bool) -> Option<Callback> {
        call_at_end::<M>(db, row, end, chosen)
    }
}
