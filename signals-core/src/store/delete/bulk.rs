//! The DELETE of many instances.

use std::future::IntoFuture;

use futures_util::future::BoxFuture;

use super::delete_set;
use crate::error::Result;
use crate::model::AnyModel as _;
use crate::store::calls::{Audience, BulkDelete, Deleted};
use crate::store::chunk::Chunk;
use crate::store::key_errors::key_missing;
use crate::store::keys::{AnyKeys, Keys, chunks};
use crate::store::table::is_key_unique;
use crate::store::write_scope::WriteScope;
use crate::store::{Model, after_transaction};

impl<M: Model> BulkDelete<'_, M> {
    async fn run(self) -> Result<Deleted> {
        let Self { instances, on, quiet } = self;
        let audience = Audience::unless(quiet);
        let mut keys = Keys::default();
        for instance in instances {
            if instance.pk().is_none() {
                return Err(key_missing(M::meta().name(), "delete", "leave it out, since it has no row"));
            }
            keys.0.push(instance.key());
        }
        if instances.is_empty() {
            return Ok(Deleted::default());
        }
        let mut scope = WriteScope::new(on);
        let deleted = if audience.misses_all(M::state(), &scope) {
            delete_unseen::<M>(keys, &mut scope).await
        } else {
            delete_set(M::state(), Box::new(keys), audience, &mut scope).await
        };
        scope.end(deleted).await
    }
}

impl<'a, M: Model> IntoFuture for BulkDelete<'a, M> {
    type Output = Result<Deleted>;
    type IntoFuture = BoxFuture<'a, Result<Deleted>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Executes only the DELETEs.
async fn delete_unseen<M: Model>(mut keys: Keys<M::Key>, scope: &mut WriteScope<'_>) -> Result<Deleted> {
    keys.arrange();
    let parts = chunks(keys.len());
    let meta = M::meta();
    let references_itself = meta.references().any(|(_, reference)| reference.target() == meta);
    let needs_one = parts.len() > 1 || after_transaction::awaits_end(M::meta(), scope.handle());
    // If the statement reaches more rows than keys, it must be undone.
    scope.open_if(needs_one || !is_key_unique(meta, scope.handle()).await?).await?;
    // A row of a later part may reference a row of this part.
    scope.defer_references_if(parts.len() > 1 && references_itself).await?;
    let mut deleted = Deleted::default();
    for places in parts {
        let rows = Chunk::by_key(M::state(), &keys, places).delete(scope.handle()).await?;
        deleted.add(meta, rows);
    }
    after_transaction::reread(M::state(), scope.handle()).await?;
    Ok(deleted)
}
