//! Reads a schema of MySQL or MariaDB.

use std::collections::{HashMap, HashSet};

use signals_core::backend::Row;
use signals_core::db::Handle;
use signals_core::error::Result;

use super::{IndexPart, Parts, ReferencePart, flag, maybe, query};
use crate::description::{Action, Column, ColumnType, Generation, Schema, Table, TableKind};

const SERVER: &str = "SELECT CAST(@@lower_case_table_names <> 0 AS SIGNED) AS ignores_case, \
    CAST(VERSION() LIKE '%MariaDB%' AS SIGNED) AS is_mariadb";

const TABLES: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS name, CAST(TABLE_TYPE LIKE '%VIEW' AS SIGNED) AS is_view \
    FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE NOT IN ('SEQUENCE', 'TEMPORARY') ORDER BY TABLE_NAME";

const COLUMNS: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS tab, CAST(COLUMN_NAME AS CHAR) AS name, CAST(COLUMN_TYPE AS CHAR) AS type, \
    CAST(IS_NULLABLE = 'YES' AS SIGNED) AS is_nullable, CAST(COLUMN_DEFAULT AS CHAR) AS def, CAST(EXTRA AS CHAR) AS extra, \
    CAST(GENERATION_EXPRESSION AS CHAR) AS computed \
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION";

/// The JSON columns of MariaDB, which are texts with a check. MySQL has a type, and no column `TABLE_NAME` here.
const JSON_CHECKS: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS tab, CAST(CHECK_CLAUSE AS CHAR) AS clause \
    FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE() AND CHECK_CLAUSE LIKE 'json\\_valid(%'";

const INDEXES: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS tab, CAST(INDEX_NAME AS CHAR) AS name, CAST(NON_UNIQUE = 0 AS SIGNED) AS is_unique, \
    CAST(INDEX_NAME = 'PRIMARY' AS SIGNED) AS is_primary, CAST(SUB_PART IS NULL AND INDEX_TYPE = 'BTREE' AS SIGNED) AS is_plain, \
    CAST(COLUMN_NAME AS CHAR) AS col \
    FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX";

const REFERENCES: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS tab, CAST(CONSTRAINT_NAME AS CHAR) AS name, \
    CAST(ORDINAL_POSITION AS SIGNED) AS place, CAST(COLUMN_NAME AS CHAR) AS col, CAST(REFERENCED_TABLE_NAME AS CHAR) AS target, \
    CAST(CASE WHEN REFERENCED_TABLE_SCHEMA <> DATABASE() THEN REFERENCED_TABLE_SCHEMA END AS CHAR) AS target_space, \
    CAST(REFERENCED_COLUMN_NAME AS CHAR) AS target_col \
    FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL \
    ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION";

/// The rules of references. The server joins the two views slowly, so they are read one after the other.
const RULES: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS tab, CAST(CONSTRAINT_NAME AS CHAR) AS name, \
    CAST(DELETE_RULE AS CHAR) AS on_delete, CAST(UPDATE_RULE AS CHAR) AS on_update \
    FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()";

/// The rules of a reference, by the names of its table and of itself.
type Rules = HashMap<(String, String), (Action, Action)>;

/// A reference with its rules.
type Rule = ((String, String), (Action, Action));

pub(super) async fn read(on: Handle<'_>) -> Result<Schema> {
    let server = query(on, SERVER, |row| Ok((flag(row, "ignores_case")?, flag(row, "is_mariadb")?))).await?;
    let (ignores_case_of_tables, is_mariadb) = server.first().copied().unwrap_or_default();
    let tables = query(on, TABLES, |row| {
        let kind = if flag(row, "is_view")? { TableKind::View } else { TableKind::Table };
        Ok(Table::new(row.get("name")?, kind))
    })
    .await?;
    let json = if is_mariadb { query(on, JSON_CHECKS, json).await? } else { Vec::new() };
    let json: HashSet<_> = json.into_iter().flatten().collect();
    let columns = query(on, COLUMNS, |row| column(row, &json)).await?;
    let rules: Rules = query(on, RULES, rule).await?.into_iter().collect();
    let references = query(on, REFERENCES, |row| reference(row, &rules)).await?;
    let mut parts = Parts::new(columns, query(on, INDEXES, index).await?, references);
    let tables = tables.into_iter().map(|mut table| {
        parts.fill(&table.name.clone(), &mut table);
        table
    });
    Ok(Schema { backend: on.backend(), tables: tables.collect(), ignores_case_of_tables })
}

/// Returns the table and the column whose values are checked to be JSON.
fn json(row: &Row<'_>) -> Result<Option<(String, String)>, sqlx::Error> {
    let clause: String = row.get("clause")?;
    let column = clause.strip_prefix("json_valid(`").and_then(|rest| rest.strip_suffix("`)"));
    Ok(column.map(|column| column.replace("``", "`")).zip(Some(row.get("tab")?)).map(|(column, table)| (table, column)))
}

fn column(row: &Row<'_>, json: &HashSet<(String, String)>) -> Result<(String, Column), sqlx::Error> {
    let (table, name): (String, String) = (row.get("tab")?, row.get("name")?);
    let is_nullable = flag(row, "is_nullable")?;
    let extra = maybe::<String>(row, "extra")?.unwrap_or_default();
    let is_computed = maybe::<String>(row, "computed")?.is_some_and(|computed| !computed.is_empty());
    let generation = if is_computed {
        Some(Generation::Computed)
    } else {
        extra.contains("auto_increment").then_some(Generation::Counted)
    };
    let mut sql_type = ColumnType::new(row.get::<String>("type")?);
    sql_type.is_json = json.contains(&(table.clone(), name.clone())) || sql_type.text == "json";
    // MariaDB shows a missing default of a nullable column as NULL.
    let default = maybe::<String>(row, "def")?.filter(|default| default != "NULL");
    Ok((table, Column { name, sql_type, is_nullable, default, generation, omits_null: false }))
}

fn index(row: &Row<'_>) -> Result<IndexPart<String>, sqlx::Error> {
    Ok(IndexPart {
        table: row.get("tab")?,
        name: row.get("name")?,
        is_unique: flag(row, "is_unique")?,
        is_primary: flag(row, "is_primary")?,
        is_plain: flag(row, "is_plain")?,
        column: maybe(row, "col")?,
    })
}

fn rule(row: &Row<'_>) -> Result<Rule, sqlx::Error> {
    let actions = ["on_delete", "on_update"].map(|column| row.get::<String>(column));
    let [on_delete, on_update] = actions;
    Ok(((row.get("tab")?, row.get("name")?), (Action::of_sql(&on_delete?), Action::of_sql(&on_update?))))
}

fn reference(row: &Row<'_>, rules: &Rules) -> Result<ReferencePart<String>, sqlx::Error> {
    let (table, name): (String, String) = (row.get("tab")?, row.get("name")?);
    let (on_delete, on_update) =
        rules.get(&(table.clone(), name.clone())).copied().unwrap_or((Action::NoAction, Action::NoAction));
    Ok(ReferencePart {
        table,
        name: Some(name),
        place: row.get("place")?,
        column: row.get("col")?,
        target: row.get("target")?,
        target_schema: maybe(row, "target_space")?,
        target_column: Some(row.get("target_col")?),
        on_delete,
        on_update,
    })
}
