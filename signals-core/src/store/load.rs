//! Reading one row by its key.

use std::sync::Arc;

use super::Model;
use super::instance::Instance;
use super::write::shown_key;
use super::write_scope::key_missing;
use crate::backend::Args;
use crate::db::{Doing, Handle, Statement};
use crate::error::{Error, Result};
use crate::model::PrimaryKey as _;

pub(super) async fn get<M: Model>(on: Handle<'_>, key: M::Key) -> Result<M> {
    select(on, &key).await?.ok_or_else(|| does_not_exist::<M>(shown_key(&key)))
}

pub(super) async fn find<M: Model>(on: Handle<'_>, key: M::Key) -> Result<Option<M>> {
    select(on, &key).await
}

pub(super) async fn refresh<M: Model>(instance: &mut M, on: Handle<'_>) -> Result<()> {
    if instance.key().key().is_none() {
        return Err(key_missing(M::meta().name(), "refresh", "save it first"));
    }
    match select(on, instance.key()).await? {
        Some(row) => *instance = row,
        None => return Err(does_not_exist::<M>(shown_key(instance.key()))),
    }
    Ok(())
}

/// The row that a write is about to change, as it is now, and locked where the database can.
pub(super) async fn before_write<M: Model>(on: Handle<'_>, key: &M::Key) -> Result<Option<M>> {
    read(on, key, &M::state().statements(on.db()?.backend()).select_to_write).await
}

/// The row of an instance as it is now, locked as [`before_write`] does it.
pub(super) async fn again(on: Handle<'_>, instance: &dyn Instance) -> Result<Option<Arc<dyn Instance>>> {
    let (store, backend) = (instance.store(), on.db()?.backend());
    let mut args = Args::new(backend, 1);
    let meta = store.meta();
    instance.bind_key(&mut args).map_err(|error| error.of_field(meta.name(), meta.primary_key().field))?;
    let doing = Doing { verb: "SELECT", model: meta.name() };
    on.first(&store.statements(backend).select_to_write, args, doing, |row| store.load(row)).await
}

async fn select<M: Model>(on: Handle<'_>, key: &M::Key) -> Result<Option<M>> {
    read(on, key, &M::state().statements(on.db()?.backend()).select).await
}

async fn read<M: Model>(on: Handle<'_>, key: &M::Key, statement: &Statement) -> Result<Option<M>> {
    let mut args = Args::new(on.db()?.backend(), 1);
    let meta = M::meta();
    args.add_compared(key).map_err(|error| error.of_field(meta.name(), meta.primary_key().field))?;
    on.first(statement, args, Doing { verb: "SELECT", model: M::meta().name() }, M::load).await
}

fn does_not_exist<M: Model>(key: String) -> Error {
    Error::DoesNotExist { model: M::meta().name(), key: Some(key) }
}
