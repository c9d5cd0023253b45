//! Writes that send no signals, to rows for which receivers are called at the end of the transaction.
//!
//! Such a write calls no receiver. It is recorded only so that the receivers of earlier writes get the row as
//! it is committed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::{RecordedWrite, What, change, key};
use crate::backend::Args;
use crate::db::{Doing, Handle, Tx};
use crate::error::Result;
use crate::model::{FieldSet, ModelMeta};
use crate::sql::Among;
use crate::store::erased::{Erased, Instance};
use crate::store::keys::{chunks, padded};
use crate::store::load;

/// Records an UPDATE that sent no signals, limited to these columns.
pub(in crate::store) fn saved_quietly(instance: &dyn Instance, fields: Option<FieldSet>, on: Handle<'_>) -> Result<()> {
    keep(instance, What::SavedQuietly(fields), on)
}

/// Records a DELETE that sent no signals.
pub(in crate::store) fn deleted_quietly(instance: &dyn Instance, on: Handle<'_>) -> Result<()> {
    keep(instance, What::DeletedQuietly, on)
}

/// Returns whether the transaction wrote rows of the model for which receivers are called at its end, so that
/// [`reread`] may read some.
///
/// A statement before [`reread`] needs a savepoint around both. If `reread` fails or is dropped, the
/// statement must be undone.
pub(in crate::store) fn awaits_end(of: &ModelMeta, on: Handle<'_>) -> bool {
    with_earlier(of, on).is_some()
}

/// Reads again the rows that this transaction wrote with signals, after a statement without signals changed
/// or deleted an unknown part of them.
pub(in crate::store) async fn reread(of: &'static dyn Erased, on: Handle<'_>) -> Result<()> {
    let Some(tx) = with_earlier(of.meta(), on) else { return Ok(()) };
    drop_superseded(of.meta(), tx)?;
    let earlier = earlier(of.meta(), tx)?;
    for places in chunks(earlier.len()) {
        let part = &earlier[places];
        let mut now: HashMap<_, _> = read(of, part, on).await?.into_iter().map(|row| (key(&*row), row)).collect();
        let mut missing = Vec::new();
        for step in part {
            match now.remove(&step.key) {
                Some(row) => note(step, What::ReadAgain, row, tx)?,
                None => missing.push(step.clone()),
            }
        }
        reread_missing(of, &missing, on, tx).await?;
    }
    Ok(())
}

/// Records the rows that were not found by the text of their keys. The database may spell a key differently.
async fn reread_missing(of: &'static dyn Erased, missing: &[Earlier], on: Handle<'_>, tx: &Tx) -> Result<()> {
    let may_differ = |step: &Earlier| step.row.pk().is_some_and(|key| key.may_be_spelled_differently());
    // In most cases one statement shows that all of them are gone.
    let is_any_there = missing.iter().any(may_differ) && !read(of, missing, on).await?.is_empty();
    for step in missing {
        let row = if is_any_there { load::again(on, &*step.row).await? } else { None };
        match row {
            Some(row) => note(step, What::ReadAgain, row, tx)?,
            None => note_gone(step, tx)?,
        }
    }
    Ok(())
}

/// A row that was written with signals and may still exist.
#[derive(Clone)]
struct Earlier {
    key: Arc<str>,
    row: Arc<dyn Instance>,
}

/// Returns each row that may still exist, once, in the order of their keys.
fn earlier(of: &ModelMeta, tx: &Tx) -> Result<Vec<Earlier>> {
    // The lock of the transaction is held here, so no code of the application may run.
    let steps = tx.noted(of, |step: &RecordedWrite| {
        let is_there = !matches!(step.what, What::Deleted { .. } | What::DeletedAsRead | What::DeletedQuietly);
        (Arc::clone(&step.key), is_there.then(|| Arc::clone(&step.instance)))
    })?;
    let steps: HashMap<_, _> = steps.into_iter().collect();
    let there = steps.into_iter().filter_map(|(key, row)| row.map(|row| Earlier { key, row }));
    let mut there: Vec<_> = there.filter(|step| step.row.pk().is_some()).collect();
    there.sort_by(|one, other| one.row.pk().cmp(&other.row.pk()));
    Ok(there)
}

/// Drops each `ReadAgain` of a row that a later one replaces, if the later one is kept at least as long. So
/// many quiet statements keep only one `ReadAgain` per row.
fn drop_superseded(of: &ModelMeta, tx: &Tx) -> Result<()> {
    let mut later: HashMap<Arc<str>, usize> = HashMap::new();
    tx.drop_superseded(of, |step: &RecordedWrite, level| match (later.entry(Arc::clone(&step.key)), &step.what) {
        (Entry::Occupied(later), What::ReadAgain) if *later.get() <= level => true,
        (later, What::ReadAgain) => {
            later.insert_entry(level);
            false
        }
        (Entry::Occupied(later), _) => {
            later.remove();
            false
        }
        (Entry::Vacant(_), _) => false,
    })
}

/// Reads the rows with these keys.
async fn read(of: &'static dyn Erased, earlier: &[Earlier], on: Handle<'_>) -> Result<Vec<Arc<dyn Instance>>> {
    let (meta, backend, keys) = (of.meta(), on.db().backend(), padded(&(0..earlier.len())));
    let mut args = Args::new(backend, keys * meta.primary_key_columns().len());
    // The last key fills the list, as for any list of keys.
    for step in (0..keys).filter_map(|place| earlier.get(place).or(earlier.last())) {
        step.row.bind_key(&mut args)?;
    }
    let among = Among::by_key(meta, backend, keys);
    let doing = Doing { verb: "SELECT", model: meta.name() };
    on.all(&among.select_rows_to_write(), args, doing, |row| of.load(row)).await
}

fn keep(instance: &dyn Instance, what: What, on: Handle<'_>) -> Result<()> {
    // Copies the instance only if it is recorded.
    let Some(tx) = with_earlier(instance.meta(), on) else { return Ok(()) };
    let Some(instance) = instance.duplicate() else { return Ok(()) };
    note_step(RecordedWrite::new(instance, what), tx)
}

/// Records a change of a row, under the key that its writer used.
fn note(earlier: &Earlier, what: What, row: Arc<dyn Instance>, tx: &Tx) -> Result<()> {
    note_step(RecordedWrite::of(Arc::clone(&earlier.key), row, what), tx)
}

fn note_gone(earlier: &Earlier, tx: &Tx) -> Result<()> {
    let Earlier { key, row } = earlier.clone();
    note_step(RecordedWrite::of(key, row, What::DeletedQuietly), tx)
}

fn note_step(step: RecordedWrite, tx: &Tx) -> Result<()> {
    let has_rollback_receivers = step.instance.store().has_rollback_receivers(tx.db());
    tx.note(change(step, has_rollback_receivers))
}

/// Returns the transaction, if it wrote rows of the model for which receivers are called. Only then a later
/// write is recorded.
fn with_earlier<'a>(of: &ModelMeta, on: Handle<'a>) -> Option<&'a Tx> {
    match on {
        Handle::Tx(tx) => tx.has_noted(of).then_some(tx),
        Handle::Db(_) => None,
    }
}
