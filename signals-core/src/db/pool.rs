//! The pool of whichever backend the URL names.

use std::time::Duration;

use sqlx::error::DatabaseError;

#[cfg(feature = "postgres")]
use super::postgres::Naming;
use super::{Builder, Conn};
use crate::error::{Error, Result};
use crate::field::Backend;

/// A pool of connections.
pub(super) enum Pool {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool, Naming),
    #[cfg(feature = "mysql")]
    Mysql(sqlx::MySqlPool),
}

impl Pool {
    /// Makes the pool; no connection is opened yet.
    pub(super) fn open(settings: &Builder) -> Result<Self> {
        let scheme = settings.url.split(':').next().unwrap_or_default();
        match scheme {
            #[cfg(feature = "sqlite")]
            "sqlite" => super::sqlite::open(settings).map(Self::Sqlite),
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => super::postgres::open(settings),
            #[cfg(feature = "mysql")]
            "mysql" | "mariadb" => super::mysql::open(settings).map(Self::Mysql),
            _ => Err(Error::UnknownBackend { url: without_password(&settings.url), backends: BACKENDS }),
        }
    }

    pub(super) fn backend(&self) -> Backend {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Backend::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(..) => Backend::Postgres,
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => Backend::Mysql,
        }
    }

    pub(super) fn max_connections(&self) -> u32 {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => pool.options().get_max_connections(),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool, _) => pool.options().get_max_connections(),
            #[cfg(feature = "mysql")]
            Self::Mysql(pool) => pool.options().get_max_connections(),
        }
    }

    /// How long a call waits for a connection.
    pub(super) fn acquire_timeout(&self) -> Duration {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => pool.options().get_acquire_timeout(),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool, _) => pool.options().get_acquire_timeout(),
            #[cfg(feature = "mysql")]
            Self::Mysql(pool) => pool.options().get_acquire_timeout(),
        }
    }

    /// Whether a pooler may give each transaction another server, so that a call outside of one may reach two.
    pub(super) fn is_pooled(&self) -> bool {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(_, naming) => *naming == Naming::Never,
            #[allow(unreachable_patterns, reason = "PostgreSQL may be the only backend")]
            _ => false,
        }
    }

    /// An idle connection, if there is one that needs no test.
    pub(super) fn try_acquire(&self) -> Option<Conn> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => pool.try_acquire().map(Conn::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool, naming) => pool.try_acquire().map(|connection| Conn::Postgres(connection, *naming)),
            #[cfg(feature = "mysql")]
            Self::Mysql(pool) => pool.try_acquire().map(super::mysql::Unbroken::new).map(Conn::Mysql),
        }
    }

    pub(super) async fn acquire(&self) -> Result<Conn> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => pool.acquire().await.map(Conn::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool, naming) => pool.acquire().await.map(|connection| Conn::Postgres(connection, *naming)),
            #[cfg(feature = "mysql")]
            Self::Mysql(pool) => pool.acquire().await.map(super::mysql::Unbroken::new).map(Conn::Mysql),
        }
        .map_err(|source| self.none_taken(source))
    }

    fn none_taken(&self, source: sqlx::Error) -> Error {
        let is_held = matches!(source, sqlx::Error::PoolTimedOut) && self.max_connections() == 1;
        let doing = if is_held {
            "taking the only connection, which a transaction or a stream holds (give calls inside of it the `Tx` and not the `Db`),"
        } else {
            "taking a connection"
        };
        Error::database(doing)(source)
    }

    pub(super) async fn close(&self) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => pool.close().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(pool, _) => pool.close().await,
            #[cfg(feature = "mysql")]
            Self::Mysql(pool) => pool.close().await,
        }
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

/// The URL as an error may show it.
fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}://***{}", &url[..scheme], &url[at..]),
        _ => url.to_owned(),
    }
}

/// Says of the first connection's failure what was opened, and what to write.
pub(super) fn not_opened(error: Error, url: &str) -> Error {
    let Error::Database { source, .. } = error else { return error };
    // SQLite's code of a file that it cannot open.
    let code = source.as_database_error().and_then(DatabaseError::code);
    let is_missing = code.is_some_and(|code| code == "14") && !url.contains("mode=");
    let fix = if is_missing { " (`?mode=rwc` behind it makes the file)" } else { "" };
    Error::database(format!("opening `{}`{fix}", without_password(url)))(source)
}
