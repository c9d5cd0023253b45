//! CREATE TABLE, for programs without migrations.

use std::borrow::Cow;

use sea_query::{Alias, ColumnDef, Expr, ForeignKey, ForeignKeyAction, Index, IndexCreateStatement, Table};

use super::{names, naming, table};
use crate::backend::Backend;
use crate::model::{ColumnMeta, ModelMeta, OnDelete, Reference};

/// The statements that create a model's table.
pub(crate) struct Definition {
    /// The statement that creates the table.
    pub(crate) table: String,
    /// The statements that create its indexes if they do not exist.
    pub(crate) indexes: Vec<String>,
    /// The statements that add references to a new table, after all other tables exist.
    pub(crate) references: Vec<AddedReference>,
}

/// A statement that adds a reference.
pub(crate) struct AddedReference {
    /// The name of the constraint.
    pub(crate) name: String,
    pub(crate) statement: String,
}

/// Returns the statements that create a model's table, given the models whose tables exist.
pub(crate) fn definition(
    meta: &'static ModelMeta,
    backend: Backend,
    is_there: impl Fn(&ModelMeta) -> bool,
) -> Definition {
    let mut created = Table::create();
    created.table(meta.table_name()).if_not_exists();
    for place in 0..meta.columns().len() {
        created.col(column_definition(meta, place, backend));
    }
    if meta.single_key().is_none() {
        let mut key = Index::create();
        key.primary();
        for column in meta.primary_key() {
            key.col(Alias::new(column.column));
        }
        created.primary_key(&mut key);
    }
    for columns in meta.unique_constraints() {
        let mut unique = Index::create();
        unique.unique();
        for place in *columns {
            unique.col(Alias::new(meta.columns()[*place].column));
        }
        created.index(&mut unique);
    }
    let mut references = Vec::new();
    for (places, reference) in
        meta.references().filter(|(_, reference)| can_reference(meta, reference.target(), backend))
    {
        // CREATE TABLE names a table of its own schema.
        let is_near = reference.target().schema() == meta.schema();
        let is_there = is_near && (reference.target() == meta || is_there(reference.target()));
        match added_reference(meta, places, reference, backend, is_there) {
            Some(statement) => references.push(statement),
            None => drop(created.foreign_key(&mut foreign_key(meta, places, reference, backend))),
        }
    }
    // An index of the key serves its first part too.
    let is_key = |place| meta.primary_key_columns().first() == Some(&place);
    let own = meta.columns().iter().enumerate().filter(|(place, column)| has_index(column, is_key(*place)));
    let own = own.map(|(_, column)| index(meta, naming::of_index(meta, column, backend), [column], backend));
    let together = meta.indexes_together().iter().map(|places| {
        let columns = places.iter().map(|place| &meta.columns()[*place]);
        index(meta, naming::of_index_together(meta, places, backend), columns, backend)
    });
    let referencing = meta.references().filter(|(places, _)| places.len() > 1 && !has_index_of(meta, places));
    let referencing = referencing.map(|(places, _)| {
        let columns = places.iter().map(|place| &meta.columns()[*place]);
        index(meta, naming::of_index_together(meta, places, backend), columns, backend)
    });
    let indexes = own.chain(together).chain(referencing).collect();
    let (table, indexes) = (backend.capabilities().schema.create)(created, indexes);
    Definition { table, indexes, references }
}

/// A query that waits 50 milliseconds, because another program may be about to add the same reference.
pub(crate) const WAIT: &str = "SELECT SLEEP(0.05)";

/// Returns the statement that adds a reference to a table that was created without it. Returns `None` if the
/// table was created with it.
fn added_reference(
    meta: &ModelMeta,
    places: &[usize],
    reference: Reference,
    backend: Backend,
    is_there: bool,
) -> Option<AddedReference> {
    let form = (backend.capabilities().schema.added_reference)(is_there)?;
    let target = reference.target();
    let on_delete = if reference.on_delete == OnDelete::Database { " ON DELETE CASCADE" } else { "" };
    let statement = format!(
        "ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES {to} ({key}){on_delete}{form}",
        table = table(meta, backend),
        name = naming::quoted_reference(meta, places, backend),
        columns = names(meta, backend, places, |name, _| name),
        to = table(target, backend),
        key = names(target, backend, reference.target_columns(), |name, _| name),
    );
    Some(AddedReference { name: naming::of_reference_itself(meta, places), statement })
}

fn index<'a>(
    meta: &ModelMeta,
    name: String,
    columns: impl IntoIterator<Item = &'a ColumnMeta>,
    backend: Backend,
) -> IndexCreateStatement {
    let mut index = Index::create();
    index.if_not_exists();
    match meta.schema().filter(|_| backend.capabilities().schema.qualifies_indexes) {
        Some(schema) => index.name(naming::within(schema, &name, backend)).table(Alias::new(meta.table())),
        None => index.name(name).table(meta.table_name()),
    };
    for column in columns {
        index.col(Alias::new(column.column));
    }
    index
}

/// Returns whether a constraint of the database can be from one of these tables to the other.
pub(crate) fn can_reference(meta: &ModelMeta, target: &ModelMeta, backend: Backend) -> bool {
    (backend.capabilities().schema.can_reference)(meta.schema(), target.schema())
}

/// Returns whether a column has its own index: it declares one, or deletes look up rows by it.
fn has_index(column: &ColumnMeta, is_key: bool) -> bool {
    (column.index || column.reference.is_some()) && !column.unique && !is_key
}

/// Returns whether an index of the table begins with these columns, so that deletes can look up rows by them.
fn has_index_of(meta: &ModelMeta, places: &[usize]) -> bool {
    let together = meta.unique_constraints().iter().chain(meta.indexes_together()).copied();
    std::iter::once(meta.primary_key_columns()).chain(together).any(|columns| columns.starts_with(places))
}

/// Returns the constraint of a reference. The store implements `on_delete`, because it calls receivers. The
/// constraint only has what is left to the database.
fn foreign_key(
    meta: &ModelMeta,
    places: &[usize],
    reference: Reference,
    backend: Backend,
) -> sea_query::ForeignKeyCreateStatement {
    let target = reference.target();
    let mut key = ForeignKey::create();
    key.name(naming::of_reference(meta, places, backend));
    key.to_tbl(Alias::new(target.table()));
    let column = |meta: &ModelMeta, place: usize| Alias::new(meta.columns()[place].column);
    for (place, part) in places.iter().zip(reference.target_columns()) {
        key.from_col(column(meta, *place)).to_col(column(target, *part));
    }
    if reference.on_delete == OnDelete::Database {
        key.on_delete(ForeignKeyAction::Cascade);
    }
    key
}

/// Returns whether a column is in a constraint or an index with others.
fn is_keyed_together(meta: &ModelMeta, place: usize) -> bool {
    let mut together = meta.unique_constraints().iter().chain(meta.indexes_together());
    together.any(|columns| columns.contains(&place)) || meta.references().any(|(columns, _)| columns.contains(&place))
}

/// Returns the type of a column in CREATE TABLE, and whether the database generates its values.
pub(crate) fn planned_column(meta: &ModelMeta, place: usize, backend: Backend) -> (Cow<'static, str>, bool) {
    let definition = column_definition(meta, place, backend);
    let spec = definition.get_column_spec();
    let sql_type = sql_type(&meta.columns()[place], is_keyed_together(meta, place), backend);
    (sql_type, spec.auto_increment || spec.extra.is_some())
}

/// Returns the column for CREATE TABLE.
fn column_definition(meta: &ModelMeta, place: usize, backend: Backend) -> ColumnDef {
    let (column, is_keyed) = (&meta.columns()[place], is_keyed_together(meta, place));
    let is_key = meta.single_key() == Some(place);
    let sql_type = sql_type(column, is_keyed, backend);
    let mut definition = ColumnDef::new(Alias::new(column.column));
    definition.custom(Alias::new(&*sql_type));
    if is_key {
        definition.not_null().primary_key();
        (backend.capabilities().schema.make_keys)(&mut definition, &sql_type);
    } else if !column.nullable && !column.generated {
        // MariaDB refuses NOT NULL on a generated column.
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

/// Returns the column's type.
fn sql_type(column: &ColumnMeta, is_keyed: bool, backend: Backend) -> Cow<'static, str> {
    let sql_type = column.sql_type_on(backend);
    if column.is_type_declared() {
        return sql_type;
    }
    let is_keyed_alone = column.primary_key || column.unique || column.index || column.reference.is_some();
    let column_type = backend.capabilities().schema.column_type;
    column_type(sql_type, is_keyed_alone || is_keyed, column.default.is_some())
}
