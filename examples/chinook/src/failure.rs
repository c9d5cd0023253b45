//! The errors of the program: of a file, a table, a row of it, or a field of that row.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::{fmt, io};

/// An error of the program.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The file cannot be read.
    Read { path: PathBuf, source: io::Error },
    /// The file is not JSON.
    Parse { path: PathBuf, source: serde_json::Error },
    /// The file is JSON, but not an object of tables.
    Shape { path: PathBuf },
    /// A table is missing, unknown, or not a list.
    Table { table: String, problem: &'static str },
    /// A row is wrong or was refused.
    Row { place: Place, source: Box<dyn StdError + Send + Sync> },
    /// A check after the load or after the delete failed.
    Check { what: String, expected: u64, found: u64 },
    /// The database failed, but not because of a row.
    Database(signals::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => write!(f, "cannot read `{}`: {source}", path.display()),
            Self::Parse { path, source } => write!(f, "`{}` is not JSON: {source}", path.display()),
            Self::Shape { path } => write!(f, "`{}` is not a JSON object of tables", path.display()),
            Self::Table { table, problem } => write!(f, "table `{table}` {problem}"),
            Self::Row { place, source } => write!(f, "{place}: {source}"),
            Self::Check { what, expected, found } => write!(f, "{what}: {expected} expected, {found} found"),
            Self::Database(source) => source.fmt(f),
        }
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Read { source, .. } => Some(source),
            Self::Parse { source, .. } => Some(source),
            Self::Row { source, .. } => Some(&**source),
            Self::Database(source) => Some(source),
            Self::Shape { .. } | Self::Table { .. } | Self::Check { .. } => None,
        }
    }
}

impl From<signals::Error> for Failure {
    fn from(error: signals::Error) -> Self {
        Self::Database(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// The position of a row in the file.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) table: &'static str,
    /// The number of the row, counted from 1.
    pub(crate) row: usize,
    /// The row's key, if it could be read.
    pub(crate) key: Option<String>,
}

impl Place {
    /// Returns the failure of this row.
    pub(crate) fn failed(&self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Failure {
        Failure::Row { place: self.clone(), source: source.into() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table `{}`, row {}", self.table, self.row)?;
        self.key.as_ref().map_or(Ok(()), |key| write!(f, " ({key})"))
    }
}

/// An error of one field, with the field's name in the file.
#[derive(Debug, Clone)]
pub(crate) struct FieldError {
    field: String,
    problem: String,
}

impl FieldError {
    pub(crate) fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "field `{}` {}", self.field, self.problem)
    }
}

impl StdError for FieldError {}
