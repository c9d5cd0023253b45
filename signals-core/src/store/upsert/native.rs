//! Upserts without signals as one statement with `ON CONFLICT`.

use std::collections::HashMap;
use std::iter;

use super::conflict_key::{ConflictKey, twice};
use super::failure::{is_deadlock, undo};
use super::find::Search;
use super::plan::Plan;
use crate::db::{Doing, Handle};
use crate::error::{Error, Result};
use crate::model::AnyModel as _;
use crate::query::{Assignment, assigned_columns};
use crate::sql::{select_all, upsert_rows};
use crate::store::bulk::{all_columns, bind_rows, check_keys, statement_of, swap};
use crate::store::write::stamp;
use crate::store::write_scope::{KeyGuard, WriteScope, generate_key};
use crate::store::{Model, after_transaction};

/// Writes the rows with one statement for each chunk. Returns false if one statement cannot do it, or if it was ended
/// by a deadlock; nothing is then written.
pub(super) async fn run<M: Model>(
    rows: &mut [M],
    keys: &[Option<ConflictKey>],
    plan: &Plan<M>,
    on: Handle<'_>,
) -> Result<bool> {
    // A row that conflicts with none cannot be found again.
    let is_possible = on.db().backend().capabilities().inserts.on_conflict
        && !M::FILLED
        && M::meta().version().is_none()
        && plan.can_be_set()
        && !stamps_updated(plan)
        && (plan.updates() || keys.iter().all(Option::is_some));
    if !is_possible {
        return Ok(false);
    }
    let kept = KeyGuard::new(rows, true);
    for row in &mut *kept.held {
        generate_key(row);
    }
    let unset = kept.held.iter().filter(|row| row.pk().is_none()).count();
    if (unset > 0 && unset < kept.held.len()) || M::meta().inserted(unset > 0).is_empty() {
        return Ok(false);
    }
    let mut scope = WriteScope::new(on);
    match write(kept.held, keys, plan, unset, &mut scope).await {
        Err(error) if !is_deadlock(&error, &scope) => kept.end(scope, Err(error)).await,
        Ok(true) => kept.end(scope, Ok(true)).await,
        // The attempts lock the rows in the order in which other calls do.
        Err(_) | Ok(false) => undo::<M>(scope).await.map(|()| false),
    }
}

/// Returns whether a column of the update is stamped with the time of an INSERT. A row that exists gets the value of its
/// instance instead.
fn stamps_updated<M: Model>(plan: &Plan<M>) -> bool {
    !plan.options.raw && plan.update.indexes().any(|index| M::meta().columns()[index].auto_now_add)
}

/// Returns false if a row that was left alone is gone.
async fn write<M: Model>(
    rows: &mut [M],
    keys: &[Option<ConflictKey>],
    plan: &Plan<M>,
    unset: usize,
    scope: &mut WriteScope<'_>,
) -> Result<bool> {
    let meta = M::meta();
    check_keys::<M>(unset, scope.handle()).await?;
    let is_noted = plan.options.quiet && after_transaction::awaits_end(meta, scope.handle());
    scope.open_if(rows.len() > 1 || is_noted).await?;
    if !plan.options.raw {
        for row in &mut *rows {
            stamp(row, None, true);
        }
    }
    let columns: Vec<usize> = meta.inserted(unset > 0).indexes().collect();
    let updated: Vec<usize> = plan.update.indexes().collect();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|place| &keys[*place]);
    let (mut is_whole, mut returned) = (true, Vec::with_capacity(rows.len()));
    for places in order.chunks(plan.size) {
        let on = scope.handle();
        let backend = on.db().backend();
        let mut args = bind_rows(places.iter().map(|place| &rows[*place]), &columns, on)?;
        let assigned = assigned_columns(meta, backend, plan.assignments.iter().map(Assignment::assigned), &mut args)?;
        let text = upsert_rows(meta, backend, &columns, places.len(), plan.conflict, (&updated, &assigned));
        let types = iter::once_with(|| select_all(meta, backend));
        let statement = statement_of(text, places.len(), plan.size).with_types_of(types);
        let mut stored = Vec::with_capacity(places.len());
        let doing = Doing { verb: "INSERT", model: meta.name() };
        on.write_each(&statement, args, doing, |row| M::load(row).map(|row| stored.push(row))).await?;
        if stored.len() == places.len() {
            returned.extend(iter::zip(places, stored));
        } else if plan.updates() {
            return Err(Error::RowsLeftOut { model: meta.name(), rows: places.len(), inserted: stored.len() });
        } else {
            is_whole = false;
        }
    }
    // Not before: after a deadlock, an attempt binds the conflict columns of the instances.
    for (place, mut row) in returned {
        swap(&mut rows[*place], &mut row, all_columns::<M>());
    }
    refuse_twice(rows, plan)?;
    if !is_whole && !read(rows, keys, plan, scope).await? {
        return Ok(false);
    }
    if plan.options.quiet {
        rows.iter().try_for_each(|row| after_transaction::saved_quietly(row, None, scope.handle()))?;
    }
    Ok(true)
}

/// Reads all rows, of which some were left alone. Returns false if one is gone.
async fn read<M: Model>(
    rows: &mut [M],
    keys: &[Option<ConflictKey>],
    plan: &Plan<M>,
    scope: &WriteScope<'_>,
) -> Result<bool> {
    let search = Search { rows, keys, plan, twice: false, is_repeated: false };
    let found: Option<Vec<_>> = search.run_plainly(scope).await?.into_iter().collect();
    let Some(found) = found else { return Ok(false) };
    iter::zip(rows, found).for_each(|(row, mut stored)| swap(row, &mut stored.row, all_columns::<M>()));
    Ok(true)
}

/// Fails if two instances became the same row: the database compares their keys as equal.
fn refuse_twice<M: Model>(rows: &[M], plan: &Plan<M>) -> Result<()> {
    if rows.len() == 1 || !plan.updates() {
        return Ok(());
    }
    let mut places = HashMap::with_capacity(rows.len());
    for (place, row) in rows.iter().enumerate() {
        if let Some(first) = row.pk().and_then(|key| places.insert(key, place)) {
            return Err(twice::<M>(plan.conflict, first, place));
        }
    }
    Ok(())
}
