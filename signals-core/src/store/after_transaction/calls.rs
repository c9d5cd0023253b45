//! The calls of a model's receivers after a transaction.

use crate::context;
use crate::db::{Callback, CallbackError, Db, End};
use crate::dispatch::{Sending, notify};
use crate::registry::{Sender, Snapshot};
use crate::signal::{ReceiverInfo, Signal};
use crate::store::Model;
use crate::store::erased::EndedRow;
use crate::store::payload::{DeleteFinalized, SaveFinalized};
use crate::store::signals::{
    post_delete_committed, post_delete_rolled_back, post_save_committed, post_save_rolled_back,
};

/// Returns the call for one row of `M`, if any of its receivers is chosen.
pub(in crate::store) fn call_at_end<M: Model>(
    db: &Db,
    row: EndedRow,
    end: End,
    chosen: fn(&ReceiverInfo) -> bool,
) -> Option<Callback> {
    match (row.is_deleted, end) {
        (false, End::Committed) => save_call::<post_save_committed, M>(db, row, chosen),
        (false, End::RolledBack) => save_call::<post_save_rolled_back, M>(db, row, chosen),
        (true, End::Committed) => delete_call::<post_delete_committed, M>(db, row, chosen),
        (true, End::RolledBack) => delete_call::<post_delete_rolled_back, M>(db, row, chosen),
    }
}

fn save_call<S, M>(db: &Db, row: EndedRow, chosen: fn(&ReceiverInfo) -> bool) -> Option<Callback>
where
    S: for<'a> Signal<Event<'a, M> = SaveFinalized<'a, M>>,
    M: Model + Sender<S>,
{
    let receivers = if_any(db.receivers::<S, M>(), chosen)?;
    let db = db.clone();
    Some(Box::pin(async move {
        let Some(instance) = row.instance.as_any().downcast_ref::<M>() else { return Ok(()) };
        let mut event = SaveFinalized {
            instance,
            previous: row.previous.as_ref().and_then(|previous| previous.as_any().downcast_ref()),
            created: !row.was_there,
            raw: row.raw,
            using: db.name(),
            db: db.clone(),
            context: &context::current(),
            sender: M::meta(),
            signal: S::NAME,
        };
        failures(notify::<S, M>(&receivers, chosen, &mut event, sending(&db, row.raw)).await)
    }))
}

fn delete_call<S, M>(db: &Db, row: EndedRow, chosen: fn(&ReceiverInfo) -> bool) -> Option<Callback>
where
    S: for<'a> Signal<Event<'a, M> = DeleteFinalized<'a, M>>,
    M: Model + Sender<S>,
{
    let receivers = if_any(db.receivers::<S, M>(), chosen)?;
    let db = db.clone();
    Some(Box::pin(async move {
        let Some(instance) = row.instance.as_any().downcast_ref::<M>() else { return Ok(()) };
        let mut event = DeleteFinalized {
            instance,
            previous: row.previous.as_ref().and_then(|previous| previous.as_any().downcast_ref()),
            using: db.name(),
            db: db.clone(),
            context: &context::current(),
            sender: M::meta(),
            signal: S::NAME,
        };
        failures(notify::<S, M>(&receivers, chosen, &mut event, sending(&db, false)).await)
    }))
}

/// Returns the receivers, if any is chosen.
fn if_any(receivers: Snapshot, chosen: fn(&ReceiverInfo) -> bool) -> Option<Snapshot> {
    receivers.iter().any(|entry| chosen(entry.info())).then_some(receivers)
}

fn sending(db: &Db, raw: bool) -> Sending {
    Sending { raw, limit: Some(db.recursion_limit()), ..Sending::UNBOUND }
}

/// Returns an error if receivers failed. Each failure was already logged, and the database counts the
/// callback.
fn failures(count: u64) -> Result<(), CallbackError> {
    if count == 0 { Ok(()) } else { Err(CallbackError::Logged) }
}
