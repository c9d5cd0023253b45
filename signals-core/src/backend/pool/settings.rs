//! The settings of a pool, for any backend.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::error::DatabaseError;
use sqlx::pool::PoolOptions;
use sqlx::{Connection as SqlxConnection, Database, Error as SqlxError, Pool};
use tokio::runtime::Handle;

#[cfg(any(feature = "postgres", feature = "mysql"))]
use super::freshness::Freshness;
use crate::backend::borrowed::Connection;
use crate::backend::target::Target;
use crate::error::{Error, Result};

/// The maximum of every time. sqlx adds it to the present time and panics if the sum is out of range.
const LONGEST: Duration = Duration::from_hours(24 * 365);
/// The minimum lifetime of a connection. sqlx looks for connections that are too old in this interval.
const SHORTEST_LIFE: Duration = Duration::from_millis(10);
/// The maximum number of connections. sqlx reserves memory for all of them.
const MOST_CONNECTIONS: u32 = 100_000;

/// The settings of a pool.
#[derive(Clone)]
pub(crate) struct PoolSettings {
    pub(crate) target: Target,
    pub(crate) max_connections: u32,
    pub(crate) acquire_timeout: Duration,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) ping_idle_after: Duration,
    /// How long a statement of SQLite waits while another connection holds the database's lock.
    pub(crate) busy_timeout: Duration,
    /// The limits of each session, or `None` to keep those of the server.
    #[cfg_attr(
        not(any(feature = "postgres", feature = "mysql")),
        allow(dead_code, reason = "SQLite has no sessions to limit")
    )]
    pub(crate) limits: Option<SessionLimits>,
}

/// The limits that a session of a server sets itself. Each of its statements reads what is committed when the
/// statement begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionLimits {
    /// The maximum duration of a statement, in seconds. The server ends it.
    pub(crate) statement: u32,
    /// The maximum time that a statement waits for a lock, in seconds.
    #[cfg_attr(
        not(any(feature = "postgres", feature = "mysql")),
        allow(dead_code, reason = "SQLite has no sessions to limit")
    )]
    pub(crate) lock: u32,
}

impl PoolSettings {
    /// Returns the default settings for this database.
    pub(crate) fn new(target: Target) -> Self {
        Self {
            target,
            max_connections: 10,
            acquire_timeout: Duration::from_secs(30),
            idle_timeout: Some(Duration::from_mins(10)),
            max_lifetime: Some(Duration::from_mins(30)),
            ping_idle_after: Duration::from_secs(1),
            busy_timeout: Duration::from_secs(5),
            limits: None,
        }
    }

    /// Returns the settings of a pool that the application made.
    pub(super) fn of<DB: Database>(pool: &Pool<DB>) -> Self
    where
        Target: From<<DB::Connection as SqlxConnection>::Options>,
    {
        let options = pool.options();
        Self {
            max_connections: options.get_max_connections(),
            acquire_timeout: options.get_acquire_timeout(),
            idle_timeout: options.get_idle_timeout(),
            max_lifetime: options.get_max_lifetime(),
            ..Self::new(Target::from(pool.connect_options().as_ref().clone()))
        }
    }

    /// Returns an error for settings that no pool can have, and for a call without a runtime.
    pub(super) fn check(&self) -> Result<()> {
        needs_runtime("connecting")?;
        if !(1..=MOST_CONNECTIONS).contains(&self.max_connections) {
            let problem = format!("`max_connections` is {}, and not in 1..={MOST_CONNECTIONS}", self.max_connections);
            return Err(not_opened(SqlxError::Configuration(problem.into()), &self.target));
        }
        Ok(())
    }

    /// Returns the options for the pools of all backends.
    pub(in crate::backend) fn options<DB: Database>(&self) -> PoolOptions<DB> {
        let life = |limit: Option<Duration>| limit.map(|limit| limit.clamp(SHORTEST_LIFE, LONGEST));
        PoolOptions::new()
            .acquire_timeout(self.acquire_timeout.min(LONGEST))
            .max_connections(self.max_connections)
            .idle_timeout(life(self.idle_timeout))
            .max_lifetime(life(self.max_lifetime))
            // `Freshness` decides which connections are pinged.
            .test_before_acquire(false)
    }

    /// Returns the record that decides which connections of a server's pool are pinged.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(in crate::backend) fn freshness(&self) -> Freshness {
        Freshness::new(self.max_connections, self.ping_idle_after, self.acquire_timeout)
    }
}

/// The function that receives each connection that a pool opens. An error closes the connection.
pub(crate) type Announce = Arc<dyn for<'c> Fn(Connection<'c>) -> BoxFuture<'c, Result<(), SqlxError>> + Send + Sync>;

/// Returns an error without a runtime. sqlx and tokio would panic when they wait or spawn a task.
pub(crate) fn needs_runtime(doing: &str) -> Result<()> {
    match Handle::try_current() {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::database(doing)(SqlxError::Configuration(error.into()))),
    }
}

/// Adds to a failure what was opened, and what to write.
pub(crate) fn not_opened(source: SqlxError, target: &Target) -> Error {
    // The code of SQLite for a file that it cannot open.
    let code = source.as_database_error().and_then(DatabaseError::code);
    let is_missing = code.is_some_and(|code| code == "14") && !target.0.url().contains("mode=");
    let fix = match target.0.url() {
        "" if is_missing => " (`create_if_missing(true)` creates the file)",
        _ if is_missing => " (`?mode=rwc` at its end creates the file)",
        _ => "",
    };
    Error::database(format!("opening `{target}`{fix}"))(source)
}
