//! Attempts of an upsert that others have made fail.

use super::plan::unique_keys;
use crate::backend::UniqueKey;
use crate::db::Handle;
use crate::error::{Error, Result};
use crate::store::Model;
use crate::store::write_scope::WriteScope;

/// The number of attempts, if others insert or delete the rows meanwhile.
pub(super) const ATTEMPTS: usize = 3;

/// Why an attempt has failed.
pub(super) enum Failure {
    /// Others changed the rows since they were read. The call begins again.
    Lost(Option<Refused>),
    /// A deadlock with others, before any `post_save`. The call begins again.
    Deadlock(Error),
    Error(Error),
}

impl Failure {
    /// Returns the failure of a step before any `post_save`.
    pub(super) fn before_post_save(self, scope: &WriteScope<'_>) -> Self {
        match self {
            Self::Error(error) if is_deadlock(&error, scope) => Self::Deadlock(error),
            failure => failure,
        }
    }
}

/// Returns whether a statement of the call failed because of others, in its own transaction. In that of a caller, MySQL
/// undoes all of it.
pub(super) fn is_deadlock(error: &Error, scope: &WriteScope<'_>) -> bool {
    let is_own = scope.is_outermost() && matches!(error, Error::Database { .. });
    is_own && (error.is_deadlock() || error.is_serialization_failure())
}

/// A refused INSERT of rows that were missing when they were read.
pub(super) struct Refused {
    /// The positions of the rows in the list.
    pub(super) missing: Vec<usize>,
    pub(super) error: Error,
    /// Whether the attempt before was refused too, and the rows were still missing afterwards.
    pub(super) is_repeated: bool,
}

/// The unique key that refused an INSERT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefusedBy {
    ConflictKey,
    OtherKey,
    /// MySQL names an index, which may have any name if it has several columns.
    Unknown,
}

impl Refused {
    /// Returns the unique key that the database names.
    pub(super) fn key<M: Model>(&self, conflict: &[usize], on: Handle<'_>) -> RefusedBy {
        let Error::Database { source, .. } = &self.error else { return RefusedBy::OtherKey };
        let meta = M::meta();
        let is_taken = |key: &[usize]| {
            let columns: Vec<_> = key.iter().map(|index| meta.columns()[*index].column).collect();
            let key = UniqueKey { columns: &columns, is_primary: key == meta.primary_key_columns() };
            on.db().backend().is_key_taken(source, &key)
        };
        if is_taken(conflict) {
            RefusedBy::ConflictKey
        } else if unique_keys(meta).any(is_taken) {
            RefusedBy::OtherKey
        } else {
            RefusedBy::Unknown
        }
    }

    /// Returns whether the rows are still missing.
    pub(super) fn are_missing<T>(&self, found: &[Option<T>]) -> bool {
        self.missing.iter().all(|place| found[*place].is_none())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Undoes what a failed attempt has written.
pub(super) async fn undo<M: Model>(scope: WriteScope<'_>) -> Result<()> {
    match scope.end::<()>(Err(contended::<M>())).await {
        Err(Error::UpsertContended { .. }) | Ok(()) => Ok(()),
        Err(error) => Err(error),
    }
}

pub(super) fn contended<M: Model>() -> Error {
    Error::UpsertContended { model: M::meta().name(), attempts: ATTEMPTS }
}
