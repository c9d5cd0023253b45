//! The settings of a database.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::backend::{PoolSettings, Target};
use crate::dispatch::DEFAULT_RECURSION_LIMIT;

/// The settings of a database that is about to be connected.
///
/// [`Db::builder`](crate::db::Db::builder) returns it. With sqlx's connect options in place of a URL,
/// `busy_timeout` is ignored: set it in the options.
///
/// | setting | default | for |
/// |---|---|---|
/// | [`name`](Self::name) | `"default"` | receivers, errors and events |
/// | [`max_connections`](Self::max_connections) | 10 | servers and files of SQLite |
/// | [`acquire_timeout`](Self::acquire_timeout) | 30 s | waits for a connection, and for a transaction in use |
/// | [`idle_timeout`](Self::idle_timeout) | 10 min | idle connections |
/// | [`max_lifetime`](Self::max_lifetime) | 30 min | old connections |
/// | [`ping_idle_after`](Self::ping_idle_after) | 1 s | servers |
/// | [`busy_timeout`](Self::busy_timeout) | 5 s | SQLite |
/// | [`recursion_limit`](Self::recursion_limit) | 32 | sends within sends |
///
/// `Debug` shows the URL without user, password and parameters that may be secret.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// # use signals::{Db, Result};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let db = Db::builder("sqlite::memory:")
///     .name("reports")
///     .acquire_timeout(Duration::from_secs(3))
///     .busy_timeout(Duration::from_secs(1))
///     .connect()
///     .await?;
/// assert_eq!(db.name(), "reports");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct DbBuilder {
    pub(in crate::db) pool: PoolSettings,
    pub(in crate::db) name: Arc<str>,
    pub(in crate::db) recursion_limit: u32,
}

impl DbBuilder {
    pub(in crate::db) fn new(target: Target) -> Self {
        Self { pool: PoolSettings::new(target), name: Arc::from("default"), recursion_limit: DEFAULT_RECURSION_LIMIT }
    }

    /// Names the database; receivers get the name as `using`. The default is `default`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let reports = Db::builder("sqlite::memory:").name("reports").connect().await?;
    /// assert_eq!(reports.name(), "reports");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = Arc::from(name);
        self
    }

    /// Sets how many connections the pool may open, from 1 to 100,000; 10 by default.
    ///
    /// SQLite in memory always has one connection.
    ///
    /// With any other number, [`connect`](Self::connect) returns
    /// [`Error::Database`](crate::error::Error::Database). Each transaction and each stream holds one
    /// connection. **If every task that holds a connection waits for a second one, all of them wait until
    /// [`acquire_timeout`](Self::acquire_timeout).**
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use signals::{Db, Result};
    /// # async fn example() -> Result<()> {
    /// // The server allows 100 connections, and four processes share them.
    /// let db = Db::builder("postgres://localhost/shop").max_connections(24).connect().await?;
    /// # drop(db);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn max_connections(mut self, connections: u32) -> Self {
        self.pool.max_connections = connections;
        self
    }

    /// Sets how long a call waits for a connection; 30 seconds by default.
    ///
    /// After that the call fails with [`Error::Database`](crate::error::Error::Database), whose message has
    /// the number of connections in use. A call on a [`Tx`](crate::db::Tx) waits equally long for other calls
    /// on it, and then fails with [`Error::WaitTimedOut`](crate::error::Error::WaitTimedOut).
    ///
    /// The time includes the ping of an idle connection and the opening of a new one.
    /// [`Db::close`](crate::db::Db::close) waits at most this long for connections in use.
    /// [`connect`](Self::connect) waits at most this long for the server to accept the log-in, and again for
    /// the first connection of the pool.
    #[must_use]
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.pool.acquire_timeout = timeout;
        self
    }

    /// Sets after how long an idle connection is closed; 10 minutes by default, and `None` for never.
    ///
    /// The pool checks for idle connections once in that time, so a connection may be idle for twice as long.
    /// SQLite in memory keeps its connection.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.pool.idle_timeout = timeout.into();
        self
    }

    /// Sets the maximum age of a connection; 30 minutes by default, and `None` for no maximum.
    ///
    /// The pool closes an older connection when it is idle or returned, and never while it is in use. SQLite
    /// in memory keeps its connection.
    #[must_use]
    pub fn max_lifetime(mut self, lifetime: impl Into<Option<Duration>>) -> Self {
        self.pool.max_lifetime = lifetime.into();
        self
    }

    /// Sets after how long an idle connection to a server needs a ping before its use; 1 second by default.
    ///
    /// A ping costs a round trip. It finds connections that the server or a firewall has closed, and the pool
    /// replaces them. A ping waits at most a third of [`acquire_timeout`](Self::acquire_timeout), and at most
    /// 5 seconds. With `Duration::ZERO` the pool pings before each use, and with `Duration::MAX` never. SQLite
    /// ignores this setting.
    #[must_use]
    pub fn ping_idle_after(mut self, idle: Duration) -> Self {
        self.pool.ping_idle_after = idle;
        self
    }

    /// Sets how long a statement on SQLite waits for a lock of another connection; 5 seconds by default.
    ///
    /// After that time the call fails, and
    /// [`Error::is_lock_timeout`](crate::error::Error::is_lock_timeout) returns true for the error. Servers
    /// ignore this setting.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.pool.busy_timeout = timeout;
        self
    }

    /// Sets how deep signals may nest; 32 by default.
    ///
    /// A send past the limit fails with [`Error::Recursion`](crate::error::Error::Recursion), which shows the
    /// chain of receivers. Custom signals that are sent within a send of this database also count, and have
    /// its limit.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::builder("sqlite::memory:").recursion_limit(4).connect().await?;
    /// assert_eq!(db.recursion_limit(), 4);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn recursion_limit(mut self, limit: u32) -> Self {
        self.recursion_limit = limit;
        self
    }
}

impl fmt::Debug for DbBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DbBuilder")
            .field("target", &format_args!("{}", self.pool.target))
            .field("name", &self.name)
            .field("max_connections", &self.pool.max_connections)
            .field("acquire_timeout", &self.pool.acquire_timeout)
            .field("idle_timeout", &self.pool.idle_timeout)
            .field("max_lifetime", &self.pool.max_lifetime)
            .field("ping_idle_after", &self.pool.ping_idle_after)
            .field("busy_timeout", &self.pool.busy_timeout)
            .field("recursion_limit", &self.recursion_limit)
            .finish()
    }
}
