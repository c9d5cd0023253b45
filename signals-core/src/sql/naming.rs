//! The names of indexes and constraints, within the limits of all databases.

use std::fmt::Write as _;

use super::quoted;
use crate::backend::Backend;
use crate::model::{ColumnMeta, ModelMeta};

/// The maximum length of a generated name in bytes, which every database accepts.
const MOST: usize = 63;

/// Returns the name of a column's index, which also marks where the name of the table ends.
pub(super) fn of_index(meta: &ModelMeta, column: &ColumnMeta, backend: Backend) -> String {
    escaped(backend, &of_columns(meta.table(), column.column, "idx"))
}

/// Returns the name of an index over several columns.
pub(super) fn of_index_together(meta: &ModelMeta, places: &[usize], backend: Backend) -> String {
    escaped(backend, &of_columns(meta.table(), &joined(meta, places), "idx"))
}

/// Returns an escaped name with the name of its schema before it, for sea-query to put quotes around both.
pub(super) fn within(schema: &str, name: &str, backend: Backend) -> String {
    let quote = backend.capabilities().quote;
    format!("{}{quote}.{quote}{name}", escaped(backend, schema))
}

/// Returns the name of the constraint of a reference.
pub(super) fn of_reference(meta: &ModelMeta, places: &[usize], backend: Backend) -> String {
    escaped(backend, &of_reference_itself(meta, places))
}

/// Returns the name of a reference's constraint as the database shows it.
pub(super) fn of_reference_itself(meta: &ModelMeta, places: &[usize]) -> String {
    of_columns(meta.table(), &joined(meta, places), "fk")
}

/// Returns the name of a reference's constraint in quotes.
pub(super) fn quoted_reference(meta: &ModelMeta, places: &[usize], backend: Backend) -> String {
    quoted(backend, &of_reference_itself(meta, places))
}

/// Returns the name of an index or a constraint of these columns, without quotes.
pub(crate) fn planned_name(table: &str, columns: &[String], what: &str) -> String {
    of_columns(table, &columns.join("__"), what)
}

/// Returns a name with the quotes in it doubled. sea-query puts quotes around the names of indexes and
/// constraints, but does not escape quotes inside them.
fn escaped(backend: Backend, name: &str) -> String {
    let quoted = quoted(backend, name);
    quoted[1..quoted.len() - 1].to_owned()
}

/// Returns the names of columns as a part of another name.
fn joined(meta: &ModelMeta, places: &[usize]) -> String {
    places.iter().map(|place| meta.columns()[*place].column).collect::<Vec<_>>().join("__")
}

/// Returns a name made of the table's and the columns'. A name that is too long is cut, and ends with a hash
/// that distinguishes it.
fn of_columns(table: &str, columns: &str, what: &str) -> String {
    let mut name = format!("{table}__{columns}__{what}");
    if name.len() > MOST {
        let end = format!("__{:08x}__{what}", fnv1a(&name));
        name.truncate(name.floor_char_boundary(MOST - end.len()));
        let _ = write!(name, "{end}");
    }
    name
}

/// Returns a hash that never changes, so that existing tables keep the names of their indexes.
fn fnv1a(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
