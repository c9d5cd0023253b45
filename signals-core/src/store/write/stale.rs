//! The check of versions, by which a save of a stale instance is refused.

use futures_util::future::BoxFuture;

use super::values::bind_column;
use crate::backend::Args;
use crate::db::{Doing, Handle};
use crate::error::{Error, Result};
use crate::store::Model;
use crate::store::bound_key::bind_key;
use crate::store::key_errors::shown_key_of;

/// Fails if the row of an instance has another version, after an UPDATE that found no row.
///
/// Boxed, so that other models have no code for it.
pub(super) fn refuse_stale<'a, M: Model>(instance: &'a M, on: Handle<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let Some(version) = M::meta().version() else { return Ok(()) };
        let statement = &M::state().statements(on.db().backend()).select_to_write;
        let doing = Doing { verb: "SELECT", model: M::meta().name() };
        let row: Option<M> = on.first(statement, bind_key(instance, on)?, doing, M::load).await?;
        row.map_or(Ok(()), |row| refuse_other_version(instance, &row, version, on))
    })
}

/// Fails if the stored row of an instance has another version.
pub(in crate::store) fn refuse_other_version<M: Model>(
    instance: &M,
    row: &M,
    version: usize,
    on: Handle<'_>,
) -> Result<()> {
    let [mut own, mut stored] = [(); 2].map(|()| Args::new(on.db().backend(), 1));
    bind_column(instance, version, &mut own)?;
    bind_column(row, version, &mut stored)?;
    if own.is_same(&stored) {
        return Ok(());
    }
    Err(Error::Stale { model: M::meta().name(), key: shown_key_of(instance) })
}
