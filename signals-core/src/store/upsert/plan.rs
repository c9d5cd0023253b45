//! What an upsert does, checked before any signal.

use super::conflict_key::fields;
use crate::error::{Error, Result};
use crate::model::{FieldSet, ModelMeta};
use crate::query::Assignment;
use crate::store::Model;
use crate::store::bulk::{refused, rows_of_a_chunk};
use crate::store::calls::{BulkOptions, UpsertCall};
use crate::store::computed::ComputedValues;
use crate::store::objects::update::fields_of;

/// A checked upsert.
pub(super) struct Plan<M> {
    /// The conflict columns, in the order of the unique key.
    pub(super) conflict: &'static [usize],
    /// The columns that a row gets from its instance.
    pub(super) update: FieldSet,
    /// The columns that are written: those, and the assigned ones.
    pub(super) written: FieldSet,
    pub(super) assignments: Vec<Assignment<M>>,
    /// The expressions among the assignments.
    pub(super) computed: ComputedValues,
    pub(super) size: usize,
    pub(super) options: BulkOptions,
}

impl<M: Model> Plan<M> {
    pub(super) fn of(call: &mut UpsertCall<'_, M>) -> Result<Self> {
        let meta = M::meta();
        if call.is_forced {
            return Err(refused::<M>(
                "`on_conflict` decides between INSERT and UPDATE; leave `force_insert`, `force_update` and `update_fields` out",
            ));
        }
        let conflict = unique_keys(meta).find(|key| is_of(key, call.conflict)).ok_or_else(|| not_unique::<M>(call))?;
        if let Some(index) = conflict.iter().find(|index| M::meta().columns()[**index].is_never_written()) {
            return Err(refused::<M>(format!(
                "`on_conflict` compares the values of the instances, and `{}` is never written",
                meta.columns()[*index].field
            )));
        }
        if call.ignores && !call.assignments.is_empty() {
            return Err(refused::<M>("`ignore` writes no row that exists; leave it or `update_with` out"));
        }
        let update = call.update;
        if let Some(key) = meta.primary_key().find(|column| update.contains_name(column.field)) {
            return Err(refused::<M>(format!("the primary key `{}` cannot be updated", key.field)));
        }
        if let Some((field, why)) = update.not_updated() {
            return Err(refused::<M>(format!("`{field}` cannot be updated, because {why}; leave it out")));
        }
        let assigned = fields_of(&call.assignments)?;
        if let Some(field) = update.intersect(assigned).names().next() {
            return Err(refused::<M>(format!("`{field}` is set twice; keep one of the values")));
        }
        let assignments = std::mem::take(&mut call.assignments);
        let computed = ComputedValues::of(&assignments);
        let size = Self::size(&assignments, &computed, call)?;
        let written = update.unite(assigned);
        Ok(Self { conflict, update, written, assignments, computed, size, options: call.options })
    }

    /// Returns the number of rows per statement, which also binds the values of the assignments. Fails for an
    /// expression that the database cannot compute.
    fn size(assignments: &[Assignment<M>], computed: &ComputedValues, call: &UpsertCall<'_, M>) -> Result<usize> {
        let size = rows_of_a_chunk::<M>(call.options.batch_size, call.on)?;
        if assignments.is_empty() {
            return Ok(size);
        }
        let backend = call.on.db().backend();
        let computed = if computed.is_empty() { 0 } else { computed.selected::<M>(backend)?.values };
        let values = assignments.len() + computed;
        let rows = backend.capabilities().most_values.saturating_sub(values) / M::meta().columns().len().max(1);
        Ok(size.min(rows).max(1))
    }

    /// Returns the columns that are assigned values.
    pub(super) fn assigned(&self) -> FieldSet {
        self.written.filtered(|index| !self.update.contains_index(index))
    }

    /// Returns whether `DO UPDATE SET` can write the assigned values. JSON is bound only as a field of an instance.
    pub(super) fn can_be_set(&self) -> bool {
        self.assignments.iter().all(|assignment| !M::meta().columns()[assignment.column()].json)
    }

    /// Puts the assigned values into a row that exists.
    pub(super) fn assign(&self, row: &mut M) -> Result<()> {
        for assignment in &self.assignments {
            if !assignment.assign(row) {
                return Err(Error::Internal(format!("{assignment:?} is of no field of `{}`", M::meta().name())));
            }
        }
        Ok(())
    }

    /// Returns whether rows that exist are written.
    pub(super) fn updates(&self) -> bool {
        !self.written.is_empty()
    }
}

/// Returns the columns of each unique key of a model.
pub(super) fn unique_keys(meta: &'static ModelMeta) -> impl Iterator<Item = &'static [usize]> {
    let columns = meta.columns().iter().enumerate().filter(|(_, column)| column.unique);
    let single = columns.map(|(index, _)| ModelMeta::only(index));
    std::iter::once(meta.primary_key_columns()).chain(single).chain(meta.unique_constraints().iter().copied())
}

fn is_of(key: &[usize], columns: FieldSet) -> bool {
    key.len() == columns.len() && key.iter().all(|index| columns.contains_index(*index))
}

fn not_unique<M: Model>(call: &UpsertCall<'_, M>) -> Error {
    let meta = M::meta();
    let named: Vec<usize> = call.conflict.indexes().collect();
    let named = if named.is_empty() { "no column".into() } else { fields(meta, &named) };
    let keys: Vec<_> = unique_keys(meta).map(|key| fields(meta, key)).collect();
    refused::<M>(format!(
        "`on_conflict` takes the columns of one unique key, and not {named}; the unique keys of the model are {}",
        keys.join(", ")
    ))
}
