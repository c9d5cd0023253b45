//! CREATE TABLE, for programs that have no migrations yet.

use sea_query::{Alias, ColumnDef, Expr, ForeignKey, ForeignKeyAction, Index, SqliteQueryBuilder, Table};

use super::quoted;
use crate::field::Backend;
use crate::model::{ColumnMeta, ModelMeta, OnDelete, Reference};

/// The statements that make a model's table and indexes, where they are not there yet.
pub(crate) fn create_tables(meta: &ModelMeta, backend: Backend) -> Vec<String> {
    let mut table = Table::create();
    table.table(Alias::new(meta.table())).if_not_exists();
    for column in meta.columns() {
        table.col(definition(column, backend));
    }
    for group in meta.unique_groups() {
        let mut unique = Index::create();
        unique.unique();
        for place in *group {
            unique.col(Alias::new(meta.columns()[*place].column));
        }
        table.index(&mut unique);
    }
    for (place, reference) in meta.references() {
        table.foreign_key(&mut foreign_key(&meta.columns()[place], reference));
    }
    let mut statements = vec![match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => table.to_string(SqliteQueryBuilder),
    }];
    for column in meta.columns().iter().filter(|column| wants_index(column)) {
        let mut index = Index::create();
        index
            .if_not_exists()
            .name(index_name(meta, column, backend))
            .table(Alias::new(meta.table()))
            .col(Alias::new(column.column));
        statements.push(match backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite => index.to_string(SqliteQueryBuilder),
        });
    }
    statements
}

/// Whether a column gets an index of its own: it asks for one, or deletes look rows up by it.
fn wants_index(column: &ColumnMeta) -> bool {
    (column.index || column.reference.is_some()) && !column.unique && !column.primary_key
}

/// The constraint of a reference. What a delete does about it is done by the store, which tells receivers; only what is left to the database is written here.
fn foreign_key(column: &ColumnMeta, reference: Reference) -> sea_query::ForeignKeyCreateStatement {
    let target = reference.target();
    let mut key = ForeignKey::create();
    key.from_col(Alias::new(column.column));
    key.to(Alias::new(target.table()), Alias::new(target.primary_key().column));
    if reference.on_delete == OnDelete::Database {
        key.on_delete(ForeignKeyAction::Cascade);
    }
    key
}

/// The index's name, which tells where the table's ends, with the quotes in it doubled: sea-query puts quotes around it and leaves those within alone.
fn index_name(meta: &ModelMeta, column: &ColumnMeta, backend: Backend) -> String {
    let quoted = quoted(backend, &format!("{}__{}__idx", meta.table(), column.column));
    quoted[1..quoted.len() - 1].to_owned()
}

fn definition(column: &ColumnMeta, backend: Backend) -> ColumnDef {
    let sql_type = column.sql_type_on(backend);
    let mut definition = ColumnDef::new(Alias::new(column.column));
    definition.custom(Alias::new(sql_type));
    if column.primary_key {
        definition.not_null().primary_key();
        // A key is never used again after its row was deleted.
        if sql_type == "INTEGER" {
            definition.auto_increment();
        }
    } else if !column.nullable {
        definition.not_null();
    }
    if column.unique {
        definition.unique_key();
    }
    if let Some(default) = column.default {
        definition.default(Expr::cust(default));
    }
    definition
}
