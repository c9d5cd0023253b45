//! Which transaction receivers run in, and whether they need one at all.

use std::any::Any;
use std::mem;

use futures_util::future::BoxFuture;

use super::Model;
use crate::db::{Change, Db, End, Handle, RecordedSignal, Tx, Waiting, conclude_in_background, conclude_to_the_end};
use crate::dispatch::{Carried, SavepointGuard, Sending};
use crate::error::{Error, Result};
use crate::model::PrimaryKey as _;
use crate::registry::{Entry, Sender, Snapshot};
use crate::signal::{Needs, Signal};

/// The transaction of one save or delete: none until a receiver needs it.
pub(super) struct WriteScope<'a> {
    on: Handle<'a>,
    tx: Tx,
    /// What was written without a transaction, and is told when the work is done.
    written: Vec<Change>,
}

impl<'a> WriteScope<'a> {
    pub(super) fn new(on: Handle<'a>) -> Self {
        Self { on, tx: Tx::none(), written: Vec::new() }
    }

    /// Opens the transaction, or a savepoint in the caller's, if it is needed and not open.
    pub(super) async fn open_if(&mut self, needed: bool) -> Result<()> {
        if needed && self.tx.is_none() {
            self.tx = match self.on {
                Handle::Db(db) => db.begin().await?,
                Handle::Tx(tx) => tx.nested().await?,
            };
        }
        Ok(())
    }

    /// Whether the database can let references be wrong until the commit.
    pub(super) fn references_can_wait(&self) -> bool {
        self.on.db().is_ok_and(|db| db.backend().capabilities().references.can_wait)
    }

    /// Lets references be wrong until the commit, if that is needed and the database can.
    pub(super) async fn defer_references_if(&mut self, needed: bool) -> Result<()> {
        if needed && self.references_can_wait() { self.tx.defer_references().await } else { Ok(()) }
    }

    /// The receivers of a signal, as they are now: what is connected later is not among them.
    pub(super) fn heard<S: Signal, M: Sender<S>>(&self) -> Snapshot {
        self.on.heard::<S, M>()
    }

    /// Whether signals are recorded, also those without receivers.
    pub(super) fn is_recorded(&self) -> bool {
        self.on.is_recorded()
    }

    /// Records a signal of one instance, where that is asked for.
    pub(super) fn record<M: Model>(
        &self,
        signal: &'static str,
        instance: &M,
        with: impl FnOnce(RecordedSignal) -> RecordedSignal,
    ) {
        self.on.record_sent(|| with(RecordedSignal::new(signal, M::meta().name()).key(instance.key().key())));
    }

    /// Keeps a write for those who are told when its transaction has ended.
    pub(super) fn note(&mut self, change: Change) -> Result<()> {
        match self.handle() {
            Handle::Tx(tx) => tx.note(change),
            Handle::Db(_) => {
                self.written.push(change);
                Ok(())
            }
        }
    }

    /// Where the statements of this work go.
    pub(super) fn handle(&self) -> Handle<'_> {
        if self.tx.is_none() { self.on } else { Handle::Tx(&self.tx) }
    }

    /// The name of the database.
    pub(super) fn using(&self) -> Result<&'a str> {
        self.on.db().map(Db::name)
    }

    /// The transaction, for a payload.
    pub(super) fn tx(&self) -> Tx {
        self.tx.clone()
    }

    /// How signals of this work are sent.
    pub(super) fn sending(&self, raw: bool) -> Result<Sending> {
        Ok(Sending { raw, limit: Some(self.on.db()?.recursion_limit()), scope: self.tx.scope() })
    }

    /// Whether what it wrote stays once it ends well, whatever else comes of the caller.
    pub(super) fn is_outermost(&self) -> bool {
        matches!(self.on, Handle::Db(_))
    }

    /// Undoes what dropped or failed savepoints have left, which a commit would do first.
    pub(super) async fn settle(&self) -> Result<()> {
        if self.tx.is_none() { Ok(()) } else { self.tx.settle().await }
    }

    /// Commits what was opened if `outcome` is `Ok`, and rolls it back otherwise.
    pub(super) async fn end<T>(mut self, outcome: Result<T>) -> Result<T> {
        if self.tx.is_none() {
            self.notify().await;
            return outcome;
        }
        match outcome {
            Ok(value) => self.tx().commit().await.map(|()| value),
            Err(error) => Err(self.tx().undo_after(error).await),
        }
    }
}

impl WriteScope<'_> {
    /// Tells what was written without a transaction, and so stays whatever came after it.
    async fn notify(&mut self) {
        if let Some((db, written)) = self.take_written() {
            conclude_to_the_end(db, written, End::Committed).await;
        }
    }

    fn take_written(&mut self) -> Option<(&Db, Vec<Waiting>)> {
        match self.on {
            Handle::Db(db) if !self.written.is_empty() => {
                Some((db, mem::take(&mut self.written).into_iter().map(Waiting::Change).collect()))
            }
            _ => None,
        }
    }
}

/// Work that is dropped is undone, also where a receiver keeps a handle of its transaction; what was written without one is told.
impl Drop for WriteScope<'_> {
    fn drop(&mut self) {
        self.tx.give_up();
        if let Some((db, written)) = self.take_written() {
            conclude_in_background(db, written, End::Committed);
        }
    }
}

/// A robust receiver writes in a savepoint, so that its failure leaves nothing behind.
impl SavepointGuard for WriteScope<'_> {
    fn enter(&self) -> BoxFuture<'_, Result<Option<Carried>>> {
        Box::pin(async move {
            if self.tx.is_none() {
                return Ok(None);
            }
            Ok(Some(Box::new(self.tx.nested().await?) as Carried))
        })
    }

    fn exit(&self, carried: Carried, keep: bool) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            match carried.downcast::<Tx>() {
                Ok(savepoint) if keep => savepoint.commit().await,
                Ok(savepoint) => savepoint.rollback().await,
                Err(_) => Ok(()),
            }
        })
    }

    fn usual(&self) -> &(dyn Any + Sync) {
        &self.tx
    }
}

/// Whether receivers that run before the write need a transaction: some takes `tx`.
pub(super) fn needed_before(receivers: &[Entry], raw: bool) -> bool {
    heard(receivers, raw).any(|entry| entry.needs().uses(Needs::TX))
}

/// Whether receivers that run after the write need a transaction: some takes `tx`, can fail and so undo it, or is waited for and may be dropped then.
pub(super) fn needed_after(receivers: &[Entry], raw: bool) -> bool {
    heard(receivers, raw).any(|entry| {
        let info = entry.info();
        entry.needs().uses(Needs::TX) || info.is_async() || (info.is_fallible() && !info.is_robust())
    })
}

/// Whether one of the receivers names this field of the payload.
pub(super) fn names(receivers: &[Entry], field: Needs, raw: bool) -> bool {
    heard(receivers, raw).any(|entry| entry.needs().names(field))
}

fn heard(receivers: &[Entry], raw: bool) -> impl Iterator<Item = &Entry> {
    receivers.iter().filter(move |entry| entry.hears(raw))
}

/// The error of a call on a key that is unset.
pub(super) fn key_missing(model: &'static str, operation: &'static str, fix: &'static str) -> Error {
    Error::KeyMissing { model, operation, fix }
}
