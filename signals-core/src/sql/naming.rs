//! Names: what a database takes as one, and those that are made here.

use std::fmt::Write as _;

use super::quoted;
use crate::backend::Backend;
use crate::model::{ColumnMeta, ModelMeta};

/// How many bytes a name may have that is made here: what every database takes.
const MOST: usize = 63;

/// The name of a column's index, which tells where the table's ends.
pub(super) fn of_index(meta: &ModelMeta, column: &ColumnMeta, backend: Backend) -> String {
    escaped(backend, &of_column(meta, column, "idx"))
}

/// The name of an index over several columns.
pub(super) fn of_index_together(meta: &ModelMeta, places: &[usize], backend: Backend) -> String {
    let columns: Vec<_> = places.iter().map(|place| meta.columns()[*place].column).collect();
    escaped(backend, &of_columns(meta, &columns.join("__"), "idx"))
}

/// The name of the constraint of a column's reference.
pub(super) fn of_reference(meta: &ModelMeta, column: &ColumnMeta, backend: Backend) -> String {
    escaped(backend, &of_column(meta, column, "fk"))
}

/// The same as the database shows it.
pub(super) fn of_reference_itself(meta: &ModelMeta, column: &ColumnMeta) -> String {
    of_column(meta, column, "fk")
}

/// The same with the quotes around it.
pub(super) fn quoted_reference(meta: &ModelMeta, column: &ColumnMeta, backend: Backend) -> String {
    quoted(backend, &of_column(meta, column, "fk"))
}

/// A name with the quotes in it doubled: sea-query puts quotes around the names of indexes and constraints, and leaves those within alone.
fn escaped(backend: Backend, name: &str) -> String {
    let quoted = quoted(backend, name);
    quoted[1..quoted.len() - 1].to_owned()
}

/// A name made of the table's and the column's.
fn of_column(meta: &ModelMeta, column: &ColumnMeta, what: &str) -> String {
    of_columns(meta, column.column, what)
}

/// A name made of the table's and those of columns. One that is too long is cut, and ends with what tells it from others that begin alike.
fn of_columns(meta: &ModelMeta, columns: &str, what: &str) -> String {
    let mut name = format!("{}__{columns}__{what}", meta.table());
    if name.len() > MOST {
        let end = format!("__{:08x}__{what}", fnv1a(&name));
        name.truncate(name.floor_char_boundary(MOST - end.len()));
        let _ = write!(name, "{end}");
    }
    name
}

/// A hash that stays the same: tables that are there keep the names of their indexes.
fn fnv1a(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
