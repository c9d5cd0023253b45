//! The columns that are kept and the tables that are dropped, as they were asked for.

use super::Options;
use super::change::Change;
use crate::description::{Schema, Table};

/// Adds the columns that are kept to the new schema, with their keys. Returns those that do not exist.
pub(super) fn keep_columns(old: &Schema, new: &mut Schema, renames: &[Change], options: &Options) -> Vec<String> {
    let mut problems = Vec::new();
    let mut kept: Vec<(&Table, &str)> = Vec::new();
    for (name, column) in &options.kept_columns {
        let name = new_name(renames, name);
        let target = new.tables.iter_mut().find(|own| own.name == name);
        let Some((found, target)) = old.table(name).zip(target) else {
            problems.push(format!("there is no column `{column}` of `{name}` to keep: no model has this table"));
            continue;
        };
        if kept.iter().any(|(table, own)| table.name == found.name && own == column) {
            continue;
        }
        match found.column(column).filter(|_| target.column(column).is_none()) {
            Some(own) => {
                target.columns.push(own.clone());
                kept.push((found, column));
            }
            None => problems.push(format!(
                "there is no column `{column}` of `{name}` to keep: {}",
                listed(
                    "its columns without a field",
                    found.columns.iter().map(|own| &own.name).filter(|it| target.column(it).is_none())
                ),
            )),
        }
    }
    // A key may have several of the columns.
    for (found, column) in kept {
        if let Some(target) = new.tables.iter_mut().find(|own| own.name == found.name) {
            keep_keys(found, column, target);
        }
    }
    problems
}

/// Adds the indexes, unique keys and references of a column.
fn keep_keys(found: &Table, column: &str, target: &mut Table) {
    let names: Vec<_> = target.columns.iter().map(|own| own.name.clone()).collect();
    let is_kept =
        |columns: &[String]| columns.iter().any(|it| it == column) && columns.iter().all(|it| names.contains(it));
    for index in found.indexes.iter().filter(|index| index.is_plain && is_kept(&index.columns)) {
        if !target.indexes.contains(index) {
            target.indexes.push(index.clone());
        }
    }
    for key in found.foreign_keys.iter().filter(|key| is_kept(&key.columns)) {
        if !target.foreign_keys.contains(key) {
            target.foreign_keys.push(key.clone());
        }
    }
}

/// Returns the name that a table has after the renames.
fn new_name<'a>(renames: &'a [Change], name: &'a str) -> &'a str {
    let new = renames.iter().find_map(|change| match change {
        Change::RenameTable { from, to } if from == name => Some(to.as_str()),
        _ => None,
    });
    new.unwrap_or(name)
}

/// Returns a problem for each table to drop that does not exist, or that a model has.
pub(super) fn missing_tables(old: &Schema, new: &Schema, options: &Options) -> Vec<String> {
    let has_model = |table: &Table| new.table(&table.name).is_some();
    let missing = options.dropped_tables.iter().filter(|name| old.table(name).is_none_or(has_model));
    let left = || old.tables.iter().filter(|table| !has_model(table));
    let names = || left().map(|table| &table.name).filter(|name| *name != "_sqlx_migrations");
    missing
        .map(|name| format!("there is no table `{name}` to drop: {}", listed("the tables without a model", names())))
        .collect()
}

/// Returns a sentence about what there is.
fn listed<'a>(what: &str, names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() { format!("{what}: none") } else { format!("{what}: {}", names.join(", ")) }
}
