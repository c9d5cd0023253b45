//! The save of a new instance that is handed back.

use std::fmt;
use std::future::IntoFuture;

use futures_util::future::BoxFuture;

use super::{Model, Save};
use crate::db::Handle;
use crate::error::Result;

/// The insert of a new row: `.await` it, or set options first. [`Model::create`] makes it.
#[must_use = "nothing is created until it is awaited"]
pub struct Create<'a, M> {
    instance: M,
    on: Handle<'a>,
    raw: bool,
    quiet: bool,
}

impl<M: Model> fmt::Debug for Create<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Create")
            .field("model", &M::meta().name())
            .field("raw", &self.raw)
            .field("quiet", &self.quiet)
            .finish_non_exhaustive()
    }
}

impl<'a, M: Model> Create<'a, M> {
    pub(super) fn new(instance: M, on: Handle<'a>) -> Self {
        Self { instance, on, raw: false, quiet: false }
    }

    /// Writes as [`Save::raw`] does: `auto_now` fields keep their values, and only receivers marked `raw` are called.
    pub fn raw(mut self) -> Self {
        self.raw = true;
        self
    }

    /// Sends no signals.
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }
}

impl<'a, M: Model> IntoFuture for Create<'a, M> {
    type Output = Result<M>;
    type IntoFuture = BoxFuture<'a, Result<M>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { mut instance, on, raw, quiet } = self;
        Box::pin(async move {
            let mut save = Save::new(&mut instance, on).force_insert();
            if raw {
                save = save.raw();
            }
            if quiet {
                save = save.quiet();
            }
            save.run().await?;
            Ok(instance)
        })
    }
}
