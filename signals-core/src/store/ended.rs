//! Receivers that are told of writes when the outermost transaction has ended: what was written is kept until then, and told
//! as one change per row, or step by step where a receiver asks for that.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ptr;
use std::sync::Arc;

use super::Model;
use super::payload::{DeleteEnded, SaveEnded};
use super::signals::{post_delete_committed, post_delete_rolled_back, post_save_committed, post_save_rolled_back};
use super::work::{Work, names};
use crate::db::{Callback, Change, Db, End, Placed};
use crate::dispatch::{Sending, tell};
use crate::error::{BoxError, Error, Result};
use crate::model::{FieldSet, PrimaryKey as _};
use crate::registry::{Sender, Snapshot};
use crate::signal::{ReceiverInfo, Signal};

/// One write, as it is kept.
struct Step<M> {
    instance: M,
    what: What<M>,
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
}

/// What one save did, as it is noted.
#[derive(Clone, Copy)]
pub(super) struct Saved {
    pub(super) created: bool,
    pub(super) raw: bool,
    /// The columns that it was limited to.
    pub(super) fields: Option<FieldSet>,
}

/// Whether anyone is told of writes of `M` at the end of their transaction.
pub(super) fn is_told<M: Model>(work: &Work<'_>) -> bool {
    work.is_heard::<post_save_committed, M>()
        || work.is_heard::<post_delete_committed, M>()
        || work.is_heard::<post_save_rolled_back, M>()
        || work.is_heard::<post_delete_rolled_back, M>()
}

/// Whether someone who is told at the end wants the row as it was before the first write, which any save or delete may be.
pub(super) fn wants_previous<M: Model>(raw: bool, work: &Work<'_>) -> bool {
    names(&work.heard::<post_save_committed, M>(), "previous", raw)
        || names(&work.heard::<post_save_rolled_back, M>(), "previous", raw)
        || names(&work.heard::<post_delete_committed, M>(), "previous", false)
        || names(&work.heard::<post_delete_rolled_back, M>(), "previous", false)
}

/// Refuses a write of a model that cannot be kept, before it happens.
pub(super) fn check<M: Model>(instance: &M, work: &Work<'_>) -> Result<()> {
    if is_told::<M>(work) { duplicate(instance).map(drop) } else { Ok(()) }
}

/// Keeps a save for the end of the transaction.
pub(super) fn saved<M: Model>(instance: &M, previous: Option<&M>, saved: Saved, work: &mut Work<'_>) -> Result<()> {
    let previous = previous.map(duplicate).transpose()?;
    note(Step { instance: duplicate(instance)?, what: What::Saved { previous, saved } }, work)
}

/// Keeps the delete of a row for the end of the transaction.
pub(super) fn deleted<M: Model>(instance: &M, previous: Option<&M>, work: &mut Work<'_>) -> Result<()> {
    let what = match previous {
        Some(previous) if ptr::eq(previous, instance) => What::DeletedAsRead,
        previous => What::Deleted { previous: previous.map(duplicate).transpose()? },
    };
    note(Step { instance: duplicate(instance)?, what }, work)
}

fn note<M: Model>(step: Step<M>, work: &mut Work<'_>) -> Result<()> {
    let told_if_undone = work.is_heard::<post_save_rolled_back, M>() || work.is_heard::<post_delete_rolled_back, M>();
    work.note(Change { what: Box::new(step), settle: settle::<M>, told_if_undone })
}

fn duplicate<M: Model>(instance: &M) -> Result<M> {
    instance.duplicate().ok_or_else(|| {
        let name = M::meta().name();
        Error::Schema(format!(
            "a receiver waits for the end of the transaction, so a copy of each `{name}` is kept until then; write `#[derive(Clone)]` on `{name}`"
        ))
    })
}

/// Turns what was written into the calls of those who are told.
fn settle<M: Model>(db: &Db, steps: Vec<Placed>, end: End) -> Vec<(usize, Callback)> {
    let mut calls = Vec::new();
    let mut rows: HashMap<String, Row<M>> = HashMap::new();
    for (place, step) in steps {
        let Ok(step) = step.downcast::<Step<M>>() else { continue };
        let step = Row::of(place, *step);
        calls.extend(call(db, &step, end, ReceiverInfo::hears_each));
        match rows.entry(step.key()) {
            Entry::Occupied(row) => row.into_mut().follow(&step),
            Entry::Vacant(row) => drop(row.insert(step)),
        }
    }
    for row in rows.into_values() {
        calls.extend(call(db, &row, end, |info| !info.hears_each()));
    }
    calls
}

/// What became of a row: by one write, or by all of them together.
struct Row<M> {
    /// The place of the first write.
    place: usize,
    /// Whether the row was there before that.
    was_there: bool,
    /// The row as it was then, where that is known.
    previous: Option<Arc<M>>,
    /// The row as it is now; where it is deleted, as it was at last.
    instance: Arc<M>,
    is_deleted: bool,
    /// Whether all writes were raw.
    raw: bool,
    /// The columns that the last write was limited to.
    fields: Option<FieldSet>,
}

impl<M: Model> Row<M> {
    fn of(place: usize, step: Step<M>) -> Self {
        let instance = Arc::new(step.instance);
        let mut row = match step.what {
            What::Saved { previous, saved: Saved { created, raw, fields } } => {
                let previous = previous.map(Arc::new);
                Self { place, was_there: !created, previous, instance, is_deleted: false, raw, fields }
            }
            What::DeletedAsRead => Self::deleted(place, Some(Arc::clone(&instance)), instance),
            What::Deleted { previous } => Self::deleted(place, previous.map(Arc::new), instance),
        };
        if let Some(previous) = &row.previous {
            row.instance = row.above(previous);
        }
        row
    }

    fn deleted(place: usize, previous: Option<Arc<M>>, instance: Arc<M>) -> Self {
        Self { place, was_there: true, previous, instance, is_deleted: true, raw: true, fields: None }
    }

    /// Adds a write that came later.
    fn follow(&mut self, later: &Self) {
        self.instance = later.above(&self.instance);
        self.is_deleted = later.is_deleted;
        self.raw &= later.raw;
    }

    /// The row as the last write made it of what it was: an instance holds anything in columns that were not written.
    fn above(&self, before: &M) -> Arc<M> {
        let Some((fields, (mut now, mut before))) = self.fields.zip(self.instance.duplicate().zip(before.duplicate()))
        else {
            return Arc::clone(&self.instance);
        };
        for (index, column) in M::meta().columns().iter().enumerate() {
            if !fields.contains_index(index)
                && let (Some(now), Some(before)) = (now.field_mut(index), before.field_mut(index))
            {
                column.swap(now, before);
            }
        }
        Arc::new(now)
    }

    fn key(&self) -> String {
        self.instance.key().key().map_or_else(String::new, |key| key.to_string())
    }
}

impl<M> Clone for Row<M> {
    fn clone(&self) -> Self {
        let (previous, instance) = (self.previous.clone(), Arc::clone(&self.instance));
        Self { previous, instance, ..*self }
    }
}

/// The call for one row; none where nobody listens, or where the row came and went.
fn call<M: Model>(db: &Db, row: &Row<M>, end: End, chosen: fn(&ReceiverInfo) -> bool) -> Option<(usize, Callback)> {
    let callback = match (row.is_deleted, end) {
        (false, End::Committed) => save_call::<post_save_committed, M>(db, row, chosen),
        (false, End::RolledBack) => save_call::<post_save_rolled_back, M>(db, row, chosen),
        (true, _) if !row.was_there => None,
        (true, End::Committed) => delete_call::<post_delete_committed, M>(db, row, chosen),
        (true, End::RolledBack) => delete_call::<post_delete_rolled_back, M>(db, row, chosen),
    };
    callback.map(|callback| (row.place, callback))
}

/// The receivers of an end, if any is chosen.
fn heard<S: Signal, M: Sender<S>>(db: &Db, chosen: fn(&ReceiverInfo) -> bool) -> Option<Snapshot> {
    let heard = Work::heard_on::<S, M>(db);
    heard.iter().any(|entry| chosen(entry.info())).then_some(heard)
}

fn save_call<S, M>(db: &Db, row: &Row<M>, chosen: fn(&ReceiverInfo) -> bool) -> Option<Callback>
where
    S: for<'a> Signal<Event<'a, M> = SaveEnded<'a, M>>,
    M: Model + Sender<S>,
{
    let heard = heard::<S, M>(db, chosen)?;
    let (db, row) = (db.clone(), row.clone());
    Some(Box::pin(async move {
        let mut event = SaveEnded {
            instance: &*row.instance,
            previous: row.previous.as_deref(),
            created: !row.was_there,
            raw: row.raw,
            using: db.name(),
            db: db.clone(),
            sender: M::meta(),
            signal: S::NAME,
        };
        failures(tell::<S, M>(&heard, chosen, &mut event, sending(&db, row.raw)).await)
    }))
}

fn delete_call<S, M>(db: &Db, row: &Row<M>, chosen: fn(&ReceiverInfo) -> bool) -> Option<Callback>
where
    S: for<'a> Signal<Event<'a, M> = DeleteEnded<'a, M>>,
    M: Model + Sender<S>,
{
    let heard = heard::<S, M>(db, chosen)?;
    let (db, row) = (db.clone(), row.clone());
    Some(Box::pin(async move {
        let mut event = DeleteEnded {
            instance: &*row.instance,
            previous: row.previous.as_deref(),
            using: db.name(),
            db: db.clone(),
            sender: M::meta(),
            signal: S::NAME,
        };
        failures(tell::<S, M>(&heard, chosen, &mut event, sending(&db, false)).await)
    }))
}

fn sending(db: &Db, raw: bool) -> Sending {
    Sending { raw, limit: Some(db.recursion_limit()), ..Sending::default() }
}

/// Each failure is logged with its receiver already; this one lets the database count them.
fn failures(count: u64) -> Result<(), BoxError> {
    match count {
        0 => Ok(()),
        1 => Err("a receiver failed after the end of the transaction".into()),
        count => Err(format!("{count} receivers failed after the end of the transaction").into()),
    }
}
