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

/// Sends `pre_delete` for rows that are deleted for the same reason.
pub(in crate::store) async fn pre_delete_of<M: Model>(
    heard: &PreDeleteHeard<M>,
    rows: &[M],
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
        for instance in rows {
            work.record(signal, instance, |sent| sent);
            let mut event = PreDelete { instance, origin, root, using, tx: work.tx(), sender, signal };
            send::<pre_delete, M, _>(&heard.rows, &mut event, work.sending(false)?, work).await?;
        }
    }
    if !heard.sets.is_empty() {
        let instances = Instances::new(&rows);
        let mut event = PreDeleteSet { instances, origin, root, using, tx: work.tx(), sender, signal };
        send::<pre_delete_set, M, _>(&heard.sets, &mut event, work.sending(false)?, work).await?;
    }
    Ok(())
}

/// Sends `post_delete` for rows that were deleted for the same reason, and keeps them for those who are told at the end of the transaction.
pub(in crate::store) async fn post_delete_of<M: Model>(
    heard: &PostDeleteHeard<M>,
    rows: &[M],
    reason: Reason<'_>,
    work: &mut Work<'_>,
) -> Result<()> {
    if ended::is_told::<M>(work) {
        for instance in rows {
            ended::deleted(instance, work)?;
        }
    }
    if heard.is_empty() {
        return Ok(());
    }
    let (using, sender, signal) = (work.using()?, M::meta(), post_delete::NAME);
    let Reason { origin, root } = reason;
    if heard.has_rows() {
        for instance in rows {
            work.record(signal, instance, |sent| sent);
            let mut event = PostDelete { instance, origin, root, using, tx: work.tx(), sender, signal };
            send::<post_delete, M, _>(&heard.rows, &mut event, work.sending(false)?, work).await?;
        }
    }
    if !heard.sets.is_empty() {
        let instances = Instances::new(&rows);
        let mut event = PostDeleteSet { instances, origin, root, using, tx: work.tx(), sender, signal };
        send::<post_delete_set, M, _>(&heard.sets, &mut event, work.sending(false)?, work).await?;
    }
    Ok(())
}
