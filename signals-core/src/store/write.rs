//! The statements of one save.

mod filled;
mod stale;
mod values;

use super::Model;
use super::attached::{AttachedRows, Attaching, RowKey};
use super::bound_key::{add_key, bind_key};
use super::key_errors::{key_missing, shown_key_of};
use super::table::{begin_level, end_level, is_key_made, is_key_unique, refuse_more_of, refuse_not_generated};
use crate::backend::{Args, KeyFacts, UniqueKey};
use crate::db::{Doing, Handle, Statement};
use crate::error::{Error, Result};
use crate::model::{AnyModel as _, FieldSet, ModelKey};

pub(super) use stale::refuse_other_version;
pub(super) use values::{bind, bind_column, generated};

/// The statements that a save may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Force {
    /// An UPDATE, then an INSERT if that found no row.
    Neither,
    /// Only an INSERT.
    Insert,
    /// Only an UPDATE.
    Update,
}

/// What undoes a write that fails after its statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undoing {
    /// A transaction or a savepoint of its own, if it can fail so late.
    Level,
    /// The transaction of the caller, which ends with the write.
    Caller,
}

/// Writes the instance. Returns true if an INSERT was executed.
pub(super) async fn write<M: Model>(
    instance: &mut M,
    (on, undoing): (Handle<'_>, Undoing),
    force: Force,
    fields: Option<FieldSet>,
    raw: bool,
    attaching: Option<Attaching<'_, M>>,
) -> Result<bool> {
    if is_bare::<M>(instance, on, force)? {
        return write_bare(instance, on, force, fields, raw, attaching).await;
    }
    // Boxed, since most writes are bare and need not carry it.
    Box::pin(async move {
        if instance.pk().is_none() {
            refuse_not_generated(M::meta(), on).await?;
        }
        let is_one_row = instance.pk().is_none() || force == Force::Insert || is_key_unique(M::meta(), on).await?;
        if undoing == Undoing::Level && (M::FILLED || !is_one_row) {
            let tx = begin_level(on).await?;
            let written = write_bare(instance, Handle::Tx(&tx), force, fields, raw, attaching).await;
            return end_level(tx, written).await;
        }
        write_bare(instance, on, force, fields, raw, attaching).await
    })
    .await
}

/// Returns whether each statement of the write is known to reach at most one row and returns no columns, and the
/// database is known to generate a missing key.
pub(super) fn is_bare<M: Model>(instance: &M, on: Handle<'_>, force: Force) -> Result<bool> {
    if M::FILLED {
        // A value that cannot be read undoes the write.
        return Ok(false);
    }
    Ok(match (instance.pk().is_none(), force) {
        (true, _) => is_key_made(M::meta(), on)?,
        (false, Force::Insert) => true,
        (false, _) => on.db().key_facts(M::meta(), KeyFacts::is_unique) == Some(true),
    })
}

async fn write_bare<M: Model>(
    instance: &mut M,
    on: Handle<'_>,
    force: Force,
    fields: Option<FieldSet>,
    raw: bool,
    attaching: Option<Attaching<'_, M>>,
) -> Result<bool> {
    let unset = instance.pk().is_none();
    if unset && force == Force::Update {
        return Err(key_missing(M::meta().name(), "update", "a receiver of pre_save cleared it"));
    }
    if force != Force::Insert && !unset {
        if !raw {
            stamp(instance, fields, false);
        }
        let rows = attached(instance, attaching, false, fields)?;
        if update(instance, on, fields, raw, rows.as_ref()).await? {
            return Ok(false);
        }
        if M::FILLED && !raw {
            stale::refuse_stale(instance, on).await?;
        }
        if force == Force::Update {
            // Boxed, since most writes find their row and need not carry it.
            return Box::pin(update_again(instance, on, fields, raw, rows.as_ref())).await.map(|()| false);
        }
    }
    if !raw {
        stamp(instance, None, true);
    }
    let rows = attached(instance, attaching, true, fields)?;
    match insert(instance, on, unset, rows.as_ref()).await {
        Ok(()) => Ok(true),
        Err(Error::Database { source, .. }) if force == Force::Neither && !unset && is_key_taken::<M>(&source, on) => {
            Err(Error::KeyTaken { model: M::meta().name(), key: shown_key_of(instance), source })
        }
        Err(error) => Err(error),
    }
}

/// Returns the rows that a statement inserts beside its own, if there are any.
fn attached<M: Model>(
    instance: &M,
    attaching: Option<Attaching<'_, M>>,
    created: bool,
    fields: Option<FieldSet>,
) -> Result<Option<AttachedRows>> {
    let Some(attaching) = attaching else { return Ok(None) };
    let key = if instance.pk().is_none() { RowKey::Generated } else { RowKey::Known };
    let rows = attaching.rows(instance, created, fields.as_ref(), key)?;
    Ok((rows.len() > 0).then_some(rows))
}

/// Returns whether the error is a violation of the key's uniqueness, and not of another column's.
fn is_key_taken<M: Model>(error: &sqlx::Error, on: Handle<'_>) -> bool {
    let columns: Vec<_> = M::meta().primary_key().map(|column| column.column).collect();
    on.db().backend().is_key_taken(error, &UniqueKey { columns: &columns, is_primary: true })
}

/// Tries an UPDATE again that found no row. The row does not exist, others replaced it meanwhile, or
/// something else keeps the statement from reaching it.
async fn update_again<M: Model>(
    instance: &mut M,
    on: Handle<'_>,
    fields: Option<FieldSet>,
    raw: bool,
    attached: Option<&AttachedRows>,
) -> Result<()> {
    if !is_there(instance, on).await? {
        return Err(not_updated(instance));
    }
    if update(instance, on, fields, raw, attached).await? {
        return Ok(());
    }
    Err(Error::WriteSkipped { model: M::meta().name(), key: shown_key_of(instance) })
}

/// Returns the error of an UPDATE whose row does not exist.
pub(super) fn not_updated<M: Model>(instance: &M) -> Error {
    Error::NotUpdated { model: M::meta().name(), key: shown_key_of(instance) }
}

/// Returns whether a row has the instance's key, as an UPDATE sees it, and locks the row. A plain SELECT of
/// MariaDB may return a row that others have deleted.
pub(super) async fn is_there<M: Model>(instance: &M, on: Handle<'_>) -> Result<bool> {
    let statement = &M::state().statements(on.db().backend()).select_to_write;
    let doing = Doing { verb: "SELECT", model: M::meta().name() };
    Ok(on.first(statement, bind_key(instance, on)?, doing, |_| Ok(())).await?.is_some())
}

/// Fills the `auto_now` columns, and for an INSERT the `auto_now_add` ones and the version.
pub(super) fn stamp<M: Model>(instance: &mut M, fields: Option<FieldSet>, inserting: bool) {
    for (index, column) in M::meta().columns().iter().enumerate() {
        let wanted = column.auto_now || (inserting && column.auto_now_add);
        if wanted && fields.is_none_or(|fields| fields.contains_index(index)) {
            instance.stamp(index);
        }
        if M::FILLED
            && inserting
            && column.is_version()
            && let Some(field) = instance.field_mut(index)
        {
            column.begin_version(field);
        }
    }
}

/// Executes the UPDATE. Returns true if it found the row.
async fn update<M: Model>(
    instance: &mut M,
    on: Handle<'_>,
    fields: Option<FieldSet>,
    raw: bool,
    attached: Option<&AttachedRows>,
) -> Result<bool> {
    if M::FILLED {
        return filled::update(instance, on, fields, raw).await;
    }
    let statements = M::state().statements(on.db().backend());
    if let Some(fields) = fields {
        let statement = statements.update_of(fields);
        return run_update(instance, on, &statement, Some(fields), attached).await;
    }
    let Some(statement) = &statements.update else {
        // A model with only a key has nothing to update. The row only has to exist.
        return is_there(instance, on).await;
    };
    run_update(instance, on, statement, None, attached).await
}

async fn run_update<M: Model>(
    instance: &M,
    on: Handle<'_>,
    statement: &Statement,
    fields: Option<FieldSet>,
    attached: Option<&AttachedRows>,
) -> Result<bool> {
    let meta = M::meta();
    let mut args = bind(instance, on, fields.unwrap_or_else(|| meta.updated()).indexes())?;
    add_key(instance, &mut args)?;
    let doing = Doing { verb: "UPDATE", model: meta.name() };
    let done = match attached {
        Some(attached) => {
            let statements = M::state().statements(on.db().backend());
            let statement = statements.update_attaching(statement, fields, attached.table, attached.len());
            attached.run(on, &statement, args, doing).await?
        }
        None => on.run(statement, args, doing).await?,
    };
    refuse_more_of(instance, on, done.rows)?;
    if let Some(attached) = attached
        && done.rows > 0
    {
        attached.inserted(on).await?;
    }
    Ok(done.rows > 0)
}

/// Executes the INSERT, and sets the key that the database made.
async fn insert<M: Model>(
    instance: &mut M,
    on: Handle<'_>,
    unset: bool,
    attached: Option<&AttachedRows>,
) -> Result<()> {
    let meta = M::meta();
    if unset && !M::Key::GENERATED {
        return Err(key_missing(
            meta.name(),
            "insert",
            "give it a key first, since the database makes none of this type",
        ));
    }
    if M::FILLED {
        return filled::insert(instance, on, unset).await;
    }
    let statements = M::state().statements(on.db().backend());
    let args = bind(instance, on, meta.inserted(unset).indexes())?;
    let doing = Doing { verb: "INSERT", model: meta.name() };
    let done = match attached {
        Some(attached) => {
            let statement = statements.insert_attaching(unset, attached.table, attached.len());
            attached.run(on, &statement, args, doing).await?
        }
        None => on.run(if unset { &statements.insert_unset } else { &statements.insert }, args, doing).await?,
    };
    if unset {
        match generated::<M>(on, done.last_insert_id) {
            Ok(key) => instance.set_key(key),
            Err(error) => {
                if let Some(attached) = attached {
                    attached.take_back(on).await?;
                }
                return Err(take_back::<M>(on, done.last_insert_id, error).await);
            }
        }
    }
    match attached {
        Some(attached) if !unset || done.rows > 0 => attached.inserted(on).await,
        _ => Ok(()),
    }
}

/// Deletes a row whose key does not fit, so that the failed save leaves no row. Returns the error of the key, or that of
/// the DELETE.
pub(super) async fn take_back<M: Model>(on: Handle<'_>, id: i64, unfit: Error) -> Error {
    let deleted = async {
        let backend = on.db().backend();
        let mut args = Args::new(backend, 1);
        args.add_generated(id)?;
        let doing = Doing { verb: "DELETE", model: M::meta().name() };
        on.run(&M::state().statements(backend).delete, args, doing).await
    };
    match deleted.await {
        Ok(_) => unfit,
        Err(error) => error,
    }
}
