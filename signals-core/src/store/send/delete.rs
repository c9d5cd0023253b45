//! The signals of a delete.

use super::{Heard, Instances, Model, Result, Signal, WriteScope, after_transaction, send};
use crate::store::origin::Reason;
use crate::store::payload::{PostDelete, PostDeleteSet, PreDelete, PreDeleteSet};
use crate::store::signals::{post_delete_set, pre_delete_set};
use crate::store::{post_delete, pre_delete};

/// The receivers of `pre_delete`.
pub(in crate::store) type PreDeleteHeard<M> = Heard<pre_delete, pre_delete_set, M>;
/// The receivers of `post_delete`.
pub(in crate::store) type PostDeleteHeard<M> = Heard<post_delete, post_delete_set, M>;

/// Whether anyone wants to see the rows of `M` when they are deleted.
pub(in crate::store) fn hears_deletes<M: Model>(scope: &WriteScope<'_>) -> bool {
    !PreDeleteHeard::<M>::now(scope).is_empty()
        || !PostDeleteHeard::<M>::now(scope).is_empty()
        || after_transaction::is_told::<M>(scope)
}

/// What the receivers of a model's deletes need.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent question")]
pub(in crate::store) struct DeleteNeeds {
    /// Whether some are called, or have to be looked after, before the write.
    pub(in crate::store) before: bool,
    /// Whether some are called after the write, or at the end of the transaction.
    pub(in crate::store) after: bool,
    /// Whether those that are called before the write may write themselves.
    pub(in crate::store) may_write_before: bool,
    /// Whether those that are called after the write may.
    pub(in crate::store) may_write_after: bool,
    /// Whether some name the row as the database has it.
    pub(in crate::store) previous: bool,
}

/// What the receivers of deletes of `M` need.
pub(in crate::store) fn delete_needs<M: Model>(scope: &WriteScope<'_>) -> DeleteNeeds {
    let (before, after) = (PreDeleteHeard::<M>::now(scope), PostDeleteHeard::<M>::now(scope));
    let at_end = after_transaction::is_told::<M>(scope);
    DeleteNeeds {
        // Of what is kept until the end a copy is made, and whether there can be one is seen before any write.
        before: !before.is_empty() || at_end,
        after: !after.is_empty() || at_end,
        may_write_before: before.may_write(),
        may_write_after: after.may_write(),
        previous: names_previous::<M>(scope),
    }
}

/// Whether a receiver names the row as the database has it, which the delete has to read then.
pub(in crate::store) fn names_previous<M: Model>(scope: &WriteScope<'_>) -> bool {
    PreDeleteHeard::<M>::now(scope).names("previous", false)
        || PostDeleteHeard::<M>::now(scope).names("previous", false)
        || after_transaction::wants_previous::<M>(false, false, scope)
}

/// Sends `pre_delete` for rows that are deleted for the same reason. `previous` has each of them as the database has it.
pub(in crate::store) async fn pre_delete_of<M: Model>(
    heard: &PreDeleteHeard<M>,
    rows: &[M],
    previous: &[Option<&M>],
    reason: Reason<'_>,
    scope: &mut WriteScope<'_>,
) -> Result<()> {
    if heard.is_empty() {
        return Ok(());
    }
    scope.open_if(heard.needed_before(false)).await?;
    let (using, sender, signal) = (scope.using()?, M::meta(), pre_delete::NAME);
    let Reason { origin, root } = reason;
    if heard.has_rows() {
        for (place, instance) in rows.iter().enumerate() {
            scope.record(signal, instance, |sent| sent);
            let previous = previous.get(place).copied().flatten();
            let mut event = PreDelete { instance, previous, origin, root, using, tx: scope.tx(), sender, signal };
            send::<pre_delete, M>(&heard.rows, &mut event, scope.sending(false)?, scope).await?;
        }
    }
    if !heard.sets.is_empty() {
        let instances = Instances::new(&rows);
        let mut event = PreDeleteSet { instances, previous, origin, root, using, tx: scope.tx(), sender, signal };
        send::<pre_delete_set, M>(&heard.sets, &mut event, scope.sending(false)?, scope).await?;
    }
    Ok(())
}

/// Sends `post_delete` for rows that a statement deleted for the same reason, and keeps them for those who are told at the end of the transaction.
pub(in crate::store) async fn post_delete_of<M: Model>(
    heard: &PostDeleteHeard<M>,
    rows: &[M],
    previous: &[Option<&M>],
    reason: Reason<'_>,
    scope: &mut WriteScope<'_>,
) -> Result<()> {
    let row_of = |place: usize| previous.get(place).copied().flatten();
    if after_transaction::is_told::<M>(scope) {
        for (place, instance) in rows.iter().enumerate() {
            after_transaction::deleted(instance, row_of(place), scope)?;
        }
    }
    if heard.is_empty() {
        return Ok(());
    }
    let (using, sender, signal) = (scope.using()?, M::meta(), post_delete::NAME);
    let Reason { origin, root } = reason;
    if heard.has_rows() {
        for (place, instance) in rows.iter().enumerate() {
            scope.record(signal, instance, |sent| sent);
            let previous = row_of(place);
            let mut event = PostDelete { instance, previous, origin, root, using, tx: scope.tx(), sender, signal };
            send::<post_delete, M>(&heard.rows, &mut event, scope.sending(false)?, scope).await?;
        }
    }
    if !heard.sets.is_empty() {
        let instances = Instances::new(&rows);
        let mut event = PostDeleteSet { instances, previous, origin, root, using, tx: scope.tx(), sender, signal };
        send::<post_delete_set, M>(&heard.sets, &mut event, scope.sending(false)?, scope).await?;
    }
    Ok(())
}
