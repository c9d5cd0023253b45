//! The changes that lose data, or that fail on a table with rows.

use std::fmt;

use super::change::Change;
use crate::description::{ColumnSchema, ColumnType};
use crate::dialect::Dialect;
use crate::types::{Agreement, Canonical, canonical, compare as compare_types};

/// A change that loses data, or that fails because of the rows of a table.
///
/// Its `Display` says what happens, and what to write.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// A table is dropped with its rows.
    Table {
        /// The table.
        table: String,
    },
    /// A column is dropped with its values.
    Column {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// The new type does not have all values of the old one.
    Type {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The type before.
        from: String,
        /// The type after.
        to: String,
    },
    /// A column becomes NOT NULL, and has no default for the rows that are NULL.
    Null {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A unique key that no model has is dropped.
    Unique {
        /// The table.
        table: String,
        /// The columns of the key.
        columns: Vec<String>,
    },
    /// A reference that no model has is dropped.
    Reference {
        /// The table.
        table: String,
        /// The columns that reference.
        columns: Vec<String>,
        /// The referenced table.
        target: String,
    },
    /// A new column is NOT NULL, and has no default for the rows that are there.
    NoDefault {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table { table } => write!(f, "the table `{table}` is dropped with its rows"),
            Self::Column { table, column } => write!(
                f,
                "the column `{column}` of `{table}` is dropped with its values; if it was renamed, write `#[model(was = \"{column}\")]` at its field"
            ),
            Self::Type { table, column, from, to } => {
                write!(
                    f,
                    "the column `{column}` of `{table}` changes from {from} to {to}, which may not have its values"
                )
            }
            Self::Null { table, column } => write!(
                f,
                "the column `{column}` of `{table}` becomes NOT NULL, which fails for rows that are NULL; give the field a default, such as `#[model(default = 0)]`"
            ),
            Self::Unique { table, columns } => write!(
                f,
                "the unique key ({}) of `{table}` is dropped; to keep it, write `unique` in the `#[model(..)]` of the field or of the model",
                columns.join(", "),
            ),
            Self::Reference { table, columns, target } => write!(
                f,
                "the reference ({}) of `{table}` to `{target}` is dropped; to keep it, write `references` in the `#[model(..)]` of the field",
                columns.join(", "),
            ),
            Self::NoDefault { table, column } => write!(
                f,
                "the new column `{column}` of `{table}` is NOT NULL, and the rows that are there have no value for it; make it an `Option`, or give the field a default, such as `#[model(default = 0)]`"
            ),
        }
    }
}

/// Returns what the changes lose.
pub(super) fn of(dialect: Dialect, changes: &[Change]) -> Vec<Loss> {
    let of_key = |change| of_key(change, changes);
    changes.iter().flat_map(|change| of_change(dialect, change).into_iter().chain(of_key(change))).collect()
}

/// Returns the loss of a unique key or a reference, unless the loss of a column says it, or another one replaces it.
fn of_key(change: &Change, changes: &[Change]) -> Option<Loss> {
    let table = change.table();
    let is_dropped = |columns: &[String]| {
        let is_it =
            |other: &Change| matches!(other, Change::DropColumn { column, .. } if columns.contains(&column.name));
        changes.iter().any(|other| other.table() == table && is_it(other))
    };
    match change {
        Change::DropIndex { index, .. } if index.is_unique && !is_dropped(&index.columns) => {
            Some(Loss::Unique { table: table.to_owned(), columns: index.columns.clone() })
        }
        Change::DropForeignKey { key, .. } if !is_dropped(&key.columns) => {
            let is_new = |other: &Change| matches!(other, Change::AddForeignKey { table: of, key: new } if of == table && new.columns == key.columns);
            let (columns, target) = (key.columns.clone(), key.table.clone());
            let is_replaced = changes.iter().any(is_new);
            (!is_replaced).then(|| Loss::Reference { table: table.to_owned(), columns, target })
        }
        _ => None,
    }
}

fn of_change(dialect: Dialect, change: &Change) -> Vec<Loss> {
    let table = change.table().to_owned();
    match change {
        Change::DropTable(_) => vec![Loss::Table { table }],
        Change::DropColumn { column, .. } => vec![Loss::Column { table, column: column.name.clone() }],
        Change::AddColumn { column, .. } if needs_value(column) => {
            vec![Loss::NoDefault { table, column: column.name.clone() }]
        }
        Change::ChangeColumn { from, to, .. } => {
            let column = to.name.clone();
            let mut losses = Vec::new();
            if !is_wider(dialect, &from.sql_type, &to.sql_type) {
                let (from, to) = (from.sql_type.to_string(), to.sql_type.to_string());
                losses.push(Loss::Type { table: table.clone(), column: column.clone(), from, to });
            }
            if from.is_nullable && !to.is_nullable && to.default.is_none() {
                losses.push(Loss::Null { table, column });
            }
            losses
        }
        _ => Vec::new(),
    }
}

fn needs_value(column: &ColumnSchema) -> bool {
    !column.is_nullable && column.default.is_none() && column.generation.is_none()
}

/// Returns whether the new type has all values of the old one.
fn is_wider(dialect: Dialect, from: &ColumnType, to: &ColumnType) -> bool {
    if compare_types(dialect, to, from) == Agreement::Same {
        return true;
    }
    let (from, to) = (canonical(dialect, &from.text), canonical(dialect, &to.text));
    if from.is_unsigned != to.is_unsigned || from.dimensions != to.dimensions {
        return false;
    }
    if from.name == to.name {
        return has_room(room(dialect, &from).as_deref(), room(dialect, &to).as_deref());
    }
    let rank = |types: &[&str], name: &str| types.iter().position(|it| *it == name);
    [
        &["tinyint", "smallint", "mediumint", "int", "integer", "bigint"][..],
        &["real", "double precision"],
        &["float", "double"],
        &["varchar", "text", "mediumtext", "longtext"],
        &["varbinary", "blob", "mediumblob", "longblob"],
    ]
    .iter()
    .any(|types| rank(types, &from.name).zip(rank(types, &to.name)).is_some_and(|(from, to)| from < to))
}

/// Returns the length of a type, or its numbers of digits.
fn room(dialect: Dialect, sql_type: &Canonical) -> Option<Vec<i64>> {
    match (dialect, sql_type.name.as_str()) {
        _ if !sql_type.arguments.is_empty() => sql_type.arguments.iter().map(|it| it.parse().ok()).collect(),
        // It has no digits after the second, unless it says how many.
        (Dialect::Mysql, "datetime" | "time" | "timestamp") => Some(vec![0]),
        (Dialect::Postgres, "bit") => Some(vec![1]),
        _ => Some(Vec::new()),
    }
}

/// Returns whether a length, or both numbers of digits, are at least what they were.
fn has_room(from: Option<&[i64]>, to: Option<&[i64]>) -> bool {
    match (from, to) {
        (_, Some([])) => true,
        (Some([from]), Some([to])) => from <= to,
        (Some([from, from_scale]), Some([to, to_scale])) => {
            from_scale <= to_scale && from - from_scale <= to - to_scale
        }
        _ => false,
    }
}
