//! Reads a schema of PostgreSQL.

use std::collections::HashMap;

use signals_core::backend::Row;
use signals_core::db::Handle;
use signals_core::error::Result;

use super::{IndexPart, Parts, ReferencePart, flag, maybe, query, query_of};
use crate::description::{Action, CaptureTrigger, ColumnSchema, ColumnType, Generation, Schema, Table, TableKind};

/// The condition on `space` and `class`: a table that a statement may find by its name alone, or one of the schemas that
/// were asked for, which are bound as one text. A server may have many thousands of others, and their columns are not
/// needed.
macro_rules! of_schemas {
    () => {
        "(space.nspname = ANY (pg_catalog.current_schemas(false)) \
         OR CAST(space.nspname AS text) = ANY (pg_catalog.string_to_array(CAST($1 AS text), E'\x1f'))) AND class.relkind IN ('r', 'p', 'v', 'm', 'f')"
    };
}

/// The condition on `class` and `space`: no table of the system, of an extension or of a session.
macro_rules! of_applications {
    () => {
        "space.nspname NOT IN ('pg_catalog', 'information_schema') AND space.nspname NOT LIKE 'pg\\_%' \
         AND class.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend AS dep \
         WHERE dep.classid = CAST('pg_catalog.pg_class' AS regclass) AND dep.objid = class.oid AND dep.deptype = 'e')"
    };
}

/// Another session may drop a table meanwhile. Its visibility is NULL then.
const TABLES: &str = concat!(
    "SELECT CAST(class.oid AS BIGINT) AS id, CAST(space.nspname AS text) AS space, CAST(class.relname AS text) AS name, \
     CASE WHEN class.relispartition THEN 'partition' ELSE CAST(class.relkind AS text) END AS kind, \
     CAST(CAST(COALESCE(pg_catalog.pg_table_is_visible(class.oid), false) AS INT) AS BIGINT) AS is_visible \
     FROM pg_catalog.pg_class AS class JOIN pg_catalog.pg_namespace AS space ON space.oid = class.relnamespace WHERE ",
    of_applications!(),
    " ORDER BY NOT pg_catalog.pg_table_is_visible(class.oid), space.nspname, class.relname"
);

const COLUMNS: &str = concat!(
    "SELECT CAST(col.attrelid AS BIGINT) AS id, CAST(col.attname AS text) AS name, CAST(type.oid AS BIGINT) AS type_id, \
     pg_catalog.format_type(col.atttypid, col.atttypmod) AS type, \
     CASE WHEN type.typtype = 'd' THEN pg_catalog.format_type(type.typbasetype, type.typtypmod) END AS base, \
     CAST(CAST(col.attnotnull OR (type.typtype = 'd' AND type.typnotnull) AS INT) AS BIGINT) AS not_null, \
     COALESCE(pg_catalog.pg_get_expr(def.adbin, def.adrelid), type.typdefault) AS def, \
     CAST(col.attidentity AS text) AS identity, CAST(col.attgenerated AS text) AS generated \
     FROM pg_catalog.pg_attribute AS col \
     JOIN pg_catalog.pg_class AS class ON class.oid = col.attrelid \
     JOIN pg_catalog.pg_namespace AS space ON space.oid = class.relnamespace \
     JOIN pg_catalog.pg_type AS type ON type.oid = col.atttypid \
     LEFT JOIN pg_catalog.pg_attrdef AS def ON def.adrelid = col.attrelid AND def.adnum = col.attnum \
     WHERE col.attnum > 0 AND NOT col.attisdropped AND ",
    of_schemas!(),
    " ORDER BY col.attrelid, col.attnum"
);

const VALUES: &str = "SELECT CAST(value.enumtypid AS BIGINT) AS type_id, CAST(value.enumlabel AS text) AS label \
    FROM pg_catalog.pg_enum AS value ORDER BY value.enumtypid, value.enumsortorder";

/// Only indexes with an order find rows by the first of several columns. The last parts of `indkey` are not keys, but
/// values that are stored beside them.
const INDEXES: &str = concat!(
    "SELECT CAST(idx.indrelid AS BIGINT) AS id, CAST(own.relname AS text) AS name, \
     CAST(CAST(idx.indisunique AS INT) AS BIGINT) AS is_unique, CAST(CAST(idx.indisprimary AS INT) AS BIGINT) AS is_primary, \
     CAST(CAST(idx.indpred IS NULL AND idx.indisvalid AND method.amname = 'btree' AS INT) AS BIGINT) AS is_plain, \
     CAST(CAST(EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS con WHERE con.conrelid = idx.indrelid AND con.conindid = idx.indexrelid AND con.contype = 'u') AS INT) \
     AS BIGINT) AS is_constraint, CAST(col.attname AS text) AS col \
     FROM pg_catalog.pg_index AS idx \
     JOIN pg_catalog.pg_class AS own ON own.oid = idx.indexrelid \
     JOIN pg_catalog.pg_am AS method ON method.oid = own.relam \
     JOIN pg_catalog.pg_class AS class ON class.oid = idx.indrelid \
     JOIN pg_catalog.pg_namespace AS space ON space.oid = class.relnamespace \
     CROSS JOIN LATERAL unnest(CAST(idx.indkey AS int2[])) WITH ORDINALITY AS part(attnum, place) \
     LEFT JOIN pg_catalog.pg_attribute AS col ON col.attrelid = idx.indrelid AND col.attnum = part.attnum AND part.attnum > 0 \
     WHERE part.place <= idx.indnkeyatts AND NOT idx.indisexclusion AND ",
    of_schemas!(),
    " ORDER BY idx.indrelid, own.relname, part.place"
);

/// A reference to a partitioned table has another constraint for each of its partitions.
const REFERENCES: &str = concat!(
    "SELECT CAST(con.conrelid AS BIGINT) AS id, CAST(con.conname AS text) AS name, part.place AS place, \
     CAST(col.attname AS text) AS col, CAST(target.relname AS text) AS target, CAST(target_col.attname AS text) AS target_col, \
     CASE WHEN NOT pg_catalog.pg_table_is_visible(target.oid) THEN CAST(target_space.nspname AS text) END AS target_space, \
     CAST(con.confdeltype AS text) AS on_delete, CAST(con.confupdtype AS text) AS on_update \
     FROM pg_catalog.pg_constraint AS con \
     JOIN pg_catalog.pg_class AS class ON class.oid = con.conrelid \
     JOIN pg_catalog.pg_namespace AS space ON space.oid = class.relnamespace \
     JOIN pg_catalog.pg_class AS target ON target.oid = con.confrelid \
     JOIN pg_catalog.pg_namespace AS target_space ON target_space.oid = target.relnamespace \
     CROSS JOIN LATERAL unnest(con.conkey, con.confkey) WITH ORDINALITY AS part(own, other, place) \
     JOIN pg_catalog.pg_attribute AS col ON col.attrelid = con.conrelid AND col.attnum = part.own \
     JOIN pg_catalog.pg_attribute AS target_col ON target_col.attrelid = con.confrelid AND target_col.attnum = part.other \
     WHERE con.contype = 'f' AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS parent \
     WHERE parent.oid = con.conparentid AND parent.conrelid = con.conrelid) AND ",
    of_schemas!(),
    " ORDER BY con.conrelid, con.conname, con.oid, part.place"
);

/// The triggers that record the writes of others. One that is disabled counts as another version. A captured model is
/// in no other schema, where other sessions may drop tables meanwhile.
const TRIGGERS: &str = "SELECT CAST(own.tgrelid AS BIGINT) AS id, CAST(own.tgname AS text) AS name, \
    pg_catalog.pg_get_triggerdef(own.oid) AS definition, CASE own.tgenabled WHEN 'D' THEN '' ELSE function.prosrc END AS source \
    FROM pg_catalog.pg_trigger AS own JOIN pg_catalog.pg_proc AS function ON function.oid = own.tgfoid \
    JOIN pg_catalog.pg_class AS class ON class.oid = own.tgrelid \
    JOIN pg_catalog.pg_namespace AS space ON space.oid = class.relnamespace \
    WHERE space.nspname = ANY (pg_catalog.current_schemas(false)) AND NOT own.tgisinternal AND own.tgparentid = 0 AND function.proname = 'signals_capture_write' \
    ORDER BY own.tgname";

pub(super) async fn read(on: Handle<'_>, schemas: &[&str]) -> Result<Schema> {
    let schemas = [schemas.join("\x1f")];
    let found = query(on, TABLES, |row| {
        let kind = match row.get::<String>("kind")?.as_str() {
            "partition" => TableKind::Partition,
            "p" => TableKind::Partitioned,
            "v" | "m" => TableKind::View,
            "f" => TableKind::Foreign,
            _ => TableKind::Table,
        };
        let mut table = Table::new(row.get("name")?, kind);
        table.schema = Some(row.get("space")?);
        table.is_visible = flag(row, "is_visible")?;
        Ok((row.get::<i64>("id")?, table))
    })
    .await?;
    let mut values: HashMap<i64, Vec<String>> = HashMap::new();
    for (id, label) in query(on, VALUES, |row| Ok((row.get::<i64>("type_id")?, row.get("label")?))).await? {
        values.entry(id).or_default().push(label);
    }
    let columns = query_of(on, COLUMNS, &schemas, |row| column(row, &values)).await?;
    let indexes = query_of(on, INDEXES, &schemas, index).await?;
    let references = query_of(on, REFERENCES, &schemas, reference).await?;
    let mut parts = Parts::new(columns, indexes, references);
    let mut triggers: HashMap<i64, Vec<CaptureTrigger>> = HashMap::new();
    for (table, trigger) in query(on, TRIGGERS, trigger).await? {
        triggers.entry(table).or_default().push(trigger);
    }
    let tables = found.into_iter().map(|(id, mut table)| {
        parts.fill(&id, &mut table);
        table.triggers = triggers.remove(&id).unwrap_or_default();
        table
    });
    let tables = tables.collect();
    Ok(Schema { backend: on.backend(), tables, schemas: Vec::new(), ignores_case_of_tables: false })
}

fn trigger(row: &Row<'_>) -> Result<(i64, CaptureTrigger), sqlx::Error> {
    let (statements, signs) = (vec![row.get("definition")?], vec![row.get("source")?]);
    Ok((row.get("id")?, CaptureTrigger { name: row.get("name")?, statements, signs }))
}

fn column(row: &Row<'_>, values: &HashMap<i64, Vec<String>>) -> Result<(i64, ColumnSchema), sqlx::Error> {
    let default: Option<String> = maybe(row, "def")?;
    let is_computed = !row.get::<String>("generated")?.is_empty();
    let generation = match row.get::<String>("identity")?.as_str() {
        "a" => Some(Generation::Always),
        "d" => Some(Generation::Counted),
        _ if is_computed => Some(Generation::Computed),
        _ if default.as_ref().is_some_and(|default| default.starts_with("nextval(")) => Some(Generation::Counted),
        _ => None,
    };
    let column = ColumnSchema {
        name: row.get("name")?,
        sql_type: ColumnType {
            text: row.get("type")?,
            base: maybe(row, "base")?,
            values: values.get(&row.get::<i64>("type_id")?).cloned().unwrap_or_default(),
            is_json: false,
            samples: Vec::new(),
        },
        is_nullable: !flag(row, "not_null")?,
        default: default.filter(|default| !is_computed && !default.starts_with("NULL::")),
        generation,
        omits_null: false,
        kept: String::new(),
    };
    Ok((row.get("id")?, column))
}

fn index(row: &Row<'_>) -> Result<IndexPart<i64>, sqlx::Error> {
    Ok(IndexPart {
        table: row.get("id")?,
        name: row.get("name")?,
        is_unique: flag(row, "is_unique")?,
        is_primary: flag(row, "is_primary")?,
        is_plain: flag(row, "is_plain")?,
        is_constraint: flag(row, "is_constraint")?,
        definition: None,
        column: maybe(row, "col")?,
    })
}

fn reference(row: &Row<'_>) -> Result<ReferencePart<i64>, sqlx::Error> {
    Ok(ReferencePart {
        table: row.get("id")?,
        name: Some(row.get("name")?),
        place: row.get("place")?,
        column: row.get("col")?,
        target: row.get("target")?,
        target_schema: maybe(row, "target_space")?,
        target_column: Some(row.get("target_col")?),
        on_delete: action(&row.get::<String>("on_delete")?),
        on_update: action(&row.get::<String>("on_update")?),
    })
}

/// Returns the action of a letter in the catalog.
fn action(letter: &str) -> Action {
    match letter {
        "r" => Action::Restrict,
        "c" => Action::Cascade,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        _ => Action::NoAction,
    }
}
