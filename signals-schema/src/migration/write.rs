//! The SQL of changes.

mod mysql;
mod postgres;
mod sql;
mod sqlite;

use super::Refusal;
use super::change::Change;
use crate::description::Schema;
use crate::dialect::Dialect;

use sql::Sql;

/// The SQL of a migration and of its reversal, as the texts of two files.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Script {
    /// What it adds to the name of the migration. It is empty for the first one.
    pub suffix: &'static str,
    /// The statements of the changes.
    pub up: String,
    /// The statements that undo them.
    pub down: String,
}

/// Returns the scripts of changes of a schema.
pub(super) fn scripts(
    old: &Schema,
    changes: &[Change],
    lock_timeout: Option<&str>,
    is_concurrent: bool,
) -> Result<Vec<Script>, Refusal> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let sql = Sql::of(old.backend);
    let inverse: Vec<_> = changes.iter().rev().map(Change::inverse).collect();
    let new = old.after(changes);
    let both = match sql.dialect {
        Dialect::Sqlite => [sqlite::statements(&sql, old, changes)?, sqlite::statements(&sql, &new, &inverse)?],
        Dialect::Mysql => [mysql::statements(&sql, old, changes), mysql::statements(&sql, &new, &inverse)],
        Dialect::Postgres => return Ok(postgres::scripts(&sql, old, changes, lock_timeout, is_concurrent)),
    };
    let [up, down] =
        [(&both[0], changes), (&both[1], &*inverse)].map(|(statements, changes)| text(changes, statements));
    Ok(vec![Script { suffix: "", up, down }])
}

/// Returns the text of a file. The mark of sqlx for a file without a transaction is on its first line.
fn text(changes: &[Change], statements: &Statements) -> String {
    let mut text = String::new();
    if !statements.has_transaction {
        text.push_str("-- no-transaction\n");
    }
    for change in changes {
        // A line break in a name would end the comment.
        text.push_str(&format!("-- {change}\n").replace('\n', " ").replace('\r', " "));
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text.push('\n');
    for statement in &statements.list {
        text.push_str(statement);
        text.push_str(";\n");
    }
    text
}

/// The statements of a file.
struct Statements {
    list: Vec<String>,
    /// Whether sqlx runs them in a transaction.
    has_transaction: bool,
}

/// The renames, the triggers, and the other changes, in their order. Each group comes with the schema before it.
fn groups<'a>(old: &Schema, changes: &'a [Change]) -> Vec<(Schema, &'a [Change])> {
    let mut state = old.clone();
    let mut groups = Vec::new();
    let class = |change: &Change| (change.is_rename(), change.is_trigger());
    for group in changes.chunk_by(|one, other| class(one) == class(other)) {
        let after = state.after(group);
        groups.push((state, group));
        state = after;
    }
    groups
}

/// Returns the names of the tables that are changed, and neither created nor dropped, each once.
fn changed_tables(changes: &[Change]) -> Vec<&str> {
    let mut tables: Vec<&str> = Vec::new();
    for change in changes {
        let is_whole = matches!(change, Change::CreateTable(_) | Change::DropTable(_));
        if !is_whole && !tables.contains(&change.table()) {
            tables.push(change.table());
        }
    }
    tables
}

/// Returns the changes of one table.
fn changes_of<'a>(changes: &'a [Change], table: &str) -> impl Iterator<Item = &'a Change> {
    let is_whole = |change: &&Change| matches!(change, Change::CreateTable(_) | Change::DropTable(_));
    changes.iter().filter(move |change| change.table() == table).filter(move |change| !is_whole(change))
}
