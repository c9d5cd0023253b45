//! Writes that send no signals, of rows for which receivers will be called at the end of the transaction.
//!
//! Such a write calls no receiver. It is kept only so that the receivers of earlier writes get the row as it is committed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::{RecordedWrite, What, change, key};
use crate::backend::Args;
use crate::db::{Doing, Handle, Tx};
use crate::error::Result;
use crate::model::{FieldSet, Key, PrimaryKey as _};
use crate::sql::Among;
use crate::store::keys::{Keys, bind_padded, chunks, padded};
use crate::store::signals::{post_delete_rolled_back, post_save_rolled_back};
use crate::store::write_scope::WriteScope;
use crate::store::{Model, load};

/// Keeps an UPDATE that sent no signals, limited to these columns.
pub(in crate::store) fn saved_quietly<M: Model>(instance: &M, fields: Option<FieldSet>, on: Handle<'_>) -> Result<()> {
    keep(instance, What::SavedQuietly(fields), on)
}

/// Keeps a DELETE that sent no signals.
pub(in crate::store) fn deleted_quietly<M: Model>(instance: &M, on: Handle<'_>) -> Result<()> {
    keep(instance, What::DeletedQuietly, on)
}

/// Whether the transaction wrote rows of `M` for which receivers will be called at its end, so that [`reread`] may read some.
///
/// A statement before that needs a savepoint around both: if the second is dropped or fails, the first must not stay.
pub(in crate::store) fn awaits_end<M: Model>(on: Handle<'_>) -> bool {
    with_earlier::<M>(on).is_some()
}

/// Reads again the rows that this transaction wrote with signals, after a statement changed or deleted an unknown part of them without.
pub(in crate::store) async fn reread<M: Model>(on: Handle<'_>) -> Result<()> {
    let Some(tx) = with_earlier::<M>(on) else { return Ok(()) };
    drop_superseded::<M>(tx)?;
    let earlier = earlier::<M>(tx)?;
    for places in chunks(earlier.len()) {
        let part = &earlier[places];
        let mut now: HashMap<_, _> = read(part, on).await?.into_iter().map(|row| (key(&row), row)).collect();
        let mut missing = Vec::new();
        for step in part {
            match now.remove(&step.key) {
                Some(row) => note(step, What::ReadAgain, row, tx)?,
                None => missing.push(step.clone()),
            }
        }
        reread_missing(&missing, on, tx).await?;
    }
    Ok(())
}

/// Notes the rows that were not found by the texts of their keys: the database may spell a key in another way.
async fn reread_missing<M: Model>(missing: &[Earlier<M>], on: Handle<'_>, tx: &Tx) -> Result<()> {
    let may_differ = |step: &Earlier<M>| matches!(step.row.key().key(), Some(Key::Text(_) | Key::Other(_)));
    // One statement says of most sets that all of them are gone.
    let is_any_there = missing.iter().any(may_differ) && !read(missing, on).await?.is_empty();
    for step in missing {
        let row = if is_any_there { load::before_write(M::state(), on, step.row.key()).await? } else { None };
        match row {
            Some(row) => note(step, What::ReadAgain, row, tx)?,
            None => note_gone(step, tx)?,
        }
    }
    Ok(())
}

/// A row that was written with signals, and may be there.
struct Earlier<M> {
    key: Arc<str>,
    row: Arc<M>,
}

impl<M> Clone for Earlier<M> {
    fn clone(&self) -> Self {
        Self { key: Arc::clone(&self.key), row: Arc::clone(&self.row) }
    }
}

/// Each of these rows once, in the order of their keys.
fn earlier<M: Model>(tx: &Tx) -> Result<Vec<Earlier<M>>> {
    // The lock of the transaction is held meanwhile, so no code of the application runs here.
    let steps = tx.noted(|step: &RecordedWrite<M>| {
        let is_there = !matches!(step.what, What::Deleted { .. } | What::DeletedAsRead | What::DeletedQuietly);
        (Arc::clone(&step.key), is_there.then(|| Arc::clone(&step.instance)))
    })?;
    let steps: HashMap<_, _> = steps.into_iter().collect();
    let there = steps.into_iter().filter_map(|(key, row)| row.map(|row| Earlier { key, row }));
    let mut there: Vec<_> = there.filter(|step| step.row.key().key().is_some()).collect();
    there.sort_by(|one, other| one.row.key().key().cmp(&other.row.key().key()));
    Ok(there)
}

/// Drops each reading of a row that is followed by another one, which stays for at least as long. Many quiet statements keep one reading of a row.
fn drop_superseded<M: Model>(tx: &Tx) -> Result<()> {
    let mut later: HashMap<Arc<str>, usize> = HashMap::new();
    tx.drop_superseded(|step: &RecordedWrite<M>, level| match (later.entry(Arc::clone(&step.key)), &step.what) {
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

/// The rows of these keys, as they are now.
async fn read<M: Model>(earlier: &[Earlier<M>], on: Handle<'_>) -> Result<Vec<M>> {
    let (meta, backend) = (M::meta(), on.db().backend());
    let (keys, places) = (Keys(earlier.iter().map(|step| step.row.key().clone()).collect()), 0..earlier.len());
    let mut args = Args::new(backend, padded(&places));
    bind_padded(&keys, &places, &mut args)?;
    let among = Among { meta, backend, column: meta.primary_key_index(), values: padded(&places) };
    on.all(&among.select_rows_to_write(), args, Doing { verb: "SELECT", model: meta.name() }, M::load).await
}

fn keep<M: Model>(instance: &M, what: What<M>, on: Handle<'_>) -> Result<()> {
    // No copy is made unless it is kept.
    let Some(tx) = with_earlier::<M>(on) else { return Ok(()) };
    let Some(instance) = instance.duplicate() else { return Ok(()) };
    note_step(RecordedWrite::new(instance, what), tx)
}

/// Notes what became of a row, under the key that its writer knows.
fn note<M: Model>(earlier: &Earlier<M>, what: What<M>, row: M, tx: &Tx) -> Result<()> {
    note_step(RecordedWrite { key: Arc::clone(&earlier.key), instance: Arc::new(row), what }, tx)
}

fn note_gone<M: Model>(earlier: &Earlier<M>, tx: &Tx) -> Result<()> {
    let Earlier { key, row } = earlier.clone();
    note_step(RecordedWrite { key, instance: row, what: What::DeletedQuietly }, tx)
}

fn note_step<M: Model>(step: RecordedWrite<M>, tx: &Tx) -> Result<()> {
    let db = tx.db();
    let has_rollback_receivers = !WriteScope::receivers_on::<post_save_rolled_back, M>(db).is_empty()
        || !WriteScope::receivers_on::<post_delete_rolled_back, M>(db).is_empty();
    tx.note(change(step, has_rollback_receivers))
}

/// The transaction, if it wrote rows of `M` for which receivers will be called: only then does a later write count.
fn with_earlier<M: Model>(on: Handle<'_>) -> Option<&Tx> {
    match on {
        Handle::Tx(tx) => tx.has_noted::<RecordedWrite<M>>().then_some(tx),
        Handle::Db(_) => None,
    }
}
