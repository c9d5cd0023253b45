//! The INSERT of many instances.

use std::fmt;
use std::future::IntoFuture;

use futures_util::future::BoxFuture;

use super::BulkOptions;
use super::insert::Inserts;
use super::keyed_first::KeyedFirst;
use crate::db::Handle;
use crate::error::Result;
use crate::store::Model;
use crate::store::key_guard::{KeyGuard, generate_key};
use crate::store::options::option_method;
use crate::store::send::{PreSaveReceivers, SaveReceivers, WriteOutcome, post_save_of, pre_save_of};
use crate::store::write_scope::WriteScope;

/// An INSERT of many instances that is about to happen: `.await` it, or set options first.
#[must_use = "a bulk write does nothing until it is awaited"]
pub struct BulkCreate<'a, M> {
    instances: &'a mut [M],
    on: Handle<'a>,
    options: BulkOptions,
}

impl<M: Model> fmt::Debug for BulkCreate<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkCreate")
            .field("model", &M::meta().name())
            .field("instances", &self.instances.len())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<'a, M: Model> BulkCreate<'a, M> {
    pub(in crate::store) fn new(instances: &'a mut [M], on: Handle<'a>) -> Self {
        Self { instances, on, options: BulkOptions::default() }
    }

    option_method! { batch_size: options.batch_size }
    option_method! { raw: options.raw }
    option_method! { quiet: options.quiet }

    async fn run(self) -> Result<()> {
        let Self { instances, on, options } = self;
        let size = options.rows_of_a_chunk::<M>(on)?;
        let mut scope = WriteScope::new(on);
        let may_change = !options.quiet && PreSaveReceivers::<M>::now(&scope).may_change_rows(options.raw);
        let kept = KeyGuard::new(instances, may_change);
        for instance in &mut *kept.held {
            generate_key(instance);
        }
        let ordered = KeyedFirst::of(kept.held, size);
        let created = create(ordered.rows, size, options, &mut scope).await;
        // Back in their order, before the guard gives keys back by their places.
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

/// `pre_save` of the rows of a chunk, their INSERT, their `post_save`; then the next chunk.
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
