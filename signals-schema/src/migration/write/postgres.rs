//! The statements of PostgreSQL.

use super::sql::Sql;
use super::{Script, Statements, changed_tables, changes_of, groups, text};
use crate::description::{ColumnSchema, Generation, Schema, TableKind};
use crate::dialect::Dialect;
use crate::migration::change::Change;
use crate::types::canonical;

/// The statements of a plan.
#[derive(Default)]
struct Lists {
    main: Vec<String>,
    /// The checks of rows that need no lock, after the transaction that made the constraints.
    validations: Vec<String>,
    /// What follows the checks. It takes a lock that stops all others, so nothing that reads rows comes after it.
    checked: Vec<String>,
    /// The indexes that are created beside other writes.
    indexes: Vec<Change>,
}

/// How changes are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Rows are checked by a later script.
    Validated { is_concurrent: bool },
    /// All at once, as the reversal of changes is.
    AtOnce { is_concurrent: bool },
}

impl Way {
    fn is_concurrent(self) -> bool {
        matches!(self, Self::Validated { is_concurrent: true } | Self::AtOnce { is_concurrent: true })
    }

    fn is_validated(self) -> bool {
        matches!(self, Self::Validated { .. })
    }
}

/// Returns the scripts of changes of a schema: the changes, the checks of rows, and each index that is created beside
/// other writes.
pub(super) fn scripts(
    sql: &Sql,
    old: &Schema,
    changes: &[Change],
    lock_timeout: Option<&str>,
    is_concurrent: bool,
) -> Vec<Script> {
    let inverse: Vec<_> = changes.iter().rev().map(Change::inverse).collect();
    let up = lists(sql, old, changes, Way::Validated { is_concurrent });
    let down = lists(sql, &old.after(changes), &inverse, Way::AtOnce { is_concurrent });
    let file = |changes: &[Change], list: Vec<String>| {
        let timeout = lock_timeout.map(|it| format!("SET LOCAL lock_timeout = '{}'", it.replace('\'', "''")));
        let list = timeout.into_iter().chain(list).collect();
        text(changes, &Statements { list, has_transaction: true })
    };
    let mut scripts = Vec::new();
    if !up.main.is_empty() {
        scripts.push(Script { suffix: "", up: file(changes, up.main), down: file(&inverse, down.main) });
    }
    if !up.validations.is_empty() {
        let list = up.validations.into_iter().chain(up.checked).collect();
        let up_text = file(&[], list).trim_start().to_owned();
        let down = "-- The reversal of the migration before this one undoes it.\n".to_owned();
        scripts.push(Script { suffix: "_validate", up: up_text, down });
    }
    scripts.extend(up.indexes.iter().map(|change| index_script(sql, change)));
    scripts
}

fn index_script(sql: &Sql, change: &Change) -> Script {
    let file = |change: &Change| {
        let statement = match change {
            Change::DropIndex { table, index } => {
                format!("DROP INDEX CONCURRENTLY {}", sql.name(&sql.index_name(table, index)))
            }
            Change::AddIndex { table, index } => sql.create_index(table, index, "CONCURRENTLY "),
            _ => String::new(),
        };
        text(std::slice::from_ref(change), &Statements { list: vec![statement], has_transaction: false })
    };
    Script { suffix: "_index", up: file(change), down: file(&change.inverse()) }
}

fn lists(sql: &Sql, old: &Schema, changes: &[Change], way: Way) -> Lists {
    let mut lists = Lists::default();
    for (state, group) in groups(old, changes) {
        if group.iter().all(Change::is_rename) {
            lists.main.extend(group.iter().filter_map(|change| sql.rename(change)));
        } else if group.iter().all(Change::is_trigger) {
            sql.triggers(group, &mut lists.main);
        } else {
            lists.take(sql, &state, group, way);
        }
    }
    lists
}

/// Returns the way to change a table. A partitioned one has neither NOT VALID references nor concurrent indexes.
fn way_of(state: &Schema, table: &str, way: Way) -> Way {
    match state.table(table) {
        Some(found) if found.kind == TableKind::Partitioned => Way::AtOnce { is_concurrent: false },
        _ => way,
    }
}

/// Returns whether an index is created or dropped beside other writes.
fn is_concurrent(state: &Schema, changes: &[Change], change: &Change, way: Way) -> bool {
    let (Change::AddIndex { table, index } | Change::DropIndex { table, index }) = change else { return false };
    // An index is dropped with its column, so that it has to be dropped before, and to be created again in the reversal.
    let is_with_column = changes_of(changes, table).any(|other| match (change, other) {
        (Change::DropIndex { .. }, Change::DropColumn { column, .. }) => {
            way.is_validated() && index.columns.contains(&column.name)
        }
        (Change::AddIndex { .. }, Change::AddColumn { column, .. }) => {
            !way.is_validated() && index.columns.contains(&column.name)
        }
        _ => false,
    });
    way_of(state, table, way).is_concurrent() && !index.is_unique && !is_with_column
}

impl Lists {
    fn take(&mut self, sql: &Sql, state: &Schema, changes: &[Change], way: Way) {
        self.drop_keys(sql, state, changes, way);
        let dropped: Vec<_> = changes
            .iter()
            .filter_map(|change| if let Change::DropTable(table) = change { Some(sql.name(&table.name)) } else { None })
            .collect();
        if !dropped.is_empty() {
            // Tables that reference each other are dropped by one statement.
            self.main.push(format!("DROP TABLE {}", dropped.join(", ")));
        }
        for change in changes {
            if let Change::CreateTable(table) = change {
                self.main.extend(sql.whole_table(table, &[]));
            }
        }
        for table in changed_tables(changes) {
            self.alter(sql, table, changes, way_of(state, table, way));
        }
        self.add_keys(sql, state, changes, way);
    }

    fn drop_keys(&mut self, sql: &Sql, state: &Schema, changes: &[Change], way: Way) {
        for change in changes {
            match change {
                Change::DropForeignKey { table, key } => self.main.push(format!(
                    "ALTER TABLE {} DROP CONSTRAINT {}",
                    sql.name(table),
                    sql.name(&sql.reference_name(table, key)),
                )),
                // Its own script drops it.
                Change::DropIndex { .. } if is_concurrent(state, changes, change, way) => {
                    self.indexes.extend(way.is_validated().then(|| change.clone()));
                }
                Change::DropIndex { table, index } => {
                    let name = sql.name(&sql.index_name(table, index));
                    self.main.push(if index.is_constraint {
                        format!("ALTER TABLE {} DROP CONSTRAINT {name}", sql.name(table))
                    } else {
                        format!("DROP INDEX {name}")
                    });
                }
                _ => {}
            }
        }
    }

    fn add_keys(&mut self, sql: &Sql, state: &Schema, changes: &[Change], way: Way) {
        for change in changes {
            match change {
                Change::AddIndex { .. } if is_concurrent(state, changes, change, way) => {
                    self.indexes.extend(way.is_validated().then(|| change.clone()));
                }
                Change::AddIndex { table, index } if index.is_constraint => self.main.push(format!(
                    "ALTER TABLE {} ADD CONSTRAINT {} UNIQUE ({})",
                    sql.name(table),
                    sql.name(&sql.index_name(table, index)),
                    sql.names(&index.columns),
                )),
                Change::AddIndex { table, index } => self.main.push(sql.create_index(table, index, "")),
                _ => {}
            }
        }
        for change in changes {
            match change {
                Change::CreateTable(table) => {
                    let add = |key| format!("{} DEFERRABLE", sql.add_reference(&table.name, key));
                    self.main.extend(table.foreign_keys.iter().map(add));
                }
                Change::AddForeignKey { table, key } => {
                    let is_validated = way_of(state, table, way).is_validated();
                    let end = if is_validated { " NOT VALID" } else { "" };
                    self.main.push(format!("{} DEFERRABLE{end}", sql.add_reference(table, key)));
                    if is_validated {
                        let name = sql.name(&sql.reference_name(table, key));
                        self.validations.push(format!("ALTER TABLE {} VALIDATE CONSTRAINT {name}", sql.name(table)));
                    }
                }
                _ => {}
            }
        }
    }

    /// Adds the ALTER TABLE with all changes of the columns of a table.
    fn alter(&mut self, sql: &Sql, table: &str, changes: &[Change], way: Way) {
        let (mut clauses, mut after) = (Vec::new(), Vec::new());
        for change in changes_of(changes, table) {
            match change {
                Change::DropColumn { column, .. } => clauses.push(format!("DROP COLUMN {}", sql.name(&column.name))),
                Change::AddColumn { column, .. } => clauses.push(format!("ADD COLUMN {}", sql.column(column))),
                Change::ChangeColumn { from, to, .. } => {
                    let null = self.null(sql, table, from, to, way);
                    let fill = sql.fill(table, from, to);
                    clauses.extend(changed(sql, from, to));
                    if fill.is_some() && has_other_type(from, to) {
                        // The default is a value of the new type.
                        after.extend(fill);
                        after.push(sql.alter(table, &null));
                    } else {
                        self.main.extend(fill);
                        clauses.extend(null);
                    }
                    if from.generation.is_none() && to.generation.is_some() {
                        after.push(start_counting(sql, table, to));
                    }
                }
                _ => {}
            }
        }
        if !clauses.is_empty() {
            self.main.push(sql.alter(table, &clauses));
        }
        self.main.extend(after);
    }

    /// Returns the clauses for NULL or NOT NULL. SET NOT NULL reads the table under a lock that stops all others, unless
    /// a constraint has checked its rows.
    fn null(&mut self, sql: &Sql, table: &str, from: &ColumnSchema, to: &ColumnSchema, way: Way) -> Vec<String> {
        let column = sql.name(&to.name);
        let check = sql.name(&signals_core::store::planned_name(table, std::slice::from_ref(&to.name), "not_null"));
        match (from.is_nullable, to.is_nullable) {
            (true, false) if way.is_validated() => {
                let table = sql.name(table);
                self.validations.push(format!("ALTER TABLE {table} VALIDATE CONSTRAINT {check}"));
                self.checked.push(format!("ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL"));
                self.checked.push(format!("ALTER TABLE {table} DROP CONSTRAINT {check}"));
                vec![format!("ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID")]
            }
            (true, false) => vec![format!("ALTER COLUMN {column} SET NOT NULL")],
            (false, true) if way.is_validated() => vec![format!("ALTER COLUMN {column} DROP NOT NULL")],
            (false, true) => {
                vec![format!("ALTER COLUMN {column} DROP NOT NULL"), format!("DROP CONSTRAINT IF EXISTS {check}")]
            }
            _ => Vec::new(),
        }
    }
}

fn has_other_type(from: &ColumnSchema, to: &ColumnSchema) -> bool {
    let types = [from, to].map(|column| canonical(Dialect::Postgres, &column.sql_type.text));
    types[0] != types[1]
}

/// Returns the clauses for another type, another default, and generated keys.
fn changed(sql: &Sql, from: &ColumnSchema, to: &ColumnSchema) -> Vec<String> {
    let column = sql.name(&to.name);
    let has_other_type = has_other_type(from, to);
    let (old_default, new_default) = (sql.default(from), sql.default(to));
    let mut clauses = Vec::new();
    // The old default may have no value of the new type.
    if old_default.is_some() && (has_other_type || new_default.is_none()) {
        clauses.push(format!("ALTER COLUMN {column} DROP DEFAULT"));
    }
    if has_other_type {
        let sql_type = &to.sql_type;
        clauses.push(format!("ALTER COLUMN {column} TYPE {sql_type} USING CAST({column} AS {sql_type})"));
    }
    if let Some(default) = new_default
        && (has_other_type || old_default.as_ref() != Some(&default))
    {
        clauses.push(format!("ALTER COLUMN {column} SET DEFAULT {default}"));
    }
    match (from.generation, to.generation) {
        (None, Some(Generation::Counted | Generation::Always)) => {
            clauses.push(format!("ALTER COLUMN {column} ADD GENERATED BY DEFAULT AS IDENTITY"));
        }
        (Some(Generation::Counted | Generation::Always), None) => {
            clauses.push(format!("ALTER COLUMN {column} DROP IDENTITY"));
        }
        _ => {}
    }
    clauses
}

/// Returns the statement that lets generated keys begin after those that are there.
fn start_counting(sql: &Sql, table: &str, column: &ColumnSchema) -> String {
    let text = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let (table, name) = (sql.name(table), sql.name(&column.name));
    format!(
        "SELECT setval(pg_get_serial_sequence({}, {}), (SELECT COALESCE(MAX({name}), 0) + 1 FROM {table}), false)",
        text(&table),
        text(&column.name),
    )
}
