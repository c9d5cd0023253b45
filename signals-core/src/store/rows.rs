//! Rows of one model that are about to be deleted, without their type.

use std::any::Any;
use std::cmp::Ordering;
use std::{mem, ptr, slice};

use super::keys::{AnyKeys, Keys};
use super::payload::{Reason, Root};
use super::swaps::sorting;
use crate::backend::Row;
use crate::model::{AnyModel, Entity, Key, ModelKey as _};

/// Rows of a model whose type is erased.
pub(super) trait AnyRows: Any + Send + Sync {
    /// Adds a row.
    fn read(&mut self, row: &Row<'_>) -> Result<(), sqlx::Error>;
    /// Sorts the rows by their keys.
    fn arrange(&mut self);
    /// Reverses the order.
    fn reverse(&mut self);
    /// Returns the keys, in the order of the rows.
    fn keys(&self) -> Box<dyn AnyKeys>;
    /// Keeps the rows for whose key `keep` returns true, and returns the others.
    fn split_off(&mut self, keep: &mut dyn FnMut(Option<Key<'_>>) -> bool) -> Box<dyn AnyRows>;
    /// Returns the first row.
    fn first(&self) -> Option<&dyn AnyModel>;
    /// Returns the rows as their own type, for a downcast.
    fn as_any(&self) -> &dyn Any;
}

/// Rows of `M`.
pub(super) struct Rows<M>(Vec<M>);

impl<M> Default for Rows<M> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<M: Entity> AnyRows for Rows<M> {
    fn read(&mut self, row: &Row<'_>) -> Result<(), sqlx::Error> {
        self.0.push(M::load(row)?);
        Ok(())
    }

    fn arrange(&mut self) {
        for (one, other) in sorting(self.0.len(), &|one, other| self.0[one].pk().cmp(&self.0[other].pk())) {
            self.0.swap(one, other);
        }
    }

    fn reverse(&mut self) {
        self.0.reverse();
    }

    fn keys(&self) -> Box<dyn AnyKeys> {
        Box::new(Keys(self.0.iter().map(M::key).collect()))
    }

    fn split_off(&mut self, keep: &mut dyn FnMut(Option<Key<'_>>) -> bool) -> Box<dyn AnyRows> {
        let mut others = Vec::new();
        for row in mem::take(&mut self.0) {
            if keep(row.pk()) { self.0.push(row) } else { others.push(row) }
        }
        Box::new(Self(others))
    }

    fn first(&self) -> Option<&dyn AnyModel> {
        self.0.first().map(|row| row as &dyn AnyModel)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The start of a delete.
#[derive(Clone, Copy)]
pub(super) struct DeleteRoot<'a> {
    pub(super) root: Root<'a>,
    /// The key of the instance, or those of the set.
    pub(super) keys: &'a dyn AnyKeys,
}

/// The instance on which `delete` was called, for its payloads.
#[derive(Clone, Copy)]
pub(super) struct DeletedInstance<'a> {
    pub(super) instance: &'a dyn AnyModel,
    /// Its row, if that was read and is there.
    pub(super) row: Option<&'a dyn AnyModel>,
}

/// Rows for which a signal is sent, in the order in which it is sent.
#[derive(Clone, Copy)]
pub(super) struct Batch<'a> {
    pub(super) rows: &'a dyn AnyRows,
    /// The rows as they were read again, with keys ascending. If `None`, `rows` are as the database has them.
    pub(super) later: Option<&'a dyn AnyRows>,
    /// The instance on which `delete` was called, if it belongs among these rows.
    pub(super) asked: Option<DeletedInstance<'a>>,
    pub(super) begun: DeleteRoot<'a>,
    /// How a key compares to the keys after it.
    pub(super) order: Ordering,
}

/// Rows that are deleted for the same reason.
pub(super) struct Run<'a, M> {
    pub(super) rows: &'a [M],
    /// Each row as the database has it.
    pub(super) previous: Vec<Option<&'a M>>,
    pub(super) reason: Reason<'a>,
}

impl<'a> Batch<'a> {
    /// Returns the rows, grouped by the reason for which they are deleted.
    pub(super) fn runs<M: Entity>(&self) -> Vec<Run<'a, M>> {
        let rows = typed::<M>(self.rows);
        let cascade = Reason::cascade(self.begun.root);
        let mut runs = Vec::new();
        if let Some(instance) = self.instance::<M>() {
            let place = rows.partition_point(|row| row.pk().cmp(&instance.pk()) == self.order);
            let (before, behind) = rows.split_at(place);
            runs.extend([(before, cascade), (slice::from_ref(instance), Reason::direct(instance)), (behind, cascade)]);
        } else if let Some(set) = self.set_of::<M>() {
            let is_of_set = |row: &M| set.0.binary_search_by(|key| key.key().cmp(&row.pk())).is_ok();
            let same = rows.chunk_by(|one, other| is_of_set(one) == is_of_set(other));
            runs.extend(same.map(|run| (run, if is_of_set(&run[0]) { Reason::SET } else { cascade })));
        } else {
            runs.push((rows, cascade));
        }
        runs.retain(|(rows, _)| !rows.is_empty());
        let run = |(rows, reason): (&'a [M], _)| {
            let previous = rows.iter().map(|row| self.previous(row)).collect();
            Run { rows, previous, reason }
        };
        runs.into_iter().map(run).collect()
    }

    /// Returns one of the rows, or the instance, as the database has it.
    fn previous<M: Entity>(&self, row: &'a M) -> Option<&'a M> {
        if self.instance::<M>().is_some_and(|instance| ptr::eq(instance, row)) {
            return self.asked?.row?.downcast_ref();
        }
        let Some(later) = self.later else { return Some(row) };
        let later = typed::<M>(later);
        later.binary_search_by(|other| other.pk().cmp(&row.pk())).ok().map(|place| &later[place])
    }

    fn instance<M: Entity>(&self) -> Option<&'a M> {
        self.asked?.instance.downcast_ref()
    }

    /// Returns the keys of the set, if it is one of `M`.
    fn set_of<M: Entity>(&self) -> Option<&'a Keys<M::Key>> {
        let Root::Set(meta) = self.begun.root else { return None };
        if meta == M::meta() { self.begun.keys.as_any().downcast_ref() } else { None }
    }
}

fn typed<M: Entity>(rows: &dyn AnyRows) -> &[M] {
    rows.as_any().downcast_ref::<Rows<M>>().map_or(&[], |rows| &rows.0)
}
