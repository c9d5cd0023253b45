//! What differs between databases: the only module that names one, beside the connections in `db` and the codes in `error`.
//!
//! Each backend has a file here: how it binds and reads values, and its `Capabilities`, on which statements depend.
//! Generated code sees only [`Field`], [`Args`] and [`Row`], the same for every backend.

mod absent;
mod args;
mod capabilities;
mod field;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod guarded;
mod matching;
mod mode;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
mod row;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt;

use sea_query::{QueryStatementWriter, Values};

#[cfg(not(feature = "mysql"))]
pub use absent::MysqlField;
#[cfg(not(feature = "postgres"))]
pub use absent::PostgresField;
#[cfg(not(feature = "sqlite"))]
pub use absent::SqliteField;
pub use args::Args;
pub(crate) use capabilities::{Capabilities, KeyFacts, MadeKeys, Parameters, UpdateForm};
pub use field::{Field, sql_type};
pub(crate) use matching::{Bound, Match};
pub use mode::Isolation;
pub(crate) use mode::Mode;
#[cfg(feature = "mysql")]
pub use mysql::MysqlField;
#[cfg(feature = "postgres")]
pub use postgres::PostgresField;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use row::of_column;
pub use row::{BackendRow, Row};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteField;

/// Which database a [`Db`](crate::db::Db) talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// SQLite, in memory or in a file.
    #[cfg(feature = "sqlite")]
    Sqlite,
    /// PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres,
    /// MySQL, or MariaDB.
    #[cfg(feature = "mysql")]
    Mysql,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => "SQLite",
            #[cfg(feature = "postgres")]
            Self::Postgres => "PostgreSQL",
            #[cfg(feature = "mysql")]
            Self::Mysql => "MySQL",
        })
    }
}

impl Backend {
    /// How many backends there are.
    pub(crate) const COUNT: usize = 3;

    /// Its place among all backends.
    pub(crate) fn index(self) -> usize {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => 0,
            #[cfg(feature = "postgres")]
            Self::Postgres => 1,
            #[cfg(feature = "mysql")]
            Self::Mysql => 2,
        }
    }

    /// What it can do.
    pub(crate) fn capabilities(self) -> &'static Capabilities {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => &sqlite::CAPABILITIES,
            #[cfg(feature = "postgres")]
            Self::Postgres => &postgres::CAPABILITIES,
            #[cfg(feature = "mysql")]
            Self::Mysql => &mysql::CAPABILITIES,
        }
    }

    /// The text of a statement, and the values in the order of its parameters.
    pub(crate) fn build(self, statement: &impl QueryStatementWriter) -> (String, Values) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => statement.build(sea_query::SqliteQueryBuilder),
            #[cfg(feature = "postgres")]
            Self::Postgres => statement.build(sea_query::PostgresQueryBuilder),
            #[cfg(feature = "mysql")]
            Self::Mysql => statement.build(sea_query::MysqlQueryBuilder),
        }
    }
}
