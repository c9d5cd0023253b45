//! The INSERT of many instances.

use std::future::IntoFuture;

use futures_util::future::BoxFuture;

use super::insert::Inserts;
use super::keyed_first::KeyedFirst;
use super::rows_of_a_chunk;
use crate::error::Result;
use crate::store::Model;
use crate::store::calls::{BulkCreate, BulkOptions};
use crate::store::send::{PreSaveReceivers, SaveReceivers, WriteOutcome, post_save_of, pre_save_of};
use crate::store::write_scope::{KeyGuard, WriteScope, generate_key};

impl<M: Model> BulkCreate<'_, M> {
    async fn run(self) -> Result<()> {
        let Self { instances, on, options } = self;
        let size = rows_of_a_chunk::<M>(options.batch_size, on)?;
        let mut scope = WriteScope::new(on);
        let may_change = !options.quiet && PreSaveReceivers::<M>::now(&scope).may_change_rows(options.raw);
        let kept = KeyGuard::new(instances, may_change);
        for instance in &mut *kept.held {
            generate_key(instance);
        }
        let ordered = KeyedFirst::of(kept.held, size);
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
    let BulkOptions { raw, quiet, .. } = options;
    scope.open_if(rows.len() > size).await?;
    let mut inserts = Inserts::new(size);
    let created = vec![true; size.min(rows.len())];
    for rows in rows.chunks_mut(size) {
        if quiet {
            inserts.run(rows, raw, scope).await?;
            continue;
        }
        let mut receivers = SaveReceivers::now(scope);
        pre_save_of(&receivers.before, rows, &[], None, raw, scope).await?;
        receivers.refresh(scope);
        scope.open_if(receivers.after.needed_after(raw)).await?;
        rows.first().map_or(Ok(()), |row| receivers.finalized.check(row))?;
        inserts.run(rows, raw, scope).await?;
        let outcome = WriteOutcome { created: &created[..rows.len()], fields: None, raw };
        post_save_of(&receivers, rows, &[], outcome, scope).await?;
    }
    Ok(())
}
