//! The keys of instances on their way through a write that may fail.

use super::Model;
use super::work::Work;
use crate::error::{Error, Result};
use crate::model::PrimaryKey as _;

/// Gives an instance, or each of several, its key back if the write fails, panics or is dropped.
pub(super) struct KeyGuard<'a, T: Keyed + ?Sized> {
    pub(super) held: &'a mut T,
    before: Option<T::Keys>,
}

/// What has keys: an instance, or several.
pub(super) trait Keyed {
    type Keys;

    fn keys(&self) -> Self::Keys;
    fn set_keys(&mut self, keys: Self::Keys);
}

impl<M: Model> Keyed for M {
    type Keys = M::Key;

    fn keys(&self) -> M::Key {
        self.key().clone()
    }

    fn set_keys(&mut self, key: M::Key) {
        *self.key_mut() = key;
    }
}

impl<M: Model> Keyed for [M] {
    type Keys = Vec<M::Key>;

    fn keys(&self) -> Vec<M::Key> {
        self.iter().map(Keyed::keys).collect()
    }

    fn set_keys(&mut self, keys: Vec<M::Key>) {
        self.iter_mut().zip(keys).for_each(|(instance, key)| instance.set_keys(key));
    }
}

impl<'a, T: Keyed + ?Sized> KeyGuard<'a, T> {
    pub(super) fn new(held: &'a mut T) -> Self {
        let before = Some(held.keys());
        Self { held, before }
    }

    /// Leaves the keys as they are now.
    pub(super) fn keep(mut self) {
        self.before = None;
    }

    /// Ends the work; the keys stay if it succeeded.
    pub(super) async fn end<V>(mut self, work: Work<'_>, outcome: Result<V>) -> Result<V> {
        // Until here nothing is committed, whatever a failed savepoint still needs.
        let outcome = match outcome {
            Ok(value) if work.is_outermost() => work.settle().await.map(|()| value),
            outcome => outcome,
        };
        // A commit that is dropped may have happened, and without a transaction the row is there: a second save must not insert it twice.
        let before = if outcome.is_ok() && work.is_outermost() { self.before.take() } else { None };
        let ended = work.end(outcome).await;
        // Nor must one after a commit that may have happened; with the key the row can be looked for.
        if ended.is_ok() || matches!(ended, Err(Error::CommitUnknown { .. })) {
            self.keep();
        } else {
            self.before = self.before.take().or(before);
        }
        ended
    }
}

impl<T: Keyed + ?Sized> Drop for KeyGuard<'_, T> {
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            self.held.set_keys(before);
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
