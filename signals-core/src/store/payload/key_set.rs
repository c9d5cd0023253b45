//! The keys of a change of a relation.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::Range;

use super::stored_keys::StoredKeys;
use crate::model::{Key, ModelKey};
use crate::store::keys::{AnyKeys, Keys};

/// The keys of the other side in a change of a relation, of any type.
///
/// Receivers of [`m2m_changed`](crate::store::m2m_changed) get it as `keys`. If they change it in
/// [`PreAdd`](super::M2mAction::PreAdd) or [`PreRemove`](super::M2mAction::PreRemove), the changed set is
/// written. [`PostAdd`](super::M2mAction::PostAdd) has its own set: the keys whose links were inserted.
/// Changes in a post action are seen by later receivers, and are not written.
///
/// The type of the keys is erased, so a set has no `Extend`. [`as_vec_mut`](Self::as_vec_mut) returns a list
/// to add to, if the type is right.
///
/// # Examples
///
/// ```
/// use signals::model::Key;
/// use signals::{KeySet, M2mAction, m2m_changed, receiver};
/// # use signals::Model;
/// # #[derive(Debug, Model)]
/// # #[model(many_to_many(toppings: Topping))]
/// # struct Pizza { id: i64 }
/// # #[derive(Debug, Model)]
/// # struct Topping { id: i64 }
///
/// const PINEAPPLE: i64 = 7;
///
/// /// Pineapple is never added.
/// #[receiver(m2m_changed, sender = PizzaToppings)]
/// fn refuse_pineapple(action: M2mAction, keys: Option<&mut KeySet>) {
///     if let (M2mAction::PreAdd, Some(keys)) = (action, keys) {
///         keys.retain(|key| *key != Key::Int(PINEAPPLE));
///     }
/// }
///
/// // A unit test calls the receiver with a set of its own.
/// let mut keys = KeySet::from_iter([1_i64, PINEAPPLE]);
/// refuse_pineapple(M2mAction::PreAdd, Some(&mut keys));
/// assert_eq!(keys.as_slice::<i64>(), Some(&[1][..]));
/// ```
pub struct KeySet(Box<dyn AnyKeys>);

impl KeySet {
    pub(in crate::store) fn new(keys: Box<dyn AnyKeys>) -> Self {
        Self(keys)
    }

    pub(in crate::store) fn inner(&self) -> &dyn AnyKeys {
        &*self.0
    }

    pub(in crate::store) fn inner_mut(&mut self) -> &mut dyn AnyKeys {
        &mut *self.0
    }

    /// Makes a set of keys whose types are not known. [`as_slice`](Self::as_slice) returns none of them.
    #[doc(hidden)]
    pub fn of_stored(keys: Vec<Key<'static>>) -> Self {
        let mut keys = Box::new(StoredKeys(keys));
        keys.arrange();
        Self(keys)
    }

    /// Returns the number of keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    /// Returns the keys, in order.
    pub fn iter(&self) -> KeySetIter<'_> {
        KeySetIter { keys: &*self.0, left: 0..self.len() }
    }

    /// Returns whether the set contains this key.
    pub fn contains(&self, key: &Key<'_>) -> bool {
        self.iter().any(|own| own == *key)
    }

    /// Keeps the keys for which `keep` returns true.
    pub fn retain(&mut self, mut keep: impl FnMut(&Key<'_>) -> bool) {
        self.0.retain(&mut keep);
    }

    /// Returns the keys as a slice, if their type is `K`.
    pub fn as_slice<K: ModelKey>(&self) -> Option<&[K]> {
        Some(&self.0.as_any().downcast_ref::<Keys<K>>()?.0)
    }

    /// Returns the keys as a list to change, if their type is `K`. Duplicates that are added are dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use signals::KeySet;
    ///
    /// let mut keys = KeySet::from_iter([1_i64, 2]);
    /// if let Some(list) = keys.as_vec_mut::<i64>() {
    ///     list.push(3);
    /// }
    /// assert_eq!(keys.as_slice::<i64>(), Some(&[1, 2, 3][..]));
    /// assert!(keys.as_vec_mut::<String>().is_none());             // keys of another type
    /// ```
    pub fn as_vec_mut<K: ModelKey>(&mut self) -> Option<&mut Vec<K>> {
        Some(&mut self.0.as_any_mut().downcast_mut::<Keys<K>>()?.0)
    }
}

/// Makes a set of keys of one type, such as to call a receiver in a test. Unset keys are left out.
impl<K: ModelKey> FromIterator<K> for KeySet {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        let mut keys = Keys(keys.into_iter().filter(|key| key.key().is_some()).collect::<Vec<K>>());
        keys.arrange();
        Self(Box::new(keys))
    }
}

impl<'a> IntoIterator for &'a KeySet {
    type Item = Key<'a>;
    type IntoIter = KeySetIter<'a>;

    fn into_iter(self) -> KeySetIter<'a> {
        self.iter()
    }
}

/// The keys of a [`KeySet`], in order.
#[derive(Debug, Clone)]
pub struct KeySetIter<'a> {
    keys: &'a dyn AnyKeys,
    left: Range<usize>,
}

impl<'a> Iterator for KeySetIter<'a> {
    type Item = Key<'a>;

    fn next(&mut self) -> Option<Key<'a>> {
        self.left.find_map(|index| self.keys.key(index))
    }
}

impl FusedIterator for KeySetIter<'_> {}

impl fmt::Display for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, key) in self.iter().enumerate() {
            write!(f, "{}{key}", if place == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
