//! The pool of whichever backend the URL names.

use std::io::{self, ErrorKind};
use std::iter;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::error::DatabaseError;
use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::{Database, Error as SqlxError};
use tokio::runtime::Handle;

#[cfg(any(feature = "postgres", feature = "mysql"))]
use super::freshness::Freshness;
use super::pooled::Pooled;
#[cfg(feature = "postgres")]
use super::postgres::Naming;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use super::probing::probe;
use super::url::masked;
use super::{Conn, DbBuilder};
use crate::backend::Backend;
use crate::error::{Error, Result};

/// sqlx adds times to the present one, which panics if the sum is out of range.
pub(super) const LONGEST: Duration = Duration::from_hours(24 * 365);
/// sqlx looks for connections that are too old as often as they may get old.
const SHORTEST_LIFE: Duration = Duration::from_millis(10);
/// sqlx reserves the memory for all of them.
const MOST_CONNECTIONS: u32 = 100_000;

/// A pool of connections.
pub(super) enum Pool {
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
    /// Makes the pool; no connection is opened yet.
    pub(super) fn open(settings: &DbBuilder) -> Result<Self> {
        let scheme = settings.url.split(':').next().unwrap_or_default();
        let open: fn(&DbBuilder) -> Result<Self> = match scheme {
            #[cfg(feature = "sqlite")]
            "sqlite" => super::sqlite::open,
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => super::postgres::open,
            #[cfg(feature = "mysql")]
            "mysql" | "mariadb" => super::mysql::open,
            _ => return Err(Error::UnknownBackend { url: masked(&settings.url), backends: BACKENDS }),
        };
        needs_runtime("connecting")?;
        if !(1..=MOST_CONNECTIONS).contains(&settings.max_connections) {
            let problem =
                format!("`max_connections` is {}, and not in 1..={MOST_CONNECTIONS}", settings.max_connections);
            return Err(not_opened(SqlxError::Configuration(problem.into()), &settings.url));
        }
        open(settings)
    }

    pub(super) fn backend(&self) -> Backend {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Backend::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(..) => Backend::Postgres,
            #[cfg(feature = "mysql")]
            Self::Mysql(..) => Backend::Mysql,
        }
    }

    pub(super) fn max_connections(&self) -> u32 {
        on_pool!(self, |pool| pool.options().get_max_connections())
    }

    /// How long a call waits for a connection.
    pub(super) fn acquire_timeout(&self) -> Duration {
        on_pool!(self, |pool| pool.options().get_acquire_timeout())
    }

    /// How many connections are idle.
    pub(super) fn idle(&self) -> usize {
        on_pool!(self, |pool| pool.num_idle())
    }

    /// How many connections are in use.
    pub(super) fn in_use(&self) -> usize {
        on_pool!(self, |pool| pool.size() as usize).saturating_sub(self.idle())
    }

    /// Whether a pooler may give each transaction another server, so that a call outside of one may reach two.
    pub(super) fn is_pooled(&self) -> bool {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(_, naming, _) => *naming == Naming::Never,
            #[allow(unreachable_patterns, reason = "PostgreSQL may be the only backend")]
            _ => false,
        }
    }

    /// An idle connection, if there is one that needs no ping.
    pub(super) fn try_acquire(&self) -> Option<Conn> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => Pooled::try_take(pool, None).map(Conn::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool, naming, freshness) => {
                Pooled::try_take(pool, Some(freshness)).map(|connection| Conn::Postgres(connection, *naming))
            }
            #[cfg(feature = "mysql")]
            Self::Mysql(pool, freshness) => {
                Pooled::try_take(pool, Some(freshness)).map(super::mysql::CancelSafeConnection::new).map(Conn::Mysql)
            }
        }
    }

    /// A connection, as soon as there is one.
    pub(super) async fn acquire(&self, using: &str) -> Result<Conn> {
        needs_runtime("taking a connection")?;
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => Pooled::take(pool, None).await.map(Conn::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool, naming, freshness) => {
                Pooled::take(pool, Some(freshness)).await.map(|connection| Conn::Postgres(connection, *naming))
            }
            #[cfg(feature = "mysql")]
            Self::Mysql(pool, freshness) => {
                Pooled::take(pool, Some(freshness)).await.map(super::mysql::CancelSafeConnection::new).map(Conn::Mysql)
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

    /// Makes sure that the server lets us in: sqlx's pool would try again until its timeout, and then forget why it failed.
    pub(super) async fn probe(&self) -> Result<(), SqlxError> {
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

    /// Closes the idle connections at once, and those in use when they are given back. Ends when all are closed.
    pub(super) async fn close(&self) {
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

/// The settings that the pools of all backends have.
pub(super) fn options<DB: Database>(settings: &DbBuilder) -> PoolOptions<DB> {
    let life = |limit: Option<Duration>| limit.map(|limit| limit.clamp(SHORTEST_LIFE, LONGEST));
    PoolOptions::new()
        .acquire_timeout(settings.acquire_timeout.min(LONGEST))
        .max_connections(settings.max_connections)
        .idle_timeout(life(settings.idle_timeout))
        .max_lifetime(life(settings.max_lifetime))
        // `Freshness` decides which are pinged.
        .test_before_acquire(false)
}

/// sqlx and tokio panic if they should wait or spawn a task and there is no runtime.
pub(super) fn needs_runtime(doing: &str) -> Result<()> {
    match Handle::try_current() {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::database(doing)(SqlxError::Configuration(error.into()))),
    }
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

/// Says of a failure what was opened, and what to write.
pub(super) fn not_opened(source: SqlxError, url: &str) -> Error {
    // SQLite's code of a file that it cannot open.
    let code = source.as_database_error().and_then(DatabaseError::code);
    let is_missing = code.is_some_and(|code| code == "14") && !url.contains("mode=");
    let fix = if is_missing { " (`?mode=rwc` behind it makes the file)" } else { "" };
    Error::database(format!("opening `{}`{fix}", masked(url)))(source)
}
