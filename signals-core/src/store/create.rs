//! The save of a new instance that is handed back.

use std::fmt;
use std::future::IntoFuture;

use futures_util::future::BoxFuture;

use super::options::option_method;
use super::save::SaveOptions;
use super::{Model, Save};
use crate::db::Handle;
use crate::error::Result;

/// The insert of a new row: `.await` it, or set options first. [`Model::create`] makes it.
#[must_use = "nothing is created until it is awaited"]
pub struct Create<'a, M> {
    instance: M,
    on: Handle<'a>,
    options: SaveOptions,
}

impl<M: Model> fmt::Debug for Create<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Create")
            .field("model", &M::meta().name())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<'a, M: Model> Create<'a, M> {
    pub(super) fn new(instance: M, on: Handle<'a>) -> Self {
        Self { instance, on, options: SaveOptions { force_insert: true, ..SaveOptions::default() } }
    }

    option_method! { raw: options.raw }
    option_method! { quiet: options.quiet }
}

impl<'a, M: Model> IntoFuture for Create<'a, M> {
    type Output = Result<M>;
    type IntoFuture = BoxFuture<'a, Result<M>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { mut instance, on, options } = self;
        Box::pin(async move {
            Save { instance: &mut instance, on, options }.run().await?;
            Ok(instance)
        })
    }
}
