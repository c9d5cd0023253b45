//! Instances on their way through a write that may fail.

use super::Model;
use super::write_scope::WriteScope;
use crate::error::{Error, Result};
use crate::model::PrimaryKey as _;

/// Gives an instance, or each of several, back as it was if the write fails, panics or is dropped.
///
/// That is the key, which the write may have set. If a `pre_save` receiver is given the instance, it is every field, so that the receiver
/// does not meet its own changes when the write is tried again; a model that is not `Clone` gets only its key back.
pub(super) struct KeyGuard<'a, T: Keyed + ?Sized> {
    pub(super) held: &'a mut T,
    before: Option<Before<T>>,
}

/// What is given back.
enum Before<T: Keyed + ?Sized> {
    Keys(T::Keys),
    All(T::Copy),
}

/// What has keys: an instance, or several.
pub(super) trait Keyed {
    type Keys;
    type Copy;

    fn keys(&self) -> Self::Keys;
    fn set_keys(&mut self, keys: Self::Keys);
    /// A copy of all fields, if the model is `Clone`.
    fn copy(&self) -> Option<Self::Copy>;
    fn set_all(&mut self, copy: Self::Copy);
}

impl<M: Model> Keyed for M {
    type Keys = M::Key;
    // Boxed, since most saves have no copy and need not carry the place for one.
    type Copy = Box<M>;

    fn keys(&self) -> M::Key {
        self.key().clone()
    }

    fn set_keys(&mut self, key: M::Key) {
        *self.key_mut() = key;
    }

    fn copy(&self) -> Option<Box<M>> {
        self.duplicate().map(Box::new)
    }

    fn set_all(&mut self, copy: Box<M>) {
        *self = *copy;
    }
}

impl<M: Model> Keyed for [M] {
    type Keys = Vec<M::Key>;
    type Copy = Vec<M>;

    fn keys(&self) -> Vec<M::Key> {
        self.iter().map(Keyed::keys).collect()
    }

    fn set_keys(&mut self, keys: Vec<M::Key>) {
        self.iter_mut().zip(keys).for_each(|(instance, key)| instance.set_keys(key));
    }

    fn copy(&self) -> Option<Vec<M>> {
        self.iter().map(M::duplicate).collect()
    }

    fn set_all(&mut self, copy: Vec<M>) {
        self.iter_mut().zip(copy).for_each(|(instance, copy)| *instance = copy);
    }
}

impl<'a, T: Keyed + ?Sized> KeyGuard<'a, T> {
    /// Keeps the keys, and if `all` is true every field.
    pub(super) fn new(held: &'a mut T, all: bool) -> Self {
        let copy = if all { held.copy() } else { None };
        let before = Some(copy.map_or_else(|| Before::Keys(held.keys()), Before::All));
        Self { held, before }
    }

    /// Leaves the instances as they are now.
    fn keep(mut self) {
        self.before = None;
    }

    /// Leaves the instances as they are now, unless what was done left no row.
    pub(super) fn keep_if_written<V>(self, outcome: Result<V>) -> Result<V> {
        // After a commit that may have happened a second save must not insert the row twice; with the key it can be looked for.
        if outcome.is_ok() || matches!(outcome, Err(Error::CommitUnknown { .. })) {
            self.keep();
        }
        outcome
    }

    /// Ends the work; the instances stay as they are if it succeeded.
    pub(super) async fn end<V>(mut self, scope: WriteScope<'_>, outcome: Result<V>) -> Result<V> {
        // Until here nothing is committed, whatever a failed savepoint still needs.
        let outcome = match outcome {
            Ok(value) if scope.is_outermost() => scope.settle().await.map(|()| value),
            outcome => outcome,
        };
        // A commit that is dropped may have happened, and without a transaction the row is there: a second save must not insert it twice.
        let before = if outcome.is_ok() && scope.is_outermost() { self.before.take() } else { None };
        let ended = scope.end(outcome).await;
        self.before = self.before.take().or(before);
        self.keep_if_written(ended)
    }
}

impl<T: Keyed + ?Sized> Drop for KeyGuard<'_, T> {
    fn drop(&mut self) {
        match self.before.take() {
            Some(Before::Keys(keys)) => self.held.set_keys(keys),
            Some(Before::All(copy)) => self.held.set_all(copy),
            None => {}
        }
    }
}

/// Makes the key of an instance that has none, where that is done before the INSERT; whether it did.
pub(super) fn generate_key<M: Model>(instance: &mut M) -> bool {
    if instance.key().key().is_some() {
        return false;
    }
    let Some(key) = M::Key::generate() else { return false };
    *instance.key_mut() = key;
    true
}
