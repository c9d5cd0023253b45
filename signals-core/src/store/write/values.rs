//! The values that a statement of a save binds.

use crate::backend::Args;
use crate::db::Handle;
use crate::error::{Error, Result};
use crate::model::Entity;
use crate::store::Model;

/// Returns the error of a generated key that the instance cannot hold.
pub(in crate::store) fn unfit<M: Model>(id: i64) -> Error {
    Error::KeyOutOfRange { model: M::meta().name(), key: id }
}

/// Binds the values of these columns.
pub(in crate::store) fn bind<M: Entity>(
    instance: &M,
    on: Handle<'_>,
    columns: impl Iterator<Item = usize>,
) -> Result<Args> {
    let mut args = Args::new(on.db().backend(), M::meta().columns().len());
    for column in columns {
        bind_column(instance, column, &mut args)?;
    }
    Ok(args)
}

/// Binds the value of one column.
pub(in crate::store) fn bind_column<M: Entity>(instance: &M, column: usize, args: &mut Args) -> Result<()> {
    let meta = M::meta();
    instance.bind(column, args).map_err(|error| error.of_field(meta.name(), meta.columns()[column].field))
}
