//! The backends.

use std::fmt;

use crate::error::Error;

/// The backend of a [`Db`](crate::db::Db).
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
        f.write_str(self.name())
    }
}

impl Backend {
    /// The number of backends.
    pub(crate) const COUNT: usize = 3;

    /// Returns the name for errors.
    pub(crate) fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => "SQLite",
            #[cfg(feature = "postgres")]
            Self::Postgres => "PostgreSQL",
            #[cfg(feature = "mysql")]
            Self::Mysql => "MySQL",
        }
    }

    /// Returns the error of a call that needs another backend.
    pub(super) fn is_not(self, wanted: Self) -> Error {
        Error::WrongBackend { backend: self.name(), wanted: wanted.name() }
    }

    /// Returns its index among all backends.
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
}
