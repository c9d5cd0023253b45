//! The UPDATE of a chunk of instances, and the steps before it.

use std::collections::{HashMap, HashSet};
use std::iter;

use futures_util::future::BoxFuture;

use super::unlisted::UnlistedChanges;
use super::{Latest, bind_rows, refused};
use crate::backend::{Args, Row};
use crate::db::Doing;
use crate::error::{Error, Result};
use crate::model::{AnyModel as _, FieldSet, Key, ModelKey as _, set_columns};
use crate::sql::{Among, update_rows};
use crate::store::bound_key::add_key;
use crate::store::key_errors::{shown_key, shown_key_of};
use crate::store::send::{PreSaveReceivers, Previous, pre_save_of};
use crate::store::table::{compared_as, is_key_unique, refuse_more};
use crate::store::write::{is_there, refuse_other_version};
use crate::store::write_scope::WriteScope;
use crate::store::{Model, load};

/// Sends `pre_save` for rows whose update is limited to these columns. Returns the columns to write for each
/// row, including other columns that receivers changed.
pub(in crate::store) async fn pre_save_limited<M: Model>(
    receivers: &PreSaveReceivers<M>,
    rows: &mut [M],
    previous: &[Option<M>],
    fields: FieldSet,
    raw: bool,
    scope: &mut WriteScope<'_>,
) -> Result<Vec<FieldSet>> {
    let mut all = vec![fields; rows.len()];
    let mut unlisted = Vec::new();
    if receivers.may_change_rows(raw) {
        for row in &*rows {
            unlisted.push(UnlistedChanges::of(row, fields, scope.handle())?);
        }
    }
    pre_save_of(receivers, rows, previous, Some(&mut all), raw, scope).await?;
    for ((row, unlisted), fields) in rows.iter().zip(&unlisted).zip(&mut all) {
        unlisted.add_changed(row, fields, scope.handle())?;
    }
    Ok(all)
}

/// Runs [`pre_save_limited`] for the rows of a set. Fails if a receiver changed a key, which would select
/// another row.
pub(in crate::store) async fn pre_save_of_set<M: Model>(
    receivers: &PreSaveReceivers<M>,
    rows: &mut [M],
    previous: &[Option<M>],
    fields: FieldSet,
    raw: bool,
    scope: &mut WriteScope<'_>,
) -> Result<Vec<FieldSet>> {
    let keys: Vec<M::Key> = if receivers.may_change_rows(raw) { rows.iter().map(M::key).collect() } else { Vec::new() };
    let fields = pre_save_limited(receivers, rows, previous, fields, raw, scope).await?;
    match keys.iter().zip(&*rows).find(|(key, row)| key.key() != row.pk()) {
        None => Ok(fields),
        Some((key, row)) => Err(refused::<M>(format!(
            "a receiver of `pre_save` changed the key {} to {}, which is not a row of the update; receivers must not change keys",
            shown_key(key),
            shown_key_of(row),
        ))),
    }
}

/// The UPDATEs of one call.
pub(in crate::store) struct Updates {
    latest: Latest<FieldSet>,
    /// The columns that are written even if they are `None` and have a `db_default`. The call has then locked the rows,
    /// so their versions are counted and not compared.
    assigned: Option<FieldSet>,
    /// Whether the instances' versions are written, as a raw write does.
    writes_version: bool,
}

impl Updates {
    /// Creates it for chunks of `full` rows.
    pub(in crate::store) fn new(full: usize, raw: bool) -> Self {
        Self { latest: Latest::new(full), assigned: None, writes_version: raw }
    }

    /// Creates it for chunks of `full` rows that the call has locked, in which these columns are assigned values.
    pub(in crate::store) fn assigning(full: usize, assigned: FieldSet) -> Self {
        Self { latest: Latest::new(full), assigned: Some(assigned), writes_version: false }
    }

    /// Writes the columns of each row, and returns how many of the rows exist. Rows with the same columns
    /// share a statement.
    pub(in crate::store) async fn run<M: Model>(
        &mut self,
        rows: &[M],
        fields: &[FieldSet],
        scope: &mut WriteScope<'_>,
    ) -> Result<u64> {
        let set: Vec<FieldSet>;
        let fields = if M::FILLED {
            set = iter::zip(rows, fields).map(|(row, fields)| self.set_columns(row, *fields)).collect();
            &set
        } else {
            fields
        };
        let mut kinds: Vec<FieldSet> = Vec::new();
        for fields in fields {
            if kinds.last() != Some(fields) && !kinds.contains(fields) {
                kinds.push(*fields);
            }
        }
        if M::FILLED
            && !self.writes_version
            && self.assigned.is_none()
            && let Some(version) = M::meta().version()
        {
            refuse_stale(rows, version, scope).await?;
        }
        // If the statement reaches more rows than keys, it must be undone.
        scope.open_if(kinds.len() > 1 || !is_key_unique(M::meta(), scope.handle()).await?).await?;
        let mut found = 0;
        for kind in kinds {
            let of_kind = iter::zip(rows, fields).filter(|(_, fields)| **fields == kind).map(|(row, _)| row);
            if M::FILLED && kind.is_empty() && M::meta().version().is_none() {
                for row in of_kind {
                    found += u64::from(is_there(row, scope.handle()).await?);
                }
                continue;
            }
            found += self.run_of(&of_kind.collect::<Vec<_>>(), kind, scope).await?;
        }
        Ok(found)
    }

    /// Returns those of the columns that are filled with the present time, if they are `auto_now`: a column that is
    /// assigned a value gets that.
    pub(super) fn stamped(&self, fields: FieldSet) -> FieldSet {
        self.assigned.map_or(fields, |assigned| fields.filtered(|index| !assigned.contains_index(index)))
    }

    /// Returns those of the columns that the row has a value for.
    fn set_columns<M: Model>(&self, row: &M, fields: FieldSet) -> FieldSet {
        // A receiver may have added a column that no UPDATE writes.
        let fields = fields.intersect(M::meta().updated());
        let mut set = set_columns(row, fields);
        if self.writes_version {
            set.insert_indexes(M::meta().version());
        }
        self.assigned.map_or(set, |assigned| set.unite(assigned.intersect(fields)))
    }

    async fn run_of<M: Model>(&mut self, rows: &[&M], fields: FieldSet, scope: &WriteScope<'_>) -> Result<u64> {
        let (meta, on) = (M::meta(), scope.handle());
        let backend = on.db().backend();
        let columns: Vec<usize> = fields.indexes().collect();
        let compared = if M::FILLED && self.assigned.is_none() { meta.counted_by(fields) } else { None };
        let with_key = meta.primary_key_columns().iter().copied().chain(compared).chain(columns.iter().copied());
        let with_key: Vec<usize> = with_key.collect();
        let args = bind_rows(rows.iter().copied(), &with_key, on)?;
        let compared_as = compared_as(meta, on).await?;
        let text = || update_rows(meta, backend, (&columns, compared), rows.len(), &compared_as);
        let statement = self.latest.get(fields, rows.len(), text);
        let written = on.run(statement, args, Doing { verb: "UPDATE", model: meta.name() }).await?.rows;
        refuse_more(meta, on, written, rows.len() as u64, || {
            rows.first().map_or_else(String::new, |row| shown_key_of(*row))
        })?;
        Ok(written)
    }
}

/// Fails if a row has another version than its instance. Locks the rows, so that the UPDATE finds the same versions.
/// After the UPDATE, it would be unknown which of the rows had another one.
///
/// Boxed, so that other models have no code for it.
fn refuse_stale<'a, M: Model>(
    rows: &'a [M],
    version: usize,
    scope: &'a mut WriteScope<'_>,
) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        scope.open_if(true).await?;
        let stored = read_previous(rows, scope).await?;
        let mut stored = iter::zip(rows, &stored).filter_map(|(row, stored)| Some((row, stored.as_ref()?)));
        stored.try_for_each(|(row, stored)| refuse_other_version(row, stored, version, scope.handle()))
    })
}

/// Returns the rows as they are in the database, in the order of `rows`. Locks them.
pub(in crate::store) async fn read_previous<M: Model>(rows: &[M], scope: &WriteScope<'_>) -> Result<Previous<M>> {
    let places: HashMap<Key<'_>, usize> =
        rows.iter().enumerate().filter_map(|(place, row)| Some((row.pk()?, place))).collect();
    let mut previous: Previous<M> = iter::repeat_with(|| None).take(rows.len()).collect();
    let (among, args) = among(rows, scope)?;
    let (statement, doing) = (among.select_rows_to_write(), Doing { verb: "SELECT", model: M::meta().name() });
    let mut place = |row: M| {
        if let Some(place) = row.pk().and_then(|key| places.get(&key))
            && let Some(previous) = previous.get_mut(*place)
        {
            *previous = Some(row);
        }
    };
    scope.handle().each(&statement, args, doing, |row| M::load(row).map(&mut place)).await?;
    // A row may spell its key differently from the instance. PostgreSQL also misses a row that others deleted
    // and inserted again while the statement waited for them. The next statement finds it.
    for (row, previous) in iter::zip(rows, &mut previous).filter(|(_, previous)| previous.is_none()) {
        *previous = load::before_write(M::state(), scope.handle(), row).await?;
    }
    Ok(previous)
}

/// Returns for each row whether it exists, as an UPDATE sees it: see [`is_there`]. Locks the rows.
pub(in crate::store) async fn read_presence<M: Model>(rows: &[M], scope: &WriteScope<'_>) -> Result<Vec<bool>> {
    let (among, args) = among(rows, scope)?;
    let (statement, doing) = (among.select_keys_to_write(), Doing { verb: "SELECT", model: M::meta().name() });
    let meta = M::meta();
    let read = |row: &Row<'_>| M::Key::read(row, &|part| meta.key_column(meta.primary_key_columns(), part));
    let keys = scope.handle().all(&statement, args, doing, read).await?;
    let present: HashSet<Key<'_>> = keys.iter().filter_map(M::Key::key).collect();
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let is_found = row.pk().is_some_and(|key| present.contains(&key));
        // As in `read_previous`.
        found.push(is_found || is_there(row, scope.handle()).await?);
    }
    Ok(found)
}

/// Returns the error of an UPDATE that skipped existing rows.
pub(in crate::store) fn skipped<M: Model>() -> Error {
    refused::<M>("the database did not update all rows that exist; check the triggers of the table")
}

/// Returns the selection of the rows by their keys, and the bound keys.
fn among<M: Model>(rows: &[M], scope: &WriteScope<'_>) -> Result<(Among, Args)> {
    let (meta, on) = (M::meta(), scope.handle());
    let backend = on.db().backend();
    let mut args = Args::new(backend, rows.len() * meta.primary_key_columns().len());
    rows.iter().try_for_each(|row| add_key(row, &mut args))?;
    Ok((Among::by_key(meta, backend, rows.len()), args))
}
