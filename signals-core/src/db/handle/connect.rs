//! The connection to a database.

use super::db::Db;
use crate::backend::{Pool, not_opened};
use crate::db::pool::{Database, DbBuilder, announce_as, watch};
use crate::error::{Error, Result};
use crate::registry;

impl DbBuilder {
    /// Connects to the database.
    ///
    /// If the server refuses the connection, the password or the database, this fails at once. If it is
    /// starting, or has no free connection, this tries again until [`acquire_timeout`](Self::acquire_timeout)
    /// has passed.
    ///
    /// # Errors
    ///
    /// See [`Db::connect`].
    pub async fn connect(self) -> Result<Db> {
        registry::check_receivers()?;
        registry::warn::once();
        let Self { pool: settings, name, recursion_limit } = self;
        let pool = Pool::open(&settings, announce_as(&name))?;
        pool.probe().await.map_err(|source| not_opened(source, &settings.target))?;
        // Opens one connection at once, so that a wrong URL or a failing receiver fails here and not at the
        // first save.
        watch(pool.acquire(&name)).await.map_err(|error| match error {
            Error::Database { source, .. } => not_opened(source, &settings.target),
            error => error,
        })?;
        Ok(Db::new(Database::new(pool, settings, name, recursion_limit)))
    }
}
