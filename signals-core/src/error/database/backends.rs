//! The error codes of the backends. Each has a file, and only these files of `error` name a backend.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt;

use sqlx::error::DatabaseError;

use super::failure::Failure;

/// Returns the meaning of an error by its code, beyond the kinds that sqlx classifies.
pub(super) fn failure(error: &dyn DatabaseError) -> Failure {
    let each: &[fn(&dyn DatabaseError) -> Option<Failure>] = &[
        #[cfg(feature = "sqlite")]
        sqlite::failure,
        #[cfg(feature = "postgres")]
        postgres::failure,
        #[cfg(feature = "mysql")]
        mysql::failure,
    ];
    each.iter().find_map(|failure| failure(error)).unwrap_or(Failure::Other)
}

/// Writes what the database reports in addition to its message.
pub(in crate::error) fn write_more(error: &sqlx::Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    #[cfg(feature = "postgres")]
    if let Some(error) = error.as_database_error() {
        postgres::write_more(error, f)?;
    }
    let _ = (error, f);
    Ok(())
}
