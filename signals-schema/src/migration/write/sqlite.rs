//! The statements of SQLite, which can only make some changes by ALTER TABLE. A table with others is made again, with
//! the steps that SQLite's documentation of ALTER TABLE has.

use std::collections::BTreeSet;

use super::sql::Sql;
use super::{Statements, changed_tables, changes_of, groups};
use crate::defaults;
use crate::description::{ColumnSchema, ForeignKey, Generation, Schema, Table};
use crate::dialect::Dialect;
use crate::migration::Refusal;
use crate::migration::change::Change;

/// Returns the statements of changes of a schema.
pub(super) fn statements(sql: &Sql, old: &Schema, changes: &[Change]) -> Result<Statements, Refusal> {
    let mut rebuilding = Rebuilding::default();
    for (state, group) in groups(old, changes) {
        if group.iter().all(Change::is_rename) {
            rebuilding.list.extend(group.iter().filter_map(|change| sql.rename(change)));
        } else if group.iter().all(Change::is_trigger) {
            sql.triggers(group, &mut rebuilding.list);
        } else {
            rebuilding.take(sql, &state, group);
        }
    }
    if !rebuilding.problems.is_empty() {
        return Err(Refusal { problems: rebuilding.problems });
    }
    Ok(rebuilding.finish(sql, &old.after(changes)))
}

/// The statements, and the tables that are made again.
#[derive(Default)]
struct Rebuilding {
    list: Vec<String>,
    /// The tables that were made again or dropped, by the names that they have in the end.
    tables: BTreeSet<String>,
    problems: Vec<String>,
}

impl Rebuilding {
    fn take(&mut self, sql: &Sql, state: &Schema, changes: &[Change]) {
        for change in changes {
            if let Change::CreateTable(table) = change {
                self.list.extend(sql.whole_table(table, &table.foreign_keys));
            }
        }
        for name in changed_tables(changes) {
            let own: Vec<_> = changes_of(changes, name).collect();
            let Some(table) = state.tables.iter().find(|table| table.is_visible && table.name == name) else {
                continue;
            };
            if table.schema.as_ref().is_some_and(|file| file != "main") {
                self.problems.push(format!("`{name}` is in an attached file: write its migration by hand"));
            } else if needs_rebuild(table, &own) {
                self.rebuild(sql, state, table, &own);
            } else {
                alter(sql, table, &own, &mut self.list);
            }
        }
        for change in changes {
            if let Change::DropTable(table) = change {
                self.list.push(format!("DROP TABLE {}", sql.name(&table.name)));
                self.tables.insert(table.name.clone());
            }
        }
    }

    /// Makes a table again under another name, copies its rows, drops the old one, and gives the new one its name.
    /// The references of other tables stay, because they name the table.
    fn rebuild(&mut self, sql: &Sql, state: &Schema, table: &Table, changes: &[&Change]) {
        if let Some(problem) = table.kept.problem {
            let name = &table.name;
            self.problems.push(format!("`{name}` cannot be made again: {problem}; write its migration by hand"));
            return;
        }
        let after = state.after(changes.iter().copied());
        let Some(new) = after.tables.iter().find(|it| it.is_visible && it.name == table.name) else { return };
        let temporary = format!("signals_new_{}", table.name);
        let (columns, values) = copied(sql, table, new);
        let (old_name, new_name) = (sql.name(&table.name), sql.name(&temporary));
        self.list.push(sql.create(new, &temporary, &new.foreign_keys));
        self.list.push(format!("INSERT INTO {new_name} ({columns}) SELECT {values} FROM {old_name}"));
        if new.kept.never_reuses_keys && new.columns.iter().any(|it| it.generation == Some(Generation::Counted)) {
            self.list.extend(keep_counting(table, &temporary));
        }
        self.list.push(format!("DROP TABLE {old_name}"));
        // Otherwise a view of the table would fail the rename.
        self.list.push("PRAGMA legacy_alter_table = ON".to_owned());
        self.list.push(format!("ALTER TABLE {new_name} RENAME TO {old_name}"));
        self.list.push("PRAGMA legacy_alter_table = OFF".to_owned());
        self.list.extend(sql.whole_table(new, &[]).into_iter().skip(1));
        self.tables.insert(table.name.clone());
    }

    /// Adds what a script has around the rebuilds of tables.
    fn finish(self, sql: &Sql, after: &Schema) -> Statements {
        if self.tables.is_empty() {
            return Statements { list: self.list, has_transaction: true };
        }
        // While references are enforced, DROP TABLE would delete the referencing rows. The setting has no effect in a
        // transaction.
        let mut list = vec!["PRAGMA foreign_keys = OFF".to_owned(), "BEGIN IMMEDIATE".to_owned()];
        list.extend(self.list);
        list.extend(checks(sql, after, &self.tables));
        list.extend(["COMMIT".to_owned(), "PRAGMA foreign_keys = ON".to_owned()]);
        Statements { list, has_transaction: false }
    }
}

/// Returns the statements that fail if a row of these tables, or of those that reference them, references none.
fn checks(sql: &Sql, after: &Schema, tables: &BTreeSet<String>) -> Vec<String> {
    let is_one = |name: &str| tables.iter().any(|it| it.eq_ignore_ascii_case(name));
    let is_checked = |table: &&Table| {
        let is_main = table.schema.as_ref().is_none_or(|file| file == "main");
        is_main
            && !table.foreign_keys.is_empty()
            && (is_one(&table.name) || table.foreign_keys.iter().any(|key| is_one(&key.table)))
    };
    let checked: Vec<_> = after.tables.iter().filter(is_checked).map(|table| &table.name).collect();
    if checked.is_empty() {
        return Vec::new();
    }
    let check = sql.name("signals_foreign_key_check");
    let mut list = vec![format!("CREATE TEMP TABLE {check} (broken_references INTEGER CHECK (broken_references = 0))")];
    list.extend(checked.into_iter().map(|table| {
        format!("INSERT INTO {check} SELECT count(*) FROM pragma_foreign_key_check('{}')", table.replace('\'', "''"))
    }));
    list.push(format!("DROP TABLE temp.{check}"));
    list
}

/// Returns whether ALTER TABLE cannot make these changes.
fn needs_rebuild(table: &Table, changes: &[&Change]) -> bool {
    changes.iter().any(|change| match change {
        Change::AddColumn { column, .. } => !can_be_added(column),
        Change::DropColumn { column, .. } => !can_be_dropped(table, column),
        Change::DropIndex { index, .. } | Change::AddIndex { index, .. } => index.is_constraint,
        Change::AddForeignKey { key, .. } => column_of(changes, key).is_none(),
        _ => true,
    })
}

/// Returns whether ALTER TABLE can add a column: rows that are there get NULL, or a literal.
fn can_be_added(column: &ColumnSchema) -> bool {
    let has_literal = column.default.as_ref().map(|default| defaults::is_literal(Dialect::Sqlite, default));
    column.generation.is_none() && has_literal.unwrap_or(column.is_nullable)
}

fn can_be_dropped(table: &Table, column: &ColumnSchema) -> bool {
    let has = |columns: &[String]| columns.contains(&column.name);
    let mut constraints = table.indexes.iter().filter(|index| index.is_constraint);
    !has(&table.primary_key)
        && !constraints.any(|index| has(&index.columns))
        && !table.foreign_keys.iter().any(|key| has(&key.columns))
}

/// Returns the new column that a new reference is a part of. Rows that are there have NULL in it.
fn column_of<'a>(changes: &[&'a Change], key: &ForeignKey) -> Option<&'a ColumnSchema> {
    changes.iter().find_map(|change| match change {
        Change::AddColumn { column, .. } if key.columns == [column.name.as_str()] => {
            Some(column).filter(|column| column.is_nullable && column.default.is_none())
        }
        _ => None,
    })
}

/// Adds the statements of ALTER TABLE, and of indexes.
fn alter(sql: &Sql, table: &Table, changes: &[&Change], list: &mut Vec<String>) {
    let name = sql.name(&table.name);
    for change in changes {
        match change {
            Change::DropIndex { index, .. } => {
                list.push(format!("DROP INDEX {}", sql.name(&sql.index_name(&table.name, index))));
            }
            Change::DropColumn { column, .. } => {
                list.push(format!("ALTER TABLE {name} DROP COLUMN {}", sql.name(&column.name)));
            }
            Change::AddColumn { column, .. } => {
                let reference = changes.iter().find_map(|change| match change {
                    Change::AddForeignKey { key, .. } if column_of(changes, key) == Some(column) => {
                        Some(sql.target(key))
                    }
                    _ => None,
                });
                let reference = reference.map(|text| format!(" {text}")).unwrap_or_default();
                let (column, clauses) = (sql.column(column), sql.clauses(table, column));
                list.push(format!("ALTER TABLE {name} ADD COLUMN {column}{clauses}{reference}"));
            }
            _ => {}
        }
    }
    for change in changes {
        if let Change::AddIndex { index, .. } = change {
            let made = || sql.create_index(&table.name, index, "");
            list.push(index.definition.clone().unwrap_or_else(made));
        }
    }
}

/// Returns the columns that are copied, and their values.
fn copied(sql: &Sql, old: &Table, new: &Table) -> (String, String) {
    let (mut columns, mut values) = (Vec::new(), Vec::new());
    for column in new.columns.iter().filter(|column| column.generation != Some(Generation::Computed)) {
        let Some(from) = old.column(&column.name) else { continue };
        let name = sql.name(&column.name);
        let default = sql.default(column).filter(|_| from.is_nullable && !column.is_nullable);
        values.push(default.map_or_else(|| name.clone(), |default| format!("COALESCE({name}, {default})")));
        columns.push(name);
    }
    (columns.join(", "), values.join(", "))
}

/// Returns the statements that keep the greatest key that a table has had.
fn keep_counting(table: &Table, temporary: &str) -> [String; 2] {
    let [old, new] = [&table.name, temporary].map(|name| format!("'{}'", name.replace('\'', "''")));
    [
        format!("DELETE FROM sqlite_sequence WHERE name = {new}"),
        format!("INSERT INTO sqlite_sequence (name, seq) SELECT {new}, seq FROM sqlite_sequence WHERE name = {old}"),
    ]
}
