//! The statements of MySQL and MariaDB. Each of them commits, so a table has as few as possible.

use super::sql::Sql;
use super::{Statements, changed_tables, changes_of, groups};
use crate::description::{ColumnSchema, ForeignKey, Generation, Schema};
use crate::dialect::Dialect;
use crate::migration::change::Change;
use crate::types::canonical;

/// Returns the statements of changes of a schema.
pub(super) fn statements(sql: &Sql, old: &Schema, changes: &[Change]) -> Statements {
    let mut list = Vec::new();
    for (state, group) in groups(old, changes) {
        if group.iter().all(Change::is_rename) {
            list.extend(group.iter().filter_map(|change| sql.rename(change)));
        } else if group.iter().all(Change::is_trigger) {
            sql.triggers(group, &mut list);
        } else {
            of_group(sql, &state, group, &mut list);
        }
    }
    Statements { list, has_transaction: true }
}

fn of_group(sql: &Sql, state: &Schema, changes: &[Change], list: &mut Vec<String>) {
    let moved = references_of_changed_types(state, changes);
    for (table, key) in dropped_references(changes).into_iter().chain(moved.iter().copied()) {
        let name = sql.name(&sql.reference_name(table, key));
        list.push(format!("ALTER TABLE {} DROP FOREIGN KEY {name}", sql.name(table)));
    }
    for change in changes {
        if let Change::DropTable(table) = change {
            list.push(format!("DROP TABLE {}", sql.name(&table.name)));
        }
    }
    for change in changes {
        if let Change::CreateTable(table) = change {
            list.extend(sql.whole_table(table, &[]));
        }
    }
    for table in changed_tables(changes) {
        alter(sql, table, changes, list);
    }
    for (table, key) in added_references(changes).into_iter().chain(moved.iter().copied()) {
        list.push(sql.add_reference(table, key));
    }
}

/// Adds the ALTER TABLE with all changes of a table except its references.
fn alter(sql: &Sql, table: &str, changes: &[Change], list: &mut Vec<String>) {
    let (mut clauses, mut after) = (Vec::new(), Vec::new());
    for change in changes_of(changes, table) {
        match change {
            Change::DropIndex { index, .. } => {
                clauses.push(format!("DROP INDEX {}", sql.name(&sql.index_name(table, index))));
            }
            Change::DropColumn { column, .. } => clauses.push(format!("DROP COLUMN {}", sql.name(&column.name))),
            Change::AddColumn { column, .. } => clauses.push(format!("ADD COLUMN {}", definition(sql, column))),
            Change::ChangeColumn { from, to, .. } => {
                let fill = sql.fill(table, from, to);
                if fill.is_some() && has_other_type(from, to) {
                    // The default is a value of the new type, so rows get it after that.
                    clauses.push(changed(sql, from, &ColumnSchema { is_nullable: true, ..to.clone() }));
                    after.extend(fill);
                    after.push(sql.alter(table, &[format!("MODIFY COLUMN {}", definition(sql, to))]));
                } else {
                    list.extend(fill);
                    clauses.push(changed(sql, from, to));
                }
            }
            Change::AddIndex { index, .. } => {
                let kind = if index.is_unique { "UNIQUE INDEX" } else { "INDEX" };
                let (name, columns) = (sql.name(&sql.index_name(table, index)), sql.names(&index.columns));
                clauses.push(format!("ADD {kind} {name} ({columns})"));
            }
            _ => {}
        }
    }
    if !clauses.is_empty() {
        list.push(sql.alter(table, &clauses));
    }
    list.extend(after);
}

fn has_other_type(from: &ColumnSchema, to: &ColumnSchema) -> bool {
    let types = [from, to].map(|column| canonical(Dialect::Mysql, &column.sql_type.text));
    types[0] != types[1]
}

/// Returns the whole definition of a column, because MODIFY forgets what it does not repeat.
fn definition(sql: &Sql, column: &ColumnSchema) -> String {
    let text = sql.column(column);
    // MariaDB shows JSON as a text with a check.
    let is_checked = column.sql_type.is_json && !column.sql_type.text.eq_ignore_ascii_case("json");
    let check = if is_checked { format!(" CHECK (json_valid({}))", sql.name(&column.name)) } else { String::new() };
    if column.kept.is_empty() {
        return text + &check;
    }
    // The collation belongs to the type.
    let head = format!("{} {}", sql.name(&column.name), column.sql_type);
    let (collation, rest) = match column.kept.strip_prefix(" COLLATE ") {
        Some(kept) => kept.split_once(' ').map_or((kept, ""), |(collation, rest)| (collation, rest)),
        None => ("", column.kept.trim_start()),
    };
    let is_text = ["char", "text", "enum", "set"].iter().any(|it| column.sql_type.text.to_lowercase().contains(it));
    let collation = if collation.is_empty() || !is_text { String::new() } else { format!(" COLLATE {collation}") };
    let rest = if rest.is_empty() { String::new() } else { format!(" {rest}") };
    format!("{head}{collation}{}{rest}{check}", &text[head.len()..])
}

fn changed(sql: &Sql, from: &ColumnSchema, to: &ColumnSchema) -> String {
    let is_only_default = ColumnSchema { default: to.default.clone(), ..from.clone() } == *to;
    let name = sql.name(&to.name);
    match sql.default(to) {
        Some(default) if is_only_default => format!("ALTER COLUMN {name} SET DEFAULT {default}"),
        None if is_only_default => format!("ALTER COLUMN {name} DROP DEFAULT"),
        _ => format!("MODIFY COLUMN {}", definition(sql, to)),
    }
}

/// Returns the references that are dropped, with those of dropped tables, which may reference each other.
fn dropped_references<'a>(changes: &'a [Change]) -> Vec<(&'a str, &'a ForeignKey)> {
    let of_change = |change: &'a Change| match change {
        Change::DropForeignKey { table, key } => vec![(table.as_str(), key)],
        Change::DropTable(table) => table.foreign_keys.iter().map(|key| (table.name.as_str(), key)).collect(),
        _ => Vec::new(),
    };
    changes.iter().flat_map(of_change).collect()
}

fn added_references<'a>(changes: &'a [Change]) -> Vec<(&'a str, &'a ForeignKey)> {
    let of_change = |change: &'a Change| match change {
        Change::AddForeignKey { table, key } => vec![(table.as_str(), key)],
        Change::CreateTable(table) => table.foreign_keys.iter().map(|key| (table.name.as_str(), key)).collect(),
        _ => Vec::new(),
    };
    changes.iter().flat_map(of_change).collect()
}

/// Returns the references that stay, and that the server would refuse to keep while a type changes.
fn references_of_changed_types<'a>(state: &'a Schema, changes: &[Change]) -> Vec<(&'a str, &'a ForeignKey)> {
    let has_other_type = |of: &str, columns: &[String]| {
        changes_of(changes, of).any(|change| match change {
            Change::ChangeColumn { from, to, .. } if columns.contains(&from.name) => {
                self::has_other_type(from, to)
                    || from.generation != to.generation && to.generation == Some(Generation::Counted)
            }
            _ => false,
        })
    };
    let dropped = dropped_references(changes);
    let keys = state.tables.iter().flat_map(|table| table.foreign_keys.iter().map(|key| (table.name.as_str(), key)));
    keys.filter(|(table, key)| {
        has_other_type(table, &key.columns) || key.schema.is_none() && has_other_type(&key.table, &key.targets)
    })
    .filter(|it| !dropped.contains(it))
    .collect()
}
