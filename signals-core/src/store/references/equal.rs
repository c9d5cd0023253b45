//! Keys that the database finds equal although they differ in memory, such as in upper and lower case.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use super::end::Ends;
use super::keyed::{Owners, keys_at_once};
use crate::backend::Row;
use crate::db::{Doing, Handle};
use crate::error::Result;
use crate::model::{Entity, Key};
use crate::query::{BoundValue, ColumnRef, NUMBER, Node, Numbered, Select};
use crate::store::Objects;

/// The positions of the keys that equal each key of a row.
#[derive(Debug, Default)]
pub(in crate::store) struct EqualKeys(HashMap<Key<'static>, BTreeSet<usize>>);

/// Rows that a statement read although their keys, as they are spelled, are none of its own.
pub(in crate::store) struct Respelled {
    /// The positions of the keys of the statement.
    pub(super) slots: Range<usize>,
    /// The keys of the rows, and for each the values that find one row.
    pub(super) rows: HashMap<Key<'static>, Vec<BoundValue>>,
}

impl EqualKeys {
    fn add(&mut self, key: Key<'static>, slot: usize) {
        self.0.entry(key).or_default().insert(slot);
    }

    fn merge(&mut self, other: Self) {
        for (key, slots) in other.0 {
            self.0.entry(key).or_default().extend(slots);
        }
    }

    pub(in crate::store) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the first position that equals the key of a row.
    pub(super) fn first(&self, key: &Key<'static>) -> Option<usize> {
        self.0.get(key)?.first().copied()
    }

    /// Returns the first position that equals each one.
    pub(super) fn firsts(&self) -> HashMap<usize, usize> {
        let with_first = |slots: &BTreeSet<usize>| Some((*slots.first()?, slots.clone()));
        let groups = self.0.values().filter_map(with_first);
        groups.flat_map(|(first, slots)| slots.into_iter().map(move |slot| (slot, first))).collect()
    }

    /// Returns the key of a row for each position.
    pub(super) fn keys(&self) -> HashMap<usize, &Key<'static>> {
        self.0.iter().flat_map(|(key, slots)| slots.iter().map(move |slot| (*slot, key))).collect()
    }
}

impl<A: Entity, B: Entity> Ends<A, B> {
    /// Asks the database which keys equal those of rows that were read for them. These columns find the rows among
    /// `all`, whose lock is that of the read: without it, an old snapshot may lack them.
    ///
    /// The database compares one row of each key with the keys of the statement that read it.
    pub(in crate::store) async fn equal_to_read(
        &self,
        respelled: Vec<Respelled>,
        all: &Select,
        columns: &[ColumnRef],
        owners: &Owners,
        on: Handle<'_>,
    ) -> Result<EqualKeys> {
        let mut equal = EqualKeys::default();
        let width = columns.len().max(1);
        for Respelled { slots, rows } in respelled {
            let (slots, mut answers): (Vec<_>, _) = (slots.collect(), EqualKeys::default());
            let values: Vec<_> = rows.values().flatten().cloned().collect();
            for values in values.chunks(keys_at_once(width) * width) {
                let rows = all.clone().filter(Node::one_of(columns.to_vec(), values.to_vec()));
                self.ask(&rows, owners, &slots, on, &mut answers).await?;
            }
            if !rows.keys().all(|key| answers.0.contains_key(key)) {
                // Others deleted or changed a row since it was read. The keys find those that are like it.
                let rows = all.clone().filter(self.leads_from(owners, &slots));
                self.ask(&rows, owners, &slots, on, &mut answers).await?;
            }
            equal.merge(answers);
            // The row itself may have been read by another statement too, with a key that is spelled as its own.
            let own = rows.into_keys().filter_map(|key| owners.slot(&key).map(|slot| (key, slot)));
            own.for_each(|(key, slot)| equal.add(key, slot));
        }
        Ok(equal)
    }

    /// Asks the database which of the keys at these positions equal those of the rows that they lead to.
    pub(super) async fn equal_to_others(
        &self,
        objects: &Objects<B>,
        owners: &Owners,
        slots: &[usize],
        on: Handle<'_>,
    ) -> Result<EqualKeys> {
        let mut equal = EqualKeys::default();
        // Each key is bound twice: to find its row, and to find its position.
        for slots in slots.chunks(keys_at_once(2 * self.to.places().len())) {
            let rows = objects.select.clone().filter(self.leads_from(owners, slots));
            self.ask(&rows, owners, slots, on, &mut equal).await?;
        }
        Ok(equal)
    }

    /// Returns the condition that one of the keys at these positions leads to a row.
    fn leads_from(&self, owners: &Owners, slots: &[usize]) -> Node {
        let columns = self.to.places();
        let values = slots.iter().flat_map(|slot| owners.values(*slot, columns.len())).cloned().collect();
        Node::one_of(columns, values)
    }

    /// Asks which of the keys at these positions equal those of some rows. A row answers with the first key, so keys
    /// that equal each other take several rounds.
    async fn ask(
        &self,
        rows: &Select,
        owners: &Owners,
        slots: &[usize],
        on: Handle<'_>,
        equal: &mut EqualKeys,
    ) -> Result<()> {
        let mut slots = slots.to_vec();
        while !slots.is_empty() {
            let mut found = HashSet::new();
            for (number, key) in self.numbered(rows, owners, &slots, on).await? {
                if let Some(slot) = slots.get(number) {
                    found.insert(*slot);
                    equal.add(key, *slot);
                }
            }
            if found.is_empty() {
                break;
            }
            slots.retain(|slot| !found.contains(slot));
        }
        Ok(())
    }

    /// Returns the keys of rows, each after the place among `slots` of the key that it equals.
    async fn numbered(
        &self,
        rows: &Select,
        owners: &Owners,
        slots: &[usize],
        on: Handle<'_>,
    ) -> Result<Vec<(usize, Key<'static>)>> {
        let columns = self.to.places();
        let keys = slots.iter().map(|slot| owners.values(*slot, columns.len()).to_vec()).collect();
        let built = rows.numbered(on.db().backend(), &Numbered { columns, keys })?;
        let (backend, mut found) = (on.db().backend(), Vec::new());
        let keep = |row: &Row<'_>| {
            if let Some(number) = row.get::<Option<i32>>(NUMBER)? {
                found.extend(usize::try_from(number).ok().zip(self.to.read(row, backend)?));
            }
            Ok(())
        };
        on.each(&built.statement, built.args, Doing { verb: "SELECT", model: B::meta().name() }, keep).await?;
        Ok(found)
    }
}
