//! The delete of one instance.

use std::collections::BTreeMap;
use std::future::IntoFuture;

use futures_util::future::BoxFuture;

use super::work::{Work, key_missing, needed_after, needed_before};
use super::write::bind;
use super::{DeleteOrigin, Model, PostDelete, PreDelete, ended, post_delete, pre_delete};
use crate::db::{Doing, Handle};
use crate::dispatch::send;
use crate::error::Result;
use crate::model::PrimaryKey as _;
use crate::signal::Signal as _;

/// How many rows a delete removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deleted {
    by_model: BTreeMap<&'static str, u64>,
}

impl Deleted {
    fn one<M: Model>(rows: u64) -> Self {
        let by_model = (rows > 0).then(|| (M::meta().name(), rows)).into_iter().collect();
        Self { by_model }
    }

    /// The rows of all models together.
    pub fn rows(&self) -> u64 {
        self.by_model.values().sum()
    }

    /// The rows of each model, by its name. Models that lost no row are left out.
    pub fn by_model(&self) -> &BTreeMap<&'static str, u64> {
        &self.by_model
    }
}

/// A delete that is about to happen: `.await` it, or set options first.
#[must_use = "a delete does nothing until it is awaited"]
pub struct Delete<'a, M: Model> {
    instance: &'a M,
    on: Handle<'a>,
    quiet: bool,
}

impl<'a, M: Model> Delete<'a, M> {
    pub(super) fn new(instance: &'a M, on: Handle<'a>) -> Self {
        Self { instance, on, quiet: false }
    }

    /// Sends no signals.
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    async fn run(self) -> Result<Deleted> {
        let Self { instance, on, quiet } = self;
        if instance.key().key().is_none() {
            return Err(key_missing(M::meta().name(), "delete", "save it first"));
        }
        if quiet {
            return delete_row(instance, on).await;
        }
        let mut work = Work::new(on);
        let outcome = send_and_delete(instance, &mut work).await;
        work.end(outcome).await
    }
}

impl<'a, M: Model> IntoFuture for Delete<'a, M> {
    type Output = Result<Deleted>;
    type IntoFuture = BoxFuture<'a, Result<Deleted>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// `pre_delete`, the DELETE, `post_delete`.
async fn send_and_delete<M: Model>(instance: &M, work: &mut Work<'_>) -> Result<Deleted> {
    let using = work.using()?;
    let (sender, origin) = (M::meta(), DeleteOrigin::Direct);
    let receivers = work.heard::<pre_delete, M>();
    work.record(pre_delete::NAME, instance, |sent| sent);
    if !receivers.is_empty() {
        work.open_if(needed_before(&receivers, false)).await?;
        let signal = pre_delete::NAME;
        let mut event = PreDelete { instance, origin, using, tx: work.tx(), sender, signal };
        send::<pre_delete, M, _>(&receivers, &mut event, work.sending(false)?, work).await?;
    }
    let receivers = work.heard::<post_delete, M>();
    work.open_if(needed_after(&receivers, false)).await?;
    ended::check(instance, work)?;
    let deleted = delete_row(instance, work.handle()).await?;
    if ended::is_told::<M>(work) {
        ended::deleted(instance, work)?;
    }
    work.record(post_delete::NAME, instance, |sent| sent);
    if !receivers.is_empty() {
        let signal = post_delete::NAME;
        let mut event = PostDelete { instance, origin, using, tx: work.tx(), sender, signal };
        send::<post_delete, M, _>(&receivers, &mut event, work.sending(false)?, work).await?;
    }
    Ok(deleted)
}

async fn delete_row<M: Model>(instance: &M, on: Handle<'_>) -> Result<Deleted> {
    let meta = M::meta();
    let args = bind(instance, on, std::iter::once(meta.primary_key_index()))?;
    let statement = &M::state().statements(on.db()?.backend()).delete;
    let done = on.run(statement, args, Doing { verb: "DELETE", model: meta.name() }).await?;
    Ok(Deleted::one::<M>(done.rows))
}
