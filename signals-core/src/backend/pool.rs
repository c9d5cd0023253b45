//! The pool of any backend.

pub(super) mod existing;
#[cfg_attr(
    not(any(feature = "postgres", feature = "mysql")),
    allow(dead_code, reason = "a connection of SQLite needs no ping")
)]
pub(super) mod freshness;
pub(super) mod pooled;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod probing;
pub(super) mod settings;

use std::io::{self, ErrorKind};
use std::iter;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::pool::PoolConnection;
use sqlx::{Database, Error as SqlxError};

use super::connection::Conn;
use super::kind::Backend;
#[cfg(feature = "mysql")]
use super::mysql::{self, CancelSafeConnection};
#[cfg(feature = "postgres")]
use super::postgres::{self, Naming};
#[cfg(feature = "sqlite")]
use super::sqlite;
use super::target::Kind;
use crate::error::{Error, Result};

#[cfg(any(feature = "postgres", feature = "mysql"))]
use freshness::Freshness;
use pooled::Pooled;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use probing::probe;
use settings::{Announce, PoolSettings, needs_runtime};

/// A pool of connections. A pool of a server that the application made has no `Freshness`: it checks its
/// connections itself.
pub(crate) enum Pool {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool, Naming, Option<Arc<Freshness>>),
    #[cfg(feature = "mysql")]
    Mysql(sqlx::MySqlPool, Option<Arc<Freshness>>),
}

/// Runs `$body` with the pool of sqlx.
macro_rules! on_pool {
    ($self:ident, |$pool:ident| $body:expr) => {
        match $self {
            #[cfg(feature = "sqlite")]
            Pool::Sqlite($pool) => $body,
            #[cfg(feature = "postgres")]
            Pool::Postgres($pool, ..) => $body,
            #[cfg(feature = "mysql")]
            Pool::Mysql($pool, _) => $body,
        }
    };
}

impl Pool {
    /// Returns whether each connection has its own database.
    pub(crate) fn is_in_memory(settings: &PoolSettings) -> bool {
        match &settings.target.0 {
            #[cfg(feature = "sqlite")]
            Kind::Url(url) => url.starts_with("sqlite:") && sqlite::is_in_memory(&settings.target),
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(_) => sqlite::is_in_memory(&settings.target),
            #[allow(unreachable_patterns, reason = "SQLite may be the only backend")]
            _ => false,
        }
    }

    /// Opens the pool, but no connection. Each new connection is passed to `announce` before its first use.
    pub(crate) fn open(settings: &PoolSettings, announce: Announce) -> Result<Self> {
        let scheme = match &settings.target.0 {
            Kind::Url(url) => url.split(':').next().unwrap_or_default(),
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(_) => "sqlite",
            #[cfg(feature = "postgres")]
            Kind::Postgres(_) => "postgres",
            #[cfg(feature = "mysql")]
            Kind::Mysql(_) => "mysql",
        };
        match scheme {
            #[cfg(feature = "sqlite")]
            "sqlite" => {
                settings.check()?;
                sqlite::open(settings, announce).map(Self::Sqlite)
            }
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => {
                settings.check()?;
                let (pool, naming, freshness) = postgres::open(settings, announce)?;
                Ok(Self::Postgres(pool, naming, Some(freshness)))
            }
            #[cfg(feature = "mysql")]
            "mysql" | "mariadb" => {
                settings.check()?;
                let (pool, freshness) = mysql::open(settings, announce)?;
                Ok(Self::Mysql(pool, Some(freshness)))
            }
            _ => Err(Error::UnknownBackend { url: settings.target.to_string(), backends: BACKENDS }),
        }
    }

    /// Returns the settings of a pool that the application made.
    pub(crate) fn settings(&self) -> PoolSettings {
        on_pool!(self, |pool| PoolSettings::of(pool))
    }

    pub(crate) fn backend(&self) -> Backend {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Backend::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(..) => Backend::Postgres,
            #[cfg(feature = "mysql")]
            Self::Mysql(..) => Backend::Mysql,
        }
    }

    pub(crate) fn max_connections(&self) -> u32 {
        on_pool!(self, |pool| pool.options().get_max_connections())
    }

    /// Returns the maximum time that a call waits for a connection.
    pub(crate) fn acquire_timeout(&self) -> Duration {
        on_pool!(self, |pool| pool.options().get_acquire_timeout())
    }

    /// Returns the number of idle connections.
    pub(crate) fn idle(&self) -> usize {
        on_pool!(self, |pool| pool.num_idle())
    }

    /// Returns the number of connections in use.
    pub(crate) fn in_use(&self) -> usize {
        on_pool!(self, |pool| pool.size() as usize).saturating_sub(self.idle())
    }

    /// Returns whether a pooler may give each transaction another server, so that a call outside of a
    /// transaction may reach two servers.
    pub(crate) fn is_pooled(&self) -> bool {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(_, naming, _) => *naming == Naming::Never,
            #[allow(unreachable_patterns, reason = "PostgreSQL may be the only backend")]
            _ => false,
        }
    }

    /// Returns an idle connection that needs no ping, if there is one. The pool must not be the application's:
    /// sqlx would skip its checks.
    pub(crate) fn try_acquire(&self) -> Option<Conn> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => Pooled::try_take(pool, None).map(Conn::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool, naming, freshness) => {
                Pooled::try_take(pool, freshness.as_ref()).map(|connection| Conn::Postgres(connection, *naming))
            }
            #[cfg(feature = "mysql")]
            Self::Mysql(pool, freshness) => {
                Pooled::try_take(pool, freshness.as_ref()).map(CancelSafeConnection::new).map(Conn::Mysql)
            }
        }
    }

    /// Waits for a connection and returns it.
    ///
    /// The futures of sqlx are boxed: each has several kilobytes, and would otherwise be part of the future
    /// of every save.
    pub(crate) async fn acquire(&self, using: &str) -> Result<Conn> {
        needs_runtime("taking a connection")?;
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => Box::pin(Pooled::take(pool, None)).await.map(Conn::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool, naming, freshness) => Box::pin(Pooled::take(pool, freshness.as_ref()))
                .await
                .map(|connection| Conn::Postgres(connection, *naming)),
            #[cfg(feature = "mysql")]
            Self::Mysql(pool, freshness) => {
                Box::pin(Pooled::take(pool, freshness.as_ref())).await.map(CancelSafeConnection::new).map(Conn::Mysql)
            }
        }
        .map_err(|source| self.none_taken(source, using))
    }

    fn none_taken(&self, source: SqlxError, using: &str) -> Error {
        let waited = self.acquire_timeout();
        let mut no_answer = false;
        let doing = match (&source, self.max_connections()) {
            (SqlxError::PoolClosed, _) => return Error::Closed { using: using.to_owned() },
            (SqlxError::PoolTimedOut, 1) if self.in_use() == 1 => format!(
                "waiting {waited:?} for the only connection, which a transaction holds (give the calls inside of it the `Tx` and not the `Db`) \
                 or a stream (read its rows with `all` before the loop),"
            ),
            (SqlxError::PoolTimedOut, most) if self.in_use() >= most as usize => {
                format!("waiting {waited:?} for one of {most} connections, which are all in use,")
            }
            (SqlxError::PoolTimedOut, _) => {
                no_answer = true;
                format!("waiting {waited:?} for the database to answer to a new connection")
            }
            _ => "taking a connection".to_owned(),
        };
        // It is a network error, so `is_connection_lost` is true for it.
        let source = if no_answer { SqlxError::Io(io::Error::new(ErrorKind::TimedOut, source)) } else { source };
        Error::database(doing)(source)
    }

    /// Checks that the server accepts a connection. Without this check, sqlx's pool would retry until its
    /// timeout and lose the error.
    pub(crate) async fn probe(&self) -> Result<(), SqlxError> {
        match self {
            // A file answers immediately.
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => std::future::ready(Ok(())).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(pool, ..) => {
                probe::<sqlx::PgConnection>(&pool.connect_options(), self.acquire_timeout()).await
            }
            #[cfg(feature = "mysql")]
            Self::Mysql(pool, _) => {
                probe::<sqlx::MySqlConnection>(&pool.connect_options(), self.acquire_timeout()).await
            }
        }
    }

    /// Returns the pool if it is SQLite's.
    #[cfg(feature = "sqlite")]
    pub(crate) fn sqlite(&self) -> Result<&sqlx::SqlitePool> {
        match self {
            Self::Sqlite(pool) => Ok(pool),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            other => Err(other.backend().is_not(Backend::Sqlite)),
        }
    }

    /// Returns the pool if it is PostgreSQL's.
    #[cfg(feature = "postgres")]
    pub(crate) fn postgres(&self) -> Result<&sqlx::PgPool> {
        match self {
            Self::Postgres(pool, ..) => Ok(pool),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            other => Err(other.backend().is_not(Backend::Postgres)),
        }
    }

    /// Returns the pool if it is MySQL's.
    #[cfg(feature = "mysql")]
    pub(crate) fn mysql(&self) -> Result<&sqlx::MySqlPool> {
        match self {
            Self::Mysql(pool, _) => Ok(pool),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            other => Err(other.backend().is_not(Backend::Mysql)),
        }
    }

    /// Closes the idle connections at once, and those in use when they are returned. Returns when all are
    /// closed.
    pub(crate) async fn close(&self) {
        on_pool!(self, |pool| close(pool).await);
    }
}

async fn close<DB: Database>(pool: &sqlx::Pool<DB>) {
    // sqlx itself closes the idle connections only when none is in use.
    let idle: Vec<_> = iter::from_fn(|| pool.try_acquire()).collect();
    let closed = pool.close();
    // A broken connection cannot be closed cleanly.
    drop(join_all(idle.into_iter().map(PoolConnection::close)).await);
    closed.await;
}

/// The compiled-in backends, for an error.
const BACKENDS: &str = match (cfg!(feature = "sqlite"), cfg!(feature = "postgres"), cfg!(feature = "mysql")) {
    (true, true, true) => "sqlite, postgres, mysql",
    (true, true, false) => "sqlite, postgres",
    (true, false, true) => "sqlite, mysql",
    (false, true, true) => "postgres, mysql",
    (true, false, false) => "sqlite",
    (false, true, false) => "postgres",
    (false, false, true) => "mysql",
    (false, false, false) => "none",
};
