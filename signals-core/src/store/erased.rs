//! A model without its type, for what reaches over several models: deletes that cascade, and relations.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;

use super::keys::AnyKeys;
use super::rows::{AnyRows, Batch};
use super::write_scope::WriteScope;
use crate::backend::{Args, Backend, Row};
use crate::db::{Callback, Db, End};
use crate::error::Result;
use crate::model::{AnyModel, ModelMeta};
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
    fn has_delete_receivers(&self, scope: &WriteScope<'_>) -> bool;
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
    fn has_rollback_receivers(&self, db: &Db) -> bool;
    /// The call of the receivers that wait for the end of a transaction, of those that are `chosen`.
    fn call_at_end(&self, db: &Db, row: EndedRow, end: End, chosen: fn(&ReceiverInfo) -> bool) -> Option<Callback>;
}

impl AnyStore {
    pub(super) const fn new(store: &'static dyn Erased) -> Self {
        Self(store)
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

/// An instance of a model whose type only it knows.
pub(super) trait Instance: AnyModel {
    /// What the store can do with its model.
    fn store(&self) -> &'static dyn Erased;
    /// A copy, if its type is `Clone`.
    fn duplicate(&self) -> Option<Arc<dyn Instance>>;
    /// The value of one column, to be set.
    fn column_mut(&mut self, column: usize) -> Option<&mut dyn Any>;
    /// Binds the key, to be compared with a column.
    fn bind_key(&self, args: &mut Args) -> Result<()>;
}

/// A row as its transaction left it, for the receivers that are called then.
pub(super) struct EndedRow {
    /// The row as it is now; if it is deleted, as it was at last.
    pub(super) instance: Arc<dyn Instance>,
    /// The row as it was before the first write, if that is known.
    pub(super) previous: Option<Arc<dyn Instance>>,
    /// Whether the row was there before that.
    pub(super) was_there: bool,
    pub(super) is_deleted: bool,
    /// Whether all writes were raw.
    pub(super) raw: bool,
}

/// What the receivers of a model's deletes need.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent question")]
pub(super) struct DeleteNeeds {
    /// Whether some are called, or have to be looked after, before the write.
    pub(super) before: bool,
    /// Whether some are called after the write, or at the end of the transaction.
    pub(super) after: bool,
    /// Whether those that are called before the write may write themselves.
    pub(super) may_write_before: bool,
    /// Whether those that are called after the write may.
    pub(super) may_write_after: bool,
    /// Whether some name the row as the database has it.
    pub(super) previous: bool,
}
