//! The pool of whichever backend the URL names.

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
use super::url::masked;
use crate::error::{Error, Result};

#[cfg(any(feature = "postgres", feature = "mysql"))]
use freshness::Freshness;
use pooled::Pooled;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use probing::probe;
use settings::{Announce, PoolSettings, needs_runtime};

/// A pool of connections.
pub(crate) enum Pool {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool, Naming, Arc<Freshness>),
    #[cfg(feature = "mysql")]
    Mysql(sqlx::MySqlPool, Arc<Freshness>),
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
    /// Whether each connection would have a database of its own.
    pub(crate) fn is_in_memory(settings: &PoolSettings) -> bool {
        match settings.url.split(':').next() {
            #[cfg(feature = "sqlite")]
            Some("sqlite") => sqlite::is_in_memory(&settings.url),
            _ => false,
        }
    }

    /// Makes the pool; no connection is opened yet. Each connection is given to `announce` before anyone uses it.
    pub(crate) fn open(settings: &PoolSettings, announce: Announce) -> Result<Self> {
        let scheme = settings.url.split(':').next().unwrap_or_default();
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
                Ok(Self::Postgres(pool, naming, freshness))
            }
            #[cfg(feature = "mysql")]
            "mysql" | "mariadb" => {
                settings.check()?;
                let (pool, freshness) = mysql::open(settings, announce)?;
                Ok(Self::Mysql(pool, freshness))
            }
            _ => Err(Error::UnknownBackend { url: masked(&settings.url), backends: BACKENDS }),
        }
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

    /// How long a call waits for a connection.
    pub(crate) fn acquire_timeout(&self) -> Duration {
        on_pool!(self, |pool| pool.options().get_acquire_timeout())
    }

    /// How many connections are idle.
    pub(crate) fn idle(&self) -> usize {
        on_pool!(self, |pool| pool.num_idle())
    }

    /// How many connections are in use.
    pub(crate) fn in_use(&self) -> usize {
        on_pool!(self, |pool| pool.size() as usize).saturating_sub(self.idle())
    }

    /// Whether a pooler may give each transaction another server, so that a call outside of one may reach two.
    pub(crate) fn is_pooled(&self) -> bool {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(_, naming, _) => *naming == Naming::Never,
            #[allow(unreachable_patterns, reason = "PostgreSQL may be the only backend")]
            _ => false,
        }
    }

    /// An idle connection, if there is one that needs no ping.
    pub(crate) fn try_acquire(&self) -> Option<Conn> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => Pooled::try_take(pool, None).map(Conn::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool, naming, freshness) => {
                Pooled::try_take(pool, Some(freshness)).map(|connection| Conn::Postgres(connection, *naming))
            }
            #[cfg(feature = "mysql")]
            Self::Mysql(pool, freshness) => {
                Pooled::try_take(pool, Some(freshness)).map(CancelSafeConnection::new).map(Conn::Mysql)
            }
        }
    }

    /// A connection, as soon as there is one.
    ///
    /// The futures of sqlx are boxed: each is of several kilobytes, and would otherwise be part of every save's.
    pub(crate) async fn acquire(&self, using: &str) -> Result<Conn> {
        needs_runtime("taking a connection")?;
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => Box::pin(Pooled::take(pool, None)).await.map(Conn::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool, naming, freshness) => Box::pin(Pooled::take(pool, Some(freshness)))
                .await
                .map(|connection| Conn::Postgres(connection, *naming)),
            #[cfg(feature = "mysql")]
            Self::Mysql(pool, freshness) => {
                Box::pin(Pooled::take(pool, Some(freshness))).await.map(CancelSafeConnection::new).map(Conn::Mysql)
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
        // An error of the network, so that `is_connection_lost` is true of it.
        let source = if no_answer { SqlxError::Io(io::Error::new(ErrorKind::TimedOut, source)) } else { source };
        Error::database(doing)(source)
    }

    /// Makes sure that the server lets us in: sqlx's pool would try again until its timeout, and then forget why it
    /// failed.
    pub(crate) async fn probe(&self) -> Result<(), SqlxError> {
        match self {
            // A file answers at once.
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

    /// The pool, if it is SQLite's.
    #[cfg(feature = "sqlite")]
    pub(crate) fn sqlite(&self) -> Result<&sqlx::SqlitePool> {
        match self {
            Self::Sqlite(pool) => Ok(pool),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            other => Err(other.backend().is_not(Backend::Sqlite)),
        }
    }

    /// The pool, if it is PostgreSQL's.
    #[cfg(feature = "postgres")]
    pub(crate) fn postgres(&self) -> Result<&sqlx::PgPool> {
        match self {
            Self::Postgres(pool, ..) => Ok(pool),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            other => Err(other.backend().is_not(Backend::Postgres)),
        }
    }

    /// The pool, if it is MySQL's.
    #[cfg(feature = "mysql")]
    pub(crate) fn mysql(&self) -> Result<&sqlx::MySqlPool> {
        match self {
            Self::Mysql(pool, _) => Ok(pool),
            #[allow(unreachable_patterns, reason = "it may be the only backend")]
            other => Err(other.backend().is_not(Backend::Mysql)),
        }
    }

    /// Closes the idle connections at once, and those in use when they are given back. Ends when all are closed.
    pub(crate) async fn close(&self) {
        on_pool!(self, |pool| close(pool).await);
    }
}

async fn close<DB: Database>(pool: &sqlx::Pool<DB>) {
    // sqlx itself closes the idle ones when no other is in use.
    let idle: Vec<_> = iter::from_fn(|| pool.try_acquire()).collect();
    let closed = pool.close();
    // A connection that is broken cannot say good-bye.
    drop(join_all(idle.into_iter().map(PoolConnection::close)).await);
    closed.await;
}

/// The compiled-in backends, as an error lists them.
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
