//! A `Db` on a pool that the application has made.

use std::future::IntoFuture;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::db::Db;
use crate::backend::{ExistingPool, not_opened};
use crate::db::pool::Database;
use crate::dispatch::DEFAULT_RECURSION_LIMIT;
use crate::error::{Error, Result};
use crate::registry;

/// A `Db` that is about to be made on a pool of the application, returned by [`Db::from_pool`].
///
/// Awaiting it makes the `Db`.
#[derive(Debug)]
#[must_use = "nothing happens before it is awaited"]
pub struct FromPool {
    pool: ExistingPool,
    name: Arc<str>,
    recursion_limit: u32,
}

impl Db {
    /// Uses a pool that the application has made with sqlx, in place of a pool of its own.
    ///
    /// The pool keeps its settings and its callbacks. Every call checks a connection as the pool does:
    /// by default sqlx pings a server's connection each time, which costs a round trip and which a pool of
    /// [`Db::connect`] does only after the connection was idle. A pool of SQLite keeps its pragmas, so it has
    /// WAL only if its options say so. [`close`](Self::close) closes the pool for everyone.
    ///
    /// **Workers and beats open their own connections with the pool's connect options, and do not call its
    /// `after_connect`.** Put a `search_path` or a role into the connect options, or into a receiver of
    /// [`connection_created`](crate::db::connection_created).
    ///
    /// [`connection_created`](crate::db::connection_created) is sent the first time that a call of this library
    /// uses a connection, and not when sqlx opens it. To know which connections are new, each call reads a mark
    /// of the session before its first statement. Without receivers of this signal nothing is read. Behind a
    /// pooler (`statement_cache_capacity(0)`) the signal is not sent, because sessions are shared there.
    ///
    /// # Errors
    ///
    /// See [`Db::connect`]; [`Error::Closed`] if the pool was closed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the pool as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// # use signals::{Db, Result};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// use sqlx::sqlite::SqlitePoolOptions;
    ///
    /// let pool = SqlitePoolOptions::new().max_connections(1).connect_lazy("sqlite::memory:").unwrap();
    /// let db = Db::from_pool(pool.clone()).name("reports").await?;
    ///
    /// assert_eq!((db.name(), db.sqlite()?.size()), ("reports", pool.size()));
    /// # Ok(()) }
    /// ```
    pub fn from_pool(pool: impl Into<ExistingPool>) -> FromPool {
        FromPool { pool: pool.into(), name: Arc::from("default"), recursion_limit: DEFAULT_RECURSION_LIMIT }
    }
}

impl FromPool {
    /// Names the database, as [`DbBuilder::name`](crate::db::DbBuilder::name) does.
    pub fn name(mut self, name: &str) -> Self {
        self.name = Arc::from(name);
        self
    }

    /// Sets how deep signals may nest, as
    /// [`DbBuilder::recursion_limit`](crate::db::DbBuilder::recursion_limit) does.
    pub fn recursion_limit(mut self, limit: u32) -> Self {
        self.recursion_limit = limit;
        self
    }

    async fn make(self) -> Result<Db> {
        registry::check_receivers()?;
        registry::warn::once();
        let Self { pool: ExistingPool(pool), name, recursion_limit } = self;
        let settings = pool.settings();
        let target = settings.target.clone();
        let db = Db::new(Database::existing(pool, settings, name, recursion_limit));
        // Takes one connection at once, so that a database that cannot be reached, or a failing receiver, fails
        // here and not at the first save.
        match db.acquire().await {
            Ok(_) => Ok(db),
            Err(Error::Database { source, .. }) => Err(not_opened(source, &target)),
            Err(error) => Err(error),
        }
    }
}

impl IntoFuture for FromPool {
    type Output = Result<Db>;
    type IntoFuture = BoxFuture<'static, Result<Db>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.make())
    }
}
