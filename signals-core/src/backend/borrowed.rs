//! A physical connection, as the type of its backend.

use super::kind::Backend;
use crate::error::Result;

/// A physical connection, passed to `connection_created`. Accessors return it as the backend's own type.
#[derive(Debug)]
#[non_exhaustive]
pub enum Connection<'a> {
    /// A connection of SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(&'a mut sqlx::SqliteConnection),
    /// A connection of PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(&'a mut sqlx::PgConnection),
    /// A connection of MySQL.
    #[cfg(feature = "mysql")]
    Mysql(&'a mut sqlx::MySqlConnection),
}

impl Connection<'_> {
    /// Returns the backend of the connection.
    pub fn backend(&self) -> Backend {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Backend::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Backend::Postgres,
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => Backend::Mysql,
        }
    }

    /// Returns the connection if it is SQLite's.
    ///
    /// # Errors
    ///
    /// [`Error::WrongBackend`](crate::error::Error::WrongBackend) if it is another backend's.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(&mut self) -> Result<&mut sqlx::SqliteConnection> {
        match self {
            Self::Sqlite(connection) => Ok(connection),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            other => Err(other.backend().is_not(Backend::Sqlite)),
        }
    }

    /// Returns the connection if it is PostgreSQL's.
    ///
    /// # Errors
    ///
    /// [`Error::WrongBackend`](crate::error::Error::WrongBackend) if it is another backend's.
    #[cfg(feature = "postgres")]
    pub fn postgres(&mut self) -> Result<&mut sqlx::PgConnection> {
        match self {
            Self::Postgres(connection) => Ok(connection),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            other => Err(other.backend().is_not(Backend::Postgres)),
        }
    }

    /// Returns the connection if it is MySQL's.
    ///
    /// # Errors
    ///
    /// [`Error::WrongBackend`](crate::error::Error::WrongBackend) if it is another backend's.
    #[cfg(feature = "mysql")]
    pub fn mysql(&mut self) -> Result<&mut sqlx::MySqlConnection> {
        match self {
            Self::Mysql(connection) => Ok(connection),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            other => Err(other.backend().is_not(Backend::Mysql)),
        }
    }
}
