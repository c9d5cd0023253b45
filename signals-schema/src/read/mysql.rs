//! Reads a schema of MySQL or MariaDB.

use std::collections::HashMap;

use signals_core::backend::Row;
use signals_core::db::Handle;
use signals_core::error::Result;

use super::{IndexPart, Parts, ReferencePart, flag, maybe, query};
use crate::description::{Action, CaptureTrigger, ColumnSchema, ColumnType, Generation, Schema, Table, TableKind};

const SERVER: &str = "SELECT CAST(@@lower_case_table_names <> 0 AS SIGNED) AS ignores_case, \
    CAST(VERSION() LIKE '%MariaDB%' AS SIGNED) AS is_mariadb, CAST(DATABASE() AS CHAR) AS own";

const TABLES: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS name, CAST(TABLE_TYPE LIKE '%VIEW' AS SIGNED) AS is_view \
    FROM information_schema.TABLES WHERE TABLE_SCHEMA = {space} AND TABLE_TYPE NOT IN ('SEQUENCE', 'TEMPORARY') ORDER BY TABLE_NAME";

const COLUMNS: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS tab, CAST(COLUMN_NAME AS CHAR) AS name, CAST(COLUMN_TYPE AS CHAR) AS type, \
    CAST(IS_NULLABLE = 'YES' AS SIGNED) AS is_nullable, CAST(COLUMN_DEFAULT AS CHAR) AS def, CAST(EXTRA AS CHAR) AS extra, \
    CAST(GENERATION_EXPRESSION AS CHAR) AS computed, CAST(COLLATION_NAME AS CHAR) AS collation, CAST(COLUMN_COMMENT AS CHAR) AS comment \
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {space} ORDER BY TABLE_NAME, ORDINAL_POSITION";

/// The checks of columns in MariaDB, which have the names of their columns. A JSON column is a text with such a check.
/// In MySQL each check belongs to the table, and the view has no column `TABLE_NAME`.
const CHECKS: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS tab, CAST(CONSTRAINT_NAME AS CHAR) AS name, CAST(CHECK_CLAUSE AS CHAR) AS clause \
    FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = {space}";

/// A unique key of long texts is a HASH index in MariaDB.
const INDEXES: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS tab, CAST(INDEX_NAME AS CHAR) AS name, CAST(NON_UNIQUE = 0 AS SIGNED) AS is_unique, \
    CAST(INDEX_NAME = 'PRIMARY' AS SIGNED) AS is_primary, CAST(SUB_PART IS NULL AND (INDEX_TYPE = 'BTREE' OR INDEX_TYPE = 'HASH' AND NON_UNIQUE = 0) AS SIGNED) AS is_plain, \
    CAST(COLUMN_NAME AS CHAR) AS col \
    FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = {space} ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX";

const REFERENCES: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS tab, CAST(CONSTRAINT_NAME AS CHAR) AS name, \
    CAST(ORDINAL_POSITION AS SIGNED) AS place, CAST(COLUMN_NAME AS CHAR) AS col, CAST(REFERENCED_TABLE_NAME AS CHAR) AS target, \
    CAST(CASE WHEN REFERENCED_TABLE_SCHEMA <> DATABASE() THEN REFERENCED_TABLE_SCHEMA END AS CHAR) AS target_space, \
    CAST(REFERENCED_COLUMN_NAME AS CHAR) AS target_col \
    FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = {space} AND REFERENCED_TABLE_NAME IS NOT NULL \
    ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION";

/// The rules of references. The server joins the two views slowly, so they are read one after the other.
const RULES: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS tab, CAST(CONSTRAINT_NAME AS CHAR) AS name, \
    CAST(DELETE_RULE AS CHAR) AS on_delete, CAST(UPDATE_RULE AS CHAR) AS on_update \
    FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = {space}";

/// The triggers that record the writes of others.
const TRIGGERS: &str = "SELECT CAST(EVENT_OBJECT_TABLE AS CHAR) AS tab, CAST(TRIGGER_NAME AS CHAR) AS name, \
    CAST(EVENT_MANIPULATION AS CHAR) AS event, CAST(ACTION_STATEMENT AS CHAR) AS action \
    FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = {space} AND ACTION_TIMING = 'AFTER' \
    AND ACTION_STATEMENT LIKE '%INSERT INTO signals\\_capture (table\\_name, %' ORDER BY TRIGGER_NAME";

/// The rules of a reference, by the names of its table and of itself.
type Rules = HashMap<(String, String), (Action, Action)>;

/// The conditions of checks, by the names of the table and of the check.
type Checks = HashMap<(String, String), String>;

/// A reference with its rules.
type Rule = ((String, String), (Action, Action));

pub(super) async fn read(on: Handle<'_>, schemas: &[&str]) -> Result<Schema> {
    let server = query(on, SERVER, |row| {
        Ok((flag(row, "ignores_case")?, flag(row, "is_mariadb")?, maybe::<String>(row, "own")?.unwrap_or_default()))
    });
    let (ignores_case_of_tables, is_mariadb, own) = server.await?.into_iter().next().unwrap_or_default();
    let mut tables = read_one(on, None, is_mariadb).await?;
    for schema in schemas {
        if *schema == own || ignores_case_of_tables && schema.eq_ignore_ascii_case(&own) {
            // A statement finds them with and without the name of the database.
            tables.iter_mut().filter(|table| table.is_visible).for_each(|it| it.schema = Some((*schema).to_owned()));
        } else {
            tables.extend(read_one(on, Some(schema), is_mariadb).await?);
        }
    }
    Ok(Schema { backend: on.backend(), tables, schemas: Vec::new(), ignores_case_of_tables })
}

/// Reads the tables of one database: of that of the connection, or another one.
async fn read_one(on: Handle<'_>, schema: Option<&str>, is_mariadb: bool) -> Result<Vec<Table>> {
    let space = schema.map_or_else(|| "DATABASE()".to_owned(), text);
    let of_space = |sql: &str| sql.replace("{space}", &space);
    let tables = query(on, &of_space(TABLES), |row| {
        let kind = if flag(row, "is_view")? { TableKind::View } else { TableKind::Table };
        let mut table = Table::new(row.get("name")?, kind);
        table.schema = schema.map(str::to_owned);
        table.is_visible = schema.is_none();
        Ok(table)
    })
    .await?;
    let checks = if is_mariadb { query(on, &of_space(CHECKS), check).await? } else { Vec::new() };
    let checks: Option<Checks> = is_mariadb.then(|| checks.into_iter().collect());
    let columns = query(on, &of_space(COLUMNS), |row| column(row, checks.as_ref())).await?;
    let rules: Rules = query(on, &of_space(RULES), rule).await?.into_iter().collect();
    let references = query(on, &of_space(REFERENCES), |row| reference(row, &rules)).await?;
    let mut parts = Parts::new(columns, query(on, &of_space(INDEXES), index).await?, references);
    let triggers = query(on, &of_space(TRIGGERS), trigger).await?;
    let filled = tables.into_iter().map(|mut table| {
        parts.fill(&table.name.clone(), &mut table);
        let own = triggers.iter().filter(|(of, _)| *of == table.name);
        table.triggers = own.map(|(_, trigger)| trigger.clone()).collect();
        if table.kind == TableKind::View && table.columns.is_empty() {
            // The server shows no columns of such a view, and the reason only as a warning.
            table.problem = Some("it references an invalid table or column, or its definer lacks rights".to_owned());
        }
        table
    });
    Ok(filled.collect())
}

/// Returns a text in SQL.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn trigger(row: &Row<'_>) -> Result<(String, CaptureTrigger), sqlx::Error> {
    let (table, name): (String, String) = (row.get("tab")?, row.get("name")?);
    let (event, action): (String, String) = (row.get("event")?, row.get("action")?);
    let quoted = |name: &str| format!("`{}`", name.replace('`', "``"));
    let definition =
        format!("CREATE TRIGGER {} AFTER {event} ON {} FOR EACH ROW {action}", quoted(&name), quoted(&table));
    Ok((table, CaptureTrigger { name, statements: vec![definition], signs: Vec::new() }))
}

fn check(row: &Row<'_>) -> Result<((String, String), String), sqlx::Error> {
    Ok(((row.get("tab")?, row.get("name")?), row.get("clause")?))
}

/// Reads a column. Only MariaDB has checks of columns.
fn column(row: &Row<'_>, checks: Option<&Checks>) -> Result<(String, ColumnSchema), sqlx::Error> {
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
    let check = checks.and_then(|checks| checks.get(&(table.clone(), name.clone())));
    let is_of_json = |check: &&String| **check == format!("json_valid(`{}`)", name.replace('`', "``"));
    sql_type.is_json = check.as_ref().is_some_and(is_of_json) || sql_type.text == "json";
    // MariaDB shows a missing default of a nullable column as NULL.
    let default = maybe::<String>(row, "def")?.filter(|default| default != "NULL");
    let default = default.map(|default| if checks.is_some() { default } else { default_of_mysql(default, &extra) });
    let mut kept = kept(&extra, maybe(row, "collation")?, &maybe::<String>(row, "comment")?.unwrap_or_default());
    if let Some(check) = check.filter(|check| !is_of_json(check)) {
        kept = format!("{kept} CHECK ({check})");
    }
    Ok((table, ColumnSchema { name, sql_type, is_nullable, default, generation, omits_null: false, kept }))
}

/// Returns a default of MySQL as SQL. The server shows a literal without quotes, and an expression without parentheses.
fn default_of_mysql(default: String, extra: &str) -> String {
    let is_moment = default.to_ascii_uppercase().starts_with("CURRENT_TIMESTAMP");
    let is_bits = default.starts_with("b'");
    if is_moment || is_bits {
        default
    } else if extra.contains("DEFAULT_GENERATED") {
        format!("({default})")
    } else if default.parse::<f64>().is_ok_and(f64::is_finite) {
        default
    } else {
        text(&default)
    }
}

/// Returns the clauses that a new definition of a column has to repeat. A check is the last one.
fn kept(extra: &str, collation: Option<String>, comment: &str) -> String {
    let mut kept = collation.map(|collation| format!(" COLLATE {collation}")).unwrap_or_default();
    if let Some((_, moment)) = extra.split_once("on update ") {
        kept = format!("{kept} ON UPDATE {moment}");
    }
    if extra.contains("INVISIBLE") {
        kept.push_str(" INVISIBLE");
    }
    if !comment.is_empty() {
        kept = format!("{kept} COMMENT '{}'", comment.replace('\\', "\\\\").replace('\'', "''"));
    }
    kept
}

fn index(row: &Row<'_>) -> Result<IndexPart<String>, sqlx::Error> {
    Ok(IndexPart {
        table: row.get("tab")?,
        name: row.get("name")?,
        is_unique: flag(row, "is_unique")?,
        is_primary: flag(row, "is_primary")?,
        is_plain: flag(row, "is_plain")?,
        is_constraint: flag(row, "is_unique")?,
        definition: None,
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

#[cfg(test)]
mod tests {
    use super::default_of_mysql;

    #[test]
    fn a_default_of_mysql_gets_its_quotes() {
        for (shown, extra, expected) in [
            ("it's", "", "'it''s'"),
            ("1.50", "", "1.50"),
            ("nan", "", "'nan'"),
            ("b'1'", "", "b'1'"),
            ("CURRENT_TIMESTAMP(6)", "DEFAULT_GENERATED", "CURRENT_TIMESTAMP(6)"),
            ("uuid()", "DEFAULT_GENERATED", "(uuid())"),
        ] {
            assert_eq!(default_of_mysql(shown.to_owned(), extra), expected);
        }
    }
}
