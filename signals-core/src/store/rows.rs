//! Rows of one model that are about to be deleted, without their type.

use std::any::Any;
use std::cmp::Ordering;

use super::Model;
use super::keys::{AnyKeys, Keys};
use super::origin::{Reason, Root};
use crate::field::Row;
use crate::model::{AnyModel, Key, PrimaryKey as _};

/// Rows of a model whose type only they know.
pub(super) trait AnyRows: Any + Send + Sync {
    /// Adds a row.
    fn read(&mut self, row: &Row<'_>) -> Result<(), sqlx::Error>;
    /// Sorts them by their keys.
    fn arrange(&mut self);
    /// Turns their order round.
    fn reverse(&mut self);
    /// Takes the row with this key out.
    fn leave_out(&mut self, key: &Key<'_>);
    /// The rows as their own type, for a downcast.
    fn as_any(&self) -> &dyn Any;
}

/// Rows of `M`.
pub(super) struct Rows<M>(Vec<M>);

impl<M> Default for Rows<M> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<M: Model> AnyRows for Rows<M> {
    fn read(&mut self, row: &Row<'_>) -> Result<(), sqlx::Error> {
        self.0.push(M::load(row)?);
        Ok(())
    }

    fn arrange(&mut self) {
        self.0.sort_by(|one, other| one.pk().cmp(&other.pk()));
    }

    fn reverse(&mut self) {
        self.0.reverse();
    }

    fn leave_out(&mut self, key: &Key<'_>) {
        self.0.retain(|row| row.pk().as_ref() != Some(key));
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What a delete began with.
#[derive(Clone, Copy)]
pub(super) struct Begun<'a> {
    pub(super) root: Root<'a>,
    /// The keys of the set, where it is one.
    pub(super) set: Option<&'a dyn AnyKeys>,
}

/// Some rows for which a signal is to be sent, in the order in which it is.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) rows: &'a dyn AnyRows,
    /// The instance whose delete was asked for, where its place is among these rows.
    pub(super) instance: Option<&'a dyn AnyModel>,
    pub(super) begun: Begun<'a>,
    /// How a key compares to those behind it.
    pub(super) order: Ordering,
}

impl<'a> Part<'a> {
    /// The rows that are deleted for the same reason, with that reason.
    pub(super) fn runs<M: Model>(&self) -> Vec<(&'a [M], Reason<'a>)> {
        let rows = self.rows.as_any().downcast_ref::<Rows<M>>().map_or(&[][..], |rows| &rows.0);
        let cascade = Reason::cascade(self.begun.root);
        let mut runs = Vec::new();
        if let Some(instance) = self.instance.and_then(|instance| instance.downcast_ref::<M>()) {
            let place = rows.partition_point(|row| row.pk().cmp(&instance.pk()) == self.order);
            let (before, behind) = rows.split_at(place);
            runs.extend([
                (before, cascade),
                (std::slice::from_ref(instance), Reason::direct(instance)),
                (behind, cascade),
            ]);
        } else if let Some(set) = self.set_of::<M>() {
            let is_of_set = |row: &M| set.0.binary_search_by(|key| key.key().cmp(&row.pk())).is_ok();
            let same = rows.chunk_by(|one, other| is_of_set(one) == is_of_set(other));
            runs.extend(same.map(|run| (run, if is_of_set(&run[0]) { Reason::SET } else { cascade })));
        } else {
            runs.push((rows, cascade));
        }
        runs.retain(|(run, _)| !run.is_empty());
        runs
    }

    /// The keys of the set, if it is one of `M`.
    fn set_of<M: Model>(&self) -> Option<&'a Keys<M::Key>> {
        let keys = self.begun.set.filter(|_| self.begun.root.meta() == M::meta())?;
        keys.as_any().downcast_ref()
    }
}
