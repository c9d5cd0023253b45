//! How a worker is notified that another process enqueued a run. Beside `dialect`, only this module names a
//! database.

#[cfg(feature = "postgres")]
mod notified;
#[cfg(feature = "sqlite")]
mod version;

use futures_util::future::BoxFuture;
use signals_core::backend::Backend;
use signals_core::db::Db;
use signals_core::error::Result;

/// Waits for runs of other processes.
pub(crate) trait Listener: Send {
    /// Waits until another process may have enqueued a run, or until no notification arrives.
    fn changed(&mut self) -> BoxFuture<'_, Result<Noticed>>;
}

/// What a listener has noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "only PostgreSQL has connections that lose notifications")]
pub(crate) enum Noticed {
    /// Another process may have enqueued a run.
    Changed,
    /// Notifications have arrived, and do not arrive any more.
    Lost,
    /// No notification has ever arrived.
    Nothing,
}

/// Begins to listen on one of the worker's own connections. Returns `None` if the database has no such
/// notifications.
#[cfg_attr(
    not(any(feature = "postgres", feature = "sqlite")),
    allow(clippy::unused_async, reason = "MySQL has no notifications")
)]
pub(crate) async fn open(own: &Db) -> Result<Option<Box<dyn Listener>>> {
    match own.backend() {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => Ok(Some(Box::new(version::Version::open(own).await?))),
        #[cfg(feature = "postgres")]
        Backend::Postgres => Ok(Some(Box::new(notified::Notified::open(own).await?))),
        _ => Ok(None),
    }
}

/// Returns the number of connections of a listener that are not of the worker's pool.
pub(crate) fn connections_apart(backend: Backend) -> u32 {
    match backend {
        #[cfg(feature = "postgres")]
        Backend::Postgres => 1,
        _ => 0,
    }
}
