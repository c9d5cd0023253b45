//! The statements of links: rows of the through model of a many-to-many relation.

use std::fmt::Write as _;

use super::{placeholder, quoted};
use crate::db::Statement;
use crate::field::Backend;
use crate::model::ModelMeta;

/// The links of one row, from its side of the relation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Links {
    pub(crate) through: &'static ModelMeta,
    pub(crate) backend: Backend,
    /// The place of the column that holds the row's own key.
    pub(crate) own: usize,
    /// The place of the column that holds the key of the other row.
    pub(crate) other: usize,
    /// Whether each link is there in both directions.
    pub(crate) symmetrical: bool,
}

impl Links {
    /// Whether the model says that no two links are the same.
    pub(crate) fn are_unique(&self) -> bool {
        let both = |group: &&[usize]| group.len() == 2 && group.contains(&self.own) && group.contains(&self.other);
        self.through.unique_groups().iter().any(|group| both(&group))
    }

    /// `INSERT` of so many rows with these columns; links that are there already are left alone, if they are unique.
    pub(crate) fn insert(&self, columns: &[usize], rows: usize) -> Statement {
        let names: Vec<String> = columns.iter().map(|column| self.name(*column)).collect();
        let mut sql = format!("INSERT INTO {} ({}) VALUES ", self.table(), names.join(", "));
        for row in 0..rows {
            let first = row * columns.len() + 1;
            let _ = write!(sql, "{}({})", if row == 0 { "" } else { ", " }, self.parameters(first, columns.len()));
        }
        if self.are_unique() {
            let _ = write!(sql, " ON CONFLICT ({}, {}) DO NOTHING", self.name(self.own), self.name(self.other));
        }
        Statement::built(sql)
    }

    /// `SELECT` of the other rows' keys, of those that are among so many.
    pub(crate) fn existing(&self, keys: usize) -> Statement {
        Statement::built(format!("{} AND {}", self.select_keys(), self.among(self.other, 2, keys)))
    }

    /// `SELECT` of the other rows' keys.
    pub(crate) fn keys(&self) -> Statement {
        Statement::built(self.select_keys())
    }

    /// `DELETE` of the links to so many keys. Symmetrical ones take the row's key and the others twice.
    pub(crate) fn delete(&self, keys: usize) -> Statement {
        let there = format!("{} AND {}", self.is(self.own, 1), self.among(self.other, 2, keys));
        if !self.symmetrical {
            return self.delete_where(&there);
        }
        let back = format!("{} AND {}", self.is(self.other, keys + 2), self.among(self.own, keys + 3, keys));
        self.delete_where(&format!("({there}) OR ({back})"))
    }

    /// `DELETE` of all links. Symmetrical ones take the row's key twice.
    pub(crate) fn delete_all(&self) -> Statement {
        let there = self.is(self.own, 1);
        if !self.symmetrical {
            return self.delete_where(&there);
        }
        self.delete_where(&format!("{there} OR {}", self.is(self.other, 2)))
    }

    fn select_keys(&self) -> String {
        let (table, other, own) = (self.table(), self.name(self.other), self.is(self.own, 1));
        let nullable = self.through.columns()[self.other].nullable;
        let not_null = if nullable { format!(" AND {other} IS NOT NULL") } else { String::new() };
        format!("SELECT {other} FROM {table} WHERE {own}{not_null}")
    }

    fn delete_where(&self, condition: &str) -> Statement {
        Statement::built(format!("DELETE FROM {} WHERE {condition}", self.table()))
    }

    fn is(&self, column: usize, place: usize) -> String {
        format!("{} = {}", self.name(column), placeholder(self.backend, place))
    }

    fn among(&self, column: usize, first: usize, keys: usize) -> String {
        format!("{} IN ({})", self.name(column), self.parameters(first, keys))
    }

    /// So many parameters, from the one of this number on.
    fn parameters(&self, first: usize, count: usize) -> String {
        (first..first + count).map(|place| placeholder(self.backend, place)).collect::<Vec<_>>().join(", ")
    }

    fn table(&self) -> String {
        quoted(self.backend, self.through.table())
    }

    fn name(&self, column: usize) -> String {
        quoted(self.backend, self.through.columns()[column].column)
    }
}
