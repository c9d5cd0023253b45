//! Sends of the signals of a save or a delete: for each row of a statement, then for the set of rows.

mod delete;

use std::marker::PhantomData;

use super::after_transaction::{FinalizedReceivers, Saved};
use super::erased::Instance;
use super::payload::{Instances, InstancesMut, PostSave, PostSaveSet, PreSave, PreSaveSet};
use super::signals::{post_save_set, pre_save_set};
use super::write_scope::{WriteScope, names, needed_after, needed_before};
use super::{Model, post_save, pre_save};

use crate::context;
use crate::dispatch::send;
use crate::error::{Error, Result};
use crate::model::{FieldSet, ModelMeta};
use crate::registry::{Entry, Sender, Snapshot};
use crate::signal::{Needs, Signal};

pub(super) use delete::{DeleteReceivers, post_delete_of, pre_delete_of};

type Types<R, S, M> = fn() -> (R, S, M);

/// The receivers of a signal: those for single rows, and those for whole sets.
pub(super) struct SignalReceivers<R: Signal, S: Signal, M: Send + Sync + 'static> {
    pub(super) rows: Snapshot,
    pub(super) sets: Snapshot,
    types: PhantomData<Types<R, S, M>>,
    recorded: bool,
}

impl<R: Signal, S: Signal, M: Sender<R> + Sender<S>> SignalReceivers<R, S, M> {
    /// Returns the receivers that are connected now.
    pub(super) fn now(scope: &WriteScope<'_>) -> Self {
        Self {
            rows: scope.receivers::<R, M>(),
            sets: scope.receivers::<S, M>(),
            recorded: scope.is_recorded(),
            types: PhantomData,
        }
    }

    /// Returns whether there are no receivers. Ignores the guards of tests.
    fn are_none() -> bool {
        <M as Sender<R>>::slot().is_empty() && <M as Sender<S>>::slot().is_empty()
    }

    /// Returns whether there are no receivers, and no test records signals.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.sets.is_empty() && !self.recorded
    }

    /// Returns whether the signal is sent for each row.
    fn has_rows(&self) -> bool {
        !self.rows.is_empty() || self.recorded
    }

    /// Returns whether the receivers need a transaction if they run before the write.
    pub(super) fn needed_before(&self, raw: bool) -> bool {
        needed_before(&self.rows, raw) || needed_before(&self.sets, raw)
    }

    /// Returns whether the receivers need a transaction if they run after the write.
    pub(super) fn needed_after(&self, raw: bool) -> bool {
        needed_after(&self.rows, raw) || needed_after(&self.sets, raw)
    }

    /// Returns whether a called receiver takes the transaction, and so may write in it.
    pub(super) fn may_write(&self) -> bool {
        self.needed_before(false)
    }

    /// Returns whether any receiver is called for the write.
    fn are_called(&self, raw: bool) -> bool {
        self.rows.iter().chain(&*self.sets).any(|entry| entry.receives(raw))
    }

    /// Returns whether a called receiver names this field of the payload.
    fn names(&self, field: Needs, raw: bool) -> bool {
        names(&self.rows, field, raw) || names(&self.sets, field, raw)
    }
}

/// The receivers of `pre_save`.
pub(super) type PreSaveReceivers<M> = SignalReceivers<pre_save, pre_save_set, M>;
/// The receivers of `post_save`.
pub(super) type PostSaveReceivers<M> = SignalReceivers<post_save, post_save_set, M>;

/// Rows as they were before a write: one for each row of a statement, or empty if they were not read.
pub(super) type Previous<M> = Vec<Option<M>>;

/// The receivers of a model's saves, read before `pre_save` and again after it.
pub(super) struct SaveReceivers<M: Model> {
    pub(super) before: PreSaveReceivers<M>,
    pub(super) after: PostSaveReceivers<M>,
    pub(super) finalized: FinalizedReceivers,
}

impl<M: Model> SaveReceivers<M> {
    /// Returns the receivers that are connected now.
    pub(super) fn now(scope: &WriteScope<'_>) -> Self {
        Self {
            before: PreSaveReceivers::now(scope),
            after: PostSaveReceivers::now(scope),
            finalized: FinalizedReceivers::now::<M>(scope),
        }
    }

    /// Reads the receivers again after `pre_save` was sent, since a receiver of it may have connected some.
    pub(super) fn refresh(&mut self, scope: &WriteScope<'_>) {
        if !self.before.is_empty() {
            // In sequence, since a thread reads only a few lists at a time without counting.
            self.before = SignalReceivers::now(scope);
            self.after = SignalReceivers::now(scope);
            self.finalized = FinalizedReceivers::now::<M>(scope);
        }
    }

    /// Returns whether no signal has receivers. Ignores the guards of tests.
    pub(super) fn are_none() -> bool {
        PreSaveReceivers::<M>::are_none() && PostSaveReceivers::<M>::are_none() && FinalizedReceivers::are_none::<M>()
    }

    /// Returns whether there are no receivers, and no test records signals.
    pub(super) fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty() && self.finalized.is_empty()
    }

    /// Returns whether a save has to read the row before it writes.
    pub(super) fn name_previous(&self, raw: bool, scope: &WriteScope<'_>) -> bool {
        // Neither the caller nor a receiver can save the row again in the same transaction.
        let is_alone = raw && scope.is_outermost() && !self.before.are_called(raw) && !self.after.are_called(raw);
        self.before.names(Needs::PREVIOUS, raw)
            || self.after.names(Needs::PREVIOUS, raw)
            || self.finalized.name_previous(raw, is_alone)
    }
}

impl<M: Model> PreSaveReceivers<M> {
    /// Returns whether a receiver that is called for the write takes the rows, and so may change them.
    pub(super) fn may_change_rows(&self, raw: bool) -> bool {
        let takes = |entries: &[Entry], field| entries.iter().any(|it| it.receives(raw) && it.needs().uses(field));
        takes(&self.rows, Needs::INSTANCE) || takes(&self.sets, Needs::INSTANCES)
    }
}

/// Sends `pre_save` for the rows of one statement. `fields` are the columns to write for each row.
pub(super) async fn pre_save_of<M: Model>(
    receivers: &PreSaveReceivers<M>,
    mut rows: &mut [M],
    previous: &[Option<M>],
    mut fields: Option<&mut [FieldSet]>,
    raw: bool,
    scope: &mut WriteScope<'_>,
) -> Result<()> {
    if receivers.is_empty() {
        return Ok(());
    }
    scope.open_if(receivers.needed_before(raw)).await?;
    let (using, sender, context) = (scope.using(), M::meta(), &context::current());
    if receivers.has_rows() {
        for (place, instance) in rows.iter_mut().enumerate() {
            let (signal, previous) = (pre_save::NAME, previous.get(place).and_then(Option::as_ref));
            scope.record(signal, instance, |sent| if raw { sent.with("raw") } else { sent });
            let update_fields = fields.as_deref_mut().and_then(|fields| fields.get_mut(place));
            let tx = scope.tx();
            let mut event = PreSave { instance, previous, raw, update_fields, using, tx, context, sender, signal };
            send::<pre_save, M>(&receivers.rows, &mut event, scope.sending(raw), scope.savepoint()).await?;
        }
    }
    if !receivers.sets.is_empty() {
        let (instances, signal) = (InstancesMut::new(&mut rows), pre_save::NAME);
        let before = fields.as_deref().and_then(all_of);
        let mut after = before;
        let update_fields = after.as_mut();
        let mut event = PreSaveSet { instances, raw, using, update_fields, tx: scope.tx(), context, sender, signal };
        send::<pre_save_set, M>(&receivers.sets, &mut event, scope.sending(raw), scope.savepoint()).await?;
        if let (Some(fields), Some(before), Some(after)) = (fields.as_deref_mut(), before, after) {
            for fields in fields {
                fields.follow(before, after);
            }
        }
    }
    fields.map_or(Ok(()), |fields| fields.iter().try_for_each(|fields| check(*fields, sender)))
}

/// Fails if receivers changed `update_fields` to columns that cannot be written.
fn check(fields: FieldSet, meta: &'static ModelMeta) -> Result<()> {
    let problem = if !fields.is_of(meta) {
        "a `pre_save` receiver put columns of another model into `update_fields`; add those of its sender"
    } else if fields.is_empty() {
        "a `pre_save` receiver emptied `update_fields`; to refuse the save, return an error"
    } else if fields.contains_key() {
        "a `pre_save` receiver added the primary key to `update_fields`; leave it out"
    } else {
        return Ok(());
    };
    Err(Error::SaveOptions { model: meta.name(), problem: problem.into() })
}

/// Returns the columns that are written for any of the rows.
fn all_of(fields: &[FieldSet]) -> Option<FieldSet> {
    fields.iter().copied().reduce(FieldSet::unite)
}

/// The outcome of a write of the rows of one statement.
#[derive(Clone, Copy)]
pub(super) struct WriteOutcome<'a> {
    /// For each row, whether it is new.
    pub(super) created: &'a [bool],
    /// For each row, the columns that the write was limited to.
    pub(super) fields: Option<&'a [FieldSet]>,
    pub(super) raw: bool,
}

/// Sends `post_save` for the rows of one statement, and records them for receivers at the end of the
/// transaction.
pub(super) async fn post_save_of<M: Model>(
    receivers: &SaveReceivers<M>,
    rows: &[M],
    previous: &[Option<M>],
    outcome: WriteOutcome<'_>,
    scope: &mut WriteScope<'_>,
) -> Result<()> {
    let WriteOutcome { created, fields, raw } = outcome;
    let previous = |place: usize| previous.get(place).and_then(Option::as_ref);
    let is_created = |place: usize| created.get(place).copied().unwrap_or_default();
    let SaveReceivers { after, finalized, .. } = receivers;
    for (place, instance) in rows.iter().enumerate() {
        let fields = fields.and_then(|fields| fields.get(place)).copied();
        let saved = Saved { created: is_created(place), raw, fields };
        finalized.saved(instance, previous(place).map(|row| row as &dyn Instance), saved, scope)?;
    }
    if after.is_empty() {
        return Ok(());
    }
    let (using, sender, signal, context) = (scope.using(), M::meta(), post_save::NAME, &context::current());
    if after.has_rows() {
        for (place, instance) in rows.iter().enumerate() {
            let (created, previous) = (is_created(place), previous(place));
            scope.record(signal, instance, |sent| {
                let sent = sent.created(created);
                if raw { sent.with("raw") } else { sent }
            });
            let update_fields = fields.and_then(|fields| fields.get(place));
            let tx = scope.tx();
            let mut event =
                PostSave { instance, previous, created, raw, update_fields, using, tx, context, sender, signal };
            send::<post_save, M>(&after.rows, &mut event, scope.sending(raw), scope.savepoint()).await?;
        }
    }
    if !after.sets.is_empty() {
        let (instances, update_fields) = (Instances::new(&rows), fields.and_then(all_of));
        let update_fields = update_fields.as_ref();
        let previous: Vec<_> =
            if names(&after.sets, Needs::PREVIOUS, raw) { (0..rows.len()).map(previous).collect() } else { Vec::new() };
        let (previous, tx) = (&*previous, scope.tx());
        let mut event = PostSaveSet {
            instances,
            previous,
            created,
            raw,
            update_fields,
            fields,
            using,
            tx,
            context,
            sender,
            signal,
        };
        send::<post_save_set, M>(&after.sets, &mut event, scope.sending(raw), scope.savepoint()).await?;
    }
    Ok(())
}
