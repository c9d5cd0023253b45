//! The signals of a delete.

use super::{Heard, Instances, Model, Result, Signal, Work, ended, send};
use crate::store::origin::Reason;
use crate::store::payload::{PostDelete, PostDeleteSet, PreDelete, PreDeleteSet};
use crate::store::signals::{post_delete_set, pre_delete_set};
use crate::store::{post_delete, pre_delete};

/// The receivers of `pre_delete`.
pub(in crate::store) type PreDeleteHeard<M> = Heard<pre_delete, pre_delete_set, M>;
/// The receivers of `post_delete`.
pub(in crate::store) type PostDeleteHeard<M> = Heard<post_delete, post_delete_set, M>;

/// Whether anyone wants to see the rows of `M` when they are deleted.
pub(in crate::store) fn hears_deletes<M: Model>(work: &Work<'_>) -> bool {
    !PreDeleteHeard::<M>::now(work).is_empty()
        || !PostDeleteHeard::<M>::now(work).is_empty()
        || ended::is_told::<M>(work)
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
pub(in crate::store) fn delete_needs<M: Model>(work: &Work<'_>) -> DeleteNeeds {
    let (before, after) = (PreDeleteHeard::<M>::now(work), PostDeleteHeard::<M>::now(work));
    let at_end = ended::is_told::<M>(work);
    DeleteNeeds {
        // Of what is kept until the end a copy is made, and whether there can be one is seen before any write.
        before: !before.is_empty() || at_end,
        after: !after.is_empty() || at_end,
        may_write_before: before.may_write(),
        may_write_after: after.may_write(),
        previous: names_previous::<M>(work),
    }
}

/// Whether a receiver names the row as the database has it, which the delete has to read then.
pub(in crate::store) fn names_previous<M: Model>(work: &Work<'_>) -> bool {
    PreDeleteHeard::<M>::now(work).names("previous", false)
        || PostDeleteHeard::<M>::now(work).names("previous", false)
        || ended::wants_previous::<M>(false, false, work)
}

/// Sends `pre_delete` for rows that are deleted for the same reason. `previous` has each of them as the database has it.
pub(in crate::store) async fn pre_delete_of<M: Model>(
    heard: &PreDeleteHeard<M>,
    rows: &[M],
    previous: &[Option<&M>],
    reason: Reason<'_>,
    work: &mut Work<'_>,
) -> Result<()> {
    if heard.is_empty() {
        return Ok(());
    }
    work.open_if(heard.needed_before(false)).await?;
    let (using, sender, signal) = (work.using()?, M::meta(), pre_delete::NAME);
    let Reason { origin, root } = reason;
    if heard.has_rows() {
        for (place, instance) in rows.iter().enumerate() {
            work.record(signal, instance, |sent| sent);
            let previous = previous.get(place).copied().flatten();
            let mut event = PreDelete { instance, previous, origin, root, using, tx: work.tx(), sender, signal };
            send::<pre_delete, M>(&heard.rows, &mut event, work.sending(false)?, work).await?;
        }
    }
    if !heard.sets.is_empty() {
        let instances = Instances::new(&rows);
        let mut event = PreDeleteSet { instances, previous, origin, root, using, tx: work.tx(), sender, signal };
        send::<pre_delete_set, M>(&heard.sets, &mut event, work.sending(false)?, work).await?;
    }
    Ok(())
}

/// Sends `post_delete` for rows that a statement deleted for the same reason, and keeps them for those who are told at the end of the transaction.
pub(in crate::store) async fn post_delete_of<M: Model>(
    heard: &PostDeleteHeard<M>,
    rows: &[M],
    previous: &[Option<&M>],
    reason: Reason<'_>,
    work: &mut Work<'_>,
) -> Result<()> {
    let row_of = |place: usize| previous.get(place).copied().flatten();
    if ended::is_told::<M>(work) {
        for (place, instance) in rows.iter().enumerate() {
            ended::deleted(instance, row_of(place), work)?;
        }
    }
    if heard.is_empty() {
        return Ok(());
    }
    let (using, sender, signal) = (work.using()?, M::meta(), post_delete::NAME);
    let Reason { origin, root } = reason;
    if heard.has_rows() {
        for (place, instance) in rows.iter().enumerate() {
            work.record(signal, instance, |sent| sent);
            let previous = row_of(place);
            let mut event = PostDelete { instance, previous, origin, root, using, tx: work.tx(), sender, signal };
            send::<post_delete, M>(&heard.rows, &mut event, work.sending(false)?, work).await?;
        }
    }
    if !heard.sets.is_empty() {
        let instances = Instances::new(&rows);
        let mut event = PostDeleteSet { instances, previous, origin, root, using, tx: work.tx(), sender, signal };
        send::<post_delete_set, M>(&heard.sets, &mut event, work.sending(false)?, work).await?;
    }
    Ok(())
}
