//! Rows that were read for several owners, each assigned to the one whose key it has.

use std::collections::HashMap;
use std::ops::Range;

use super::equal::{EqualKeys, Respelled};
use super::keyed::Owners;
use crate::model::Key;
use crate::query::BoundValue;

/// Rows as they are read. Memory finds the owners of most of them.
pub(in crate::store) struct Assigning<'o, B> {
    owners: &'o Owners,
    read: Assigned<B>,
    /// The places of the rows whose owners it does not find, with their keys.
    missed: Vec<(usize, Key<'static>)>,
    respelled: Vec<Respelled>,
}

/// Rows, and for each the position of its key among those of the owners.
pub(in crate::store) struct Assigned<B> {
    pub(super) slots: Vec<Option<usize>>,
    pub(super) rows: Vec<B>,
}

impl<'o, B> Assigning<'o, B> {
    pub(in crate::store) fn new(owners: &'o Owners) -> Self {
        let read = Assigned { slots: Vec::new(), rows: Vec::new() };
        Self { owners, read, missed: Vec::new(), respelled: Vec::new() }
    }

    /// Adds a row that was read for the keys at these positions. `values` returns values that find it.
    #[inline]
    pub(in crate::store) fn add(
        &mut self,
        slots: &Range<usize>,
        key: Option<Key<'static>>,
        row: B,
        values: impl FnOnce(&B) -> Vec<BoundValue>,
    ) {
        let slot = key.as_ref().and_then(|key| self.owners.slot(key));
        if self.owners.may_be_spelled_differently && !slot.is_some_and(|slot| slots.contains(&slot)) {
            self.add_respelled(slots, key, slot, || values(&row));
        }
        self.read.slots.push(slot);
        self.read.rows.push(row);
    }

    fn add_respelled(
        &mut self,
        slots: &Range<usize>,
        key: Option<Key<'static>>,
        slot: Option<usize>,
        values: impl FnOnce() -> Vec<BoundValue>,
    ) {
        let Some(key) = key else { return };
        if self.respelled.last().is_none_or(|last| last.slots != *slots) {
            self.respelled.push(Respelled { slots: slots.clone(), rows: HashMap::new() });
        }
        if let Some(Respelled { rows, .. }) = self.respelled.last_mut() {
            rows.entry(key.clone()).or_insert_with(values);
        }
        if slot.is_none() {
            self.missed.push((self.read.rows.len(), key));
        }
    }

    /// Returns the rows of which memory cannot tell the owner, or not each.
    pub(in crate::store) fn take_respelled(&mut self) -> Vec<Respelled> {
        std::mem::take(&mut self.respelled)
    }

    /// Returns the rows, each with the first position of the keys that equal its own.
    pub(in crate::store) fn with_equal(mut self, equal: &EqualKeys) -> Assigned<B> {
        if !equal.is_empty() {
            let firsts = equal.firsts();
            for slot in &mut self.read.slots {
                *slot = slot.map(|slot| firsts.get(&slot).copied().unwrap_or(slot));
            }
            for (place, key) in self.missed {
                self.read.slots[place] = equal.first(&key);
            }
        }
        self.read
    }
}

impl<B> Assigned<B> {
    /// Keeps the rows for which `keep` returns true.
    pub(in crate::store) fn retain(&mut self, mut keep: impl FnMut(Option<usize>, &B) -> bool) {
        let rows = std::mem::take(&mut self.slots).into_iter().zip(std::mem::take(&mut self.rows));
        (self.slots, self.rows) = rows.filter(|(slot, row)| keep(*slot, row)).unzip();
    }
}
