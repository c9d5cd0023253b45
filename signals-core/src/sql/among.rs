//! Statements over the rows whose column holds one of some values, which deletes that cascade are made of.

use super::{names, placeholder, quoted, table};
use crate::backend::{Backend, Text};
use crate::db::Statement;
use crate::model::{ColumnMeta, ModelMeta};

/// Rows of a model by the values of one column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Among {
    pub(crate) meta: &'static ModelMeta,
    pub(crate) backend: Backend,
    /// The column's place.
    pub(crate) column: usize,
    /// How many values are bound.
    pub(crate) values: usize,
}

impl Among {
    /// SELECT of every column, of rows that are about to be written.
    pub(crate) fn select_rows_to_write(self) -> Statement {
        let all: Vec<usize> = (0..self.meta.columns().len()).collect();
        Statement::built(self.select(&all) + &self.locked())
    }

    /// SELECT of the primary key.
    pub(crate) fn select_keys(self) -> Statement {
        Statement::built(self.select(&[self.meta.primary_key_index()]))
    }

    /// SELECT of the primary key, of rows that are about to be written.
    pub(crate) fn select_keys_to_write(self) -> Statement {
        Statement::built(self.select(&[self.meta.primary_key_index()]) + &self.locked())
    }

    /// SELECT of the primary key that locks the rows, one after another in the order of their keys, for those who ask for the same; `None` in
    /// SQLite, where nobody else writes while a transaction is open. Rows that reference them can still be written in PostgreSQL.
    pub(crate) fn lock_rows(self) -> Option<Statement> {
        let locks = &self.backend.capabilities().locks;
        let key = quoted(self.backend, self.meta.primary_key().column);
        let select = || self.select(&[self.meta.primary_key_index()]);
        locks.are_taken().then(|| Statement::built(format!("{} ORDER BY {key}{}", select(), locks.no_key)))
    }

    /// DELETE.
    pub(crate) fn delete(self) -> Statement {
        Statement::built(format!("DELETE FROM {}{}", table(self.meta, self.backend), self.condition()))
    }

    /// UPDATE that gives the column its default, or NULL if it has none.
    pub(crate) fn reset(self, to: Reset) -> Statement {
        let column = &self.meta.columns()[self.column];
        let default = column.default.filter(|_| to == Reset::Default);
        let (table, name) = (table(self.meta, self.backend), quoted(self.backend, column.column));
        let value = default.unwrap_or("NULL");
        Statement::built(format!("UPDATE {table} SET {name} = {value}{}", self.condition()))
    }

    /// What makes a SELECT lock its rows: in the order of their keys, so that two transactions rarely wait for each other.
    fn locked(self) -> String {
        let locks = &self.backend.capabilities().locks;
        if !locks.are_taken() {
            return String::new();
        }
        format!(" ORDER BY {}{}", quoted(self.backend, self.meta.primary_key().column), locks.exclusive)
    }

    fn select(self, columns: &[usize]) -> String {
        let Self { meta, backend, .. } = self;
        let names = names(meta, backend, columns, |name, _| name);
        format!("SELECT {names} FROM {}{}", table(meta, backend), self.condition())
    }

    fn condition(self) -> String {
        let values: Vec<_> = (1..=self.values).map(|place| placeholder(self.backend, place)).collect();
        let column = quoted(self.backend, self.meta.columns()[self.column].column);
        format!(" WHERE {column} IN ({})", values.join(", "))
    }
}

/// What a column is set to when the row that it references is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reset {
    Null,
    /// As the schema has it, evaluated by the database.
    Default,
}

/// The query of what MySQL does on a delete about the reference of a table's column; it binds the table's name twice, then the column's. Without the database
/// and the table it would read every table of the server.
pub(crate) const REFERENCE_RULE: &str = "SELECT CAST(rules.DELETE_RULE AS CHAR) AS delete_rule FROM information_schema.REFERENTIAL_CONSTRAINTS AS rules \
     JOIN information_schema.KEY_COLUMN_USAGE AS used ON used.CONSTRAINT_NAME = rules.CONSTRAINT_NAME \
     WHERE rules.CONSTRAINT_SCHEMA = DATABASE() AND rules.TABLE_NAME = ? \
     AND used.TABLE_SCHEMA = DATABASE() AND used.TABLE_NAME = ? AND used.COLUMN_NAME = ?";

/// How long a message may be that MySQL is given.
const LONGEST_MESSAGE: usize = 128;

/// The statement that fails as MySQL does where a deleted row is referenced by this column.
pub(crate) fn broken_reference(meta: &ModelMeta, column: &ColumnMeta) -> Text {
    let problem = format!("a foreign key constraint fails (FOREIGN KEY of {}.{})", meta.table(), column.column);
    let problem: String = problem.chars().take(LONGEST_MESSAGE).collect();
    let problem = problem.replace('\\', "\\\\").replace('\'', "''");
    Text::Once(format!("SIGNAL SQLSTATE '23000' SET MYSQL_ERRNO = 1451, MESSAGE_TEXT = '{problem}'").into())
}
