//! Reads of one row by its key.

use std::sync::Arc;

use super::erased::Instance;
use super::key_errors::{key_missing, shown_key};
use super::state::ModelState;
use crate::backend::Args;
use crate::db::{Doing, Handle, Statement};
use crate::error::{Error, Result};
use crate::model::{Entity, PrimaryKey as _};

pub(super) async fn get<M: Entity>(state: &ModelState<M>, on: Handle<'_>, key: M::Key) -> Result<M> {
    select(state, on, &key).await?.ok_or_else(|| does_not_exist::<M>(shown_key(&key)))
}

pub(super) async fn find<M: Entity>(state: &ModelState<M>, on: Handle<'_>, key: M::Key) -> Result<Option<M>> {
    select(state, on, &key).await
}

impl<M: Entity> ModelState<M> {
    /// Returns the row with this key, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// Those of [`Model::find`](super::Model::find).
    pub async fn find(&self, on: Handle<'_>, key: M::Key) -> Result<Option<M>> {
        select(self, on, &key).await
    }
}

pub(super) async fn refresh<M: Entity>(state: &ModelState<M>, instance: &mut M, on: Handle<'_>) -> Result<()> {
    if instance.key().key().is_none() {
        return Err(key_missing(M::meta().name(), "refresh", "save it first"));
    }
    match select(state, on, instance.key()).await? {
        Some(row) => *instance = row,
        None => return Err(does_not_exist::<M>(shown_key(instance.key()))),
    }
    Ok(())
}

/// Returns the row that a write is about to change. Locks it if the database supports that.
pub(super) async fn before_write<M: Entity>(state: &ModelState<M>, on: Handle<'_>, key: &M::Key) -> Result<Option<M>> {
    read(on, key, &state.statements(on.db().backend()).select_to_write).await
}

/// Returns the current row of an instance, locked as by [`before_write`].
pub(super) async fn again(on: Handle<'_>, instance: &dyn Instance) -> Result<Option<Arc<dyn Instance>>> {
    let (store, backend) = (instance.store(), on.db().backend());
    let mut args = Args::new(backend, 1);
    let meta = store.meta();
    instance.bind_key(&mut args).map_err(|error| error.of_field(meta.name(), meta.primary_key().field))?;
    let doing = Doing { verb: "SELECT", model: meta.name() };
    on.first(&store.statements(backend).select_to_write, args, doing, |row| store.load(row)).await
}

async fn select<M: Entity>(state: &ModelState<M>, on: Handle<'_>, key: &M::Key) -> Result<Option<M>> {
    read(on, key, &state.statements(on.db().backend()).select).await
}

async fn read<M: Entity>(on: Handle<'_>, key: &M::Key, statement: &Statement) -> Result<Option<M>> {
    let mut args = Args::new(on.db().backend(), 1);
    let meta = M::meta();
    args.add_compared(key).map_err(|error| error.of_field(meta.name(), meta.primary_key().field))?;
    on.first(statement, args, Doing { verb: "SELECT", model: M::meta().name() }, M::load).await
}

fn does_not_exist<M: Entity>(key: String) -> Error {
    Error::DoesNotExist { model: M::meta().name(), key: Some(key) }
}
