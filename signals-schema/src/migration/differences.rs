//! The changes that make one schema into another.

use signals_core::store::planned_name;

use super::Refusal;
use super::change::Change;
use crate::compare;
use crate::defaults;
use crate::description::{ColumnSchema, ForeignKey, Generation, Index, Schema, Table, TableKind};
use crate::dialect::Dialect;
use crate::difference::DifferenceKind as Kind;
use crate::types::{Agreement, compare as compare_types};

/// The number of comparisons. A change may need another one: a reference needs an index if its unique key is dropped.
const ROUNDS: usize = 4;

/// Returns the changes that make the tables of `old` into those of `new`. A table that only `old` has is left.
///
/// The differences are those of `check`, so that `check` finds none after the changes.
pub(super) fn changes(old: &Schema, new: &Schema) -> Result<Vec<Change>, Refusal> {
    let mut state = old.clone();
    let mut changes = Vec::new();
    for _ in 0..ROUNDS {
        let more = round(&state, new)?;
        if more.is_empty() {
            break;
        }
        state = state.after(&more);
        changes.extend(more);
    }
    // A trigger may name a column that is dropped, or one that is added.
    changes.sort_by_key(|change| match change {
        Change::DropTrigger { .. } => 0,
        Change::CreateTrigger { .. } => 2,
        _ => 1,
    });
    Ok(changes)
}

fn round(old: &Schema, new: &Schema) -> Result<Vec<Change>, Refusal> {
    let (mut changes, mut problems) = (Vec::new(), Vec::new());
    for expected in &new.tables {
        match old.table(&expected.name) {
            None => changes.push(Change::CreateTable(named(expected))),
            Some(found) => {
                let kinds = compare::kinds(old, new, expected, found);
                let dialect = Dialect::of(old.backend);
                let mut tables = Tables { dialect, old, new, expected, found, changes: Vec::new() };
                let outcome = tables.take(&kinds);
                let (own, outcome) = (tables.changes, outcome.and(refuse(found, &kinds)));
                problems.extend(outcome.err());
                changes.extend(own);
            }
        }
    }
    if problems.is_empty() { Ok(changes) } else { Err(Refusal { problems }) }
}

/// Refuses to change what is not an ordinary table.
fn refuse(found: &Table, kinds: &[Kind]) -> Result<(), String> {
    let name = &found.name;
    match (found.kind, &found.schema) {
        _ if kinds.is_empty() => Ok(()),
        (TableKind::View | TableKind::Foreign, _) => {
            Err(format!("`{name}` is {}: write its migration by hand, or say `#[model(managed = false)]`", found.kind))
        }
        (TableKind::Partition, _) => Err(format!("`{name}` is {}: write its migration by hand", found.kind)),
        _ => Ok(()),
    }
}

/// Returns a table with the names that `create_tables` gives to its indexes and references.
fn named(table: &Table) -> Table {
    let mut named = table.clone();
    // They are created after all tables.
    named.triggers.clear();
    for index in named.indexes.iter_mut().filter(|index| !index.is_unique && index.name.is_none()) {
        index.name = Some(planned_name(&table.name, &index.columns, "idx"));
    }
    for key in named.foreign_keys.iter_mut().filter(|key| key.name.is_none()) {
        key.name = Some(planned_name(&table.name, &key.columns, "fk"));
    }
    named
}

/// A table of both schemas, and the changes of it.
struct Tables<'a> {
    dialect: Dialect,
    old: &'a Schema,
    new: &'a Schema,
    expected: &'a Table,
    found: &'a Table,
    changes: Vec<Change>,
}

impl Tables<'_> {
    fn take(&mut self, kinds: &[Kind]) -> Result<(), String> {
        self.drop_unknown_columns();
        for expected in &self.expected.columns {
            self.take_column(expected, kinds);
        }
        for kind in kinds {
            self.take_key(kind)?;
        }
        self.drop_mismatched_references();
        self.drop_unused_indexes();
        Ok(())
    }

    /// Drops references that no model has, and whose two sides no longer have the same type.
    fn drop_mismatched_references(&mut self) {
        let found = self.found;
        let agree = |own: &Table, target: &Table, key: &ForeignKey| {
            key.columns.iter().zip(&key.targets).all(|(column, other)| {
                let types = own.column(column).zip(target.column(other));
                types.is_some_and(|(own, other)| {
                    compare_types(self.dialect, &own.sql_type, &other.sql_type) != Agreement::OtherType
                })
            })
        };
        let is_mismatched = |key: &&ForeignKey| {
            let (schema, name) = (key.schema.as_deref(), key.table.as_str());
            let targets = self.old.table_in(schema, name).zip(self.new.table_in(schema, name));
            let is_of_model = key.columns.iter().all(|column| self.expected.column(column).is_some());
            is_of_model && targets.is_some_and(|(old, new)| agree(found, old, key) && !agree(self.expected, new, key))
        };
        let is_dropped = |key: &&ForeignKey| {
            self.changes.iter().any(|it| matches!(it, Change::DropForeignKey { key: dropped, .. } if dropped == *key))
        };
        let keys: Vec<_> = found.foreign_keys.iter().filter(is_mismatched).filter(|key| !is_dropped(key)).collect();
        for key in keys {
            self.changes.push(Change::DropForeignKey { table: self.table(), key: key.clone() });
        }
    }

    fn table(&self) -> String {
        self.found.name.clone()
    }

    fn is_same(&self, one: &str, other: &str) -> bool {
        self.dialect.is_same_column(one, other)
    }

    /// Drops the columns that only the database has, with their indexes and references. A computed column stays.
    fn drop_unknown_columns(&mut self) {
        let found = self.found;
        let is_known = |name: &str| self.expected.columns.iter().any(|column| self.is_same(&column.name, name));
        let is_unknown =
            |column: &&ColumnSchema| !is_known(&column.name) && column.generation != Some(Generation::Computed);
        let dropped: Vec<_> = found.columns.iter().filter(is_unknown).collect();
        let is_dropped = |columns: &[String]| columns.iter().any(|name| dropped.iter().any(|it| it.name == *name));
        for key in found.foreign_keys.iter().filter(|key| is_dropped(&key.columns)) {
            self.changes.push(Change::DropForeignKey { table: self.table(), key: key.clone() });
        }
        // Another index than a plain one can only be made again on SQLite, which knows its statement.
        let can_be_made = |index: &&Index| index.is_plain || self.dialect == Dialect::Sqlite;
        for index in found.indexes.iter().filter(|index| is_dropped(&index.columns)).filter(can_be_made) {
            self.changes.push(Change::DropIndex { table: self.table(), index: index.clone() });
        }
        for column in dropped {
            self.changes.push(Change::DropColumn { table: self.table(), column: column.clone() });
        }
    }

    fn take_column(&mut self, expected: &ColumnSchema, kinds: &[Kind]) {
        let table = self.table();
        let is_it = |column: &&ColumnSchema| self.is_same(&column.name, &expected.name);
        let Some(from) = self.found.column(&expected.name).or_else(|| self.found.columns.iter().find(is_it)) else {
            self.changes.push(Change::AddColumn { table, column: expected.clone() });
            return;
        };
        let mut to = from.clone();
        if compare_types(self.dialect, &expected.sql_type, &from.sql_type) != Agreement::Same {
            to.sql_type = expected.sql_type.clone();
            // A default that only the database has stays. If it is no value of the new type, the statement fails.
            to.default = expected.default.clone().or(to.default);
        }
        for kind in kinds {
            match kind {
                Kind::Null { column, expected: is_nullable, .. } if *column == expected.name => {
                    to.is_nullable = *is_nullable;
                }
                Kind::KeyNotGenerated { column, .. } if *column == expected.name => to.generation = expected.generation,
                _ => {}
            }
        }
        if let Some(default) = &expected.default
            && !to.default.as_ref().is_some_and(|found| defaults::is_same(self.dialect, default, found))
        {
            to.default = Some(default.clone());
        }
        if to != *from {
            self.changes.push(Change::ChangeColumn { table, from: from.clone(), to });
        }
    }

    fn take_key(&mut self, kind: &Kind) -> Result<(), String> {
        let table = self.table();
        match kind {
            Kind::PrimaryKey { expected, found } => {
                let (expected, found) = (expected.join(", "), found.join(", "));
                return Err(format!(
                    "the primary key of `{table}` is ({found}), and that of the model is ({expected}): write this migration by hand"
                ));
            }
            Kind::TableBroken { problem } => return Err(format!("`{table}` cannot be read: {problem}")),
            Kind::UniqueMissing { columns } => self.add_index(columns, true),
            Kind::IndexMissing { columns } => self.add_index(columns, false),
            Kind::UniqueUnknown { columns } => self.drop_unique(columns)?,
            Kind::ReferenceMissing { expected } => self.add_reference(expected),
            Kind::ReferenceUnknown { found } => {
                self.changes.push(Change::DropForeignKey { table, key: found.clone() });
            }
            Kind::OnDelete { expected, found } => {
                self.changes.push(Change::DropForeignKey { table, key: found.clone() });
                self.add_reference(expected);
            }
            Kind::TriggerMissing { trigger } => self.create_trigger(trigger),
            Kind::TriggerChanged { trigger } => {
                self.drop_trigger(trigger);
                self.create_trigger(trigger);
            }
            Kind::TriggerUnknown { trigger } => self.drop_trigger(trigger),
            _ => {}
        }
        Ok(())
    }

    fn create_trigger(&mut self, name: &str) {
        let trigger = self.expected.triggers.iter().find(|it| it.name == name).cloned();
        self.changes.extend(trigger.map(|trigger| Change::CreateTrigger { table: self.table(), trigger }));
    }

    fn drop_trigger(&mut self, name: &str) {
        let trigger = self.found.triggers.iter().find(|it| it.name == name).cloned();
        self.changes.extend(trigger.map(|trigger| Change::DropTrigger { table: self.table(), trigger }));
    }

    fn add_index(&mut self, columns: &[String], is_unique: bool) {
        let table = self.table();
        let name = planned_name(&table, columns, if is_unique { "key" } else { "idx" });
        let index = Index {
            name: Some(name),
            columns: columns.to_vec(),
            is_unique,
            is_plain: true,
            is_constraint: is_unique && self.dialect != Dialect::Sqlite,
            definition: None,
        };
        self.changes.push(Change::AddIndex { table, index });
    }

    fn drop_unique(&mut self, columns: &[String]) -> Result<(), String> {
        let is_it = |index: &&Index| index.is_unique && index.is_plain && index.columns == columns;
        let Some(index) = self.found.indexes.iter().find(is_it) else {
            return Err(format!(
                "the primary key of `{}` is ({}), which is none of the model: write this migration by hand",
                self.found.name,
                columns.join(", "),
            ));
        };
        self.changes.push(Change::DropIndex { table: self.table(), index: index.clone() });
        Ok(())
    }

    fn add_reference(&mut self, expected: &ForeignKey) {
        let table = self.table();
        let name = planned_name(&table, &expected.columns, "fk");
        self.changes.push(Change::AddForeignKey { table, key: ForeignKey { name: Some(name), ..expected.clone() } });
    }

    /// Drops indexes that have a name of this library, and that the model does not need. Others stay.
    fn drop_unused_indexes(&mut self) {
        let is_needed = |index: &Index| {
            let mut needed = self.expected.indexes.iter().filter(|needed| !needed.is_unique);
            needed.any(|needed| {
                needed.columns.len() <= index.columns.len()
                    && needed.columns.iter().zip(&index.columns).all(|(one, other)| self.is_same(one, other))
            })
        };
        let is_ours = |index: &&Index| {
            let name = index.name.as_deref().unwrap_or_default();
            !index.is_unique && index.is_plain && name.ends_with("__idx") && !is_needed(index)
        };
        let is_dropped = |index: &Index| {
            self.changes
                .iter()
                .any(|change| matches!(change, Change::DropIndex { index: dropped, .. } if dropped == index))
        };
        let unused: Vec<_> =
            self.found.indexes.iter().filter(is_ours).filter(|index| !is_dropped(index)).cloned().collect();
        for index in unused {
            self.changes.push(Change::DropIndex { table: self.table(), index });
        }
    }
}
