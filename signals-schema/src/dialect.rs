//! Which database it is, whatever backends are compiled in.

use signals_core::backend::Backend;

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "a backend that is not compiled in has no value")]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
    Mysql,
}

impl Dialect {
    pub(crate) fn of(backend: Backend) -> Self {
        match backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite => Self::Sqlite,
            #[cfg(feature = "postgres")]
            Backend::Postgres => Self::Postgres,
            _ => Self::Mysql,
        }
    }

    /// Returns whether two names are those of one column.
    pub(crate) fn is_same_column(self, one: &str, other: &str) -> bool {
        one == other || self != Self::Postgres && one.to_lowercase() == other.to_lowercase()
    }
}
