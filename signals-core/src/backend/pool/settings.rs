//! The settings of a pool, for any backend.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::error::DatabaseError;
use sqlx::pool::PoolOptions;
use sqlx::{Database, Error as SqlxError};
use tokio::runtime::Handle;

#[cfg(any(feature = "postgres", feature = "mysql"))]
use super::freshness::Freshness;
use crate::backend::borrowed::Connection;
use crate::backend::url::masked;
use crate::error::{Error, Result};

/// sqlx adds times to the present one, which panics if the sum is out of range.
const LONGEST: Duration = Duration::from_hours(24 * 365);
/// sqlx looks for connections that are too old as often as they may get old.
const SHORTEST_LIFE: Duration = Duration::from_millis(10);
/// sqlx reserves the memory for all of them.
const MOST_CONNECTIONS: u32 = 100_000;

/// The settings of a pool.
#[derive(Clone)]
pub(crate) struct PoolSettings {
    pub(crate) url: String,
    pub(crate) max_connections: u32,
    pub(crate) acquire_timeout: Duration,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) ping_idle_after: Duration,
    /// How long a statement of SQLite waits while another connection has the database locked.
    pub(crate) busy_timeout: Duration,
}

impl PoolSettings {
    /// Refuses settings that no pool can have, and a call without a runtime.
    pub(super) fn check(&self) -> Result<()> {
        needs_runtime("connecting")?;
        if !(1..=MOST_CONNECTIONS).contains(&self.max_connections) {
            let problem = format!("`max_connections` is {}, and not in 1..={MOST_CONNECTIONS}", self.max_connections);
            return Err(not_opened(SqlxError::Configuration(problem.into()), &self.url));
        }
        Ok(())
    }

    /// The options that the pools of all backends have.
    pub(in crate::backend) fn options<DB: Database>(&self) -> PoolOptions<DB> {
        let life = |limit: Option<Duration>| limit.map(|limit| limit.clamp(SHORTEST_LIFE, LONGEST));
        PoolOptions::new()
            .acquire_timeout(self.acquire_timeout.min(LONGEST))
            .max_connections(self.max_connections)
            .idle_timeout(life(self.idle_timeout))
            .max_lifetime(life(self.max_lifetime))
            // `Freshness` decides which are pinged.
            .test_before_acquire(false)
    }

    /// Which connections of a server's pool are pinged.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(in crate::backend) fn freshness(&self) -> Freshness {
        Freshness::new(self.max_connections, self.ping_idle_after, self.acquire_timeout)
    }
}

/// Receives each connection that a pool has made. An error closes the connection.
pub(crate) type Announce = Arc<dyn for<'c> Fn(Connection<'c>) -> BoxFuture<'c, Result<(), SqlxError>> + Send + Sync>;

/// sqlx and tokio panic if they should wait or spawn a task and there is no runtime.
pub(crate) fn needs_runtime(doing: &str) -> Result<()> {
    match Handle::try_current() {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::database(doing)(SqlxError::Configuration(error.into()))),
    }
}

/// Says of a failure what was opened, and what to write.
pub(crate) fn not_opened(source: SqlxError, url: &str) -> Error {
    // SQLite's code of a file that it cannot open.
    let code = source.as_database_error().and_then(DatabaseError::code);
    let is_missing = code.is_some_and(|code| code == "14") && !url.contains("mode=");
    let fix = if is_missing { " (`?mode=rwc` behind it makes the file)" } else { "" };
    Error::database(format!("opening `{}`{fix}", masked(url)))(source)
}
