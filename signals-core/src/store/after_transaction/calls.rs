//! The calls of a model's receivers after a transaction.

use super::{Fate, NetRow};
use crate::db::{Callback, CallbackError, Db, End};
use crate::dispatch::{Sending, notify};
use crate::registry::{Sender, Snapshot};
use crate::signal::{ReceiverInfo, Signal};
use crate::store::Model;
use crate::store::payload::{DeleteFinalized, SaveFinalized};
use crate::store::signals::{
    post_delete_committed, post_delete_rolled_back, post_save_committed, post_save_rolled_back,
};

/// The call for one row of `M`; none where nobody listens, or where the row came and went.
pub(in crate::store) fn call_at_end<M: Model>(
    db: &Db,
    row: &NetRow,
    end: End,
    chosen: fn(&ReceiverInfo) -> bool,
) -> Option<Callback> {
    match (row.fate, end) {
        (Fate::Saved, End::Committed) => save_call::<post_save_committed, M>(db, row, chosen),
        (Fate::Saved, End::RolledBack) => save_call::<post_save_rolled_back, M>(db, row, chosen),
        (Fate::Deleted, _) if !row.was_there => None,
        (Fate::Deleted, End::Committed) => delete_call::<post_delete_committed, M>(db, row, chosen),
        (Fate::Deleted, End::RolledBack) => delete_call::<post_delete_rolled_back, M>(db, row, chosen),
        (Fate::Gone, _) => None,
    }
}

fn save_call<S, M>(db: &Db, row: &NetRow, chosen: fn(&ReceiverInfo) -> bool) -> Option<Callback>
where
    S: for<'a> Signal<Event<'a, M> = SaveFinalized<'a, M>>,
    M: Model + Sender<S>,
{
    let heard = if_any(db.heard::<S, M>(), chosen)?;
    let (db, row) = (db.clone(), row.clone());
    Some(Box::pin(async move {
        let Some(instance) = row.instance.as_any().downcast_ref::<M>() else { return Ok(()) };
        let mut event = SaveFinalized {
            instance,
            previous: row.previous.as_ref().and_then(|previous| previous.as_any().downcast_ref()),
            created: !row.was_there,
            raw: row.raw,
            using: db.name(),
            db: db.clone(),
            sender: M::meta(),
            signal: S::NAME,
        };
        failures(notify::<S, M>(&heard, chosen, &mut event, sending(&db, row.raw)).await)
    }))
}

fn delete_call<S, M>(db: &Db, row: &NetRow, chosen: fn(&ReceiverInfo) -> bool) -> Option<Callback>
where
    S: for<'a> Signal<Event<'a, M> = DeleteFinalized<'a, M>>,
    M: Model + Sender<S>,
{
    let heard = if_any(db.heard::<S, M>(), chosen)?;
    let (db, row) = (db.clone(), row.clone());
    Some(Box::pin(async move {
        let Some(instance) = row.instance.as_any().downcast_ref::<M>() else { return Ok(()) };
        let mut event = DeleteFinalized {
            instance,
            previous: row.previous.as_ref().and_then(|previous| previous.as_any().downcast_ref()),
            using: db.name(),
            db: db.clone(),
            sender: M::meta(),
            signal: S::NAME,
        };
        failures(notify::<S, M>(&heard, chosen, &mut event, sending(&db, false)).await)
    }))
}

/// The receivers of an end, if any is chosen.
fn if_any(heard: Snapshot, chosen: fn(&ReceiverInfo) -> bool) -> Option<Snapshot> {
    heard.iter().any(|entry| chosen(entry.info())).then_some(heard)
}

fn sending(db: &Db, raw: bool) -> Sending {
    Sending { raw, limit: Some(db.recursion_limit()), ..Sending::default() }
}

/// Each failure was logged with its receiver; the database still counts the callback.
fn failures(count: u64) -> Result<(), CallbackError> {
    if count == 0 { Ok(()) } else { Err(CallbackError::Logged) }
}
