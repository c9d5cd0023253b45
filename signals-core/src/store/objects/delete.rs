//! The DELETE of a query set.

use std::future::IntoFuture;

use futures_util::future::BoxFuture;

use super::{read_key, reading};
use crate::backend::Args;
use crate::db::{Doing, Statement};
use crate::error::Result;
use crate::query::{Built, Select};
use crate::store::calls::{Audience, DeleteObjects, Deleted};
use crate::store::delete::delete_locked_set;
use crate::store::keys::Keys;
use crate::store::write_scope::WriteScope;
use crate::store::{Model, after_transaction};

impl<M: Model> DeleteObjects<'_, M> {
    async fn run(self) -> Result<Deleted> {
        let Self { select, on, quiet, .. } = self;
        let audience = Audience::unless(quiet);
        let Built { statement, args } = select.delete(on.db().backend())?;
        let mut scope = WriteScope::new(on);
        let deleted = if audience.misses_all(M::state(), &scope) {
            delete_unseen::<M>(&statement, args, &mut scope).await
        } else {
            read_and_delete::<M>(&select, audience, &mut scope).await
        };
        scope.end(deleted).await
    }
}

impl<'a, M: Model> IntoFuture for DeleteObjects<'a, M> {
    type Output = Result<Deleted>;
    type IntoFuture = BoxFuture<'a, Result<Deleted>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Executes only the DELETE.
async fn delete_unseen<M: Model>(statement: &Statement, args: Args, scope: &mut WriteScope<'_>) -> Result<Deleted> {
    let meta = M::meta();
    scope.open_if(after_transaction::awaits_end(M::meta(), scope.handle())).await?;
    let done = scope.handle().run(statement, args, Doing { verb: "DELETE", model: meta.name() }).await?;
    after_transaction::reread(M::state(), scope.handle()).await?;
    let mut deleted = Deleted::default();
    deleted.add(meta, done.rows);
    Ok(deleted)
}

async fn read_and_delete<M: Model>(select: &Select, audience: Audience, scope: &mut WriteScope<'_>) -> Result<Deleted> {
    scope.open_if(true).await?;
    let on = scope.handle();
    let Built { statement, args } = select.clone().by_key().keys_to_write(on.db().backend())?;
    let keys = on.all(&statement, args, reading::<M>(), read_key::<M>).await?;
    delete_locked_set(M::state(), Box::new(Keys::<M::Key>(keys)), audience, scope).await
}
