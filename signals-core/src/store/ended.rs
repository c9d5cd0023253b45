//! Receivers that are told of writes when the outermost transaction has ended: what was written is kept until then, and told
//! as one change per row, or step by step where a receiver asks for that.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use super::Model;
use super::payload::{DeleteEnded, SaveEnded};
use super::signals::{post_delete_committed, post_delete_rolled_back, post_save_committed, post_save_rolled_back};
use super::work::Work;
use crate::db::{Callback, Change, Db, End, Placed};
use crate::dispatch::{Sending, tell};
use crate::error::{BoxError, Error, Result};
use crate::model::PrimaryKey as _;
use crate::registry::{Sender, Snapshot};
use crate::signal::{ReceiverInfo, Signal};

/// One write, as it is kept.
struct Step<M> {
    instance: M,
    what: What<M>,
}

enum What<M> {
    Saved { created: bool, raw: bool, previous: Option<M> },
    Deleted,
}

/// What one save did, as it is noted.
#[derive(Clone, Copy)]
pub(super) struct Saved {
    pub(super) created: bool,
    pub(super) raw: bool,
}

/// Whether anyone is told of writes of `M` at the end of their transaction.
pub(super) fn is_told<M: Model>(work: &Work<'_>) -> bool {
    work.is_heard::<post_save_committed, M>()
        || work.is_heard::<post_delete_committed, M>()
        || work.is_heard::<post_save_rolled_back, M>()
        || work.is_heard::<post_delete_rolled_back, M>()
}

/// Whether someone who is told of saves wants the row as it was before.
pub(super) fn wants_previous<M: Model>(work: &Work<'_>) -> bool {
    let wanted = |info: &ReceiverInfo| info.names_field("previous");
    work.heard::<post_save_committed, M>().iter().any(|entry| wanted(entry.info()))
        || work.heard::<post_save_rolled_back, M>().iter().any(|entry| wanted(entry.info()))
}

/// Refuses a write of a model that cannot be kept, before it happens.
pub(super) fn check<M: Model>(instance: &M, work: &Work<'_>) -> Result<()> {
    if is_told::<M>(work) { duplicate(instance).map(drop) } else { Ok(()) }
}

/// Keeps a save for the end of the transaction.
pub(super) fn saved<M: Model>(instance: &M, previous: Option<&M>, saved: Saved, work: &mut Work<'_>) -> Result<()> {
    let previous = previous.map(duplicate).transpose()?;
    let what = What::Saved { created: saved.created, raw: saved.raw, previous };
    note(Step { instance: duplicate(instance)?, what }, work)
}

/// Keeps a delete for the end of the transaction.
pub(super) fn deleted<M: Model>(instance: &M, work: &mut Work<'_>) -> Result<()> {
    note(Step { instance: duplicate(instance)?, what: What::Deleted }, work)
}

fn note<M: Model>(step: Step<M>, work: &mut Work<'_>) -> Result<()> {
    work.note(Change { what: Box::new(step), settle: settle::<M> })
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
        let Ok(step) = (step as Box<dyn Any + Send + Sync>).downcast::<Step<M>>() else { continue };
        let step = Arc::<Step<M>>::from(step);
        calls.extend(call(db, place, &Row::of(&step), end, ReceiverInfo::hears_each));
        let key = step.instance.key().key().map_or_else(String::new, |key| key.to_string());
        rows.entry(key)
            .and_modify(|row| row.last = (place, Arc::clone(&step)))
            .or_insert_with(|| Row::at(place, &step));
    }
    for row in rows.into_values() {
        calls.extend(call(db, row.first.0, &row, end, |info| !info.hears_each()));
    }
    calls
}

/// The first and the last write of a row, each with its place.
struct Row<M> {
    first: (usize, Arc<Step<M>>),
    last: (usize, Arc<Step<M>>),
}

impl<M> Row<M> {
    fn at(place: usize, step: &Arc<Step<M>>) -> Self {
        Self { first: (place, Arc::clone(step)), last: (place, Arc::clone(step)) }
    }

    fn of(step: &Arc<Step<M>>) -> Self {
        Self::at(0, step)
    }

    /// Whether the row was there before the first write.
    fn was_there(&self) -> bool {
        !matches!(self.first.1.what, What::Saved { created: true, .. })
    }

    /// The row as it was before the first write, where that is known.
    fn previous(&self) -> Option<&M> {
        match &self.first.1.what {
            What::Saved { previous, .. } => previous.as_ref(),
            What::Deleted => Some(&self.first.1.instance),
        }
    }
}

/// The call for one row; none where nobody listens, or where the row came and went.
fn call<M: Model>(
    db: &Db,
    place: usize,
    row: &Row<M>,
    end: End,
    chosen: fn(&ReceiverInfo) -> bool,
) -> Option<(usize, Callback)> {
    let (db, row) = (db.clone(), Row { first: row.first.clone(), last: row.last.clone() });
    match (&row.last.1.what, end) {
        (What::Saved { .. }, End::Committed) => {
            let heard = heard::<post_save_committed, M>(&db, chosen)?;
            Some((place, Box::pin(async move { tell_save::<post_save_committed, M>(&db, &row, &heard, chosen).await })))
        }
        (What::Saved { .. }, End::RolledBack) => {
            let heard = heard::<post_save_rolled_back, M>(&db, chosen)?;
            Some((
                place,
                Box::pin(async move { tell_save::<post_save_rolled_back, M>(&db, &row, &heard, chosen).await }),
            ))
        }
        (What::Deleted, _) if !row.was_there() => None,
        (What::Deleted, End::Committed) => {
            let heard = heard::<post_delete_committed, M>(&db, chosen)?;
            Some((
                place,
                Box::pin(async move { tell_delete::<post_delete_committed, M>(&db, &row, &heard, chosen).await }),
            ))
        }
        (What::Deleted, End::RolledBack) => {
            let heard = heard::<post_delete_rolled_back, M>(&db, chosen)?;
            Some((
                place,
                Box::pin(async move { tell_delete::<post_delete_rolled_back, M>(&db, &row, &heard, chosen).await }),
            ))
        }
    }
}

/// The receivers of an end, if any is chosen.
fn heard<S: Signal, M: Sender<S>>(db: &Db, chosen: fn(&ReceiverInfo) -> bool) -> Option<Snapshot> {
    let heard = Work::heard_on::<S, M>(db);
    heard.iter().any(|entry| chosen(entry.info())).then_some(heard)
}

async fn tell_save<S, M>(
    db: &Db,
    row: &Row<M>,
    receivers: &Snapshot,
    chosen: fn(&ReceiverInfo) -> bool,
) -> Result<(), BoxError>
where
    S: for<'a> Signal<Event<'a, M> = SaveEnded<'a, M>>,
    M: Model + Sender<S>,
{
    let raw = matches!(row.last.1.what, What::Saved { raw: true, .. });
    let mut event = SaveEnded {
        instance: &row.last.1.instance,
        previous: row.previous(),
        created: !row.was_there(),
        raw,
        using: db.name(),
        db: db.clone(),
        sender: M::meta(),
        signal: S::NAME,
    };
    failures(tell::<S, M>(receivers, chosen, &mut event, sending(db, raw)).await)
}

async fn tell_delete<S, M>(
    db: &Db,
    row: &Row<M>,
    receivers: &Snapshot,
    chosen: fn(&ReceiverInfo) -> bool,
) -> Result<(), BoxError>
where
    S: for<'a> Signal<Event<'a, M> = DeleteEnded<'a, M>>,
    M: Model + Sender<S>,
{
    let instance = &row.last.1.instance;
    let mut event = DeleteEnded { instance, using: db.name(), db: db.clone(), sender: M::meta(), signal: S::NAME };
    failures(tell::<S, M>(receivers, chosen, &mut event, sending(db, false)).await)
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
