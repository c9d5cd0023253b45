//! The UPDATE of many instances, each with its own values.

use std::collections::HashSet;
use std::future::IntoFuture;

use futures_util::future::BoxFuture;

use super::changes::{Updates, pre_save_of_set, read_presence, read_previous, skipped};
use super::{all_columns, read_back, refused, rows_of_a_chunk, swap};
use crate::error::{Error, Result};
use crate::model::{AnyModel as _, FieldSet};
use crate::store::calls::{BulkOptions, BulkUpdate};
use crate::store::key_errors::{key_missing, shown_key_of};
use crate::store::save::validate;
use crate::store::send::{PreSaveReceivers, Previous, SaveReceivers, WriteOutcome, post_save_of};
use crate::store::write::{not_updated, stamp};
use crate::store::write_scope::{KeyGuard, WriteScope};
use crate::store::{Model, after_transaction};

impl<M: Model> BulkUpdate<'_, M> {
    async fn run(self) -> Result<()> {
        let Self { instances, fields, on, options } = self;
        let size = rows_of_a_chunk::<M>(options.batch_size, on)?;
        if fields.is_empty() || instances.is_empty() {
            return Ok(());
        }
        check(instances, fields)?;
        if !options.raw {
            instances.iter().try_for_each(validate)?;
        }
        let mut scope = WriteScope::new(on);
        let may_change = !options.quiet && PreSaveReceivers::<M>::now(&scope).may_change_rows(options.raw);
        let kept = KeyGuard::new(instances, may_change);
        let updated = update(kept.held, fields, size, options, &mut scope).await;
        kept.end(scope, updated).await
    }
}

impl<'a, M: Model> IntoFuture for BulkUpdate<'a, M> {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'a, Result<()>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Checks the list and its columns before any signal is sent.
fn check<M: Model>(rows: &[M], fields: FieldSet) -> Result<()> {
    let meta = M::meta();
    if let Some(column) = meta.primary_key().find(|column| fields.contains_name(column.field)) {
        return Err(refused::<M>(format!("the primary key `{}` cannot be updated", column.field)));
    }
    if let Some((field, why)) = fields.not_updated() {
        return Err(refused::<M>(format!("`{field}` cannot be updated, because {why}; leave it out")));
    }
    let mut keys = HashSet::with_capacity(rows.len());
    for row in rows {
        let key = row.pk().ok_or_else(|| key_missing(meta.name(), "update", "create it first"))?;
        if !keys.insert(key) {
            return Err(twice(row));
        }
    }
    Ok(())
}

fn twice<M: Model>(row: &M) -> Error {
    let key = shown_key_of(row);
    refused::<M>(format!("the key {key} is in the list twice; remove one of the two"))
}

/// For each chunk, sends `pre_save`, updates the rows and sends `post_save`.
async fn update<M: Model>(
    rows: &mut [M],
    fields: FieldSet,
    size: usize,
    options: BulkOptions,
    scope: &mut WriteScope<'_>,
) -> Result<()> {
    // A missing row undoes the whole update.
    scope.open_if(rows.len() > 1 || M::FILLED).await?;
    let mut updates = Updates::new(size, options.raw);
    for rows in rows.chunks_mut(size) {
        update_chunk(rows, fields, None, options, &mut updates, scope).await?;
    }
    Ok(())
}

/// Sends `pre_save`, updates the rows of one statement and sends `post_save`. `known` are the rows as they are in the
/// database, if they were read and locked. Each instance is then its whole row.
pub(in crate::store) async fn update_chunk<M: Model>(
    rows: &mut [M],
    fields: FieldSet,
    known: Option<Previous<M>>,
    options: BulkOptions,
    updates: &mut Updates,
    scope: &mut WriteScope<'_>,
) -> Result<()> {
    let BulkOptions { raw, quiet, .. } = options;
    let mut receivers = SaveReceivers::now(scope);
    let is_whole = known.is_some();
    let mut previous = Previous::new();
    let mut written = vec![fields; rows.len()];
    let reads = !quiet && receivers.name_previous(raw, scope);
    if reads {
        scope.open_if(true).await?;
        previous = match known {
            Some(known) => known,
            None => read_previous(rows, scope).await?,
        };
    }
    if !quiet && !receivers.before.is_empty() {
        written = pre_save_of_set(&receivers.before, rows, &previous, fields, raw, scope).await?;
    }
    let may_be_changed = !quiet && receivers.before.needed_before(raw);
    // Receivers may have written the rows. Others may also insert a missing row, which the UPDATE would
    // then overwrite unread.
    if reads && (may_be_changed || find_missing(rows, &previous).is_some()) {
        previous = read_previous(rows, scope).await?;
        find_missing(rows, &previous).map_or(Ok(()), |row| Err(not_updated(row)))?;
    }
    receivers.refresh(scope);
    if !quiet {
        scope.open_if(receivers.after.needed_after(raw)).await?;
        rows.first().map_or(Ok(()), |row| receivers.finalized.check(row))?;
    }
    if !raw {
        rows.iter_mut().zip(&written).for_each(|(row, fields)| stamp(row, Some(updates.stamped(*fields)), false));
    }
    write(rows, &written, updates, scope).await?;
    if is_whole && may_be_changed {
        let now = read_previous(rows, scope).await?;
        for (row, now) in rows.iter_mut().zip(now) {
            if let Some(mut now) = now {
                swap(row, &mut now, all_columns::<M>());
            }
        }
    } else if M::FILLED {
        let returned = |place: usize| M::meta().filled_by_update(written.get(place).copied());
        read_back(rows, &returned, scope).await?;
    }
    if quiet {
        let saved = rows.iter().zip(&written);
        saved
            .into_iter()
            .try_for_each(|(row, fields)| after_transaction::saved_quietly(row, Some(*fields), scope.handle()))
    } else {
        let created = vec![false; rows.len()];
        let outcome = WriteOutcome { created: &created, fields: Some(&written), raw };
        post_save_of(&receivers, rows, &previous, outcome, scope).await
    }
}

/// Returns the first row that was not found.
fn find_missing<'r, M: Model>(rows: &'r [M], previous: &[Option<M>]) -> Option<&'r M> {
    rows.iter().zip(previous).find(|(_, previous)| previous.is_none()).map(|(row, _)| row)
}

/// Writes these columns of each row. A missing row is an error.
async fn write<M: Model>(
    rows: &[M],
    fields: &[FieldSet],
    updates: &mut Updates,
    scope: &mut WriteScope<'_>,
) -> Result<()> {
    let all = rows.len() as u64;
    if updates.run(rows, fields, scope).await? == all {
        return Ok(());
    }
    let present = read_presence(rows, scope).await?;
    if let Some((row, _)) = rows.iter().zip(present).find(|(_, present)| !present) {
        return Err(not_updated(row));
    }
    if M::FILLED && M::meta().version().is_some() {
        // The rows are locked, and a second UPDATE would look for the versions before the first one.
        return Err(skipped::<M>());
    }
    // Others may have replaced rows meanwhile. A second UPDATE finds them.
    if updates.run(rows, fields, scope).await? == all { Ok(()) } else { Err(skipped::<M>()) }
}
