//! The keys by which rows are found, without their types.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::RandomState;

use crate::backend::Backend;
use crate::model::{Key, PartVisitor, PrimaryKey};
use crate::query::{BoundValue, ColumnRef, Node, Test, array, is_element};

/// The number of values that a statement binds. The text of a statement with more is not kept by the connection.
const VALUES_AT_ONCE: usize = 1024;

/// The number of keys in an array, so that a message stays far below the server's limit.
const KEYS_IN_ARRAY: usize = 1 << 17;

/// Makes the key that finds a row in memory, from its parts.
pub(in crate::store) struct Lookup {
    backend: Backend,
    first: Option<Key<'static>>,
    rest: Vec<Key<'static>>,
    is_null: bool,
    may_be_spelled_differently: bool,
}

impl Lookup {
    pub(in crate::store) fn new(backend: Backend) -> Self {
        Self { backend, first: None, rest: Vec::new(), is_null: false, may_be_spelled_differently: false }
    }

    /// Returns the key, unless a part is NULL.
    pub(in crate::store) fn key(self) -> Option<Key<'static>> {
        let first = self.first.filter(|_| !self.is_null)?;
        if self.rest.is_empty() {
            return Some(first);
        }
        Some(Key::Composite(std::iter::once(first).chain(self.rest).collect()))
    }
}

impl PartVisitor for Lookup {
    #[inline]
    fn part<K: PrimaryKey>(&mut self, part: &K) {
        // A key that is unset may be the number 0.
        let key = part.key().unwrap_or_else(|| {
            self.is_null |= part.is_null(self.backend);
            part.part()
        });
        self.may_be_spelled_differently |= key.may_be_spelled_differently();
        match self.first {
            None => self.first = Some(key.detached()),
            Some(_) => self.rest.push(key.detached()),
        }
    }
}

/// A position for each key. Most keys are integers, which are found faster than by their hash as a [`Key`].
#[derive(Debug, Default)]
pub(super) struct Slots {
    integers: HashMap<i64, usize, RandomState>,
    others: HashMap<Key<'static>, usize>,
}

impl Slots {
    pub(super) fn len(&self) -> usize {
        self.integers.len() + self.others.len()
    }

    pub(super) fn get(&self, key: &Key<'static>) -> Option<usize> {
        match key {
            Key::Int(key) => self.integers.get(key).copied(),
            key => self.others.get(key).copied(),
        }
    }

    /// Sets the position of a key that has none. Returns whether it had none.
    pub(super) fn insert(&mut self, key: Key<'static>, slot: usize) -> bool {
        let before = self.len();
        match key {
            Key::Int(key) => self.integers.entry(key).or_insert(slot),
            key => self.others.entry(key).or_insert(slot),
        };
        self.len() > before
    }

    /// Returns the keys with their positions.
    pub(super) fn into_keys(self) -> impl Iterator<Item = (Key<'static>, usize)> {
        self.integers.into_iter().map(|(key, slot)| (Key::Int(key), slot)).chain(self.others)
    }

    /// Changes each position.
    pub(super) fn change(&mut self, change: impl Fn(usize) -> usize) {
        self.integers.values_mut().chain(self.others.values_mut()).for_each(|slot| *slot = change(*slot));
    }
}

/// The distinct keys of some rows, in the order of their first occurrence.
#[derive(Default)]
pub(in crate::store) struct Owners {
    /// The position of each key among them.
    pub(super) slots: Slots,
    /// The values of the keys, one key after another.
    values: Vec<BoundValue>,
    /// Whether the database may find keys equal that differ in memory.
    pub(super) may_be_spelled_differently: bool,
}

/// Some keys of [`Owners`], as many as one statement looks for.
pub(in crate::store) struct Part {
    /// The positions of the keys.
    pub(in crate::store) slots: Range<usize>,
    /// The condition that the columns hold one of the keys.
    pub(in crate::store) filter: Node,
}

impl Owners {
    /// Adds a key, if it is new. `values` adds its values to a list.
    pub(super) fn add(&mut self, key: Lookup, values: impl FnOnce(&mut Vec<BoundValue>)) {
        self.may_be_spelled_differently |= key.may_be_spelled_differently;
        let slot = self.slots.len();
        if key.key().is_some_and(|key| self.slots.insert(key, slot)) {
            values(&mut self.values);
        }
    }

    /// Returns the parts of the keys, which these columns hold.
    pub(in crate::store) fn parts(&self, columns: &[ColumnRef], backend: Backend) -> impl Iterator<Item = Part> {
        let width = columns.len().max(1);
        let in_array = width == 1 && self.values.first().is_some_and(|first| is_element(first, backend));
        let at_once = if in_array { KEYS_IN_ARRAY } else { keys_at_once(width) };
        let parts = self.values.chunks(at_once * width).enumerate();
        parts.map(move |(part, values)| Part {
            slots: part * at_once..part * at_once + values.len() / width,
            filter: match columns {
                [column] if in_array => Node::test(*column, Test::InArray(array(values.to_vec(), backend))),
                _ => Node::one_of(columns.to_vec(), values.to_vec()),
            },
        })
    }

    /// Returns the values of the key at a position. `width` is the number of values of a key.
    pub(super) fn values(&self, slot: usize, width: usize) -> &[BoundValue] {
        self.values.get(slot * width..(slot + 1) * width).unwrap_or_default()
    }

    /// Returns the position of a key.
    pub(super) fn slot(&self, key: &Key<'static>) -> Option<usize> {
        self.slots.get(key)
    }
}

/// Returns the number of keys that a statement looks for. `width` is the number of values of a key.
pub(super) fn keys_at_once(width: usize) -> usize {
    VALUES_AT_ONCE / width.max(1)
}

#[cfg(all(test, feature = "sqlite", feature = "postgres"))]
mod tests {
    use super::*;
    use crate::model::TableName;
    use crate::query::value;

    /// Returns the number of statements for so many keys.
    fn statements<K: PrimaryKey>(backend: Backend, keys: impl Iterator<Item = K>) -> usize {
        let table = TableName { schema: None, table: "orders" };
        let (model, field) = ("Order", "user_id");
        let column = ColumnRef { table, column: field, model, field, nullable: false, json: false, stored: None };
        let mut owners = Owners::default();
        for key in keys {
            let mut lookup = Lookup::new(backend);
            lookup.part(&key);
            owners.add(lookup, |values| values.push(value(key.clone())));
        }
        owners.parts(&[column], backend).count()
    }

    #[derive(Debug, Clone, sqlx::Type)]
    #[sqlx(transparent)]
    struct NoteId(i64);

    impl PrimaryKey for NoteId {
        type Lookup<'a> = Self;
        const GENERATED: bool = true;

        fn key(&self) -> Option<Key<'_>> {
            self.0.key()
        }

        fn from_lookup(lookup: Self) -> Self {
            lookup
        }
    }

    #[test]
    fn postgres_takes_numbers_as_one_array_and_texts_in_parts() {
        assert_eq!(statements(Backend::Postgres, 1..=100_000_i64), 1);
        assert_eq!(statements(Backend::Postgres, 1..=131_073_i32), 2);
        assert_eq!(statements(Backend::Postgres, (1..=100_000_i64).map(Some)), 1);
        assert_eq!(statements(Backend::Postgres, (1..=100_000_i64).map(NoteId)), 1);
        assert_eq!(statements(Backend::Postgres, (1..=100_000).map(|i| i.to_string())), 98);
        assert_eq!(statements(Backend::Sqlite, 1..=100_000_i64), 98);
    }
}
