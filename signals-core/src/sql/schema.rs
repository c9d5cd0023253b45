//! CREATE TABLE, for programs that have no migrations yet.

use std::borrow::Cow;

#[cfg(feature = "mysql")]
use sea_query::MysqlQueryBuilder;
#[cfg(feature = "postgres")]
use sea_query::PostgresQueryBuilder;
#[cfg(feature = "sqlite")]
use sea_query::SqliteQueryBuilder;
use sea_query::{Alias, ColumnDef, Expr, ForeignKey, ForeignKeyAction, Index, IndexCreateStatement, Table};

use super::{naming, quoted};
use crate::field::Backend;
use crate::model::{ColumnMeta, ModelMeta, OnDelete, Reference};

/// What makes a model's table.
pub(crate) struct Definition {
    /// The statements that make the table and its indexes, where they are not there yet.
    pub(crate) table: Vec<String>,
    /// Those that add references to a table that was just made, once every other table is there.
    pub(crate) references: Vec<String>,
}

/// What makes a model's table, where those of some other models are there already.
pub(crate) fn definition(
    meta: &'static ModelMeta,
    backend: Backend,
    is_there: impl Fn(&ModelMeta) -> bool,
) -> Definition {
    let mut table = Table::create();
    table.table(Alias::new(meta.table())).if_not_exists();
    for (place, column) in meta.columns().iter().enumerate() {
        let is_grouped = meta.unique_groups().iter().any(|group| group.contains(&place));
        table.col(column_definition(column, is_grouped, backend));
    }
    for group in meta.unique_groups() {
        let mut unique = Index::create();
        unique.unique();
        for place in *group {
            unique.col(Alias::new(meta.columns()[*place].column));
        }
        table.index(&mut unique);
    }
    let mut references = Vec::new();
    for (place, reference) in meta.references() {
        let column = &meta.columns()[place];
        let is_there = reference.target() == meta || is_there(reference.target());
        match added_reference(meta, column, reference, backend, is_there) {
            Some(statement) => references.push(statement),
            None => drop(table.foreign_key(&mut foreign_key(meta, column, reference, backend))),
        }
    }
    let indexes = meta.columns().iter().filter(|column| wants_index(column)).map(|column| index(meta, column, backend));
    let table = match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => {
            let indexes = indexes.map(|index| index.to_string(SqliteQueryBuilder));
            std::iter::once(table.to_string(SqliteQueryBuilder)).chain(indexes).collect()
        }
        #[cfg(feature = "postgres")]
        Backend::Postgres => {
            let indexes = indexes.map(|index| index.to_string(PostgresQueryBuilder));
            std::iter::once(table.to_string(PostgresQueryBuilder)).chain(indexes).collect()
        }
        #[cfg(feature = "mysql")]
        Backend::Mysql => {
            // MySQL makes no index where there is none yet, but it makes those of a new table.
            indexes.for_each(|mut index| {
                table.index(&mut index);
            });
            // Texts are compared as the other databases do, by their letters and their case.
            table.character_set("utf8mb4").collate("utf8mb4_bin").engine("InnoDB");
            vec![table.to_string(MysqlQueryBuilder)]
        }
    };
    Definition { table, references }
}

/// A query that finds a row if a model's table is there. It binds the table's name. Where tables get all their references at once, nobody asks.
pub(crate) fn table_is_there(backend: Backend) -> &'static str {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE",
        #[cfg(feature = "postgres")]
        Backend::Postgres => {
            "SELECT 1 FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace \
             WHERE nspname = current_schema() AND relname = CAST($1 AS name)"
        }
        #[cfg(feature = "mysql")]
        Backend::Mysql => "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?",
    }
}

/// The statement that adds a reference to a table that was made without it; `None` if it is made with it.
fn added_reference(
    meta: &ModelMeta,
    column: &ColumnMeta,
    reference: Reference,
    backend: Backend,
    is_there: bool,
) -> Option<String> {
    let form = added_form(backend, is_there)?;
    let quoted = |name: &str| quoted(backend, name);
    let target = reference.target();
    let on_delete = if reference.on_delete == OnDelete::Database { " ON DELETE CASCADE" } else { "" };
    Some(format!(
        "ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {to} ({key}){on_delete}{form}",
        table = quoted(meta.table()),
        name = naming::quoted_reference(meta, column, backend),
        column = quoted(column.column),
        to = quoted(target.table()),
        key = quoted(target.primary_key().column),
    ))
}

/// How such a statement ends; `None` where the table is made with the reference.
fn added_form(backend: Backend, is_there: bool) -> Option<&'static str> {
    match (backend, is_there) {
        #[cfg(feature = "sqlite")]
        (Backend::Sqlite, _) => None,
        // It may wait for the commit, where a delete asks for it, which only this form can say.
        #[cfg(feature = "postgres")]
        (Backend::Postgres, _) => Some(" DEFERRABLE"),
        #[cfg(feature = "mysql")]
        (Backend::Mysql, true) => None,
        #[cfg(feature = "mysql")]
        (Backend::Mysql, false) => Some(""),
    }
}

fn index(meta: &ModelMeta, column: &ColumnMeta, backend: Backend) -> IndexCreateStatement {
    let mut index = Index::create();
    index
        .if_not_exists()
        .name(naming::of_index(meta, column, backend))
        .table(Alias::new(meta.table()))
        .col(Alias::new(column.column));
    index
}

/// Whether a column gets an index of its own: it asks for one, or deletes look rows up by it.
fn wants_index(column: &ColumnMeta) -> bool {
    (column.index || column.reference.is_some()) && !column.unique && !column.primary_key
}

/// The constraint of a reference. What a delete does about it is done by the store, which tells receivers; only what is left to the database is written here.
fn foreign_key(
    meta: &ModelMeta,
    column: &ColumnMeta,
    reference: Reference,
    backend: Backend,
) -> sea_query::ForeignKeyCreateStatement {
    let target = reference.target();
    let mut key = ForeignKey::create();
    key.name(naming::of_reference(meta, column, backend));
    key.from_col(Alias::new(column.column));
    key.to(Alias::new(target.table()), Alias::new(target.primary_key().column));
    if reference.on_delete == OnDelete::Database {
        key.on_delete(ForeignKeyAction::Cascade);
    }
    key
}

/// The column as CREATE TABLE has it; `is_grouped` says that its values are unique together with others.
fn column_definition(column: &ColumnMeta, is_grouped: bool, backend: Backend) -> ColumnDef {
    let sql_type = sql_type(column, is_grouped, backend);
    let mut definition = ColumnDef::new(Alias::new(column.column));
    definition.custom(Alias::new(&*sql_type));
    if column.primary_key {
        definition.not_null().primary_key();
        make_keys(&mut definition, &sql_type, backend);
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

/// The column's type. MySQL wants the length of a text that has an index or a default, and can keep any other whole.
fn sql_type(column: &ColumnMeta, is_grouped: bool, backend: Backend) -> Cow<'static, str> {
    let sql_type = column.sql_type_on(backend);
    match backend {
        #[cfg(feature = "mysql")]
        Backend::Mysql => {
            let is_keyed = column.primary_key || column.unique || column.index || column.reference.is_some();
            let is_short = is_keyed || is_grouped;
            match &*sql_type {
                "VARCHAR(255)" if !is_short && column.default.is_none() => "LONGTEXT".into(),
                "LONGBLOB" if is_short => "VARBINARY(255)".into(),
                _ => sql_type,
            }
        }
        #[allow(unreachable_patterns, reason = "MySQL may be the only backend")]
        _ => {
            let _ = is_grouped;
            sql_type
        }
    }
}

/// Lets the database make keys of whole numbers; one is never used again after its row was deleted.
fn make_keys(definition: &mut ColumnDef, sql_type: &str, backend: Backend) {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite if sql_type == "INTEGER" => {
            definition.auto_increment();
        }
        #[cfg(feature = "postgres")]
        Backend::Postgres if matches!(sql_type, "INT2" | "INT4" | "INT8") => {
            definition.extra("GENERATED BY DEFAULT AS IDENTITY");
        }
        #[cfg(feature = "mysql")]
        Backend::Mysql if matches!(sql_type, "SMALLINT" | "INT" | "BIGINT") => {
            definition.auto_increment();
        }
        _ => {}
    }
}
