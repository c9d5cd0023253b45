//! The queries of the catalog about a model's table.

use super::table;
use crate::backend::{Args, Backend};
use crate::error::Result;
use crate::model::ModelMeta;

/// Binds the names of the table and of the key's columns, for the query of key facts.
pub(crate) fn bind_key_facts(backend: Backend, meta: &ModelMeta) -> Result<Args> {
    let mut args = Args::new(backend, 2 + meta.primary_key_columns().len());
    let table = sought_table(backend, meta);
    args.add(&table)?;
    meta.primary_key().try_for_each(|column| args.add(&column.column.to_owned()))?;
    if backend.capabilities().schema.key_facts_name_table_twice {
        args.add(&table)?;
    }
    Ok(args)
}

/// Binds the name of the table, for the query whether it exists.
pub(crate) fn bind_table(backend: Backend, meta: &ModelMeta) -> Result<Args> {
    let mut args = Args::new(backend, 1);
    args.add(&sought_table(backend, meta))?;
    Ok(args)
}

/// Returns the table as a query of the catalog binds it.
fn sought_table(backend: Backend, meta: &ModelMeta) -> String {
    (backend.capabilities().schema.sought_table)(table(meta, backend), meta.table())
}

/// Returns the model's schema as text in SQL, or `default`.
pub(crate) fn schema_or(meta: &ModelMeta, default: &str) -> String {
    let text = |schema: &str| format!("'{}'", schema.replace('\\', "\\\\").replace('\'', "''"));
    meta.schema().map_or_else(|| default.to_owned(), text)
}
