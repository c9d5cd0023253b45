//! The key of a row, bound to find the row by it.

use crate::backend::Args;
use crate::db::Handle;
use crate::error::Result;
use crate::model::{Entity, ModelKey};

/// Binds only the key, to find the row by it.
pub(super) fn bind_key<M: Entity>(instance: &M, on: Handle<'_>) -> Result<Args> {
    let mut args = Args::new(on.db().backend(), M::meta().primary_key_columns().len());
    add_key(instance, &mut args)?;
    Ok(args)
}

/// Binds the key, to find the row by it.
pub(super) fn add_key<M: Entity>(instance: &M, args: &mut Args) -> Result<()> {
    bind_compared::<M>(instance.key_ref(), args)
}

/// The borrowed key of a model.
pub(super) type KeyRef<'a, M> = <<M as Entity>::Key as ModelKey>::Ref<'a>;

/// Binds a key of the model, to find the row by it.
pub(super) fn bind_compared<M: Entity>(key: KeyRef<'_, M>, args: &mut Args) -> Result<()> {
    let meta = M::meta();
    M::Key::bind_compared(key, args).map_err(|(part, error)| error.of_field(meta.name(), meta.key_field(part)))
}
