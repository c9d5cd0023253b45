//! The statements that read the rows of a query set.

use crate::backend::Backend;
use crate::db::Handle;
use crate::error::Result;
use crate::query::{Built, Select};

/// Builds a statement that reads rows on this handle.
///
/// # Errors
///
/// See [`Select::refuse_lock_on`].
pub(in crate::store) fn built(
    select: &Select,
    on: Handle<'_>,
    statement: impl FnOnce(&Select, Backend) -> Result<Built>,
) -> Result<Built> {
    select.refuse_lock_on(on)?;
    statement(select, on.db().backend())
}
