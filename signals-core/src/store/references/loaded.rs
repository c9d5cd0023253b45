//! Rows that were loaded for several others.

use std::collections::HashSet;
use std::fmt;

use super::assigned::Assigned;
use super::end::{End, Ends};
use super::equal::EqualKeys;
use super::keyed::{Owners, Slots};
use crate::backend::Backend;
use crate::model::Entity;

/// The rows of `B` that were loaded for rows of `A`, such as the orders of users:
/// [`ToMany::load`](super::ToMany::load) returns it.
///
/// It is a plain value. Later changes in the database, or of the instances, do not change it.
pub struct LoadedMany<A, B> {
    from: End<A>,
    backend: Backend,
    slots: Slots,
    /// The end of the rows of each slot. They begin where those of the slot before end.
    ends: Vec<usize>,
    rows: Vec<B>,
}

impl<A: Entity, B> LoadedMany<A, B> {
    /// Groups rows by the positions of their keys among `owners`. Within a group, their order stays. Keys that the
    /// database finds equal get the same rows.
    pub(in crate::store) fn new(
        from: End<A>,
        backend: Backend,
        owners: Owners,
        assigned: Assigned<B>,
        equal: &EqualKeys,
    ) -> Self {
        let (mut slots, mut rows) = (owners.slots, assigned.rows);
        let ends = group(&mut rows, &assigned.slots, slots.len());
        if !equal.is_empty() {
            let firsts = equal.firsts();
            slots.change(|slot| firsts.get(&slot).copied().unwrap_or(slot));
        }
        Self { from, backend, slots, ends, rows }
    }

    /// Returns the rows of this one, in the order in which they were asked for.
    ///
    /// It looks up the key of `row`, and not its address: two instances with the same key have the same rows. It is
    /// empty if `row` was not among those that the rows were loaded for.
    pub fn of(&self, row: &A) -> &[B] {
        let slot = self.from.lookup(row, self.backend).and_then(|key| self.slots.get(&key));
        let rows = slot.and_then(|slot| {
            let start = slot.checked_sub(1).map_or(0, |before| self.ends[before]);
            self.rows.get(start..*self.ends.get(slot)?)
        });
        rows.unwrap_or_default()
    }
}

impl<A, B> LoadedMany<A, B> {
    /// Returns all rows: those of the first row of `A`, then those of the next. Pass them to the next `load`.
    pub fn rows(&self) -> &[B] {
        &self.rows
    }

    /// Returns all rows by value, as [`rows`](Self::rows) does.
    pub fn into_rows(self) -> Vec<B> {
        self.rows
    }
}

impl<A, B> fmt::Debug for LoadedMany<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoadedMany({} rows of {})", self.rows.len(), self.slots.len())
    }
}

/// Groups rows by their slots, and puts those of no slot last. Returns the end of each group.
///
/// It counts the rows of each slot. A sort would compare and move each of them several times.
fn group<B>(rows: &mut [B], slots: &[Option<usize>], groups: usize) -> Vec<usize> {
    let group = |slot: &Option<usize>| slot.map_or(groups, |slot| slot.min(groups));
    let mut ends = vec![0; groups + 1];
    for slot in slots {
        ends[group(slot)] += 1;
    }
    let mut start = 0;
    for end in &mut ends {
        start += std::mem::replace(end, start);
    }
    // Until here these are the starts of the groups. Each row moves one of them on.
    let mut places: Vec<usize> = Vec::with_capacity(rows.len());
    for slot in slots {
        let end = &mut ends[group(slot)];
        places.push(*end);
        *end += 1;
    }
    for at in 0..places.len() {
        while places[at] != at {
            let other = places[at];
            rows.swap(at, other);
            places.swap(at, other);
        }
    }
    ends.truncate(groups);
    ends
}

/// The rows of `B` that rows of `A` lead to, at most one each, such as the users of orders:
/// [`ToOne::load`](super::ToOne::load) returns it.
///
/// It is a plain value. Later changes in the database, or of the instances, do not change it.
pub struct LoadedOne<A, B> {
    from: End<A>,
    backend: Backend,
    places: Slots,
    rows: Vec<B>,
}

impl<A: Entity, B: Entity> LoadedOne<A, B> {
    pub(super) fn new(ends: Ends<A, B>, backend: Backend, rows: Vec<B>) -> Self {
        let mut places = Slots::default();
        for (place, row) in rows.iter().enumerate() {
            if let Some(key) = ends.to.lookup(row, backend) {
                places.insert(key, place);
            }
        }
        Self { from: ends.from, backend, places, rows }
    }

    /// Returns those of the positions for whose keys there is no row.
    pub(super) fn missed(&self, ends: Ends<A, B>, owners: &Owners, mut slots: Vec<usize>) -> Vec<usize> {
        let keys = self.rows.iter().filter_map(|row| ends.to.lookup(row, self.backend));
        let found: HashSet<_> = keys.filter_map(|key| owners.slot(&key)).collect();
        slots.retain(|slot| !found.contains(slot));
        slots
    }

    /// Finds rows by these keys too, which the database finds equal. Then two statements may have read the same row.
    pub(super) fn with_equal(self, ends: Ends<A, B>, owners: Owners, equal: &EqualKeys) -> Self {
        let (backend, mut rows, mut seen) = (self.backend, self.rows, HashSet::new());
        rows.retain(|row| ends.to.lookup(row, backend).is_none_or(|key| seen.insert(key)));
        let mut loaded = Self::new(ends, backend, rows);
        let keys = equal.keys();
        for (asked, slot) in owners.slots.into_keys() {
            if let Some(place) = keys.get(&slot).and_then(|key| loaded.places.get(key)) {
                loaded.places.insert(asked, place);
            }
        }
        loaded
    }

    /// Returns the row that this one leads to, if there is one.
    pub fn of(&self, row: &A) -> Option<&B> {
        let place = self.places.get(&self.from.lookup(row, self.backend)?)?;
        self.rows.get(place)
    }
}

impl<A, B> LoadedOne<A, B> {
    /// Returns all rows, each once, however many rows lead to it. Pass them to the next `load`.
    pub fn rows(&self) -> &[B] {
        &self.rows
    }

    /// Returns all rows by value, as [`rows`](Self::rows) does.
    pub fn into_rows(self) -> Vec<B> {
        self.rows
    }
}

impl<A, B> fmt::Debug for LoadedOne<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoadedOne({} rows)", self.rows.len())
    }
}
