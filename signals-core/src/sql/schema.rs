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
    /// The statement that makes the table.
    pub(crate) table: String,
    /// Those that make its indexes, where they are not there yet.
    pub(crate) indexes: Vec<String>,
    /// Those that add references to a table that was just made, once every other table is there.
    pub(crate) references: Vec<AddedReference>,
}

/// A statement that adds a reference.
pub(crate) struct AddedReference {
    /// The name of the constraint.
    pub(crate) name: String,
    pub(crate) statement: String,
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
    let (table, indexes) = match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => {
            let indexes = indexes.map(|index| index.to_string(SqliteQueryBuilder)).collect();
            (table.to_string(SqliteQueryBuilder), indexes)
        }
        #[cfg(feature = "postgres")]
        Backend::Postgres => {
            let indexes = indexes.map(|index| index.to_string(PostgresQueryBuilder)).collect();
            (table.to_string(PostgresQueryBuilder), indexes)
        }
        #[cfg(feature = "mysql")]
        Backend::Mysql => {
            // MySQL makes no index where there is none yet, but it makes those of a new table.
            indexes.for_each(|mut index| {
                table.index(&mut index);
            });
            // Texts are compared as the other databases do, by their letters and their case.
            table.character_set("utf8mb4").collate("utf8mb4_bin").engine("InnoDB");
            (table.to_string(MysqlQueryBuilder), Vec::new())
        }
    };
    Definition { table, indexes, references }
}

/// A query that finds a row if a statement of this database finds a model's table, wherever it is: in `is_table`, whether indexes can be made for it by its name alone.
/// It binds the table's name.
///
/// Temporary tables of SQLite and MySQL do not count: one connection alone has them.
pub(crate) fn table_is_there(backend: Backend) -> &'static str {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => {
            "SELECT schema = 'main' AND type = 'table' AS is_table FROM pragma_table_list(?) WHERE schema <> 'temp' \
             ORDER BY schema = 'main' DESC LIMIT 1"
        }
        // What the search path leads to, at this very moment: a snapshot may be older than the tables that another program has just made.
        #[cfg(feature = "postgres")]
        Backend::Postgres => {
            "SELECT CAST(CASE WHEN class.relkind IN ('r', 'p') THEN 1 ELSE 0 END AS BIGINT) AS is_table \
             FROM (SELECT pg_catalog.to_regclass(pg_catalog.quote_ident(CAST($1 AS text))) AS oid) AS found \
             LEFT JOIN pg_catalog.pg_class AS class ON class.oid = found.oid WHERE found.oid IS NOT NULL"
        }
        #[cfg(feature = "mysql")]
        Backend::Mysql => {
            "SELECT CAST(table_type = 'BASE TABLE' AS SIGNED) AS is_table FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_name = ? AND table_type <> 'TEMPORARY'"
        }
    }
}

/// The statement that lets one program at a time make tables, until the end of the transaction. In SQLite a transaction that writes is alone, and MySQL makes one table at a time.
pub(crate) fn schema_lock(backend: Backend) -> Option<&'static str> {
    match backend {
        // The number is `signals` in ASCII letters, and 1.
        #[cfg(feature = "postgres")]
        Backend::Postgres => Some("SELECT pg_catalog.pg_advisory_xact_lock(8316291910694892289)"),
        #[allow(unreachable_patterns, reason = "PostgreSQL may be the only backend")]
        _ => None,
    }
}

/// A query that finds a row if a table has the reference of this name, where another program may have added it meanwhile. It binds both names.
pub(crate) fn reference_is_there(backend: Backend) -> Option<&'static str> {
    match backend {
        #[cfg(feature = "mysql")]
        Backend::Mysql => Some(
            "SELECT 1 FROM information_schema.TABLE_CONSTRAINTS \
             WHERE CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME = ? AND CONSTRAINT_NAME = ?",
        ),
        #[allow(unreachable_patterns, reason = "MySQL may be the only backend")]
        _ => None,
    }
}

/// The statement that adds a reference to a table that was made without it; `None` if it is made with it.
fn added_reference(
    meta: &ModelMeta,
    column: &ColumnMeta,
    reference: Reference,
    backend: Backend,
    is_there: bool,
) -> Option<AddedReference> {
    let form = added_form(backend, is_there)?;
    let quoted = |name: &str| quoted(backend, name);
    let target = reference.target();
    let on_delete = if reference.on_delete == OnDelete::Database { " ON DELETE CASCADE" } else { "" };
    let statement = format!(
        "ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {to} ({key}){on_delete}{form}",
        table = quoted(meta.table()),
        name = naming::quoted_reference(meta, column, backend),
        column = quoted(column.column),
        to = quoted(target.table()),
        key = quoted(target.primary_key().column),
    );
    Some(AddedReference { name: naming::of_reference_itself(meta, column), statement })
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
