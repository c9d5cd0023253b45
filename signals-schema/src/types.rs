//! The types of columns in one form for each database, so that `INT8` and `bigint` are the same.

mod mysql;
mod parse;
mod postgres;
mod sqlite;

use crate::description::ColumnType;
use crate::dialect::Dialect;

/// A type with one name, whatever it is called in a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Canonical {
    /// Its name.
    pub(crate) name: String,
    /// What was in parentheses, such as its length.
    pub(crate) arguments: Vec<String>,
    /// Whether it has no negative numbers.
    pub(crate) is_unsigned: bool,
    /// The number of its dimensions, if it is an array.
    pub(crate) dimensions: usize,
}

/// The result of a comparison of two types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Agreement {
    Same,
    /// They differ only by their length, or by the number of their digits.
    OtherLength,
    OtherType,
}

/// Returns the canonical form of a type. The text may continue after the type, as in `TEXT DEFAULT ''`.
pub(crate) fn canonical(dialect: Dialect, text: &str) -> Canonical {
    let parsed = parse::parse(text);
    match dialect {
        Dialect::Sqlite => sqlite::canonical(&parsed),
        Dialect::Postgres => postgres::canonical(parsed),
        Dialect::Mysql => mysql::canonical(parsed),
    }
}

/// Returns whether a column of type `found` is what a model with the type `expected` needs.
pub(crate) fn compare(dialect: Dialect, expected: &ColumnType, found: &ColumnType) -> Agreement {
    let expected = canonical(dialect, &expected.text);
    if found.is_json && expected.name == "json" {
        return Agreement::Same;
    }
    let agree = |found: &str| {
        let found = canonical(dialect, found);
        let is_same_type = expected.name == found.name
            && expected.is_unsigned == found.is_unsigned
            && expected.dimensions == found.dimensions;
        match is_same_type {
            true if expected.arguments == found.arguments => Agreement::Same,
            true => Agreement::OtherLength,
            false => Agreement::OtherType,
        }
    };
    match (agree(&found.text), &found.base) {
        (Agreement::OtherType, Some(base)) => agree(base),
        (agreement, _) => agreement,
    }
}

#[cfg(test)]
mod tests;
