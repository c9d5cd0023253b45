//! Models without their type, for code that spans several models: deletes that cascade, and relations.

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

/// The operations of the store on a model whose type is erased.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct AnyStore(&'static dyn Erased);

impl fmt::Debug for AnyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyStore").field(&self.0.meta().name()).finish()
    }
}

pub(super) trait Erased: Send + Sync {
    /// Returns the model's description.
    fn meta(&self) -> &'static ModelMeta;
    /// Returns an empty list of the model's keys.
    fn keys(&self) -> Box<dyn AnyKeys>;
    /// Returns an empty list of the model's rows.
    fn rows(&self) -> Box<dyn AnyRows>;
    /// Returns whether the signals of its deletes have receivers.
    fn has_delete_receivers(&self, scope: &WriteScope<'_>) -> bool;
    /// Returns what these receivers need.
    fn delete_needs(&self, scope: &WriteScope<'_>) -> DeleteNeeds;
    /// Sends `pre_delete` for a batch of rows.
    fn pre_delete<'a>(&self, part: Batch<'a>, scope: &'a mut WriteScope<'_>) -> BoxFuture<'a, Result<()>>;
    /// Sends `post_delete` for a batch of rows.
    fn post_delete<'a>(&self, part: Batch<'a>, scope: &'a mut WriteScope<'_>) -> BoxFuture<'a, Result<()>>;
    /// Returns the statements of the model for a backend.
    fn statements(&self, backend: Backend) -> &Statements;
    /// Reads a row.
    fn load(&self, row: &Row<'_>) -> Result<Arc<dyn Instance>, sqlx::Error>;
    /// Returns whether the model has receivers of rollbacks.
    fn has_rollback_receivers(&self, db: &Db) -> bool;
    /// Returns the call of the `chosen` receivers that wait for the end of a transaction.
    fn call_at_end(&self, db: &Db, row: EndedRow, end: End, chosen: fn(&ReceiverInfo) -> bool) -> Option<Callback>;
}

impl AnyStore {
    pub(super) const fn new(store: &'static dyn Erased) -> Self {
        Self(store)
    }

    /// Returns the store of a model by its description, if it is linked.
    pub(super) fn find(meta: &ModelMeta) -> Option<&'static dyn Erased> {
        static STORES: OnceLock<HashMap<&'static ModelMeta, &'static dyn Erased>> = OnceLock::new();
        let stores = STORES.get_or_init(|| {
            let stores = models::entries().into_iter().filter_map(models::ModelEntry::store::<Self>);
            stores.map(|store| (store.0.meta(), store.0)).collect()
        });
        stores.get(meta).copied()
    }
}

/// An instance of a model whose type is erased.
pub(super) trait Instance: AnyModel {
    /// Returns the operations of the store on its model.
    fn store(&self) -> &'static dyn Erased;
    /// Returns a copy, if its type is `Clone`.
    fn duplicate(&self) -> Option<Arc<dyn Instance>>;
    /// Returns the value of one column, for writing.
    fn column_mut(&mut self, column: usize) -> Option<&mut dyn Any>;
    /// Binds the key for a comparison with a column.
    fn bind_key(&self, args: &mut Args) -> Result<()>;
}

/// A row as its transaction left it, for the receivers that are called after the transaction.
pub(super) struct EndedRow {
    /// The row after the last write. If the row was deleted, its last state.
    pub(super) instance: Arc<dyn Instance>,
    /// The row as it was before the first write, if that is known.
    pub(super) previous: Option<Arc<dyn Instance>>,
    /// Whether the row existed before the first write.
    pub(super) was_there: bool,
    pub(super) is_deleted: bool,
    /// Whether all writes were raw.
    pub(super) raw: bool,
}

/// The needs of the receivers of a model's deletes.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent question")]
pub(super) struct DeleteNeeds {
    /// Whether receivers are called before the write, or must be checked then.
    pub(super) before: bool,
    /// Whether receivers are called after the write, or at the end of the transaction.
    pub(super) after: bool,
    /// Whether receivers before the write may write themselves.
    pub(super) may_write_before: bool,
    /// Whether receivers after the write may write themselves.
    pub(super) may_write_after: bool,
    /// Whether a receiver names the row as the database has it.
    pub(super) previous: bool,
}
