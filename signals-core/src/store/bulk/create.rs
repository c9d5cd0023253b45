//! The INSERT of many instances.

use std::future::IntoFuture;

use futures_util::future::BoxFuture;

use super::insert::Inserts;
use super::reordered::Reordered;
use super::rows_of_a_chunk;
use crate::error::Result;
use crate::store::Model;
use crate::store::calls::{BulkCreate, BulkOptions};
use crate::store::save::validate;
use crate::store::send::{PreSaveReceivers, SaveReceivers, WriteOutcome, post_save_of, pre_save_of};
use crate::store::write_scope::{KeyGuard, WriteScope, generate_key};

impl<M: Model> BulkCreate<'_, M> {
    async fn run(self) -> Result<()> {
        let Self { instances, on, options } = self;
        let size = rows_of_a_chunk::<M>(options.batch_size, on)?;
        if !options.raw {
            instances.iter().try_for_each(validate)?;
        }
        let mut scope = WriteScope::new(on);
        let may_change = !options.quiet && PreSaveReceivers::<M>::now(&scope).may_change_rows(options.raw);
        let kept = KeyGuard::new(instances, may_change);
        for instance in &mut *kept.held {
            generate_key(instance);
        }
        let ordered = Reordered::keyed_first(kept.held, size);
        let created = create(ordered.rows, size, options, &mut scope).await;
        // Restores the order first, since the guard restores keys by position.
        drop(ordered);
        kept.end(scope, created).await
    }
}

impl<'a, M: Model> IntoFuture for BulkCreate<'a, M> {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'a, Result<()>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// For each chunk, sends `pre_save`, inserts the rows and sends `post_save`.
async fn create<M: Model>(rows: &mut [M], size: usize, options: BulkOptions, scope: &mut WriteScope<'_>) -> Result<()> {
    scope.open_if(rows.len() > size).await?;
    let mut inserts = Inserts::new(size);
    for rows in rows.chunks_mut(size) {
        let receivers = insert(rows, &mut inserts, options, scope).await?;
        created(rows, receivers.as_ref(), options, scope).await?;
    }
    Ok(())
}

/// The receivers of the `post_save` of inserted rows, for each chunk. There are none if the call is quiet.
pub(in crate::store) struct InsertedChunks<M: Model>(Vec<Option<SaveReceivers<M>>>);

/// Sends `pre_save` and inserts the rows, chunk by chunk. The caller sends `post_save` later.
pub(in crate::store) async fn insert_chunks<M: Model>(
    rows: &mut [M],
    size: usize,
    options: BulkOptions,
    scope: &mut WriteScope<'_>,
) -> Result<InsertedChunks<M>> {
    scope.open_if(rows.len() > size).await?;
    let mut inserts = Inserts::new(size);
    let mut receivers = Vec::with_capacity(rows.len().div_ceil(size));
    for rows in rows.chunks_mut(size) {
        receivers.push(insert(rows, &mut inserts, options, scope).await?);
    }
    Ok(InsertedChunks(receivers))
}

impl<M: Model> InsertedChunks<M> {
    /// Sends `post_save` of these rows, in chunks of the same size.
    pub(in crate::store) async fn send_post_save(
        self,
        rows: &[M],
        size: usize,
        options: BulkOptions,
        scope: &mut WriteScope<'_>,
    ) -> Result<()> {
        for (rows, receivers) in rows.chunks(size).zip(&self.0) {
            created(rows, receivers.as_ref(), options, scope).await?;
        }
        Ok(())
    }
}

/// Sends `pre_save` and inserts the rows of one chunk. Returns the receivers of `post_save`, unless the call is quiet.
async fn insert<M: Model>(
    rows: &mut [M],
    inserts: &mut Inserts,
    options: BulkOptions,
    scope: &mut WriteScope<'_>,
) -> Result<Option<SaveReceivers<M>>> {
    let BulkOptions { raw, quiet, .. } = options;
    if quiet {
        inserts.run(rows, raw, scope).await?;
        return Ok(None);
    }
    let mut receivers = SaveReceivers::now(scope);
    pre_save_of(&receivers.before, rows, &[], None, raw, scope).await?;
    receivers.refresh(scope);
    scope.open_if(receivers.after.needed_after(raw)).await?;
    rows.first().map_or(Ok(()), |row| receivers.finalized.check(row))?;
    inserts.run(rows, raw, scope).await?;
    Ok(Some(receivers))
}

/// Sends `post_save` of inserted rows.
async fn created<M: Model>(
    rows: &[M],
    receivers: Option<&SaveReceivers<M>>,
    options: BulkOptions,
    scope: &mut WriteScope<'_>,
) -> Result<()> {
    let Some(receivers) = receivers else { return Ok(()) };
    let created = vec![true; rows.len()];
    let outcome = WriteOutcome { created: &created, fields: None, raw: options.raw };
    post_save_of(receivers, rows, &[], outcome, scope).await
}
