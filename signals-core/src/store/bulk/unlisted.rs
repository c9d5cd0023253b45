//! The changes of `pre_save` receivers to columns outside of `update_fields`.

use crate::backend::Args;
use crate::db::Handle;
use crate::error::Result;
use crate::model::FieldSet;
use crate::store::Model;
use crate::store::write::bind;

/// The values of the columns that are not in the update, before the receivers ran.
///
/// A column that a receiver changes is written too. Otherwise the instance and its row would differ silently.
pub(super) struct UnlistedChanges(Vec<(usize, Args)>);

impl UnlistedChanges {
    pub(super) fn of<M: Model>(instance: &M, fields: FieldSet, on: Handle<'_>) -> Result<Self> {
        let columns = M::meta().columns();
        let is_unlisted = |index: &usize| {
            let column = &columns[*index];
            !column.primary_key && column.not_updated().is_none() && !fields.contains_index(*index)
        };
        let unlisted = (0..columns.len()).filter(is_unlisted);
        unlisted.map(|index| Ok((index, value(instance, index, on)?))).collect::<Result<_>>().map(Self)
    }

    /// Adds the columns whose values have changed since.
    pub(super) fn add_changed<M: Model>(&self, instance: &M, fields: &mut FieldSet, on: Handle<'_>) -> Result<()> {
        let mut changed = Vec::new();
        for (index, before) in &self.0 {
            if !before.is_same(&value(instance, *index, on)?) {
                changed.push(*index);
            }
        }
        fields.insert_indexes(changed);
        Ok(())
    }
}

fn value<M: Model>(instance: &M, index: usize, on: Handle<'_>) -> Result<Args> {
    bind(instance, on, std::iter::once(index))
}
