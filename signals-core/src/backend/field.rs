//! The types that a column can have.

use std::borrow::Cow;

use sqlx::error::BoxDynError;

use super::form::StoredForm;
use super::kind::Backend;
use super::{Elements, MysqlField, PostgresField, SqliteField};

/// A type that a column can have: every compiled-in backend can bind it, read it, and name its SQL type.
///
/// It is implemented for every type with sqlx's `Encode`, `Decode` and `Type`. Derive `sqlx::Type` for enums
/// and newtypes.
#[cfg_attr(
    not(any(feature = "postgres", feature = "mysql")),
    diagnostic::on_unimplemented(
        message = "`{Self}` cannot be a column of SQLite",
        label = "not a type that sqlx can bind and read in SQLite"
    )
)]
#[cfg_attr(
    not(any(feature = "sqlite", feature = "mysql")),
    diagnostic::on_unimplemented(
        message = "`{Self}` cannot be a column of PostgreSQL",
        label = "not a type that sqlx can bind and read in PostgreSQL"
    )
)]
#[cfg_attr(
    not(any(feature = "sqlite", feature = "postgres")),
    diagnostic::on_unimplemented(
        message = "`{Self}` cannot be a column of MySQL",
        label = "not a type that sqlx can bind and read in MySQL"
    )
)]
#[cfg_attr(
    all(feature = "sqlite", feature = "postgres", not(feature = "mysql")),
    diagnostic::on_unimplemented(
        message = "`{Self}` cannot be a column",
        label = "not a type that sqlx can bind and read in SQLite or PostgreSQL"
    )
)]
#[cfg_attr(
    all(feature = "sqlite", feature = "mysql", not(feature = "postgres")),
    diagnostic::on_unimplemented(
        message = "`{Self}` cannot be a column",
        label = "not a type that sqlx can bind and read in SQLite or MySQL"
    )
)]
#[cfg_attr(
    all(feature = "postgres", feature = "mysql", not(feature = "sqlite")),
    diagnostic::on_unimplemented(
        message = "`{Self}` cannot be a column",
        label = "not a type that sqlx can bind and read in PostgreSQL or MySQL"
    )
)]
#[cfg_attr(
    all(feature = "sqlite", feature = "postgres", feature = "mysql"),
    diagnostic::on_unimplemented(
        message = "`{Self}` cannot be a column",
        label = "not a type that sqlx can bind and read in SQLite, PostgreSQL or MySQL"
    )
)]
#[diagnostic::on_unimplemented(
    note = "for an enum or a newtype, write `#[derive(sqlx::Type)]`",
    note = "to store it as JSON, mark the field `#[model(json)]`; to leave it out of the table, `#[model(skip)]`",
    note = "types of uuid, chrono, time and rust_decimal need the feature of that name"
)]
#[cfg_attr(
    feature = "sqlite",
    diagnostic::on_unimplemented(
        note = "SQLite has no decimals, no arrays and no `u64`: write `i64` (for money, of cents)"
    )
)]
#[cfg_attr(
    feature = "postgres",
    diagnostic::on_unimplemented(note = "PostgreSQL has no unsigned numbers: write a signed one, such as `i64`")
)]
#[cfg_attr(feature = "mysql", diagnostic::on_unimplemented(note = "MySQL has no arrays"))]
pub trait Field: SqliteField + PostgresField + MysqlField + Send + Sync + 'static {
    /// Returns whether this value is sent to the database as NULL.
    #[doc(hidden)]
    fn is_null(&self, backend: Backend) -> bool {
        match backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite => self.is_null_in_sqlite(),
            #[cfg(feature = "postgres")]
            Backend::Postgres => self.is_null_in_postgres(),
            #[cfg(feature = "mysql")]
            Backend::Mysql => self.is_null_in_mysql(),
        }
    }

    /// Adds the value to the elements of an array, unless it is NULL. Returns whether the database has arrays of its
    /// type.
    ///
    /// # Errors
    ///
    /// sqlx's error if the value cannot be encoded.
    #[doc(hidden)]
    fn add_to_elements(&self, backend: Backend, elements: &mut Elements) -> Result<bool, BoxDynError> {
        match backend {
            #[cfg(feature = "postgres")]
            Backend::Postgres => self.add_to_array(elements),
            #[allow(unreachable_patterns, reason = "PostgreSQL may be the only backend")]
            _ => {
                let _ = elements;
                Ok(false)
            }
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: SqliteField + PostgresField + MysqlField + Send + Sync + 'static> Field for T {}

/// Returns the SQL type of `T` on `backend`, as sqlx names it.
pub fn sql_type<T: Field>(backend: Backend) -> Cow<'static, str> {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => T::sqlite_type().into(),
        #[cfg(feature = "postgres")]
        Backend::Postgres => T::postgres_type(),
        #[cfg(feature = "mysql")]
        Backend::Mysql => super::mysql::uuid_type::<T>().unwrap_or_else(T::mysql_type),
    }
}

/// Returns the SQL type of a column of `T` on `backend`, which SQLite keeps in this form.
pub fn stored_sql_type<T: Field, F: StoredForm<T>>(backend: Backend) -> Cow<'static, str> {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => F::SQL_TYPE.into(),
        #[allow(unreachable_patterns, reason = "SQLite may be the only backend")]
        _ => sql_type::<T>(backend),
    }
}
