//! The statements of links. A link is a row of the through model of a many-to-many relation.

use std::fmt::Write as _;
use std::iter;

use super::{equal, names, one_of, own_write, placeholder, table};
use crate::backend::Backend;
use crate::db::Statement;
use crate::error::Error;
use crate::model::ModelMeta;

/// The number of keys that SQLite finds by an index if they are joined by OR beside another condition.
const FEW: usize = 2;

/// The links of one row, seen from its side of the relation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Links {
    pub(crate) through: &'static ModelMeta,
    pub(crate) backend: Backend,
    /// The indexes of the columns that hold the row's own key.
    pub(crate) own: &'static [usize],
    /// The indexes of the columns that hold the key of the other row.
    pub(crate) other: &'static [usize],
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

    /// Returns whether the model declares each pair unique.
    pub(crate) fn are_declared_unique(&self) -> bool {
        self.through.unique_constraints().iter().any(|columns| self.is_pair(columns))
    }

    /// Returns whether the pair is the key of the model.
    pub(crate) fn are_keys(&self) -> bool {
        self.is_pair(self.through.primary_key_columns())
    }

    fn is_pair(&self, columns: &[usize]) -> bool {
        let pair = self.pair();
        columns.len() == pair.len() && pair.iter().all(|column| columns.contains(column))
    }

    /// Returns the indexes of the columns of both keys: those of the own key, then the others.
    pub(crate) fn pair(&self) -> Vec<usize> {
        self.own.iter().chain(self.other.iter().filter(|column| !self.own.contains(column))).copied().collect()
    }

    /// Returns each column that holds a part of both keys, with the number of the part of the own key and of the other.
    pub(crate) fn shared(&self) -> impl Iterator<Item = (usize, usize, usize)> + use<> {
        let own = self.own;
        let other = self.other.iter().enumerate();
        other.filter_map(move |(place, column)| Some((*column, own.iter().position(|it| it == column)?, place)))
    }

    /// Returns an `INSERT` of this number of rows with these columns.
    pub(crate) fn insert(&self, columns: &[usize], rows: usize) -> String {
        let mut sql = format!("INSERT INTO {} ({}) VALUES ", self.table(), self.names(columns));
        for row in 0..rows {
            let first = row * columns.len() + 1;
            let _ = write!(sql, "{}({})", if row == 0 { "" } else { ", " }, self.parameters(first, columns.len()));
        }
        own_write(self.through, self.backend, sql)
    }

    /// Returns an `INSERT` that skips existing links. The table must have a unique key of the pair.
    ///
    /// A row with a new pair whose value in another unique column exists is an error, in MySQL too. The
    /// clause of MySQL applies to every unique key. Its condition cannot be evaluated for such a row, which
    /// is error 1690 ([`is_other_key`](Self::is_other_key)).
    pub(crate) fn insert_missing(&self, columns: &[usize], rows: usize) -> String {
        let pair: Vec<String> = self.pair().into_iter().map(|column| self.names(&[column])).collect();
        (self.backend.capabilities().inserts.insert_missing)(&self.insert(columns, rows), &pair)
    }

    /// Returns an `INSERT` that skips existing links and returns both keys of each link that it made.
    pub(crate) fn insert_missing_returning(&self, columns: &[usize], rows: usize) -> String {
        format!("{} RETURNING {}", self.insert_missing(columns, rows), self.names(&self.pair()))
    }

    /// Returns whether the error means that an [`insert_missing`](Self::insert_missing) violated a unique key
    /// other than the pair's.
    pub(crate) fn is_other_key(&self, error: &Error) -> bool {
        let error = error.find::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
        error.is_some_and(self.backend.capabilities().inserts.is_other_key)
    }

    /// Returns a `SELECT` of the other rows' keys, of those among this number of keys.
    pub(crate) fn existing(&self, keys: usize) -> Statement {
        Statement::built(format!("{} AND {}", self.select_keys(), self.among(self.other, self.own.len() + 1, keys)))
    }

    /// Returns the `SELECT` of [`existing`](Self::existing) that reads the latest rows and prevents their
    /// removal until the end of the transaction.
    pub(crate) fn existing_to_keep(&self, keys: usize) -> Statement {
        let existing = format!("{} AND {}", self.select_keys(), self.among(self.other, self.own.len() + 1, keys));
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
        let keys = self.names(self.through.primary_key_columns());
        Statement::built(format!("SELECT {keys} FROM {} WHERE {}", self.table(), self.reach(reached)))
    }

    /// Returns a `DELETE` of links. It binds the row's key and then the others'. If the links are
    /// symmetrical, it binds all of them a second time.
    pub(crate) fn delete(&self, reached: LinkFilter) -> Statement {
        let delete = format!("DELETE FROM {} WHERE {}", self.table(), self.reach(reached));
        Statement::built(own_write(self.through, self.backend, delete))
    }

    fn reach(&self, reached: LinkFilter) -> String {
        let keys = if let LinkFilter::To(keys) = reached { keys } else { 0 };
        let way = |own: &[usize], other: &[usize], first: usize| match reached {
            LinkFilter::All => self.is(own, first),
            LinkFilter::To(_) => format!("{} AND {}", self.is(own, first), self.among(other, first + own.len(), keys)),
        };
        let there = way(self.own, self.other, 1);
        if !self.symmetrical {
            return there;
        }
        format!("({there}) OR ({})", way(self.other, self.own, 1 + (keys + 1) * self.own.len()))
    }

    fn select_keys(&self) -> String {
        let (table, other, own) = (self.table(), self.names(self.other), self.is(self.own, 1));
        let nullable = self.other.iter().filter(|column| self.through.columns()[**column].nullable);
        let not_null = nullable.map(|column| format!("{} IS NOT NULL", self.names(&[*column])));
        let conditions: Vec<_> = iter::once(own).chain(not_null).collect();
        format!("SELECT {other} FROM {table} WHERE {}", conditions.join(" AND "))
    }

    fn is(&self, columns: &[usize], first: usize) -> String {
        equal(self.through, self.backend, columns, first)
    }

    /// Returns the condition that columns have one of this number of keys. It stands beside the row's own key.
    ///
    /// If composite keys are joined by OR, SQLite finds each by an index only up to [`FEW`] of them. For more it compares
    /// each link of the row with each key.
    fn among(&self, columns: &[usize], first: usize, keys: usize) -> String {
        let width = columns.len();
        if width == 1 || keys <= FEW || self.backend.capabilities().row_in_uses_indexes {
            return one_of(self.through, self.backend, columns, first, keys);
        }
        let tuple = |key| format!("({})", self.parameters(first + key * width, width));
        let tuples: Vec<_> = (0..keys).map(tuple).collect();
        format!("({}) IN (VALUES {})", self.names(columns), tuples.join(", "))
    }

    /// Returns this number of parameters, beginning with the number `first`.
    fn parameters(&self, first: usize, count: usize) -> String {
        (first..first + count).map(|place| placeholder(self.backend, place)).collect::<Vec<_>>().join(", ")
    }

    fn table(&self) -> String {
        table(self.through, self.backend)
    }

    fn names(&self, columns: &[usize]) -> String {
        names(self.through, self.backend, columns, |name, _| name)
    }
}
