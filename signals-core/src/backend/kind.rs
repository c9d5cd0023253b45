//! Which databases there are.

use std::fmt;

use crate::error::Error;

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
        f.write_str(self.name())
    }
}

impl Backend {
    /// How many backends there are.
    pub(crate) const COUNT: usize = 3;

    /// The name that errors show.
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

    /// The error of a call that is for another backend.
    pub(super) fn is_not(self, wanted: Self) -> Error {
        Error::WrongBackend { backend: self.name(), wanted: wanted.name() }
    }

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
}
