//! The delete of one instance.

mod cascade;
mod held;
mod unchecked;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::future::IntoFuture;
use std::slice;

use futures_util::future::BoxFuture;

use super::keys::Keys;
use super::origin::Reason;
use super::relations::{Audience, incoming};
use super::send::{DeleteReceivers, post_delete_of, pre_delete_of};
use super::table::run_by_key;
use super::write::bind_key;
use super::write_scope::{WriteScope, key_missing};
use super::{Model, after_transaction, load};
use crate::db::{Doing, Handle};
use crate::error::Result;
use crate::model::{Entity, ModelMeta, PrimaryKey as _};

use cascade::delete_instance;
pub(super) use cascade::{delete_locked_set, delete_set};

/// How many rows a delete removed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Deleted {
    by_model: BTreeMap<&'static str, u64>,
    exact: HashMap<&'static ModelMeta, u64>,
}

impl Deleted {
    pub(super) fn add(&mut self, meta: &'static ModelMeta, rows: u64) {
        if rows > 0 {
            *self.by_model.entry(meta.name()).or_default() += rows;
            *self.exact.entry(meta).or_default() += rows;
        }
    }

    /// The rows of all models together.
    pub fn rows(&self) -> u64 {
        self.by_model.values().sum()
    }

    /// The rows of one model.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Model)]
    /// # struct Album { id: i64 }
    /// # #[derive(Model)]
    /// # struct Track { id: i64, #[model(references = Album, on_delete = cascade)] album_id: i64 }
    /// # async fn example(db: &Db, album: Album) -> Result<()> {
    /// println!("{} tracks went with it", album.delete(db).await?.of::<Track>());
    /// # Ok(()) }
    /// ```
    pub fn of<M: Entity>(&self) -> u64 {
        self.exact.get(M::meta()).copied().unwrap_or_default()
    }

    /// The rows of each model, by its name. Models that lost no row are left out.
    ///
    /// Models of the same name, such as `shop::Item` and `blog::Item`, are counted as one; [`of`](Self::of) tells them apart.
    pub fn by_model(&self) -> &BTreeMap<&'static str, u64> {
        &self.by_model
    }
}

impl fmt::Debug for Deleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Deleted").field(&self.by_model).finish()
    }
}

/// A delete that is about to happen: `.await` it, or set options first.
#[must_use = "a delete does nothing until it is awaited"]
pub struct Delete<'a, M> {
    instance: &'a M,
    on: Handle<'a>,
    quiet: bool,
}

impl<M: Model> fmt::Debug for Delete<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delete").field("model", &M::meta().name()).field("quiet", &self.quiet).finish_non_exhaustive()
    }
}

impl<'a, M: Model> Delete<'a, M> {
    pub(super) fn new(instance: &'a M, on: Handle<'a>) -> Self {
        Self { instance, on, quiet: false }
    }

    /// Sends no signals, for no row that the delete reaches.
    ///
    /// It does all else as ever: rows that reference the deleted ones are deleted, emptied or stand in the way, since the database would refuse to leave
    /// them without what they reference.
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    async fn run(self) -> Result<Deleted> {
        let Self { instance, on, quiet } = self;
        if instance.key().key().is_none() {
            return Err(key_missing(M::meta().name(), "delete", "save it first"));
        }
        let mut scope = WriteScope::new(on);
        if !incoming(M::meta()).is_empty() {
            let audience = if quiet { Audience::Nobody } else { Audience::Receivers };
            let key = Box::new(Keys(vec![instance.key().clone()]));
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

/// `pre_delete`, the DELETE, `post_delete`, of a row that nothing follows from.
async fn send_and_delete<M: Model>(instance: &M, scope: &mut WriteScope<'_>) -> Result<Deleted> {
    let (rows, reason) = (slice::from_ref(instance), Reason::direct(instance));
    let mut row = LockedRow::Unread;
    let receivers = DeleteReceivers::now(scope);
    if receivers.name_previous() {
        scope.open_if(true).await?;
        row = read_row(instance, scope).await?;
    }
    let heard = &receivers.before;
    pre_delete_of(heard, rows, &[row.previous()], reason, scope).await?;
    if heard.may_write() && !matches!(row, LockedRow::Unread) {
        row = read_row(instance, scope).await?;
    }
    let receivers = receivers.after_pre_delete(scope);
    scope.open_if(receivers.after.needed_after(false)).await?;
    receivers.finalized.check(instance)?;
    if matches!(row, LockedRow::Missing) {
        // One that others insert from now on is not the one that was looked for.
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
    /// No receiver names it.
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
    let row = load::before_write(scope.handle(), instance.key()).await?;
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
