//! CREATE TABLE, for programs that have no migrations yet.

use sea_query::{Alias, ColumnDef, Expr, Index, SqliteQueryBuilder, Table};

use super::quoted;
use crate::field::Backend;
use crate::model::{ColumnMeta, ModelMeta};

/// The statements that make a model's table and indexes, where they are not there yet.
pub(crate) fn create_tables(meta: &ModelMeta, backend: Backend) -> Vec<String> {
    let mut table = Table::create();
    table.table(Alias::new(meta.table())).if_not_exists();
    for column in meta.columns() {
        table.col(definition(column, backend));
    }
    let mut statements = vec![match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => table.to_string(SqliteQueryBuilder),
    }];
    for column in meta.columns().iter().filter(|column| column.index && !column.unique) {
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
