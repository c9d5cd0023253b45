//! The pool of whichever backend the URL names.

use super::{Builder, Conn};
use crate::error::{Error, Result};
use crate::field::Backend;

/// A pool of connections.
pub(super) enum Pool {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool),
}

impl Pool {
    /// Makes the pool; no connection is opened yet.
    pub(super) fn open(settings: &Builder) -> Result<Self> {
        let scheme = settings.url.split(':').next().unwrap_or_default();
        match scheme {
            #[cfg(feature = "sqlite")]
            "sqlite" => super::sqlite::open(settings).map(Self::Sqlite),
            _ => Err(Error::UnknownBackend { url: without_password(&settings.url), backends: BACKENDS }),
        }
    }

    pub(super) fn backend(&self) -> Backend {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Backend::Sqlite,
        }
    }

    pub(super) fn max_connections(&self) -> u32 {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => pool.options().get_max_connections(),
        }
    }

    /// An idle connection, if there is one that needs no test.
    pub(super) fn try_acquire(&self) -> Option<Conn> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => pool.try_acquire().map(Conn::Sqlite),
        }
    }

    pub(super) async fn acquire(&self) -> Result<Conn> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => pool.acquire().await.map(Conn::Sqlite),
        }
        .map_err(Error::database("taking a connection"))
    }

    pub(super) async fn close(&self) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => pool.close().await,
        }
    }
}

const BACKENDS: &str = if cfg!(feature = "sqlite") { "sqlite" } else { "none" };

/// The URL as an error may show it.
fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}://***{}", &url[..scheme], &url[at..]),
        _ => url.to_owned(),
    }
}
