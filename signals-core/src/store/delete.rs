//! The delete of one instance.

mod bulk;
mod cascade;
mod held;
mod unchecked;

use std::future::IntoFuture;
use std::slice;

use futures_util::future::BoxFuture;

use super::bound_key::bind_key;
use super::calls::{Audience, Delete, Deleted};
use super::key_errors::key_missing;
use super::keys::Keys;
use super::payload::Reason;
use super::relations::incoming;
use super::send::{DeleteReceivers, post_delete_of, pre_delete_of};
use super::table::run_by_key;
use super::write_scope::WriteScope;
use super::{Model, after_transaction, load};
use crate::db::{Doing, Handle};
use crate::error::Result;
use crate::model::AnyModel as _;

use cascade::delete_instance;
pub(super) use cascade::{delete_locked_set, delete_set};

impl<M: Model> Delete<'_, M> {
    async fn run(self) -> Result<Deleted> {
        let Self { instance, on, quiet } = self;
        if instance.pk().is_none() {
            return Err(key_missing(M::meta().name(), "delete", "save it first"));
        }
        let mut scope = WriteScope::new(on);
        if !incoming(M::meta()).is_empty() {
            let audience = Audience::unless(quiet);
            let key = Box::new(Keys(vec![instance.key()]));
            // Boxed, since most deletes reach nothing and need not carry it.
            let outcome = Box::pin(delete_instance(M::state(), key, instance, audience, &mut scope)).await;
            return scope.end(outcome).await;
        }
        if quiet {
            let deleted = delete_row(instance, on).await?;
            if deleted.rows() > 0 {
                after_transaction::deleted_quietly(instance, on)?;
            }
            return Ok(deleted);
        }
        let outcome = send_and_delete(instance, &mut scope).await;
        scope.end(outcome).await
    }
}

impl<'a, M: Model> IntoFuture for Delete<'a, M> {
    type Output = Result<Deleted>;
    type IntoFuture = BoxFuture<'a, Result<Deleted>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Sends `pre_delete`, deletes a row that no other row references, and sends `post_delete`.
async fn send_and_delete<M: Model>(instance: &M, scope: &mut WriteScope<'_>) -> Result<Deleted> {
    let (rows, reason) = (slice::from_ref(instance), Reason::direct(instance));
    let mut row = LockedRow::Unread;
    let receivers = DeleteReceivers::now(scope);
    if receivers.name_previous() {
        scope.open_if(true).await?;
        row = read_row(instance, scope).await?;
    }
    let pre_delete = &receivers.before;
    pre_delete_of(pre_delete, rows, &[row.previous()], reason, scope).await?;
    // `post_delete` gets the row that the statement deletes. A receiver of `pre_delete` may have changed it.
    if pre_delete.may_write() && !matches!(row, LockedRow::Unread) {
        row = read_row(instance, scope).await?;
    }
    let receivers = receivers.after_pre_delete(scope);
    scope.open_if(receivers.after.needed_after(false)).await?;
    receivers.finalized.check(instance)?;
    if matches!(row, LockedRow::Missing) {
        // A row that others insert from now on is a different one.
        return Ok(Deleted::default());
    }
    let deleted = delete_row(instance, scope.handle()).await?;
    if deleted.rows() > 0 {
        post_delete_of(&receivers, rows, &[row.previous()], reason, scope).await?;
    }
    Ok(deleted)
}

/// The row of an instance that is being deleted.
enum LockedRow<M> {
    /// Not read, since no receiver names it.
    Unread,
    Missing,
    Read(M),
}

impl<M> LockedRow<M> {
    fn previous(&self) -> Option<&M> {
        if let Self::Read(row) = self { Some(row) } else { None }
    }
}

async fn read_row<M: Model>(instance: &M, scope: &WriteScope<'_>) -> Result<LockedRow<M>> {
    let row = load::before_write(M::state(), scope.handle(), instance).await?;
    Ok(row.map_or(LockedRow::Missing, LockedRow::Read))
}

async fn delete_row<M: Model>(instance: &M, on: Handle<'_>) -> Result<Deleted> {
    let meta = M::meta();
    let args = bind_key(instance, on)?;
    let statement = &M::state().statements(on.db().backend()).delete;
    let done = run_by_key(instance, on, statement, args, Doing { verb: "DELETE", model: meta.name() }).await?;
    let mut deleted = Deleted::default();
    deleted.add(meta, done.rows);
    Ok(deleted)
}
