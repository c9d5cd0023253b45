//! Reads a schema of SQLite.

mod definition;
mod values;

use std::collections::HashMap;

use signals_core::backend::Row;
use signals_core::db::Handle;
use signals_core::error::{Error, Result};

use super::{IndexPart, Parts, ReferencePart, flag, maybe, query, query_of};
use crate::description::{Action, ColumnSchema, ColumnType, Generation, Schema, Table, TableKind};

pub(super) use values::read_values;

/// A file and the name of a table.
type Id = (String, String);

/// `main` comes first, and the attached files after it in their order, as in statements.
const TABLES: &str = "SELECT list.schema AS file, list.name AS name, list.type AS kind, list.wr AS without_rowid \
    FROM pragma_table_list AS list JOIN pragma_database_list AS files ON files.name = list.schema \
    WHERE list.schema <> 'temp' AND list.type IN ('table', 'view', 'virtual') AND list.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
    ORDER BY files.seq, list.name";

const COLUMNS: &str = "SELECT list.schema AS file, list.name AS tab, col.name AS name, col.type AS type, col.\"notnull\" AS not_null, \
    col.dflt_value AS def, col.pk AS place, col.hidden AS hidden \
    FROM pragma_table_list AS list, pragma_table_xinfo(list.name, list.schema) AS col \
    WHERE list.type = 'table' AND list.schema <> 'temp' ORDER BY list.schema, list.name, col.cid";

/// The columns of one view or virtual table, because one that is broken would fail the query of all.
const COLUMNS_OF_ONE: &str = "SELECT ? AS file, ? AS tab, col.name AS name, col.type AS type, col.\"notnull\" AS not_null, \
    col.dflt_value AS def, 0 AS place, col.hidden AS hidden FROM pragma_table_xinfo(?, ?) AS col ORDER BY col.cid";

const INDEXES: &str = "SELECT list.schema AS file, list.name AS tab, idx.name AS name, idx.\"unique\" AS is_unique, \
    idx.origin = 'pk' AS is_primary, idx.origin = 'u' AS is_constraint, idx.partial = 0 AS is_plain, part.name AS col \
    FROM pragma_table_list AS list, pragma_index_list(list.name, list.schema) AS idx, pragma_index_xinfo(idx.name, list.schema) AS part \
    WHERE list.type = 'table' AND list.schema <> 'temp' AND part.key = 1 ORDER BY list.schema, list.name, idx.name, part.seqno";

const REFERENCES: &str = "SELECT list.schema AS file, list.name AS tab, ref.seq + 1 AS place, ref.\"from\" AS col, ref.\"table\" AS target, \
    ref.\"to\" AS target_col, ref.on_delete AS on_delete, ref.on_update AS on_update \
    FROM pragma_table_list AS list, pragma_foreign_key_list(list.name, list.schema) AS ref \
    WHERE list.type = 'table' AND list.schema <> 'temp' ORDER BY list.schema, list.name, ref.id, ref.seq";

/// The statements that made the tables, indexes and triggers of the file `main`. An index of a constraint has none.
const DEFINITIONS: &str = "SELECT 'main' AS file, tbl_name AS tab, type AS kind, name, sql FROM main.sqlite_master \
    WHERE sql IS NOT NULL AND type IN ('table', 'index', 'trigger') ORDER BY rowid";

/// A column with its place in the primary key, or 0.
type Found = ((Id, ColumnSchema), i64);

pub(super) async fn read(on: Handle<'_>) -> Result<Schema> {
    let found = query(on, TABLES, |row| {
        let kind = match row.get::<String>("kind")?.as_str() {
            "table" => TableKind::Table,
            "view" => TableKind::View,
            _ => TableKind::Foreign,
        };
        Ok((id(row, "name")?, kind, flag(row, "without_rowid")?))
    })
    .await?;
    let columns = query(on, COLUMNS, column).await?;
    let keys = keys(&columns);
    let indexes = query(on, INDEXES, index).await?;
    let counted = counted(&found, &columns, &keys, &indexes);
    // The keys are read with the columns, because that of a rowid has no index.
    let indexes = indexes.into_iter().filter(|index| !index.is_primary).collect();
    let columns = columns.into_iter().map(|(column, _)| column).collect();
    let mut parts = Parts::new(columns, indexes, query(on, REFERENCES, reference).await?);
    let mut tables: Vec<Table> = Vec::with_capacity(found.len());
    for (id, kind, _) in found {
        let (file, name) = &id;
        let mut table = Table::new(name.clone(), kind);
        table.is_visible = !tables.iter().any(|table| table.name.eq_ignore_ascii_case(name));
        if kind == TableKind::Table {
            parts.fill(&id, &mut table);
            table.primary_key = keys.get(&id).cloned().unwrap_or_default();
            for column in table.columns.iter_mut().filter(|column| counted.get(&id) == Some(&column.name)) {
                column.generation = Some(Generation::Counted);
            }
        } else {
            let values = [file.clone(), name.clone(), name.clone(), file.clone()];
            match query_of(on, COLUMNS_OF_ONE, &values, column).await {
                Ok(columns) => table.columns = columns.into_iter().map(|((_, column), _)| column).collect(),
                // The error of the whole call advises to create the tables, which does not help a view.
                Err(Error::Database { source, .. }) => table.problem = Some(source.to_string()),
                Err(error) => return Err(error),
            }
        }
        table.schema = Some(file.clone());
        tables.push(table);
    }
    fill_targets(&mut tables);
    for (id, kind, name, sql) in query(on, DEFINITIONS, definition).await? {
        let is_its =
            |table: &&mut Table| table.schema.as_ref() == Some(&id.0) && table.name.eq_ignore_ascii_case(&id.1);
        if let Some(table) = tables.iter_mut().find(is_its).filter(|table| table.kind == TableKind::Table) {
            definition::keep(table, &kind, &name, sql);
        }
    }
    Ok(Schema { backend: on.backend(), tables, schemas: Vec::new(), ignores_case_of_tables: true })
}

fn id(row: &Row<'_>, name: &str) -> Result<Id, sqlx::Error> {
    Ok((row.get("file")?, row.get(name)?))
}

fn definition(row: &Row<'_>) -> Result<(Id, String, String, String), sqlx::Error> {
    Ok((id(row, "tab")?, row.get("kind")?, row.get("name")?, row.get("sql")?))
}

fn column(row: &Row<'_>) -> Result<Found, sqlx::Error> {
    let place: i64 = row.get("place")?;
    let generation = match row.get::<i64>("hidden")? {
        2 | 3 => Some(Generation::Computed),
        _ => None,
    };
    let column = ColumnSchema {
        name: row.get("name")?,
        sql_type: ColumnType::new(maybe::<String>(row, "type")?.unwrap_or_default()),
        is_nullable: !flag(row, "not_null")?,
        // `DEFAULT NULL` is no default.
        default: maybe::<String>(row, "def")?.filter(|default| !default.eq_ignore_ascii_case("NULL")),
        generation,
        omits_null: false,
        kept: String::new(),
    };
    Ok(((id(row, "tab")?, column), place))
}

/// Returns the columns of each primary key, in its order.
fn keys(columns: &[Found]) -> HashMap<Id, Vec<String>> {
    let mut placed: HashMap<Id, Vec<(i64, String)>> = HashMap::new();
    for ((id, column), place) in columns.iter().filter(|(_, place)| *place > 0) {
        placed.entry(id.clone()).or_default().push((*place, column.name.clone()));
    }
    let in_order = |(id, mut columns): (Id, Vec<(i64, String)>)| {
        columns.sort();
        (id, columns.into_iter().map(|(_, name)| name).collect())
    };
    placed.into_iter().map(in_order).collect()
}

/// Returns the column of each table that is its rowid: it alone is the key, it is an INTEGER, and it has no index.
fn counted(
    tables: &[(Id, TableKind, bool)],
    columns: &[Found],
    keys: &HashMap<Id, Vec<String>>,
    indexes: &[IndexPart<Id>],
) -> HashMap<Id, String> {
    let has_rowid = |id: &Id| {
        let is_without = tables.iter().any(|(table, _, without_rowid)| table == id && *without_rowid);
        let has_index = indexes.iter().any(|index| index.table == *id && index.is_primary);
        keys.get(id).is_some_and(|key| key.len() == 1) && !is_without && !has_index
    };
    columns
        .iter()
        .filter(|((_, column), place)| *place == 1 && column.sql_type.text.eq_ignore_ascii_case("INTEGER"))
        .filter(|((id, _), _)| has_rowid(id))
        .map(|((id, column), _)| (id.clone(), column.name.clone()))
        .collect()
}

fn index(row: &Row<'_>) -> Result<IndexPart<Id>, sqlx::Error> {
    Ok(IndexPart {
        table: id(row, "tab")?,
        name: row.get("name")?,
        is_unique: flag(row, "is_unique")?,
        is_primary: flag(row, "is_primary")?,
        is_plain: flag(row, "is_plain")?,
        is_constraint: flag(row, "is_constraint")?,
        definition: None,
        column: maybe(row, "col")?,
    })
}

fn reference(row: &Row<'_>) -> Result<ReferencePart<Id>, sqlx::Error> {
    Ok(ReferencePart {
        table: id(row, "tab")?,
        // SQLite does not show the names of constraints.
        name: None,
        place: row.get("place")?,
        column: row.get("col")?,
        target: row.get("target")?,
        target_schema: None,
        target_column: maybe(row, "target_col")?,
        on_delete: Action::of_sql(&row.get::<String>("on_delete")?),
        on_update: Action::of_sql(&row.get::<String>("on_update")?),
    })
}

/// Names the columns of references that name only a table, which are those of its primary key. The other table is in the
/// same file, which a statement may have to name.
fn fill_targets(tables: &mut [Table]) {
    let id = |file: &Option<String>, name: &str| (file.clone(), name.to_lowercase());
    let known: HashMap<_, _> = tables
        .iter()
        .map(|table| {
            (id(&table.schema, &table.name), (table.name.clone(), table.is_visible, table.primary_key.clone()))
        })
        .collect();
    for table in tables {
        for key in &mut table.foreign_keys {
            if let Some((name, is_visible, primary_key)) = known.get(&id(&table.schema, &key.table)) {
                key.table.clone_from(name);
                key.schema = table.schema.clone().filter(|_| !is_visible);
                if key.targets.is_empty() {
                    key.targets.clone_from(primary_key);
                }
            }
        }
    }
}
