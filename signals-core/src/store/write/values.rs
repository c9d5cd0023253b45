//! The values that a statement of a save binds.

use crate::backend::{Args, Backend};
use crate::db::Handle;
use crate::error::{Error, Result};
use crate::model::{Entity, Key, ModelKey, ModelMeta};
use crate::store::Model;

/// Returns the key that the database generated.
///
/// # Errors
///
/// [`Error::KeyOutOfRange`] if the key's type cannot hold it.
pub(in crate::store) fn generated<M: Model>(on: Handle<'_>, id: i64) -> Result<M::Key> {
    key_of_number(M::meta(), on.db().backend(), id)
}

fn key_of_number<K: ModelKey>(meta: &'static ModelMeta, backend: Backend, id: i64) -> Result<K> {
    let number = backend.generated_key(id);
    // A number beyond `i64::MAX` fits only a `u64`.
    let fits = |key: &K| number == i128::from(id) || matches!(key.key(), Some(Key::Unsigned(_)));
    K::from_generated(id).filter(fits).ok_or(Error::KeyOutOfRange { model: meta.name(), key: number })
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
