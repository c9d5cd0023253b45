//! The statements over rows whose columns have one of some keys. Cascading deletes consist of these.

use super::{and_counted, counted, names, one_of, ordered, own_write, quoted, schema_or, table};
use crate::backend::{Backend, Text};
use crate::db::Statement;
use crate::model::{ColumnMeta, ModelMeta};

/// The rows of a model with some keys in their own key's columns, or in those of a reference.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Among {
    pub(crate) meta: &'static ModelMeta,
    pub(crate) backend: Backend,
    /// The indexes of the columns.
    pub(crate) columns: &'static [usize],
    /// The number of bound keys.
    pub(crate) keys: usize,
}

impl Among {
    /// Returns the rows of a model that have one of this number of keys.
    pub(crate) fn by_key(meta: &'static ModelMeta, backend: Backend, keys: usize) -> Self {
        Self { meta, backend, columns: meta.primary_key_columns(), keys }
    }

    /// Returns a SELECT of every column.
    pub(crate) fn select_rows(self) -> Statement {
        let all: Vec<usize> = (0..self.meta.columns().len()).collect();
        Statement::built(self.select(&all))
    }

    /// Returns a SELECT of every column, of rows that are about to be written.
    pub(crate) fn select_rows_to_write(self) -> Statement {
        let all: Vec<usize> = (0..self.meta.columns().len()).collect();
        self.select_to_write(&all)
    }

    /// Returns a SELECT of every column, of rows that nobody may remove or change until the end of the transaction.
    pub(crate) fn select_rows_to_keep(self) -> Statement {
        let all: Vec<usize> = (0..self.meta.columns().len()).collect();
        Statement::built(self.select(&all) + self.backend.capabilities().locks.shared)
    }

    /// Returns a SELECT of expressions and of every column, of rows that are about to be written. The values of the
    /// expressions are bound first.
    pub(crate) fn select_rows_computing(self, computed: &str, values: usize) -> Statement {
        let Self { meta, backend, .. } = self;
        let all: Vec<usize> = (0..meta.columns().len()).collect();
        let names = names(meta, backend, &all, |name, _| name);
        let found = one_of(meta, backend, self.columns, values + 1, self.keys);
        let table = table(meta, backend);
        Statement::built(format!("SELECT {computed}, {names} FROM {table} WHERE {found}") + &self.locked())
    }

    /// Returns a SELECT of the primary key.
    pub(crate) fn select_keys(self) -> Statement {
        Statement::built(self.select(self.meta.primary_key_columns()))
    }

    /// Returns a SELECT of the primary key, of rows that are about to be written.
    pub(crate) fn select_keys_to_write(self) -> Statement {
        self.select_to_write(self.meta.primary_key_columns())
    }

    /// Returns a SELECT of these columns, of rows that are about to be written.
    pub(crate) fn select_to_write(self, columns: &[usize]) -> Statement {
        Statement::built(self.select(columns) + &self.locked())
    }

    /// Returns a SELECT of the primary key that locks the rows in the order of their keys, against calls that
    /// lock them too. Returns `None` in SQLite, where no one else writes while a transaction is open. In
    /// PostgreSQL, rows that reference them can still be written.
    pub(crate) fn lock_rows(self) -> Option<Statement> {
        let locks = &self.backend.capabilities().locks;
        let select = || self.select(self.meta.primary_key_columns());
        locks.are_taken().then(|| Statement::built(select() + &ordered(self.meta, self.backend) + locks.no_key))
    }

    /// Returns the DELETE.
    pub(crate) fn delete(self) -> Statement {
        let delete = format!("DELETE FROM {}{}", table(self.meta, self.backend), self.condition());
        Statement::built(own_write(self.meta, self.backend, delete))
    }

    /// Returns an UPDATE that sets the column to its default, or to NULL if it has none. Of several columns, those
    /// that cannot be NULL, or have no default, stay: without the others they reference nothing.
    pub(crate) fn reset(self, to: Reset) -> Statement {
        let columns = self.columns.iter().map(|index| &self.meta.columns()[*index]);
        let is_reset = |column: &&ColumnMeta| match to {
            _ if self.columns.len() == 1 => true,
            Reset::Null => column.nullable,
            Reset::Default => column.default.is_some(),
        };
        let assignments = columns.filter(is_reset).map(|column| {
            let default = column.default.filter(|_| to == Reset::Default);
            format!("{} = {}", quoted(self.backend, column.column), default.unwrap_or("NULL"))
        });
        let mut assignments = assignments.collect::<Vec<_>>().join(", ");
        if let Some(version) = counted(self.meta, self.backend, self.columns) {
            assignments = and_counted(assignments, &version);
        }
        let table = table(self.meta, self.backend);
        let update = format!("UPDATE {table} SET {assignments}{}", self.condition());
        Statement::built(own_write(self.meta, self.backend, update))
    }

    /// Returns the clause that makes a SELECT lock its rows. They are locked in the order of their keys, so
    /// that two transactions rarely wait for each other.
    fn locked(self) -> String {
        let locks = &self.backend.capabilities().locks;
        if !locks.are_taken() {
            return String::new();
        }
        ordered(self.meta, self.backend) + locks.exclusive
    }

    fn select(self, columns: &[usize]) -> String {
        let Self { meta, backend, .. } = self;
        let names = names(meta, backend, columns, |name, _| name);
        format!("SELECT {names} FROM {}{}", table(meta, backend), self.condition())
    }

    fn condition(self) -> String {
        format!(" WHERE {}", one_of(self.meta, self.backend, self.columns, 1, self.keys))
    }
}

/// The new values of columns whose referenced row is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reset {
    Null,
    /// The default of the schema, evaluated by the database.
    Default,
}

/// Returns the query of the ON DELETE rule of a reference of a model in MySQL. It binds the table's name twice, then
/// those of the columns. Without the database and the table it would read every table of the server.
pub(crate) fn reference_rule(meta: &ModelMeta, columns: &[usize]) -> String {
    let names = vec!["?"; columns.len()].join(", ");
    let (columns, schema) = (columns.len(), schema_or(meta, "DATABASE()"));
    format!(
        "SELECT CAST(MAX(rules.DELETE_RULE) AS CHAR) AS delete_rule FROM information_schema.REFERENTIAL_CONSTRAINTS AS rules \
         JOIN information_schema.KEY_COLUMN_USAGE AS used ON used.CONSTRAINT_NAME = rules.CONSTRAINT_NAME \
         WHERE rules.CONSTRAINT_SCHEMA = {schema} AND rules.TABLE_NAME = ? \
         AND used.TABLE_SCHEMA = {schema} AND used.TABLE_NAME = ? GROUP BY rules.CONSTRAINT_NAME \
         HAVING COUNT(*) = {columns} AND SUM(used.COLUMN_NAME IN ({names})) = {columns}"
    )
}

/// The maximum length of an error message in MySQL.
const LONGEST_MESSAGE: usize = 128;

/// Returns a statement that fails with the error of MySQL for a deleted row that these columns still
/// reference.
pub(crate) fn broken_reference(meta: &ModelMeta, columns: &[usize]) -> Text {
    let columns: Vec<_> = columns.iter().map(|index| meta.columns()[*index].column).collect();
    let problem =
        format!("a foreign key constraint fails (FOREIGN KEY of {}.{})", meta.table_name(), columns.join(", "));
    let problem: String = problem.chars().take(LONGEST_MESSAGE).collect();
    let problem = problem.replace('\\', "\\\\").replace('\'', "''");
    Text::unkept(format!("SIGNAL SQLSTATE '23000' SET MYSQL_ERRNO = 1451, MESSAGE_TEXT = '{problem}'"))
}
