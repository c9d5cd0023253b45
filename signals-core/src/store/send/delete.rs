//! The signals of a delete.

use super::{FinalizedReceivers, Model, Result, Signal, SignalReceivers, WriteScope, send};
use crate::context;
use crate::signal::Needs;
use crate::store::erased::{DeleteNeeds, Instance};
use crate::store::payload::{Instances, PostDelete, PostDeleteSet, PreDelete, PreDeleteSet, Reason};
use crate::store::signals::{post_delete_set, pre_delete_set};
use crate::store::{post_delete, pre_delete};

/// The receivers of `pre_delete`.
pub(in crate::store) type PreDeleteReceivers<M> = SignalReceivers<pre_delete, pre_delete_set, M>;
/// The receivers of `post_delete`.
pub(in crate::store) type PostDeleteReceivers<M> = SignalReceivers<post_delete, post_delete_set, M>;

/// The receivers of a model's deletes, read before `pre_delete` and again after it.
pub(in crate::store) struct DeleteReceivers<M: Model> {
    pub(in crate::store) before: PreDeleteReceivers<M>,
    pub(in crate::store) after: PostDeleteReceivers<M>,
    pub(in crate::store) finalized: FinalizedReceivers,
}

impl<M: Model> DeleteReceivers<M> {
    /// Returns the receivers that are connected now.
    pub(in crate::store) fn now(scope: &WriteScope<'_>) -> Self {
        Self {
            before: PreDeleteReceivers::now(scope),
            after: PostDeleteReceivers::now(scope),
            finalized: FinalizedReceivers::now::<M>(scope),
        }
    }

    /// Returns the receivers after `pre_delete` was sent, since a receiver of it may have connected some.
    pub(in crate::store) fn after_pre_delete(self, scope: &WriteScope<'_>) -> Self {
        if self.before.is_empty() {
            return self;
        }
        drop(self);
        Self::now(scope)
    }

    /// Returns whether there are no receivers, and no test records signals.
    pub(in crate::store) fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty() && self.finalized.is_empty()
    }

    /// Returns whether a receiver names the row as the database has it, which the delete then must read.
    pub(in crate::store) fn name_previous(&self) -> bool {
        self.before.names(Needs::PREVIOUS, false)
            || self.after.names(Needs::PREVIOUS, false)
            || self.finalized.name_previous(false, false)
    }

    /// Returns what the receivers need.
    pub(in crate::store) fn needs(&self) -> DeleteNeeds {
        let at_end = !self.finalized.is_empty();
        DeleteNeeds {
            // A recorded row is copied. The check that it can be copied comes before any write.
            before: !self.before.is_empty() || at_end,
            after: !self.after.is_empty() || at_end,
            may_write_before: self.before.may_write(),
            may_write_after: self.after.may_write(),
            previous: self.name_previous(),
        }
    }
}

/// Sends `pre_delete` for rows that are deleted for the same reason. `previous` has each row as the database
/// has it.
pub(in crate::store) async fn pre_delete_of<M: Model>(
    receivers: &PreDeleteReceivers<M>,
    rows: &[M],
    previous: &[Option<&M>],
    reason: Reason<'_>,
    scope: &mut WriteScope<'_>,
) -> Result<()> {
    if receivers.is_empty() {
        return Ok(());
    }
    scope.open_if(receivers.needed_before(false)).await?;
    let (using, sender, signal, context) = (scope.using(), M::meta(), pre_delete::NAME, &context::current());
    let Reason { origin, root } = reason;
    if receivers.has_rows() {
        for (place, instance) in rows.iter().enumerate() {
            scope.record(signal, instance, |sent| sent);
            let previous = previous.get(place).copied().flatten();
            let mut event =
                PreDelete { instance, previous, origin, root, using, tx: scope.tx(), context, sender, signal };
            send::<pre_delete, M>(&receivers.rows, &mut event, scope.sending(false), scope.savepoint()).await?;
        }
    }
    if !receivers.sets.is_empty() {
        let instances = Instances::new(&rows);
        let mut event =
            PreDeleteSet { instances, previous, origin, root, using, tx: scope.tx(), context, sender, signal };
        send::<pre_delete_set, M>(&receivers.sets, &mut event, scope.sending(false), scope.savepoint()).await?;
    }
    Ok(())
}

/// Sends `post_delete` for rows that a statement deleted for the same reason, and records them for receivers
/// at the end of the transaction.
pub(in crate::store) async fn post_delete_of<M: Model>(
    receivers: &DeleteReceivers<M>,
    rows: &[M],
    previous: &[Option<&M>],
    reason: Reason<'_>,
    scope: &mut WriteScope<'_>,
) -> Result<()> {
    let row_of = |place: usize| previous.get(place).copied().flatten();
    let DeleteReceivers { after, finalized, .. } = receivers;
    for (place, instance) in rows.iter().enumerate() {
        finalized.deleted(instance, row_of(place).map(|row| row as &dyn Instance), scope)?;
    }
    if after.is_empty() {
        return Ok(());
    }
    let (using, sender, signal, context) = (scope.using(), M::meta(), post_delete::NAME, &context::current());
    let Reason { origin, root } = reason;
    if after.has_rows() {
        for (place, instance) in rows.iter().enumerate() {
            scope.record(signal, instance, |sent| sent);
            let previous = row_of(place);
            let mut event =
                PostDelete { instance, previous, origin, root, using, tx: scope.tx(), context, sender, signal };
            send::<post_delete, M>(&after.rows, &mut event, scope.sending(false), scope.savepoint()).await?;
        }
    }
    if !after.sets.is_empty() {
        let instances = Instances::new(&rows);
        let mut event =
            PostDeleteSet { instances, previous, origin, root, using, tx: scope.tx(), context, sender, signal };
        send::<post_delete_set, M>(&after.sets, &mut event, scope.sending(false), scope.savepoint()).await?;
    }
    Ok(())
}
