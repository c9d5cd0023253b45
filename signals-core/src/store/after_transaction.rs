//! Calls of receivers after the outermost transaction has ended. Each write is recorded until then. Receivers
//! are called once for the net change of each row, or once for each write if a receiver asks for that.

mod calls;
mod quiet;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ptr;
use std::sync::Arc;

use super::Model;
use super::erased::{EndedRow, Instance};
use super::signals::{post_delete_committed, post_delete_rolled_back, post_save_committed, post_save_rolled_back};
use super::write_scope::{WriteScope, names};
use crate::context::{self, Context};
use crate::db::{Callback, Change, Db, End, Placed};
use crate::error::{Error, Result};
use crate::model::{FieldSet, ModelMeta};
use crate::registry::{Sender, Snapshot};
use crate::signal::{Needs, ReceiverInfo};

pub(super) use calls::call_at_end;
pub(super) use quiet::{awaits_end, deleted_quietly, reread, saved_quietly};

/// A recorded write.
struct RecordedWrite {
    /// The key as the application spells it. It identifies the row.
    key: Arc<str>,
    instance: Arc<dyn Instance>,
    what: What,
    /// The cause of the write.
    context: Context,
}

impl RecordedWrite {
    fn new(instance: Arc<dyn Instance>, what: What) -> Self {
        Self::of(key(&*instance), instance, what)
    }

    fn of(key: Arc<str>, instance: Arc<dyn Instance>, what: What) -> Self {
        Self { key, instance, what, context: context::current() }
    }
}

enum What {
    Saved {
        previous: Option<Arc<dyn Instance>>,
        saved: Saved,
    },
    /// The instance itself is the row as the database had it.
    DeletedAsRead,
    Deleted {
        previous: Option<Arc<dyn Instance>>,
    },
    /// Written without signals, limited to these columns.
    SavedQuietly(Option<FieldSet>),
    /// Read again, after a statement without signals may have changed it.
    ReadAgain,
    /// Deleted without signals.
    DeletedQuietly,
}

/// The outcome of one save.
#[derive(Clone, Copy)]
pub(super) struct Saved {
    pub(super) created: bool,
    pub(super) raw: bool,
    /// The columns that the save was limited to.
    pub(super) fields: Option<FieldSet>,
}

/// A snapshot of the receivers that are called after the outermost transaction has ended.
pub(super) struct FinalizedReceivers {
    saved: Snapshot,
    save_undone: Snapshot,
    deleted: Snapshot,
    delete_undone: Snapshot,
}

impl FinalizedReceivers {
    /// Returns the receivers that are connected now.
    pub(super) fn now<M: Model>(scope: &WriteScope<'_>) -> Self {
        Self {
            saved: scope.receivers::<post_save_committed, M>(),
            save_undone: scope.receivers::<post_save_rolled_back, M>(),
            deleted: scope.receivers::<post_delete_committed, M>(),
            delete_undone: scope.receivers::<post_delete_rolled_back, M>(),
        }
    }

    /// Returns whether there are no receivers. Ignores the guards of tests.
    pub(super) fn are_none<M: Model>() -> bool {
        <M as Sender<post_save_committed>>::slot().is_empty()
            && <M as Sender<post_save_rolled_back>>::slot().is_empty()
            && <M as Sender<post_delete_committed>>::slot().is_empty()
            && <M as Sender<post_delete_rolled_back>>::slot().is_empty()
    }

    /// Returns whether there are no receivers.
    pub(super) fn is_empty(&self) -> bool {
        self.saved.is_empty() && self.deleted.is_empty() && !self.receive_rollbacks()
    }

    /// Returns whether any receiver is called after a rollback.
    fn receive_rollbacks(&self) -> bool {
        !self.save_undone.is_empty() || !self.delete_undone.is_empty()
    }

    /// Returns whether a receiver takes the row as it was before a save or a delete, which may be the first
    /// write of its transaction.
    ///
    /// If a raw save is not alone in its transaction, a later save of the row may call more receivers.
    pub(super) fn name_previous(&self, raw: bool, is_alone: bool) -> bool {
        let raw = raw && is_alone;
        names(&self.saved, Needs::PREVIOUS, raw)
            || names(&self.save_undone, Needs::PREVIOUS, raw)
            || names(&self.deleted, Needs::PREVIOUS, false)
            || names(&self.delete_undone, Needs::PREVIOUS, false)
    }

    /// Fails, before the write, if the model is not `Clone` and so cannot be recorded.
    pub(super) fn check(&self, instance: &dyn Instance) -> Result<()> {
        if self.is_empty() { Ok(()) } else { duplicate(instance).map(drop) }
    }

    /// Records a save for the end of the transaction, if there are receivers.
    pub(super) fn saved(
        &self,
        instance: &dyn Instance,
        previous: Option<&dyn Instance>,
        saved: Saved,
        scope: &mut WriteScope<'_>,
    ) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let previous = previous.map(duplicate).transpose()?;
        self.note(RecordedWrite::new(duplicate(instance)?, What::Saved { previous, saved }), scope)
    }

    /// Records the delete of a row for the end of the transaction, if there are receivers.
    pub(super) fn deleted(
        &self,
        instance: &dyn Instance,
        previous: Option<&dyn Instance>,
        scope: &mut WriteScope<'_>,
    ) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let what = match previous {
            Some(previous) if ptr::addr_eq(previous, instance) => What::DeletedAsRead,
            previous => What::Deleted { previous: previous.map(duplicate).transpose()? },
        };
        self.note(RecordedWrite::new(duplicate(instance)?, what), scope)
    }

    fn note(&self, step: RecordedWrite, scope: &mut WriteScope<'_>) -> Result<()> {
        scope.note(change(step, self.receive_rollbacks()))
    }
}

fn change(step: RecordedWrite, has_rollback_receivers: bool) -> Change {
    Change { of: step.instance.meta(), what: Box::new(step), callbacks, has_rollback_receivers }
}

fn duplicate(instance: &dyn Instance) -> Result<Arc<dyn Instance>> {
    instance.duplicate().ok_or_else(|| Error::NotClone { model: instance.meta().name() })
}

/// Turns the recorded writes into calls of receivers.
fn callbacks(db: &Db, steps: Vec<Placed>, end: End) -> Vec<(usize, Callback)> {
    let mut calls = Vec::new();
    let mut rows: HashMap<(&ModelMeta, Arc<str>), NetChange> = HashMap::new();
    let mut replaced = Vec::new();
    for (place, step) in steps {
        let Ok(step) = step.downcast::<RecordedWrite>() else { continue };
        let key = (step.instance.meta(), Arc::clone(&step.key));
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

/// Returns the key of an instance, which identifies its row.
fn key(instance: &dyn Instance) -> Arc<str> {
    instance.pk().map_or_else(Arc::default, |key| key.to_string().into())
}

/// The net change of a row: by one write, or by several together.
struct NetChange {
    /// The place of the first write.
    place: usize,
    /// Whether the row existed before the first write.
    was_there: bool,
    /// The row before the first write, if it is known.
    previous: Option<Arc<dyn Instance>>,
    /// The row after the last write. If the row was deleted, its last state.
    instance: Arc<dyn Instance>,
    fate: Fate,
    /// Whether all writes were raw.
    raw: bool,
    /// The columns that the last write was limited to.
    fields: Option<FieldSet>,
    /// The cause of the last write.
    context: Context,
}

/// The effect of the last write on a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Saved,
    Deleted,
    /// The row was deleted without signals, or outside of this library. No receiver is called for it.
    Gone,
}

impl NetChange {
    /// Returns the net change of one write, or the write itself if it sent no signals.
    fn of(place: usize, step: RecordedWrite) -> Result<Self, RecordedWrite> {
        let is_read = matches!(step.what, What::DeletedAsRead);
        let (saved, previous) = match step.what {
            What::Saved { previous, saved } => (Some(saved), previous),
            What::Deleted { previous } => (None, previous),
            What::DeletedAsRead => (None, None),
            quiet @ (What::SavedQuietly(_) | What::ReadAgain | What::DeletedQuietly) => {
                return Err(RecordedWrite { what: quiet, ..step });
            }
        };
        let (instance, context) = (step.instance, step.context);
        let previous = if is_read { Some(Arc::clone(&instance)) } else { previous };
        let Some(Saved { created, raw, fields }) = saved else {
            return Ok(Self {
                place,
                was_there: true,
                previous,
                instance,
                fate: Fate::Deleted,
                raw: true,
                fields: None,
                context,
            });
        };
        let mut row = Self { place, was_there: !created, previous, instance, fate: Fate::Saved, raw, fields, context };
        if let Some(previous) = &row.previous {
            row.instance = row.above(previous);
        }
        Ok(row)
    }

    /// Adds a write that came later.
    fn follow(&mut self, later: &Self) {
        self.instance = later.above(&self.instance);
        self.fate = later.fate;
        self.context.clone_from(&later.context);
        self.raw &= later.raw;
    }

    /// Adds a write that sent no signals. It calls no receiver, but receivers of other writes see its values.
    fn follow_quiet(&mut self, RecordedWrite { instance, what, .. }: RecordedWrite, end: End) {
        match what {
            What::SavedQuietly(fields) if self.fate == Fate::Saved => {
                self.instance = merged(&instance, fields, &self.instance);
            }
            What::ReadAgain if self.fate == Fate::Saved => self.instance = instance,
            What::DeletedQuietly if self.fate == Fate::Saved && end == End::Committed => self.fate = Fate::Gone,
            _ => {}
        }
    }

    /// Returns whether a later write of the same key is of another row: always for an INSERT, and for any
    /// write after the row is gone.
    ///
    /// After a rollback, a write after a DELETE means that a savepoint undid the DELETE.
    fn is_replaced_by(&self, later: &Self, end: End) -> bool {
        let is_insert = later.fate == Fate::Saved && !later.was_there;
        is_insert || (end == End::Committed && self.fate != Fate::Saved)
    }

    /// Marks the row as replaced by another row with its key. After a commit this row is gone, whoever
    /// deleted it.
    fn give_key_up(&mut self, end: End) {
        if self.fate == Fate::Saved && end == End::Committed {
            self.fate = Fate::Gone;
        }
    }

    /// Returns the row after the last write. Columns that were not written come from `before`, since the
    /// instance may hold anything in them.
    fn above(&self, before: &Arc<dyn Instance>) -> Arc<dyn Instance> {
        merged(&self.instance, self.fields, before)
    }
}

/// Returns the row after a write of these columns of `now` to `before`.
fn merged(now: &Arc<dyn Instance>, fields: Option<FieldSet>, before: &Arc<dyn Instance>) -> Arc<dyn Instance> {
    // Columns that came back from the database are those of the row too.
    let fields = fields.map(|fields| fields.unite(now.meta().filled_by_update(Some(fields))));
    let Some((fields, (mut merged, mut before))) = fields.zip(now.duplicate().zip(before.duplicate())) else {
        return Arc::clone(now);
    };
    // Both are copies with no other owner.
    if let (Some(merged), Some(before)) = (Arc::get_mut(&mut merged), Arc::get_mut(&mut before)) {
        for (index, column) in now.meta().columns().iter().enumerate() {
            if !fields.contains_index(index)
                && let (Some(merged), Some(before)) = (merged.column_mut(index), before.column_mut(index))
            {
                column.swap(merged, before);
            }
        }
    }
    merged
}

/// Returns the call for one row, or `None` if there are no receivers or the row was both created and deleted.
fn call(db: &Db, row: &NetChange, end: End, chosen: fn(&ReceiverInfo) -> bool) -> Option<(usize, Callback)> {
    let is_deleted = match row.fate {
        Fate::Saved => false,
        Fate::Deleted if row.was_there => true,
        Fate::Deleted | Fate::Gone => return None,
    };
    let (instance, previous) = (Arc::clone(&row.instance), row.previous.clone());
    let ended = EndedRow { instance, previous, was_there: row.was_there, is_deleted, raw: row.raw };
    let callback = row.instance.store().call_at_end(db, ended, end, chosen)?;
    // The commit may have another cause, or none.
    Some((row.place, Box::pin(row.context.clone().around(callback))))
}
