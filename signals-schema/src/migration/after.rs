//! The schema after changes.

use super::change::Change;
use crate::description::{ForeignKey, Schema, Table};

impl Schema {
    /// Returns this schema after the changes.
    pub(super) fn after<'a>(&self, changes: impl IntoIterator<Item = &'a Change>) -> Self {
        let mut schema = self.clone();
        for change in changes {
            schema.apply(change);
        }
        schema
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::CreateTable(table) => self.tables.push(table.clone()),
            Change::DropTable(table) => self.tables.retain(|own| own.name != table.name),
            Change::RenameTable { from, to } => self.rename_table(from, to),
            Change::RenameColumn { table, from, to } => self.rename_column(table, from, to),
            _ => {
                if let Some(table) = self.tables.iter_mut().find(|own| own.is_visible && own.name == change.table()) {
                    table.apply(change);
                }
            }
        }
    }

    fn rename_table(&mut self, from: &str, to: &str) {
        for table in &mut self.tables {
            for key in table.foreign_keys.iter_mut().filter(|key| is_target(key, from)) {
                to.clone_into(&mut key.table);
            }
            if table.name == from && table.is_visible {
                to.clone_into(&mut table.name);
                table.forget_texts();
            } else {
                table.refuse_triggers_of(from);
            }
        }
    }

    fn rename_column(&mut self, of: &str, from: &str, to: &str) {
        let rename = |names: &mut Vec<String>| {
            names.iter_mut().filter(|name| *name == from).for_each(|name| to.clone_into(name));
        };
        for table in &mut self.tables {
            for key in table.foreign_keys.iter_mut().filter(|key| is_target(key, of)) {
                rename(&mut key.targets);
            }
            if table.name != of || !table.is_visible {
                table.refuse_triggers_of(of);
                continue;
            }
            table.columns.iter_mut().filter(|column| column.name == from).for_each(|it| to.clone_into(&mut it.name));
            // The checks of MariaDB.
            let [old, new] = [from, to].map(|name| format!("`{}`", name.replace('`', "``")));
            table.columns.iter_mut().for_each(|column| column.kept = column.kept.replace(&old, &new));
            rename(&mut table.primary_key);
            table.indexes.iter_mut().for_each(|index| rename(&mut index.columns));
            table.foreign_keys.iter_mut().for_each(|key| rename(&mut key.columns));
            table.kept.clauses.iter_mut().filter(|it| it.0 == from).for_each(|it| to.clone_into(&mut it.0));
            table.kept.deferrals.iter_mut().for_each(|it| rename(&mut it.0));
            table.forget_texts();
        }
    }
}

/// Returns whether a reference is one to this table, which a statement finds by its name alone.
fn is_target(key: &ForeignKey, table: &str) -> bool {
    key.schema.is_none() && key.table == table
}

/// Returns whether SQL has this name as a whole word, in letters of any case. It may be a word in a text too.
fn names(sql: &str, name: &str) -> bool {
    let (sql, name) = (sql.to_lowercase(), name.to_lowercase());
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    sql.match_indices(&name).any(|(place, _)| {
        let (before, after) = (sql[..place].chars().next_back(), sql[place + name.len()..].chars().next());
        !before.is_some_and(is_letter) && !after.is_some_and(is_letter)
    })
}

impl Table {
    /// Forgets texts with the names before a rename.
    fn forget_texts(&mut self) {
        let is_special =
            |sql: &String| [" DESC", " COLLATE", " WHERE"].iter().any(|it| sql.to_ascii_uppercase().contains(it));
        let has_special =
            self.indexes.iter().any(|index| !index.is_plain || index.definition.as_ref().is_some_and(is_special));
        let has_expressions = !self.kept.checks.is_empty() || self.kept.clauses.iter().any(|it| it.1.contains('('));
        if has_special || has_expressions || !self.kept.triggers.is_empty() {
            self.kept.problem =
                Some("it or a column of it gets another name, and it has expressions, conditions or triggers");
        }
        self.indexes.iter_mut().for_each(|index| index.definition = None);
    }

    /// Refuses to make the table again if a trigger of it names another table, which, or a column of which, gets another
    /// name.
    fn refuse_triggers_of(&mut self, other: &str) {
        if self.kept.triggers.iter().any(|trigger| names(trigger, other)) {
            self.kept.problem = Some("a trigger of it names a table that is renamed, or that has a renamed column");
        }
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::AddColumn { column, .. } => self.columns.push(column.clone()),
            Change::DropColumn { column, .. } => self.columns.retain(|own| own.name != column.name),
            Change::ChangeColumn { from, to, .. } => {
                self.columns.iter_mut().filter(|own| own.name == from.name).for_each(|own| own.clone_from(to));
            }
            Change::AddIndex { index, .. } => self.indexes.push(index.clone()),
            Change::DropIndex { index, .. } => {
                let is_it = |own: &_| own == index;
                if let Some(place) = self.indexes.iter().position(is_it) {
                    self.indexes.remove(place);
                }
            }
            Change::CreateTrigger { trigger, .. } => self.triggers.push(trigger.clone()),
            Change::DropTrigger { trigger, .. } => self.triggers.retain(|own| own.name != trigger.name),
            Change::AddForeignKey { key, .. } => self.foreign_keys.push(key.clone()),
            Change::DropForeignKey { key, .. } => {
                if let Some(place) = self.foreign_keys.iter().position(|own: &ForeignKey| own == key) {
                    self.foreign_keys.remove(place);
                }
            }
            _ => {}
        }
    }
}
