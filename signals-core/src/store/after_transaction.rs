//! Receivers that are called when the outermost transaction has ended. What was written is kept until then. They are
//! called once for the net change of each row, or for each write if a receiver asks for that.

mod quiet;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;

use super::Model;
use super::payload::{DeleteFinalized, SaveFinalized};
use super::signals::{post_delete_committed, post_delete_rolled_back, post_save_committed, post_save_rolled_back};
use super::write_scope::{WriteScope, names};
use crate::db::{Callback, CallbackError, Change, Db, End, Placed};
use crate::dispatch::{Sending, notify};
use crate::error::{Error, Result};
use crate::model::{FieldSet, PrimaryKey as _};
use crate::registry::{Sender, Snapshot};
use crate::signal::{Needs, ReceiverInfo, Signal};

pub(super) use quiet::{awaits_end, deleted_quietly, reread, saved_quietly};

/// One write, as it is kept.
struct RecordedWrite<M> {
    /// The key, as the application spelled it: it identifies the row.
    key: Arc<str>,
    instance: Arc<M>,
    what: What<M>,
}

impl<M: Model> RecordedWrite<M> {
    fn new(instance: M, what: What<M>) -> Self {
        Self { key: key(&instance), instance: Arc::new(instance), what }
    }
}

enum What<M> {
    Saved {
        previous: Option<M>,
        saved: Saved,
    },
    /// The instance itself is the row as the database had it.
    DeletedAsRead,
    Deleted {
        previous: Option<M>,
    },
    /// Written without signals, limited to these columns.
    SavedQuietly(Option<FieldSet>),
    /// Read again, after a statement without signals may have changed it.
    ReadAgain,
    /// Deleted without signals.
    DeletedQuietly,
}

/// What one save did, as it is noted.
#[derive(Clone, Copy)]
pub(super) struct Saved {
    pub(super) created: bool,
    pub(super) raw: bool,
    /// The columns that it was limited to.
    pub(super) fields: Option<FieldSet>,
}

/// The receivers that are called when the outermost transaction has ended, as they are at one moment.
pub(super) struct FinalizedReceivers<M> {
    saved: Snapshot,
    save_undone: Snapshot,
    deleted: Snapshot,
    delete_undone: Snapshot,
    model: PhantomData<fn() -> M>,
}

impl<M: Model> FinalizedReceivers<M> {
    /// Those that there are now.
    pub(super) fn now(scope: &WriteScope<'_>) -> Self {
        Self {
            saved: scope.receivers::<post_save_committed, M>(),
            save_undone: scope.receivers::<post_save_rolled_back, M>(),
            deleted: scope.receivers::<post_delete_committed, M>(),
            delete_undone: scope.receivers::<post_delete_rolled_back, M>(),
            model: PhantomData,
        }
    }

    /// Whether there are none, whatever guards of tests there are.
    pub(super) fn are_none() -> bool {
        <M as Sender<post_save_committed>>::slot().is_empty()
            && <M as Sender<post_save_rolled_back>>::slot().is_empty()
            && <M as Sender<post_delete_committed>>::slot().is_empty()
            && <M as Sender<post_delete_rolled_back>>::slot().is_empty()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.saved.is_empty() && self.deleted.is_empty() && !self.receive_rollbacks()
    }

    /// Whether some are called after a rollback.
    fn receive_rollbacks(&self) -> bool {
        !self.save_undone.is_empty() || !self.delete_undone.is_empty()
    }

    /// Whether one takes the row as it was before a save or a delete, which may be the first write of its transaction.
    ///
    /// If a raw save is not alone in its transaction, a later save of the row may call receivers that the raw one does not.
    pub(super) fn name_previous(&self, raw: bool, is_alone: bool) -> bool {
        let raw = raw && is_alone;
        names(&self.saved, Needs::PREVIOUS, raw)
            || names(&self.save_undone, Needs::PREVIOUS, raw)
            || names(&self.deleted, Needs::PREVIOUS, false)
            || names(&self.delete_undone, Needs::PREVIOUS, false)
    }

    /// Refuses a write of a model that cannot be kept, before it happens.
    pub(super) fn check(&self, instance: &M) -> Result<()> {
        if self.is_empty() { Ok(()) } else { duplicate(instance).map(drop) }
    }

    /// Keeps a save for the end of the transaction, if there are any.
    pub(super) fn saved(
        &self,
        instance: &M,
        previous: Option<&M>,
        saved: Saved,
        scope: &mut WriteScope<'_>,
    ) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let previous = previous.map(duplicate).transpose()?;
        self.note(RecordedWrite::new(duplicate(instance)?, What::Saved { previous, saved }), scope)
    }

    /// Keeps the delete of a row for the end of the transaction, if there are any.
    pub(super) fn deleted(&self, instance: &M, previous: Option<&M>, scope: &mut WriteScope<'_>) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let what = match previous {
            Some(previous) if ptr::eq(previous, instance) => What::DeletedAsRead,
            previous => What::Deleted { previous: previous.map(duplicate).transpose()? },
        };
        self.note(RecordedWrite::new(duplicate(instance)?, what), scope)
    }

    fn note(&self, step: RecordedWrite<M>, scope: &mut WriteScope<'_>) -> Result<()> {
        scope.note(change(step, self.receive_rollbacks()))
    }
}

fn change<M: Model>(step: RecordedWrite<M>, has_rollback_receivers: bool) -> Change {
    Change { what: Box::new(step), callbacks: callbacks::<M>, has_rollback_receivers }
}

fn duplicate<M: Model>(instance: &M) -> Result<M> {
    instance.duplicate().ok_or_else(|| Error::NotClone { model: M::meta().name() })
}

/// Turns what was written into calls of receivers.
fn callbacks<M: Model>(db: &Db, steps: Vec<Placed>, end: End) -> Vec<(usize, Callback)> {
    let mut calls = Vec::new();
    let mut rows: HashMap<Arc<str>, NetChange<M>> = HashMap::new();
    let mut replaced = Vec::new();
    for (place, step) in steps {
        let Ok(step) = step.downcast::<RecordedWrite<M>>() else { continue };
        let key = Arc::clone(&step.key);
        let step = match NetChange::of(place, *step) {
            Ok(step) => step,
            Err(quiet) => {
                if let Some(row) = rows.get_mut(&key) {
                    row.follow_quiet(quiet, end);
                }
                continue;
            }
        };
        calls.extend(call(db, &step, end, ReceiverInfo::is_each));
        match rows.entry(key) {
            Entry::Occupied(mut row) if row.get().is_replaced_by(&step, end) => replaced.push(row.insert(step)),
            Entry::Occupied(row) => row.into_mut().follow(&step),
            Entry::Vacant(row) => drop(row.insert(step)),
        }
    }
    for mut row in replaced {
        row.give_key_up(end);
        calls.extend(call(db, &row, end, |info| !info.is_each()));
    }
    for row in rows.into_values() {
        calls.extend(call(db, &row, end, |info| !info.is_each()));
    }
    calls
}

/// The key of an instance, which identifies its row.
fn key<M: Model>(instance: &M) -> Arc<str> {
    instance.key().key().map_or_else(Arc::default, |key| key.to_string().into())
}

/// What became of a row: by one write, or by all of them together.
struct NetChange<M> {
    /// The place of the first write.
    place: usize,
    /// Whether the row was there before that.
    was_there: bool,
    /// The row as it was then, where that is known.
    previous: Option<Arc<M>>,
    /// The row as it is now; where it is deleted, as it was at last.
    instance: Arc<M>,
    fate: Fate,
    /// Whether all writes were raw.
    raw: bool,
    /// The columns that the last write was limited to.
    fields: Option<FieldSet>,
}

/// What the last write did to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Saved,
    Deleted,
    /// It was deleted without signals, or by nobody we know, so that no receiver is called for it.
    Gone,
}

impl<M: Model> NetChange<M> {
    /// The row of one write, or the write itself if it sent no signals.
    fn of(place: usize, step: RecordedWrite<M>) -> Result<Self, RecordedWrite<M>> {
        let is_read = matches!(step.what, What::DeletedAsRead);
        let (saved, previous) = match step.what {
            What::Saved { previous, saved } => (Some(saved), previous),
            What::Deleted { previous } => (None, previous),
            What::DeletedAsRead => (None, None),
            quiet @ (What::SavedQuietly(_) | What::ReadAgain | What::DeletedQuietly) => {
                return Err(RecordedWrite { what: quiet, ..step });
            }
        };
        let instance = step.instance;
        let previous = if is_read { Some(Arc::clone(&instance)) } else { previous.map(Arc::new) };
        let Some(Saved { created, raw, fields }) = saved else {
            return Ok(Self {
                place,
                was_there: true,
                previous,
                instance,
                fate: Fate::Deleted,
                raw: true,
                fields: None,
            });
        };
        let mut row = Self { place, was_there: !created, previous, instance, fate: Fate::Saved, raw, fields };
        if let Some(previous) = &row.previous {
            row.instance = row.above(previous);
        }
        Ok(row)
    }

    /// Adds a write that came later.
    fn follow(&mut self, later: &Self) {
        self.instance = later.above(&self.instance);
        self.fate = later.fate;
        self.raw &= later.raw;
    }

    /// Adds a write that sent no signals: it calls nobody, but receivers see the row as it left it.
    fn follow_quiet(&mut self, RecordedWrite { instance, what, .. }: RecordedWrite<M>, end: End) {
        match what {
            What::SavedQuietly(fields) if self.fate == Fate::Saved => {
                self.instance = merged(&instance, fields, &self.instance);
            }
            What::ReadAgain if self.fate == Fate::Saved => self.instance = instance,
            What::DeletedQuietly if self.fate == Fate::Saved && end == End::Committed => self.fate = Fate::Gone,
            _ => {}
        }
    }

    /// Whether a later write of the same key is of another row: an INSERT always is, and any write after the row is gone.
    ///
    /// After a rollback, a write that follows a DELETE says that a savepoint undid the DELETE.
    fn is_replaced_by(&self, later: &Self, end: End) -> bool {
        let is_insert = later.fate == Fate::Saved && !later.was_there;
        is_insert || (end == End::Committed && self.fate != Fate::Saved)
    }

    /// Says that the key is another row's by now. A commit has left nothing of this one, whoever deleted it.
    fn give_key_up(&mut self, end: End) {
        if self.fate == Fate::Saved && end == End::Committed {
            self.fate = Fate::Gone;
        }
    }

    /// The row as the last write made it of what it was: an instance holds anything in columns that were not written.
    fn above(&self, before: &Arc<M>) -> Arc<M> {
        merged(&self.instance, self.fields, before)
    }
}

/// The row that a write of these columns of `now` made of `before`.
fn merged<M: Model>(now: &Arc<M>, fields: Option<FieldSet>, before: &Arc<M>) -> Arc<M> {
    let Some((fields, (mut merged, mut before))) = fields.zip(now.duplicate().zip(before.duplicate())) else {
        return Arc::clone(now);
    };
    for (index, column) in M::meta().columns().iter().enumerate() {
        if !fields.contains_index(index)
            && let (Some(merged), Some(before)) = (merged.field_mut(index), before.field_mut(index))
        {
            column.swap(merged, before);
        }
    }
    Arc::new(merged)
}

impl<M> Clone for NetChange<M> {
    fn clone(&self) -> Self {
        let (previous, instance) = (self.previous.clone(), Arc::clone(&self.instance));
        Self { previous, instance, ..*self }
    }
}

/// The call for one row: none without receivers, or if the row came and went.
fn call<M: Model>(
    db: &Db,
    row: &NetChange<M>,
    end: End,
    chosen: fn(&ReceiverInfo) -> bool,
) -> Option<(usize, Callback)> {
    let callback = match (row.fate, end) {
        (Fate::Saved, End::Committed) => save_call::<post_save_committed, M>(db, row, chosen),
        (Fate::Saved, End::RolledBack) => save_call::<post_save_rolled_back, M>(db, row, chosen),
        (Fate::Deleted, _) if !row.was_there => None,
        (Fate::Deleted, End::Committed) => delete_call::<post_delete_committed, M>(db, row, chosen),
        (Fate::Deleted, End::RolledBack) => delete_call::<post_delete_rolled_back, M>(db, row, chosen),
        (Fate::Gone, _) => None,
    };
    callback.map(|callback| (row.place, callback))
}

/// The receivers of an end, if any is chosen.
fn receivers<S: Signal, M: Sender<S>>(db: &Db, chosen: fn(&ReceiverInfo) -> bool) -> Option<Snapshot> {
    let receivers = WriteScope::receivers_on::<S, M>(db);
    receivers.iter().any(|entry| chosen(entry.info())).then_some(receivers)
}

fn save_call<S, M>(db: &Db, row: &NetChange<M>, chosen: fn(&ReceiverInfo) -> bool) -> Option<Callback>
where
    S: for<'a> Signal<Event<'a, M> = SaveFinalized<'a, M>>,
    M: Model + Sender<S>,
{
    let receivers = receivers::<S, M>(db, chosen)?;
    let (db, row) = (db.clone(), row.clone());
    Some(Box::pin(async move {
        let mut event = SaveFinalized {
            instance: &*row.instance,
            previous: row.previous.as_deref(),
            created: !row.was_there,
            raw: row.raw,
            using: db.name(),
            db: db.clone(),
            sender: M::meta(),
            signal: S::NAME,
        };
        failures(notify::<S, M>(&receivers, chosen, &mut event, sending(&db, row.raw)).await)
    }))
}

fn delete_call<S, M>(db: &Db, row: &NetChange<M>, chosen: fn(&ReceiverInfo) -> bool) -> Option<Callback>
where
    S: for<'a> Signal<Event<'a, M> = DeleteFinalized<'a, M>>,
    M: Model + Sender<S>,
{
    let receivers = receivers::<S, M>(db, chosen)?;
    let (db, row) = (db.clone(), row.clone());
    Some(Box::pin(async move {
        let mut event = DeleteFinalized {
            instance: &*row.instance,
            previous: row.previous.as_deref(),
            using: db.name(),
            db: db.clone(),
            sender: M::meta(),
            signal: S::NAME,
        };
        failures(notify::<S, M>(&receivers, chosen, &mut event, sending(&db, false)).await)
    }))
}

fn sending(db: &Db, raw: bool) -> Sending {
    Sending { raw, limit: Some(db.recursion_limit()), ..Sending::UNBOUND }
}

/// Each failure was logged with its receiver; the database still counts the callback.
fn failures(count: u64) -> Result<(), CallbackError> {
    if count == 0 { Ok(()) } else { Err(CallbackError::Logged) }
}
