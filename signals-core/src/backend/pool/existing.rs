//! A pool that the application made with sqlx.

use std::fmt;

use super::Pool;
#[cfg(feature = "postgres")]
use crate::backend::postgres::Naming;

/// A pool that the application made with sqlx: a `SqlitePool`, a `PgPool` or a `MySqlPool`.
///
/// [`Db::from_pool`](crate::db::Db::from_pool) takes it.
pub struct ExistingPool(pub(crate) Pool);

#[cfg(feature = "sqlite")]
impl From<sqlx::SqlitePool> for ExistingPool {
    fn from(pool: sqlx::SqlitePool) -> Self {
        Self(Pool::Sqlite(pool))
    }
}

#[cfg(feature = "postgres")]
impl From<sqlx::PgPool> for ExistingPool {
    fn from(pool: sqlx::PgPool) -> Self {
        let naming = Naming::of_options(&pool.connect_options());
        Self(Pool::Postgres(pool, naming, None))
    }
}

#[cfg(feature = "mysql")]
impl From<sqlx::MySqlPool> for ExistingPool {
    fn from(pool: sqlx::MySqlPool) -> Self {
        Self(Pool::Mysql(pool, None))
    }
}

impl fmt::Debug for ExistingPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExistingPool").field("backend", &self.0.backend()).finish_non_exhaustive()
    }
}
