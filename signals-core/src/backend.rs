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
mod capture;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod column_error;
mod connection;
mod field;
pub mod form;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod guarded;
mod kind;
mod matching;
mod mode;
#[cfg(feature = "mysql")]
mod mysql;
mod number_field;
mod numbered;
mod numbers;
mod ordered_field;
mod pool;
#[cfg(feature = "postgres")]
mod postgres;
mod row;
#[cfg(feature = "sqlite")]
mod sqlite;
mod target;
mod text;
mod url;

use sea_query::QueryStatementWriter;

#[cfg(not(feature = "mysql"))]
pub use absent::MysqlField;
#[cfg(not(feature = "sqlite"))]
pub use absent::SqliteField;
#[cfg(not(feature = "postgres"))]
pub use absent::{Elements, PostgresField};
pub(crate) use answer::{Done, Failed, TransactionStatus};
pub use args::Args;
pub use borrowed::Connection;
pub(crate) use capabilities::{AttachedForm, Capabilities, KeyFacts, MadeKeys, Parameters, UniqueKey, UpdateForm};
pub(crate) use capture::{CaptureColumn, CaptureRead, CaptureTable, Image, OwnWrite, Trigger, UNMARK, is_marked};
pub(crate) use connection::Conn;
pub use field::{Field, sql_type, stored_sql_type};
pub use form::StoredForm;
pub use kind::Backend;
pub(crate) use matching::{Bound, Match};
pub use mode::Isolation;
pub(crate) use mode::Mode;
#[cfg(feature = "mysql")]
pub use mysql::MysqlField;
pub use number_field::{NumberField, OutOfRange, Total};
pub use numbers::Numbers;
pub use ordered_field::{OrderedField, ValueOf};
pub(crate) use pool::Pool;
pub use pool::existing::ExistingPool;
pub use pool::pooled::discarding;
pub(crate) use pool::settings::{Announce, PoolSettings, SessionLimits, needs_runtime, not_opened};
#[cfg(feature = "postgres")]
pub use postgres::{Elements, PostgresField};
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

    /// Returns the text of a statement, and its values in the order of the parameters. `bound` parameters come before
    /// them, if the text becomes a part of another statement.
    pub(crate) fn build(self, statement: &impl QueryStatementWriter, bound: usize) -> (String, Vec<sea_query::Value>) {
        let mut parameters = numbered::NumberedAfter::new(bound);
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => statement.build_collect_into(sea_query::SqliteQueryBuilder, &mut parameters),
            #[cfg(feature = "postgres")]
            Self::Postgres => statement.build_collect_into(sea_query::PostgresQueryBuilder, &mut parameters),
            #[cfg(feature = "mysql")]
            Self::Mysql => statement.build_collect_into(sea_query::MysqlQueryBuilder, &mut parameters),
        }
        parameters.into_parts()
    }

    /// Returns the number of a key that the database generated, as [`Done`] has it.
    pub(crate) fn generated_key(self, key: i64) -> i128 {
        match self {
            #[cfg(feature = "mysql")]
            Self::Mysql => i128::from(key.cast_unsigned()),
            #[allow(unreachable_patterns, reason = "MySQL may be the only backend")]
            _ => i128::from(key),
        }
    }

    /// Returns whether a statement failed only because the transaction or the savepoint that it ends does not
    /// exist.
    pub(crate) fn has_nothing_to_undo(self, error: &sqlx::Error) -> bool {
        error.as_database_error().is_some_and(self.capabilities().transactions.has_nothing_to_undo)
    }

    /// Returns whether a statement failed because the values of this key are taken, not because of another key.
    pub(crate) fn is_key_taken(self, error: &sqlx::Error, key: &UniqueKey<'_>) -> bool {
        let is_of_key = self.capabilities().inserts.is_of_key;
        error.as_database_error().is_some_and(|error| error.is_unique_violation() && is_of_key(error, key))
    }

    /// Returns whether a reference was refused because another one has the same name.
    pub(crate) fn is_name_taken(self, error: &sqlx::Error) -> bool {
        error.as_database_error().is_some_and(self.capabilities().schema.is_name_taken)
    }
}
