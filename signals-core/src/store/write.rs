//! The statements of one save.

use super::Model;
use super::work::key_missing;
use crate::db::{Doing, Handle, Statement};
use crate::error::{Error, Result, UNSET};
use crate::field::Args;
use crate::model::{Entity, FieldSet, PrimaryKey};

/// Which statements a save may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Force {
    /// UPDATE, then INSERT if that found no row.
    Neither,
    /// INSERT alone.
    Insert,
    /// UPDATE alone.
    Update,
}

/// Writes the instance; true if an INSERT was executed.
pub(super) async fn write<M: Model>(
    instance: &mut M,
    on: Handle<'_>,
    force: Force,
    fields: Option<FieldSet>,
    raw: bool,
) -> Result<bool> {
    let unset = instance.key().key().is_none();
    if unset && force == Force::Update {
        return Err(key_missing(M::meta().name(), "update", "a receiver of pre_save cleared it"));
    }
    if force != Force::Insert && !unset {
        if !raw {
            stamp(instance, fields, false);
        }
        if update(instance, on, fields).await? {
            return Ok(false);
        }
        if force == Force::Update {
            return Err(Error::NotUpdated { model: M::meta().name(), key: shown_key(instance.key()) });
        }
    }
    if !raw {
        stamp(instance, None, true);
    }
    insert(instance, on, unset).await.map(|()| true)
}

/// Fills the `auto_now` columns, and for an INSERT the `auto_now_add` ones.
pub(super) fn stamp<M: Model>(instance: &mut M, fields: Option<FieldSet>, inserting: bool) {
    for (index, column) in M::meta().columns().iter().enumerate() {
        let wanted = column.auto_now || (inserting && column.auto_now_add);
        if wanted && fields.is_none_or(|fields| fields.contains_index(index)) {
            instance.stamp(index);
        }
    }
}

/// Executes the UPDATE; true if it found the row.
async fn update<M: Model>(instance: &M, on: Handle<'_>, fields: Option<FieldSet>) -> Result<bool> {
    let meta = M::meta();
    let statements = M::state().statements(on.db()?.backend());
    let doing = Doing { verb: "UPDATE", model: meta.name() };
    if let Some(fields) = fields {
        let statement = statements.update_of(fields);
        return run_update(instance, on, &statement, fields.indexes(), doing).await;
    }
    let Some(statement) = &statements.update else {
        // A model that is nothing but its key has nothing to update; what counts is whether it is there.
        let args = bind(instance, on, std::iter::once(meta.primary_key_index()))?;
        return Ok(on.first(&statements.select, args, doing, |_| Ok(())).await?.is_some());
    };
    let columns = (0..meta.columns().len()).filter(|index| *index != meta.primary_key_index());
    run_update(instance, on, statement, columns, doing).await
}

async fn run_update<M: Model>(
    instance: &M,
    on: Handle<'_>,
    statement: &Statement,
    columns: impl Iterator<Item = usize> + Send,
    doing: Doing,
) -> Result<bool> {
    let args = bind(instance, on, columns.chain(std::iter::once(M::meta().primary_key_index())))?;
    Ok(on.run(statement, args, doing).await?.rows > 0)
}

/// Executes the INSERT, and sets the key that the database made.
async fn insert<M: Model>(instance: &mut M, on: Handle<'_>, unset: bool) -> Result<()> {
    let meta = M::meta();
    if unset && !M::Key::GENERATED {
        return Err(key_missing(
            meta.name(),
            "insert",
            "give it a key first, since the database makes none of this type",
        ));
    }
    let statements = M::state().statements(on.db()?.backend());
    let statement = if unset { &statements.insert_unset } else { &statements.insert };
    let columns = (0..meta.columns().len()).filter(|index| !unset || *index != meta.primary_key_index());
    let args = bind(instance, on, columns)?;
    let done = on.run(statement, args, Doing { verb: "INSERT", model: meta.name() }).await?;
    if unset {
        let Some(key) = M::Key::from_generated(done.last_insert_id) else {
            return Err(take_back::<M>(on, done.last_insert_id).await);
        };
        *instance.key_mut() = key;
    }
    Ok(())
}

/// Deletes a row whose key does not fit, so that the failed save leaves nothing behind.
pub(super) async fn take_back<M: Model>(on: Handle<'_>, id: i64) -> Error {
    let deleted = async {
        let backend = on.db()?.backend();
        let mut args = Args::new(backend, 1);
        args.add(&id)?;
        let doing = Doing { verb: "DELETE", model: M::meta().name() };
        on.run(&M::state().statements(backend).delete, args, doing).await
    };
    match deleted.await {
        Ok(_) => unfit::<M>(id),
        Err(error) => error,
    }
}

/// The error of a key that the database made and the instance cannot hold.
pub(super) fn unfit<M: Model>(id: i64) -> Error {
    Error::Schema(format!("the key {id} does not fit the key of `{}`", M::meta().name()))
}

/// Binds the values of these columns.
pub(super) fn bind<M: Entity>(instance: &M, on: Handle<'_>, columns: impl Iterator<Item = usize>) -> Result<Args> {
    let mut args = Args::new(on.db()?.backend(), M::meta().columns().len());
    for column in columns {
        instance.bind(column, &mut args)?;
    }
    Ok(args)
}

/// A key, as an error shows it.
pub(super) fn shown_key<K: PrimaryKey>(key: &K) -> String {
    key.key().map_or_else(|| UNSET.into(), |key| key.to_string())
}
