//! The scope of one write: the transaction that its receivers run in, if they need one, and its instances,
//! which are restored if it fails.

use std::mem;

use futures_util::future::BoxFuture;

use super::payload::CarriesTx;
use crate::db::{Change, Db, End, Handle, RecordedSignal, Tx, Waiting, conclude_in_background, conclude_to_the_end};
use crate::dispatch::{SavepointGuard, Scope, Sending};
use crate::error::{Error, Result};
use crate::model::{AnyModel as _, Entity, ModelKey as _, set_version, version_of};
use crate::registry::{Entry, Sender, Snapshot};
use crate::signal::{Needs, Signal};

/// The transaction of one save or delete. It is opened only if it is needed.
pub(super) struct WriteScope<'a> {
    on: Handle<'a>,
    tx: Option<Tx>,
    /// The writes without a transaction, for receivers that are called after the write.
    changes: Vec<Change>,
}

impl<'a> WriteScope<'a> {
    pub(super) fn new(on: Handle<'a>) -> Self {
        Self { on, tx: None, changes: Vec::new() }
    }

    /// Opens the transaction, or a savepoint in the caller's, if it is needed and not open.
    pub(super) async fn open_if(&mut self, needed: bool) -> Result<()> {
        if needed && self.tx.is_none() {
            self.tx = Some(match self.on {
                Handle::Db(db) => db.begin().await?,
                Handle::Tx(tx) => tx.nested().await?,
            });
        }
        Ok(())
    }

    /// Returns whether the database can defer references until the commit.
    pub(super) fn references_can_wait(&self) -> bool {
        self.on.db().backend().capabilities().references.can_wait
    }

    /// Defers references until the commit, if that is needed and the database can.
    pub(super) async fn defer_references_if(&mut self, needed: bool) -> Result<()> {
        if needed && self.references_can_wait() { self.tx().defer_references().await } else { Ok(()) }
    }

    /// Returns the current receivers of a signal. Receivers that are connected later are not included.
    pub(super) fn receivers<S: Signal, M: Sender<S>>(&self) -> Snapshot {
        self.on.receivers::<S, M>()
    }

    /// Returns whether signals are recorded, including those without receivers.
    pub(super) fn is_recorded(&self) -> bool {
        self.on.is_recorded()
    }

    /// Records a signal of one instance, if a test records signals.
    pub(super) fn record<M: Entity>(
        &self,
        signal: &'static str,
        instance: &M,
        with: impl FnOnce(RecordedSignal) -> RecordedSignal,
    ) {
        self.on.record_sent(|| with(RecordedSignal::new(signal, M::meta().name()).key(instance.pk())));
    }

    /// Records a write for receivers that are called after its transaction has ended.
    pub(super) fn note(&mut self, change: Change) -> Result<()> {
        match self.handle() {
            Handle::Tx(tx) => tx.note(change),
            Handle::Db(_) => {
                self.changes.push(change);
                Ok(())
            }
        }
    }

    /// Returns the handle for the statements of this write.
    pub(super) fn handle(&self) -> Handle<'_> {
        self.tx.as_ref().map_or(self.on, Handle::Tx)
    }

    /// Returns the name of the database.
    pub(super) fn using(&self) -> &'a str {
        self.on.db().name()
    }

    /// Returns the transaction, for a payload. If none is open, no receiver takes it.
    pub(super) fn tx(&self) -> Tx {
        self.tx.clone().unwrap_or_else(|| Tx::unopened(self.on.db()))
    }

    /// Returns how signals of this write are sent.
    pub(super) fn sending(&self, raw: bool) -> Sending {
        let scope = self.tx.as_ref().map_or_else(Scope::default, Tx::scope);
        Sending { raw, limit: Some(self.on.db().recursion_limit()), scope }
    }

    /// Returns the savepoint of each robust receiver of one send.
    pub(super) fn savepoint(&self) -> RobustSavepoint<'_> {
        RobustSavepoint { around: self.tx.as_ref(), open: None }
    }

    /// Returns whether its transaction is open.
    pub(super) fn is_open(&self) -> bool {
        self.tx.is_some()
    }

    /// Returns whether its writes are permanent after it succeeds, whatever the caller does later.
    pub(super) fn is_outermost(&self) -> bool {
        matches!(self.on, Handle::Db(_))
    }

    /// Undoes the remains of dropped or failed savepoints, as a commit would do first.
    pub(super) async fn settle(&self) -> Result<()> {
        match &self.tx {
            Some(tx) => tx.settle().await,
            None => Ok(()),
        }
    }

    /// Commits the transaction if `outcome` is `Ok`, and rolls it back otherwise.
    pub(super) async fn end<T>(mut self, outcome: Result<T>) -> Result<T> {
        let Some(tx) = self.tx.clone() else {
            self.notify().await;
            return outcome;
        };
        match outcome {
            // Boxed, since most writes have no transaction of their own.
            Ok(value) => Box::pin(tx.commit()).await.map(|()| value),
            Err(error) => Err(Box::pin(tx.undo_after(error)).await),
        }
    }
}

impl WriteScope<'_> {
    /// Calls receivers for writes without a transaction, which stay even after an error.
    async fn notify(&mut self) {
        if let Some((db, changes)) = self.take_changes() {
            conclude_to_the_end(db, changes, End::Committed).await;
        }
    }

    fn take_changes(&mut self) -> Option<(&Db, Vec<Waiting>)> {
        match self.on {
            Handle::Db(db) if !self.changes.is_empty() => {
                Some((db, mem::take(&mut self.changes).into_iter().map(Waiting::Change).collect()))
            }
            _ => None,
        }
    }
}

/// A dropped write is undone, even if a receiver keeps a handle of its transaction. Receivers are called for
/// writes without one.
impl Drop for WriteScope<'_> {
    fn drop(&mut self) {
        if let Some(tx) = &self.tx {
            tx.give_up();
        }
        if let Some((db, changes)) = self.take_changes() {
            conclude_in_background(db, changes, End::Committed);
        }
    }
}

/// The savepoint of a robust receiver, so that its failure leaves no writes.
pub(super) struct RobustSavepoint<'s> {
    /// The transaction that it is in.
    around: Option<&'s Tx>,
    open: Option<Tx>,
}

impl<E: CarriesTx> SavepointGuard<E> for RobustSavepoint<'_> {
    fn enter<'a>(&'a mut self, event: &'a mut E) -> BoxFuture<'a, Result<()>> {
        self.open(event.tx())
    }

    fn exit<'a>(&'a mut self, event: &'a mut E, keep: bool) -> BoxFuture<'a, Result<()>> {
        if let Some(around) = self.around {
            event.tx().clone_from(around);
        }
        self.end(keep)
    }
}

/// The parts of [`SavepointGuard`] that do not depend on the payload's type.
impl RobustSavepoint<'_> {
    fn open<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if let Some(around) = self.around {
                tx.clone_from(self.open.insert(around.nested().await?));
            }
            Ok(())
        })
    }

    fn end(&mut self, keep: bool) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            match self.open.take() {
                Some(savepoint) if keep => savepoint.commit().await,
                Some(savepoint) => savepoint.rollback().await,
                None => Ok(()),
            }
        })
    }
}

/// Restores an instance, or each of several, if the write fails, panics or is dropped.
///
/// It restores the key, which the write may have set. If a `pre_save` receiver takes the instance, it
/// restores every field, so that the receiver does not see its own changes when the write is tried again. It
/// also restores every field if the database fills columns. If
/// the model is not `Clone`, it restores only the key and the version.
pub(super) struct KeyGuard<'a, T: Keyed + ?Sized> {
    pub(super) held: &'a mut T,
    before: Option<Before<T>>,
}

/// The values to restore.
enum Before<T: Keyed + ?Sized> {
    Keys(T::Keys),
    /// The keys and the versions. Boxed, since most models have no version.
    Versions(Box<(T::Keys, Vec<Option<i64>>)>),
    All(T::Copy),
}

/// A value with keys: an instance, or several.
pub(super) trait Keyed {
    /// Whether the database fills columns, so that the write changes more than the key.
    const FILLED: bool;

    type Keys;
    type Copy;

    fn keys(&self) -> Self::Keys;
    fn set_keys(&mut self, keys: Self::Keys);
    /// Returns the versions, if the model has one.
    fn versions(&self) -> Option<Vec<Option<i64>>>;
    fn set_versions(&mut self, versions: Vec<Option<i64>>);
    /// Returns a copy of all fields, if the model is `Clone`.
    fn copy(&self) -> Option<Self::Copy>;
    fn set_all(&mut self, copy: Self::Copy);
}

impl<M: Entity> Keyed for M {
    const FILLED: bool = M::FILLED;

    type Keys = M::Key;
    // Boxed, since most saves have no copy and need not carry the place for one.
    type Copy = Box<M>;

    fn keys(&self) -> M::Key {
        self.key()
    }

    fn set_keys(&mut self, key: M::Key) {
        self.set_key(key);
    }

    fn versions(&self) -> Option<Vec<Option<i64>>> {
        M::meta().version().map(|_| vec![version_of(self)])
    }

    fn set_versions(&mut self, versions: Vec<Option<i64>>) {
        versions.into_iter().flatten().for_each(|version| set_version(self, version));
    }

    fn copy(&self) -> Option<Box<M>> {
        self.duplicate().map(Box::new)
    }

    fn set_all(&mut self, copy: Box<M>) {
        *self = *copy;
    }
}

impl<M: Entity> Keyed for [M] {
    const FILLED: bool = M::FILLED;

    type Keys = Vec<M::Key>;
    type Copy = Vec<M>;

    fn keys(&self) -> Vec<M::Key> {
        self.iter().map(Keyed::keys).collect()
    }

    fn set_keys(&mut self, keys: Vec<M::Key>) {
        self.iter_mut().zip(keys).for_each(|(instance, key)| instance.set_keys(key));
    }

    fn versions(&self) -> Option<Vec<Option<i64>>> {
        M::meta().version().map(|_| self.iter().map(version_of).collect())
    }

    fn set_versions(&mut self, versions: Vec<Option<i64>>) {
        let versions = self.iter_mut().zip(versions).filter_map(|(instance, version)| Some((instance, version?)));
        versions.for_each(|(instance, version)| set_version(instance, version));
    }

    fn copy(&self) -> Option<Vec<M>> {
        self.iter().map(M::duplicate).collect()
    }

    fn set_all(&mut self, copy: Vec<M>) {
        self.iter_mut().zip(copy).for_each(|(instance, copy)| *instance = copy);
    }
}

impl<'a, T: Keyed + ?Sized> KeyGuard<'a, T> {
    /// Copies the keys, and every field if `all` is true.
    pub(super) fn new(held: &'a mut T, all: bool) -> Self {
        let copy = if all || T::FILLED { held.copy() } else { None };
        let before = match (copy, if T::FILLED { held.versions() } else { None }) {
            (Some(copy), _) => Before::All(copy),
            (None, Some(versions)) => Before::Versions(Box::new((held.keys(), versions))),
            (None, None) => Before::Keys(held.keys()),
        };
        Self { held, before: Some(before) }
    }

    /// Leaves the instances as they are now.
    fn keep(mut self) {
        self.before = None;
    }

    /// Leaves the instances as they are now, unless no row was written.
    pub(super) fn keep_if_written<V>(self, outcome: Result<V>) -> Result<V> {
        // The commit may have happened, so a second save must not insert the row twice. With the key the row
        // can be looked for.
        if outcome.is_ok() || matches!(outcome, Err(Error::CommitUnknown { .. })) {
            self.keep();
        }
        outcome
    }

    /// Ends the write. The instances stay as they are if it succeeded.
    pub(super) async fn end<V>(mut self, scope: WriteScope<'_>, outcome: Result<V>) -> Result<V> {
        // Failed savepoints are rolled back here, while an error still means that nothing is committed.
        let outcome = match outcome {
            Ok(value) if scope.is_outermost() => scope.settle().await.map(|()| value),
            outcome => outcome,
        };
        // If the commit is dropped, it may have happened. Without a transaction the row is already there. In
        // both cases a second save must not insert the row twice.
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
            Some(Before::Versions(before)) => {
                let (keys, versions) = *before;
                self.held.set_keys(keys);
                self.held.set_versions(versions);
            }
            Some(Before::All(copy)) => self.held.set_all(copy),
            None => {}
        }
    }
}

/// Generates the key of an instance that has none, if keys of its type are generated before the INSERT.
/// Returns whether it did.
pub(super) fn generate_key<M: Entity>(instance: &mut M) -> bool {
    if instance.pk().is_some() {
        return false;
    }
    let Some(key) = M::Key::generate() else { return false };
    instance.set_key(key);
    true
}

/// Returns whether receivers that run before the write need a transaction: one takes `tx`.
pub(super) fn needed_before(receivers: &[Entry], raw: bool) -> bool {
    called(receivers, raw).any(|entry| entry.needs().uses(Needs::TX))
}

/// Returns whether receivers that run after the write need a transaction: one takes `tx`, can fail and so
/// undo the write, or is awaited and may be dropped meanwhile.
pub(super) fn needed_after(receivers: &[Entry], raw: bool) -> bool {
    called(receivers, raw).any(|entry| {
        let info = entry.info();
        entry.needs().uses(Needs::TX) || info.is_async() || (info.is_fallible() && !info.is_robust())
    })
}

/// Returns whether a receiver names this field of the payload.
pub(super) fn names(receivers: &[Entry], field: Needs, raw: bool) -> bool {
    called(receivers, raw).any(|entry| entry.needs().names(field))
}

/// Returns the receivers that are called for writes of this kind.
fn called(receivers: &[Entry], raw: bool) -> impl Iterator<Item = &Entry> {
    receivers.iter().filter(move |entry| entry.receives(raw))
}
