//! Reads some values of a table of SQLite.

use signals_core::backend::Row;
use signals_core::db::Handle;
use signals_core::error::Result;

use super::super::{maybe, query};
use crate::description::{Sample, Table, TableKind};

/// Reads the values of 20 rows. A view would be evaluated for them, so it has none.
pub(in crate::read) async fn read_values(on: Handle<'_>, table: &mut Table) -> Result<()> {
    if table.kind != TableKind::Table || table.columns.is_empty() {
        return Ok(());
    }
    let values: Vec<_> = table.columns.iter().enumerate().map(|(place, column)| value(place, &column.name)).collect();
    let file = table.schema.as_deref().map(|file| format!("{}.", quoted(file))).unwrap_or_default();
    let sql = format!("SELECT {} FROM {file}{} LIMIT 20", values.join(", "), quoted(&table.name));
    let rows = query(on, &sql, |row| Ok((0..values.len()).map(|place| sample(row, place)).collect::<Vec<_>>())).await?;
    for row in rows {
        for (column, sample) in table.columns.iter_mut().zip(row) {
            column.sql_type.samples.extend(sample);
        }
    }
    Ok(())
}

/// Returns the type of a value with its first letters. Bytes have none, because they may be no text.
fn value(place: usize, column: &str) -> String {
    let name = quoted(column);
    format!(
        "typeof({name}) || ' ' || CASE typeof({name}) WHEN 'blob' THEN '' ELSE substr({name}, 1, 40) END AS v{place}"
    )
}

/// Returns `None` for NULL, and for a text that is not UTF-8.
fn sample(row: &Row<'_>, place: usize) -> Option<Sample> {
    let value: Option<String> = maybe(row, &format!("v{place}")).ok()?;
    let value = value?;
    let (kind, text) = value.split_once(' ')?;
    Some(Sample { kind: kind.to_owned(), text: text.to_owned() })
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
