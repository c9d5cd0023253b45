//! Compares the values of SQLite with those that the models write. SQLite keeps any value in any column, so the types of
//! columns say little about them.

use signals_core::backend::{Args, Row};
use signals_core::db::{Handle, PlainStatement};
use signals_core::error::Result;
use signals_core::model::{ColumnMeta, ModelMeta};

use crate::description::{Schema, Table};
use crate::dialect::Dialect;
use crate::difference::{Difference, DifferenceKind};

/// Returns a difference for each column with a value that its field does not read, or that a condition with the same
/// value does not find. It reads 20 values among the first 1,000 rows of each column.
pub(super) async fn differences(
    on: Handle<'_>,
    schema: &Schema,
    models: &[&'static ModelMeta],
) -> Result<Vec<Difference>> {
    let mut differences = Vec::new();
    if Dialect::of(schema.backend) != Dialect::Sqlite {
        return Ok(differences);
    }
    for meta in models {
        let Some(table) = schema.table_in(meta.schema(), meta.table()).filter(|table| is_stored(table)) else {
            continue;
        };
        for column in meta.columns() {
            let is_same = |name: &str| Dialect::Sqlite.is_same_column(name, column.column);
            if table.columns.iter().any(|found| is_same(&found.name))
                && let Some(kind) = first_difference(on, table, column).await?
            {
                differences.push(Difference { model: meta, kind });
            }
        }
    }
    Ok(differences)
}

/// Returns whether the table has rows of its own. A view would be evaluated for each value.
fn is_stored(table: &Table) -> bool {
    table.problem.is_none() && table.kind.has_constraints()
}

/// A value of a column: as text, and bound as the model writes it, with its literal, if the field reads it.
struct Value {
    shown: String,
    bound: Option<Args>,
}

async fn first_difference(on: Handle<'_>, table: &Table, column: &ColumnMeta) -> Result<Option<DifferenceKind>> {
    let (name, table_name) = (quoted(column.column), quoted(&table.name));
    // The table of another attached file may have the same name.
    let rows =
        table.schema.as_deref().map_or_else(|| table_name.clone(), |file| format!("{}.{table_name}", quoted(file)));
    let rows = format!("(SELECT {name} AS value FROM {rows} LIMIT 1000) AS found");
    let shown = "typeof(value) || ' ' || substr(CASE typeof(value) WHEN 'blob' THEN hex(value) ELSE CAST(value AS TEXT) END, 1, 40)";
    let sql =
        format!("SELECT value, {shown} AS shown, quote(value) AS literal FROM {rows} WHERE value IS NOT NULL LIMIT 20");
    let values = query(on, sql, Args::new(on.backend(), 0), |row| Ok(value(on, row, column))).await?;
    for Value { shown: found, bound } in values.into_iter().flatten() {
        let column = column.column.to_owned();
        let Some(bound) = bound else {
            let expected = "a value that the field reads".to_owned();
            return Ok(Some(DifferenceKind::Value { column, expected, found }));
        };
        let sql = format!(
            "SELECT {shown} AS shown, EXISTS (SELECT 1 FROM {rows} WHERE found.value = own.value AND quote(found.value) = own.literal) AS is_found \
             FROM (SELECT ? AS value, ? AS literal) AS own"
        );
        let own = query(on, sql, bound, |row| Ok((row.get::<String>("shown")?, row.get::<bool>("is_found")?))).await?;
        if let Some((expected, false)) = own.into_iter().next() {
            return Ok(Some(DifferenceKind::Value { column, expected, found }));
        }
    }
    Ok(None)
}

/// Reads a value. Returns `None` for a column of JSON, with which nothing is compared.
fn value(on: Handle<'_>, row: &Row<'_>, column: &ColumnMeta) -> Option<Value> {
    let mut args = Args::new(on.backend(), 2);
    let read = column.bind_read(row, "value", &mut args)?;
    // A text may be no UTF-8.
    let literal = row.get::<String>("literal");
    let is_read = matches!(read, Ok(Ok(()))) && literal.is_ok_and(|literal| args.add(&literal).is_ok());
    let shown = row.get("shown").unwrap_or_else(|_| "a text that is not UTF-8".to_owned());
    Some(Value { shown, bound: is_read.then_some(args) })
}

async fn query<T: Send>(
    on: Handle<'_>,
    sql: String,
    args: Args,
    read: impl FnMut(&Row<'_>) -> Result<T, sqlx::Error> + Send,
) -> Result<Vec<T>> {
    on.read_plain(&PlainStatement::new("SELECT", "the values of a column", sql), args, read).await
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
