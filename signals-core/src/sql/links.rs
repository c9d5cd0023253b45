//! The statements of links. A link is a row of the through model of a many-to-many relation.

use std::fmt::Write as _;

use super::{placeholder, quoted, table};
use crate::backend::Backend;
use crate::db::Statement;
use crate::error::Error;
use crate::model::ModelMeta;

/// The links of one row, seen from its side of the relation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Links {
    pub(crate) through: &'static ModelMeta,
    pub(crate) backend: Backend,
    /// The index of the column that holds the row's own key.
    pub(crate) own: usize,
    /// The index of the column that holds the key of the other row.
    pub(crate) other: usize,
    /// Whether each link exists in both directions.
    pub(crate) symmetrical: bool,
}

/// The links of a row that a statement applies to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LinkFilter {
    /// The links to this number of keys.
    To(usize),
    /// All links.
    All,
}

impl Links {
    /// Returns the links in the opposite direction.
    #[must_use]
    pub(crate) fn reversed(self) -> Self {
        Self { own: self.other, other: self.own, ..self }
    }

    /// Returns whether the model declares each pair unique, or the pair is its key.
    pub(crate) fn are_unique(&self) -> bool {
        let is_of_both =
            |columns: &&[usize]| columns.len() == 2 && columns.contains(&self.own) && columns.contains(&self.other);
        is_of_both(&self.through.primary_key_columns()) || self.through.unique_constraints().iter().any(is_of_both)
    }

    /// Returns an `INSERT` of this number of rows with these columns.
    pub(crate) fn insert(&self, columns: &[usize], rows: usize) -> String {
        let names: Vec<String> = columns.iter().map(|column| self.name(*column)).collect();
        let mut sql = format!("INSERT INTO {} ({}) VALUES ", self.table(), names.join(", "));
        for row in 0..rows {
            let first = row * columns.len() + 1;
            let _ = write!(sql, "{}({})", if row == 0 { "" } else { ", " }, self.parameters(first, columns.len()));
        }
        sql
    }

    /// Returns an `INSERT` that skips existing links. The model must declare them unique.
    ///
    /// A row with a new pair whose value in another unique column exists is an error, in MySQL too. The
    /// clause of MySQL applies to every unique key. Its condition cannot be evaluated for such a row, which
    /// is error 1690 ([`is_other_key`](Self::is_other_key)).
    pub(crate) fn insert_missing(&self, columns: &[usize], rows: usize) -> String {
        let (insert, own, other) = (self.insert(columns, rows), self.name(self.own), self.name(self.other));
        (self.backend.capabilities().inserts.insert_missing)(&insert, &own, &other)
    }

    /// Returns an `INSERT` that skips existing links and returns both keys of each link that it made.
    pub(crate) fn insert_missing_returning(&self, columns: &[usize], rows: usize) -> String {
        let (own, other) = (self.name(self.own), self.name(self.other));
        format!("{} RETURNING {own}, {other}", self.insert_missing(columns, rows))
    }

    /// Returns whether the error means that an [`insert_missing`](Self::insert_missing) violated a unique key
    /// other than the pair's.
    pub(crate) fn is_other_key(&self, error: &Error) -> bool {
        let error = error.find::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
        error.is_some_and(self.backend.capabilities().inserts.is_other_key)
    }

    /// Returns a `SELECT` of the other rows' keys, of those among this number of keys.
    pub(crate) fn existing(&self, keys: usize) -> Statement {
        Statement::built(format!("{} AND {}", self.select_keys(), self.among(self.other, 2, keys)))
    }

    /// Returns the `SELECT` of [`existing`](Self::existing) that reads the latest rows and prevents their
    /// removal until the end of the transaction.
    pub(crate) fn existing_to_keep(&self, keys: usize) -> Statement {
        let existing = format!("{} AND {}", self.select_keys(), self.among(self.other, 2, keys));
        Statement::built(existing + self.backend.capabilities().locks.shared)
    }

    /// Returns the `SELECT` of [`existing`](Self::existing) that reads the latest rows. It takes a lock only
    /// in MySQL, where a plain SELECT reads the snapshot of the transaction's first one.
    pub(crate) fn existing_now(&self, keys: usize) -> Statement {
        if self.backend.capabilities().locks.reads_snapshot { self.existing_to_keep(keys) } else { self.existing(keys) }
    }

    /// Returns a `SELECT` of the other rows' keys.
    pub(crate) fn keys(&self) -> Statement {
        Statement::built(self.select_keys())
    }

    /// Returns a `SELECT` of the links' own keys. It binds the same values as [`Links::delete`].
    pub(crate) fn select(&self, reached: LinkFilter) -> Statement {
        let keys = self.through.primary_key_columns().iter().map(|column| self.name(*column)).collect::<Vec<_>>();
        let keys = keys.join(", ");
        Statement::built(format!("SELECT {keys} FROM {} WHERE {}", self.table(), self.reach(reached)))
    }

    /// Returns a `DELETE` of links. It binds the row's key and then the others'. If the links are
    /// symmetrical, it binds all of them a second time.
    pub(crate) fn delete(&self, reached: LinkFilter) -> Statement {
        Statement::built(format!("DELETE FROM {} WHERE {}", self.table(), self.reach(reached)))
    }

    fn reach(&self, reached: LinkFilter) -> String {
        let keys = if let LinkFilter::To(keys) = reached { keys } else { 0 };
        let way = |own: usize, other: usize, first: usize| match reached {
            LinkFilter::All => self.is(own, first),
            LinkFilter::To(_) => format!("{} AND {}", self.is(own, first), self.among(other, first + 1, keys)),
        };
        let there = way(self.own, self.other, 1);
        if !self.symmetrical {
            return there;
        }
        format!("({there}) OR ({})", way(self.other, self.own, keys + 2))
    }

    fn select_keys(&self) -> String {
        let (table, other, own) = (self.table(), self.name(self.other), self.is(self.own, 1));
        let nullable = self.through.columns()[self.other].nullable;
        let not_null = if nullable { format!(" AND {other} IS NOT NULL") } else { String::new() };
        format!("SELECT {other} FROM {table} WHERE {own}{not_null}")
    }

    fn is(&self, column: usize, place: usize) -> String {
        format!("{} = {}", self.name(column), placeholder(self.backend, place))
    }

    fn among(&self, column: usize, first: usize, keys: usize) -> String {
        format!("{} IN ({})", self.name(column), self.parameters(first, keys))
    }

    /// Returns this number of parameters, beginning with the number `first`.
    fn parameters(&self, first: usize, count: usize) -> String {
        (first..first + count).map(|place| placeholder(self.backend, place)).collect::<Vec<_>>().join(", ")
    }

    fn table(&self) -> String {
        table(self.through, self.backend)
    }

    fn name(&self, column: usize) -> String {
        quoted(self.backend, self.through.columns()[column].column)
    }
}
