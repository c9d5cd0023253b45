//! The statements of several rows of one model.

use std::iter;

use super::{by_key_of, names, names_of, placeholder, quoted, returning, table};
use crate::backend::{Backend, Parameters, UpdateForm};
use crate::model::ModelMeta;

/// Returns an INSERT of these columns for this number of rows.
pub(crate) fn insert_rows(meta: &ModelMeta, backend: Backend, columns: &[usize], rows: usize) -> String {
    if columns.is_empty() {
        // DEFAULT VALUES inserts only one row.
        let key = quoted(backend, meta.primary_key().column);
        let made = backend.capabilities().inserts.made_key;
        return format!("INSERT INTO {} ({key}) VALUES {}", table(meta, backend), repeated(made, rows));
    }
    let names = names(meta, backend, columns, |name, _| name);
    format!("INSERT INTO {} ({names}) VALUES {}", table(meta, backend), tuples(backend, columns.len(), rows))
}

/// Returns an INSERT that returns the keys of the rows in their order.
///
/// SQLite does not document an order for RETURNING. It collects the keys while it inserts row after row, and
/// returns them in that order. This library relies on that, and tests it.
pub(crate) fn insert_rows_returning(meta: &ModelMeta, backend: Backend, columns: &[usize], rows: usize) -> String {
    insert_rows(meta, backend, columns, rows) + &returning(meta, backend)
}

/// Returns an UPDATE of these columns for this number of rows, each with its own values. The key of a row is
/// bound first, then its values.
///
/// A text key is cast to `compared_as`, if the column has its own comparison.
pub(crate) fn update_rows(
    meta: &ModelMeta,
    backend: Backend,
    columns: &[usize],
    rows: usize,
    compared_as: Option<&str>,
) -> String {
    let table = table(meta, backend);
    // This alias differs from the name of the table.
    let values = quoted(backend, &format!("{} values", meta.table()));
    match backend.capabilities().updates {
        UpdateForm::JoinSelect => {
            let assignments =
                names(meta, backend, columns, |name, place| format!("{table}.{name} = {values}.column{}", place + 1));
            let key = quoted(backend, meta.primary_key().column);
            let first = names_of(1..=columns.len() + 1, |place| format!("? AS column{place}"));
            let other = format!(" UNION ALL SELECT {}", names_of(1..=columns.len() + 1, |_| "?".into()));
            let others = other.repeat(rows.saturating_sub(1));
            format!(
                "UPDATE {table} JOIN (SELECT {first}{others}) AS {values} ON {table}.{key} = {values}.column1 SET {assignments}"
            )
        }
        // For 100,000 rows of two columns this took a sixth of the time of `CASE`, which compares each row
        // with every key.
        UpdateForm::FromValues => {
            let assignments =
                names(meta, backend, columns, |name, place| format!("{name} = {values}.column{}", place + 1));
            let key = quoted(backend, meta.primary_key().column);
            let tuples = tuples(backend, columns.len() + 1, rows);
            let given = compared_as.map_or_else(
                || format!("{values}.column1"),
                |sql_type| format!("CAST({values}.column1 AS {sql_type})"),
            );
            format!("UPDATE {table} SET {assignments} FROM (VALUES {tuples}) AS {values} WHERE {table}.{key} = {given}")
        }
    }
}

/// Returns an UPDATE that sets these columns to the same values in the rows with this number of keys. The
/// values are bound first.
pub(crate) fn set_rows(meta: &ModelMeta, backend: Backend, columns: &[usize], rows: usize) -> String {
    let assignments = names(meta, backend, columns, |name, place| format!("{name} = {}", placeholder(backend, place)));
    format!("UPDATE {} SET {assignments}{}", table(meta, backend), by_keys(meta, backend, columns.len() + 1, rows))
}

fn by_keys(meta: &ModelMeta, backend: Backend, first: usize, rows: usize) -> String {
    by_key_of(meta, backend, &format!("IN ({})", names_of(first..first + rows, |place| placeholder(backend, place))))
}

/// Returns `(?, ?), (?, ?)`.
fn tuples(backend: Backend, columns: usize, rows: usize) -> String {
    let row = |first: usize| format!("({})", names_of(first..first + columns, |place| placeholder(backend, place)));
    match backend.capabilities().parameters {
        Parameters::Plain => repeated(&row(1), rows),
        Parameters::Numbered => (0..rows).map(|number| row(number * columns + 1)).collect::<Vec<_>>().join(", "),
    }
}

fn repeated(row: &str, rows: usize) -> String {
    iter::repeat_n(row, rows).collect::<Vec<_>>().join(", ")
}
