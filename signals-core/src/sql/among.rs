//! Statements over the rows whose column holds one of some values, which deletes that cascade are made of.

use super::{names, placeholder, quoted, table};
use crate::db::Statement;
use crate::field::Backend;
use crate::model::ModelMeta;

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
    /// SELECT of every column.
    pub(crate) fn select_rows(self) -> Statement {
        let all: Vec<usize> = (0..self.meta.columns().len()).collect();
        self.select(&all)
    }

    /// SELECT of the primary key.
    pub(crate) fn select_keys(self) -> Statement {
        self.select(&[self.meta.primary_key_index()])
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

    fn select(self, columns: &[usize]) -> Statement {
        let Self { meta, backend, .. } = self;
        let names = names(meta, backend, columns, |name, _| name);
        Statement::built(format!("SELECT {names} FROM {}{}", table(meta, backend), self.condition()))
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
