//! The statements over rows whose column has one of some values. Cascading deletes consist of these.

use super::{names, placeholder, quoted, table};
use crate::backend::{Backend, Text};
use crate::db::Statement;
use crate::model::{ColumnMeta, ModelMeta};

/// The rows of a model with some values in one column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Among {
    pub(crate) meta: &'static ModelMeta,
    pub(crate) backend: Backend,
    /// The index of the column.
    pub(crate) column: usize,
    /// The number of bound values.
    pub(crate) values: usize,
}

impl Among {
    /// Returns a SELECT of every column, of rows that are about to be written.
    pub(crate) fn select_rows_to_write(self) -> Statement {
        let all: Vec<usize> = (0..self.meta.columns().len()).collect();
        Statement::built(self.select(&all) + &self.locked())
    }

    /// Returns a SELECT of the primary key.
    pub(crate) fn select_keys(self) -> Statement {
        Statement::built(self.select(&[self.meta.primary_key_index()]))
    }

    /// Returns a SELECT of the primary key, of rows that are about to be written.
    pub(crate) fn select_keys_to_write(self) -> Statement {
        Statement::built(self.select(&[self.meta.primary_key_index()]) + &self.locked())
    }

    /// Returns a SELECT of the primary key that locks the rows in the order of their keys, against calls that
    /// lock them too. Returns `None` in SQLite, where no one else writes while a transaction is open. In
    /// PostgreSQL, rows that reference them can still be written.
    pub(crate) fn lock_rows(self) -> Option<Statement> {
        let locks = &self.backend.capabilities().locks;
        let key = quoted(self.backend, self.meta.primary_key().column);
        let select = || self.select(&[self.meta.primary_key_index()]);
        locks.are_taken().then(|| Statement::built(format!("{} ORDER BY {key}{}", select(), locks.no_key)))
    }

    /// Returns the DELETE.
    pub(crate) fn delete(self) -> Statement {
        Statement::built(format!("DELETE FROM {}{}", table(self.meta, self.backend), self.condition()))
    }

    /// Returns an UPDATE that sets the column to its default, or to NULL if it has none.
    pub(crate) fn reset(self, to: Reset) -> Statement {
        let column = &self.meta.columns()[self.column];
        let default = column.default.filter(|_| to == Reset::Default);
        let (table, name) = (table(self.meta, self.backend), quoted(self.backend, column.column));
        let value = default.unwrap_or("NULL");
        Statement::built(format!("UPDATE {table} SET {name} = {value}{}", self.condition()))
    }

    /// Returns the clause that makes a SELECT lock its rows. They are locked in the order of their keys, so
    /// that two transactions rarely wait for each other.
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

/// The new value of a column whose referenced row is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reset {
    Null,
    /// The default of the schema, evaluated by the database.
    Default,
}

/// The query of the ON DELETE rule of a column's reference in MySQL. It binds the table's name twice, then
/// the column's. Without the database and the table it would read every table of the server.
pub(crate) const REFERENCE_RULE: &str = "SELECT CAST(rules.DELETE_RULE AS CHAR) AS delete_rule FROM information_schema.REFERENTIAL_CONSTRAINTS AS rules \
     JOIN information_schema.KEY_COLUMN_USAGE AS used ON used.CONSTRAINT_NAME = rules.CONSTRAINT_NAME \
     WHERE rules.CONSTRAINT_SCHEMA = DATABASE() AND rules.TABLE_NAME = ? \
     AND used.TABLE_SCHEMA = DATABASE() AND used.TABLE_NAME = ? AND used.COLUMN_NAME = ?";

/// The maximum length of an error message in MySQL.
const LONGEST_MESSAGE: usize = 128;

/// Returns a statement that fails with the error of MySQL for a deleted row that this column still
/// references.
pub(crate) fn broken_reference(meta: &ModelMeta, column: &ColumnMeta) -> Text {
    let problem = format!("a foreign key constraint fails (FOREIGN KEY of {}.{})", meta.table(), column.column);
    let problem: String = problem.chars().take(LONGEST_MESSAGE).collect();
    let problem = problem.replace('\\', "\\\\").replace('\'', "''");
    Text::Once(format!("SIGNAL SQLSTATE '23000' SET MYSQL_ERRNO = 1451, MESSAGE_TEXT = '{problem}'").into())
}
