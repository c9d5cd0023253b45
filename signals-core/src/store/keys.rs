//! Lists of keys with an erased type. Long lists are bound in parts.

#[cfg(all(test, feature = "sqlite"))]
mod tests;

use std::any::Any;
use std::fmt;
use std::ops::Range;

use crate::backend::{Args, Row};
use crate::error::Result;
use crate::model::{Key, ModelKey, ModelMeta, PartVisitor, PrimaryKey};
use crate::query::{BoundValue, value};

/// A list of keys of one model, without their type.
pub(super) trait AnyKeys: Any + Send + Sync {
    /// Returns the number of keys.
    fn len(&self) -> usize;
    /// Returns the key at a position, unless it is unset.
    fn key(&self, place: usize) -> Option<Key<'_>>;
    /// Binds the keys at these positions, in order, for a comparison with columns.
    fn bind(&self, places: Range<usize>, args: &mut Args) -> Result<()>;
    /// Returns the values of the parts of the key at a position.
    fn values(&self, place: usize) -> Vec<BoundValue>;
    /// Adds the key in these columns of a row of a model.
    fn read(&mut self, row: &Row<'_>, meta: &ModelMeta, columns: &[usize]) -> Result<(), sqlx::Error>;
    /// Adds one key of `others`, which has the same type.
    fn add_from(&mut self, others: &dyn AnyKeys, place: usize);
    /// Sorts the keys, and removes duplicates.
    fn arrange(&mut self);
    /// Adds the keys of `others` that are missing here, and returns them. Both lists are arranged before and
    /// after.
    fn absorb(&mut self, others: Box<dyn AnyKeys>) -> Box<dyn AnyKeys>;
    /// Keeps the keys for which `keep` returns true.
    fn retain(&mut self, keep: &mut dyn FnMut(&Key<'_>) -> bool);
    /// Returns an empty list of the same type.
    fn empty(&self) -> Box<dyn AnyKeys>;
    /// Returns a copy of the list.
    fn duplicate(&self) -> Box<dyn AnyKeys>;
    /// Returns the list for a downcast.
    fn as_any(&self) -> &dyn Any;
    /// Returns the list for a downcast, mutably.
    fn as_any_mut(&mut self) -> &mut dyn Any;
    /// Returns the list for a downcast, by value.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

impl fmt::Debug for dyn AnyKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries((0..self.len()).filter_map(|place| self.key(place))).finish()
    }
}

/// The largest number of keys that a statement binds. Every backend accepts as many. It also limits how many
/// rows are read into memory at a time.
pub(super) const CHUNK_SIZE: usize = 512;

/// Returns the ranges that split a list of this length into chunks.
pub(super) fn chunks(len: usize) -> impl DoubleEndedIterator<Item = Range<usize>> + ExactSizeIterator + Clone {
    (0..len.div_ceil(CHUNK_SIZE)).map(move |part| part * CHUNK_SIZE..len.min((part + 1) * CHUNK_SIZE))
}

/// Returns the number of values to bind for these keys. The last key is repeated, so that there are few
/// different statements and the database caches each.
pub(super) fn padded(places: &Range<usize>) -> usize {
    crate::db::padded(places.len())
}

/// Binds the keys, padded to that number.
pub(super) fn bind_padded(keys: &dyn AnyKeys, places: &Range<usize>, args: &mut Args) -> Result<()> {
    keys.bind(places.clone(), args)?;
    (places.len()..padded(places)).try_for_each(|_| keys.bind(places.end - 1..places.end, args))
}

/// Returns the values of the parts of a key, to bind them.
pub(super) fn values<K: ModelKey>(key: K::Ref<'_>) -> Vec<BoundValue> {
    struct Values(Vec<BoundValue>);

    impl PartVisitor for Values {
        fn part<K: PrimaryKey>(&mut self, part: &K) {
            self.0.push(value(part.clone()));
        }
    }

    let mut values = Values(Vec::new());
    K::visit(key, &mut values);
    values.0
}

/// Keys of type `K`.
#[derive(Debug, Clone)]
pub(super) struct Keys<K>(pub(super) Vec<K>);

/// Returns an empty list of values of a referenced column, as the `Box<dyn AnyKeys>` that a delete downcasts to.
#[doc(hidden)]
pub fn referenced_values<K: ModelKey>() -> Box<dyn Any + Send + Sync> {
    let values: Box<dyn AnyKeys> = Box::new(Keys::<K>::default());
    Box::new(values)
}

impl<K> Default for Keys<K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: ModelKey> Keys<K> {
    /// Inserts keys that are not in the list. Both lists are arranged.
    ///
    /// A few keys are inserted at their positions, without comparing all others. Rows that reference each
    /// other in a chain are found one by one. If each insert compared all earlier keys, the delete of a long
    /// chain would take minutes.
    fn insert(&mut self, fresh: &[K]) {
        let mut end = self.0.len();
        self.0.extend_from_slice(fresh);
        if fresh.len().saturating_mul(fresh.len()) > end {
            self.arrange();
            return;
        }
        for (place, key) in fresh.iter().enumerate().rev() {
            let left = place + 1;
            let start = self.0[..end].partition_point(|own| own.compare(key).is_lt());
            // Moves the greater keys behind all keys that are left to insert, of which this one is the last.
            self.0[start..end + left].rotate_right(left);
            end = start;
        }
    }
}

impl<K: ModelKey> AnyKeys for Keys<K> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn key(&self, place: usize) -> Option<Key<'_>> {
        self.0.get(place)?.key()
    }

    fn bind(&self, places: Range<usize>, args: &mut Args) -> Result<()> {
        self.0
            .get(places)
            .unwrap_or_default()
            .iter()
            .try_for_each(|key| K::bind_compared(key.borrowed(), args).map_err(|(_, error)| error))
    }

    fn values(&self, place: usize) -> Vec<BoundValue> {
        self.0.get(place).map(|key| values::<K>(key.borrowed())).unwrap_or_default()
    }

    fn read(&mut self, row: &Row<'_>, meta: &ModelMeta, columns: &[usize]) -> Result<(), sqlx::Error> {
        self.0.push(K::read(row, &|part| meta.key_column(columns, part))?);
        Ok(())
    }

    fn add_from(&mut self, others: &dyn AnyKeys, place: usize) {
        let others = others.as_any().downcast_ref::<Self>();
        self.0.extend(others.and_then(|others| others.0.get(place)).cloned());
    }

    fn arrange(&mut self) {
        self.0.sort_by(K::compare);
        self.0.dedup_by(|one, other| one.compare(other).is_eq());
    }

    fn absorb(&mut self, others: Box<dyn AnyKeys>) -> Box<dyn AnyKeys> {
        let Ok(others) = others.into_any().downcast::<Self>() else { return self.empty() };
        let missing = |key: &K| self.0.binary_search_by(|own| own.compare(key)).is_err();
        let fresh: Vec<K> = others.0.into_iter().filter(missing).collect();
        self.insert(&fresh);
        Box::new(Self(fresh))
    }

    fn retain(&mut self, keep: &mut dyn FnMut(&Key<'_>) -> bool) {
        self.0.retain(|key| key.key().is_some_and(|key| keep(&key)));
    }

    fn empty(&self) -> Box<dyn AnyKeys> {
        Box::new(Self::default())
    }

    fn duplicate(&self) -> Box<dyn AnyKeys> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
