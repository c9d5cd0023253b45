//! Models with their type: the code that is compiled for each model, for operations that work without the
//! type.

use std::any::Any;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::after_transaction::call_at_end;
use super::bound_key::add_key;
use super::erased::{AnyStore, DeleteNeeds, EndedRow, Erased, Instance};
use super::keys::{AnyKeys, Keys};
use super::rows::{AnyRows, Batch, Rows, Run};
use super::send::{DeleteReceivers, post_delete_of, pre_delete_of};
use super::signals::{post_delete_rolled_back, post_save_rolled_back};
use super::write_scope::WriteScope;
use super::{Model, ModelState};
use crate::backend::{Args, Backend, Row};
use crate::db::{Callback, Db, End};
use crate::error::Result;
use crate::model::{Entity, ModelMeta};
use crate::signal::ReceiverInfo;
use crate::sql::Statements;

impl AnyStore {
    /// Returns the store of this model.
    pub const fn of<M: Model>(state: &'static ModelState<M>) -> Self {
        Self::new(state)
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

    fn statements(&self, backend: Backend) -> &Statements {
        self.statements(backend)
    }

    fn load(&self, row: &Row<'_>) -> Result<Arc<dyn Instance>, sqlx::Error> {
        Ok(Arc::new(M::load(row)?))
    }

    fn has_rollback_receivers(&self, db: &Db) -> bool {
        !db.receivers::<post_save_rolled_back, M>().is_empty()
            || !db.receivers::<post_delete_rolled_back, M>().is_empty()
    }

    fn call_at_end(&self, db: &Db, row: EndedRow, end: End, chosen: fn(&ReceiverInfo) -> bool) -> Option<Callback> {
        call_at_end::<M>(db, row, end, chosen)
    }
}

impl<M: Model> Instance for M {
    fn store(&self) -> &'static dyn Erased {
        M::state()
    }

    fn duplicate(&self) -> Option<Arc<dyn Instance>> {
        Some(Arc::new(Entity::duplicate(self)?))
    }

    fn column_mut(&mut self, column: usize) -> Option<&mut dyn Any> {
        self.field_mut(column)
    }

    fn bind_key(&self, args: &mut Args) -> Result<()> {
        add_key(self, args)
    }
}
