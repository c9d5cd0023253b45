//! The query of a table's facts about its key.

use crate::backend::{Args, Backend};
use crate::error::Result;
use crate::model::ModelMeta;

/// Binds the names of the table and of the key's columns, for the query of key facts.
pub(crate) fn bind_key_facts(backend: Backend, meta: &ModelMeta) -> Result<Args> {
    let mut args = Args::new(backend, 2 + meta.primary_key_columns().len());
    args.add(&meta.table().to_owned())?;
    meta.primary_key().try_for_each(|column| args.add(&column.column.to_owned()))?;
    if backend.capabilities().schema.key_facts_name_table_twice {
        args.add(&meta.table().to_owned())?;
    }
    Ok(args)
}
