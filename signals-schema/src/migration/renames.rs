//! Names before: of tables and columns that were renamed.

use std::fmt;

use super::change::Change;
use crate::description::{CaptureTrigger, ColumnSchema, ColumnType, Schema, Table, TableKind};
use crate::dialect::Dialect;
use crate::types::{Agreement, canonical, compare as compare_types};

/// A table or a column that may have been renamed: the new name is not in the database, and the old one is not in the
/// models.
///
/// Its `Display` is a question such as "was the column `mail` of `user` renamed to `email`?".
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rename {
    /// The table with its new name, if it is a column.
    pub table: Option<String>,
    /// The name before.
    pub from: String,
    /// The name after.
    pub to: String,
}

impl Rename {
    /// The rename of a table.
    pub fn table(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self { table: None, from: from.into(), to: to.into() }
    }

    /// The rename of a column. The table has its new name here.
    pub fn column(table: impl Into<String>, from: impl Into<String>, to: impl Into<String>) -> Self {
        Self { table: Some(table.into()), from: from.into(), to: to.into() }
    }
}

impl fmt::Display for Rename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.table {
            Some(table) => write!(f, "was the column `{}` of `{table}` renamed to `{}`?", self.from, self.to),
            None => write!(f, "was the table `{}` renamed to `{}`?", self.from, self.to),
        }
    }
}

/// Returns the renames that apply to a schema: the old name is there, and the new one is not. Tables come first.
pub(super) fn applied(old: &Schema, new: &Schema, renames: &[Rename]) -> Vec<Change> {
    let mut changes = Vec::new();
    for Rename { from, to, .. } in renames.iter().filter(|rename| rename.table.is_none()) {
        let is_of_table = |table: &&Table| matches!(table.kind, TableKind::Table | TableKind::Partitioned);
        if old.table(from).as_ref().is_some_and(is_of_table) && old.table(to).is_none() && new.table(to).is_some() {
            changes.push(Change::RenameTable { from: from.clone(), to: to.clone() });
        }
    }
    let state = old.after(&changes);
    for Rename { table, from, to } in renames {
        let Some(found) = table.as_ref().and_then(|name| state.table(name)) else { continue };
        let is_new = new.table(&found.name).is_none_or(|expected| expected.column(from).is_none());
        if found.column(from).is_some() && found.column(to).is_none() && is_new {
            let table = found.name.clone();
            changes.push(Change::RenameColumn { table, from: from.clone(), to: to.clone() });
        }
    }
    changes
}

/// Returns the drops of the triggers that record the writes of others, of the tables that are renamed or have a renamed
/// column.
pub(super) fn dropped_triggers(old: &Schema, renames: &[Change]) -> Vec<Change> {
    let is_renamed = |table: &&Table| {
        let after = renames.iter().find_map(|change| match change {
            Change::RenameTable { from, to } if *from == table.name => Some(to),
            _ => None,
        });
        let name = after.unwrap_or(&table.name);
        after.is_some()
            || renames.iter().any(|change| matches!(change, Change::RenameColumn { table, .. } if table == name))
    };
    let tables = old.tables.iter().filter(|table| table.is_visible).filter(is_renamed);
    let drops = tables.flat_map(|table| {
        let drop =
            |trigger: &CaptureTrigger| Change::DropTrigger { table: table.name.clone(), trigger: trigger.clone() };
        table.triggers.iter().map(drop).collect::<Vec<_>>()
    });
    drops.collect()
}

/// Returns what may be renames among the changes: a new column beside a dropped one of the same type, and a new table
/// with the columns of one that no model has.
pub(super) fn possible(old: &Schema, new: &Schema, changes: &[Change]) -> Vec<Rename> {
    let dialect = Dialect::of(old.backend);
    let mut renames = Vec::new();
    for change in changes {
        match change {
            Change::AddColumn { table, column: added } => {
                for other in changes {
                    if let Change::DropColumn { table: of, column: dropped } = other
                        && of == table
                        && is_alike(dialect, &added.sql_type, &dropped.sql_type)
                    {
                        renames.push(Rename::column(table, &dropped.name, &added.name));
                    }
                }
            }
            Change::CreateTable(created) => {
                let is_left = |table: &&Table| {
                    table.is_visible && table.kind == TableKind::Table && new.table(&table.name).is_none()
                };
                let similar = old.tables.iter().filter(is_left).filter(|table| is_similar(dialect, table, created));
                renames.extend(similar.map(|table| Rename::table(&table.name, &created.name)));
            }
            _ => {}
        }
    }
    renames
}

/// Returns whether a column may have had the other type: both are texts, or both are integers.
fn is_alike(dialect: Dialect, one: &ColumnType, other: &ColumnType) -> bool {
    let kind = |sql_type: &ColumnType| {
        let name = canonical(dialect, &sql_type.text).name;
        let kinds = ["text", "char", "int"].iter().position(|kind| name.contains(kind));
        kinds.map(|kind| kind == 2)
    };
    compare_types(dialect, one, other) != Agreement::OtherType || kind(one).is_some_and(|it| kind(other) == Some(it))
}

/// Returns whether more than half of the columns of two tables have the same names and types.
fn is_similar(dialect: Dialect, old: &Table, new: &Table) -> bool {
    let is_same = |column: &&ColumnSchema| {
        old.column(&column.name).is_some_and(|found| is_alike(dialect, &column.sql_type, &found.sql_type))
    };
    let same = new.columns.iter().filter(is_same).count();
    same > 1 && same * 2 > new.columns.len().max(old.columns.len())
}
