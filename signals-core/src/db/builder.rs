//! The settings of a database.

use std::sync::Arc;
use std::time::Duration;

use super::pool::not_opened;
use super::{Db, Pool, created};
use crate::dispatch::DEFAULT_RECURSION_LIMIT;
use crate::error::Result;
use crate::registry;

/// The settings of a database that is about to be connected.
#[derive(Debug, Clone)]
pub struct Builder {
    pub(super) url: String,
    pub(super) name: Arc<str>,
    pub(super) max_connections: u32,
    pub(super) acquire_timeout: Duration,
    recursion_limit: u32,
}

impl Builder {
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            name: Arc::from("default"),
            max_connections: 10,
            acquire_timeout: Duration::from_secs(30),
            recursion_limit: DEFAULT_RECURSION_LIMIT,
        }
    }

    /// Names the database; receivers get the name as `using`. The default is `default`.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = Arc::from(name);
        self
    }

    /// Sets how many connections the pool may open; 10 by default. SQLite in memory always has one.
    #[must_use]
    pub fn max_connections(mut self, connections: u32) -> Self {
        self.max_connections = connections;
        self
    }

    /// Sets how long a call waits for a connection; 30 seconds by default.
    #[must_use]
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// Sets how deep signals may nest; 32 by default.
    #[must_use]
    pub fn recursion_limit(mut self, limit: u32) -> Self {
        self.recursion_limit = limit;
        self
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// As [`Db::connect`].
    pub async fn connect(self) -> Result<Db> {
        registry::check()?;
        registry::warn::once();
        let pool = Pool::open(&self)?;
        // One connection is made at once, so that a wrong URL or a failing receiver shows here and not at the first save.
        created::watch(pool.acquire()).await.map_err(|error| not_opened(error, &self.url))?;
        Ok(Db::new(pool, self.name, self.recursion_limit))
    }
}
