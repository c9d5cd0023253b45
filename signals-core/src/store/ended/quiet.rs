//! Writes that send no signals, of rows for which receivers will be called at the end of the transaction.
//!
//! Such a write calls no receiver. It is kept only so that the receivers of earlier writes get the row as it is committed.

use std::collections::{HashMap, HashSet};

use super::{Step, What, change, key};
use crate::db::{Doing, Handle, Tx};
use crate::error::Result;
use crate::field::Args;
use crate::model::{FieldSet, PrimaryKey as _};
use crate::sql::Among;
use crate::store::Model;
use crate::store::chunk::chunks;
use crate::store::signals::{post_delete_rolled_back, post_save_rolled_back};
use crate::store::work::Work;

/// Keeps an UPDATE that sent no signals, limited to these columns.
pub(in crate::store) fn saved_quietly<M: Model>(instance: &M, fields: Option<FieldSet>, on: Handle<'_>) -> Result<()> {
    keep(instance, What::SavedQuietly(fields), on)
}

/// Keeps a DELETE that sent no signals.
pub(in crate::store) fn deleted_quietly<M: Model>(instance: &M, on: Handle<'_>) -> Result<()> {
    keep(instance, What::DeletedQuietly, on)
}

/// Reads again the rows that this transaction wrote with signals, after a statement changed or deleted an unknown part of them without.
pub(in crate::store) async fn reread<M: Model>(on: Handle<'_>) -> Result<()> {
    let Some(tx) = with_earlier::<M>(on) else { return Ok(()) };
    let earlier = tx.noted(|step: &Step<M>| step.instance.duplicate())?;
    let earlier: HashMap<String, M> = earlier.into_iter().flatten().map(|row| (key(&row), row)).collect();
    let earlier: Vec<M> = earlier.into_values().collect();
    for places in chunks(earlier.len()) {
        let part = &earlier[places];
        let now = read(part, on).await?;
        let found: HashSet<String> = now.iter().map(key).collect();
        for row in now {
            note(row, What::SavedQuietly(None), tx)?;
        }
        for row in part.iter().filter(|row| !found.contains(&key(*row))) {
            keep(row, What::DeletedQuietly, on)?;
        }
    }
    Ok(())
}

/// The rows of these keys, as they are now.
async fn read<M: Model>(rows: &[M], on: Handle<'_>) -> Result<Vec<M>> {
    let (meta, backend) = (M::meta(), on.db()?.backend());
    let mut args = Args::new(backend, rows.len());
    rows.iter().filter(|row| row.key().key().is_some()).try_for_each(|row| args.add(row.key()))?;
    let among = Among { meta, backend, column: meta.primary_key_index(), values: rows.len() };
    on.all(&among.select_rows_to_write(), args, Doing { verb: "SELECT", model: meta.name() }, M::load).await
}

fn keep<M: Model>(instance: &M, what: What<M>, on: Handle<'_>) -> Result<()> {
    match (with_earlier::<M>(on), instance.duplicate()) {
        (Some(tx), Some(instance)) => note(instance, what, tx),
        _ => Ok(()),
    }
}

fn note<M: Model>(instance: M, what: What<M>, tx: &Tx) -> Result<()> {
    let db = tx.try_db()?;
    let told_if_undone = !Work::heard_on::<post_save_rolled_back, M>(db).is_empty()
        || !Work::heard_on::<post_delete_rolled_back, M>(db).is_empty();
    tx.note(change(Step { instance, what }, told_if_undone))
}

/// The transaction, if it wrote rows of `M` for which receivers will be called: only then does a later write count.
fn with_earlier<M: Model>(on: Handle<'_>) -> Option<&Tx> {
    match on {
        Handle::Tx(tx) => tx.has_noted::<Step<M>>().then_some(tx),
        Handle::Db(_) => None,
    }
}
