//! Reads of one row by its key.

use std::sync::Arc;

use super::bound_key::{KeyRef, bind_compared};
use super::erased::Instance;
use super::key_errors::{key_missing, shown_key, shown_key_of};
use super::state::ModelState;
use crate::backend::Args;
use crate::db::{Doing, Handle, Statement, Tx};
use crate::error::{Error, Result};
use crate::model::{AnyModel as _, Entity, ModelKey};
use crate::query::{LockWait, Select};

pub(super) async fn get<M: Entity>(state: &ModelState<M>, on: Handle<'_>, key: M::Key) -> Result<M> {
    select(state, on, key.borrowed()).await?.ok_or_else(|| does_not_exist::<M>(shown_key(&key)))
}

pub(super) async fn find<M: Entity>(state: &ModelState<M>, on: Handle<'_>, key: M::Key) -> Result<Option<M>> {
    select(state, on, key.borrowed()).await
}

/// Returns the row with this key, and locks it.
pub(super) async fn find_for_update<M: Entity>(state: &ModelState<M>, tx: &Tx, key: M::Key) -> Result<Option<M>> {
    let on = Handle::Tx(tx);
    Select::of(M::meta()).locked(LockWait::Wait).refuse_lock_on(on)?;
    let row = read_to_write(state, on, key.borrowed()).await?;
    if row.is_none() && on.db().backend().capabilities().locks.misses_replaced {
        return read_to_write(state, on, key.borrowed()).await;
    }
    Ok(row)
}

pub(super) async fn get_for_update<M: Entity>(state: &ModelState<M>, tx: &Tx, key: M::Key) -> Result<M> {
    let shown = shown_key(&key);
    find_for_update(state, tx, key).await?.ok_or_else(|| does_not_exist::<M>(shown))
}

impl<M: Entity> ModelState<M> {
    /// Returns the row with this key, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// Those of [`Model::find`](super::Model::find).
    pub async fn find(&self, on: Handle<'_>, key: M::Key) -> Result<Option<M>> {
        select(self, on, key.borrowed()).await
    }
}

pub(super) async fn refresh<M: Entity>(state: &ModelState<M>, instance: &mut M, on: Handle<'_>) -> Result<()> {
    if instance.pk().is_none() {
        return Err(key_missing(M::meta().name(), "refresh", "save it first"));
    }
    match select(state, on, instance.key_ref()).await? {
        Some(row) => *instance = row,
        None => return Err(does_not_exist::<M>(shown_key_of(instance))),
    }
    Ok(())
}

/// Returns the row that a write is about to change. Locks it if the database supports that.
pub(super) async fn before_write<M: Entity>(state: &ModelState<M>, on: Handle<'_>, instance: &M) -> Result<Option<M>> {
    read_to_write(state, on, instance.key_ref()).await
}

async fn read_to_write<M: Entity>(state: &ModelState<M>, on: Handle<'_>, key: KeyRef<'_, M>) -> Result<Option<M>> {
    read(on, key, &state.statements(on.db().backend()).select_to_write).await
}

/// Returns the current row of an instance, locked as by [`before_write`].
pub(super) async fn again(on: Handle<'_>, instance: &dyn Instance) -> Result<Option<Arc<dyn Instance>>> {
    let (store, backend) = (instance.store(), on.db().backend());
    let mut args = Args::new(backend, 1);
    instance.bind_key(&mut args)?;
    let doing = Doing { verb: "SELECT", model: store.meta().name() };
    on.first(&store.statements(backend).select_to_write, args, doing, |row| store.load(row)).await
}

async fn select<M: Entity>(state: &ModelState<M>, on: Handle<'_>, key: KeyRef<'_, M>) -> Result<Option<M>> {
    read(on, key, &state.statements(on.db().backend()).select).await
}

async fn read<M: Entity>(on: Handle<'_>, key: KeyRef<'_, M>, statement: &Statement) -> Result<Option<M>> {
    let mut args = Args::new(on.db().backend(), 1);
    bind_compared::<M>(key, &mut args)?;
    on.first(statement, args, Doing { verb: "SELECT", model: M::meta().name() }, M::load).await
}

fn does_not_exist<M: Entity>(key: String) -> Error {
    Error::DoesNotExist { model: M::meta().name(), key: Some(key) }
}
