//! The databases and the differences between them. Outside of this module only the error codes and the two
//! files listed in `tests/layers` name a backend.
//!
//! Each backend has a folder: how it binds and reads values, its `Capabilities`, its pool, and how statements
//! run. Statements depend on the capabilities. The enums of this module choose between the backends.
//! Generated code sees only [`Field`], [`Args`] and [`Row`], the same for every backend.

mod absent;
mod answer;
mod args;
mod borrowed;
mod capabilities;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod column_error;
mod connection;
mod field;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod guarded;
mod kind;
mod matching;
mod mode;
#[cfg(feature = "mysql")]
mod mysql;
mod pool;
#[cfg(feature = "postgres")]
mod postgres;
mod row;
#[cfg(feature = "sqlite")]
mod sqlite;
mod target;
mod text;
mod url;

use sea_query::{QueryStatementWriter, Values};

#[cfg(not(feature = "mysql"))]
pub use absent::MysqlField;
#[cfg(not(feature = "postgres"))]
pub use absent::PostgresField;
#[cfg(not(feature = "sqlite"))]
pub use absent::SqliteField;
pub(crate) use answer::{Done, Failed, TransactionStatus};
pub use args::Args;
pub use borrowed::Connection;
pub(crate) use capabilities::{AttachedForm, Capabilities, KeyFacts, MadeKeys, Parameters, UpdateForm};
pub(crate) use connection::Conn;
pub use field::{Field, sql_type};
pub use kind::Backend;
pub(crate) use matching::{Bound, Match};
pub use mode::Isolation;
pub(crate) use mode::Mode;
#[cfg(feature = "mysql")]
pub use mysql::MysqlField;
pub(crate) use pool::Pool;
pub use pool::existing::ExistingPool;
pub use pool::pooled::discarding;
pub(crate) use pool::settings::{Announce, PoolSettings, SessionLimits, needs_runtime, not_opened};
#[cfg(feature = "postgres")]
pub use postgres::PostgresField;
pub use row::{BackendRow, Row};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteField;
pub use target::Target;
pub(crate) use text::Text;

impl Backend {
    /// Returns the capabilities of this backend.
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

    /// Returns the text of a statement, and its values in the order of the parameters.
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

    /// Returns whether a statement failed only because the transaction or the savepoint that it ends does not
    /// exist.
    pub(crate) fn has_nothing_to_undo(self, error: &sqlx::Error) -> bool {
        error.as_database_error().is_some_and(self.capabilities().transactions.has_nothing_to_undo)
    }

    /// Returns whether a statement failed because the key in this column is taken, not because of another
    /// column's value.
    pub(crate) fn is_key_taken(self, error: &sqlx::Error, columns: &[&str]) -> bool {
        let are_columns = self.capabilities().inserts.are_columns;
        error.as_database_error().is_some_and(|error| error.is_unique_violation() && are_columns(error, columns))
    }

    /// Returns whether a reference was refused because another one has the same name.
    pub(crate) fn is_name_taken(self, error: &sqlx::Error) -> bool {
        error.as_database_error().is_some_and(self.capabilities().schema.is_name_taken)
    }
}
