//! How a worker learns that another process enqueued a run. Beside `dialect`, only this file names a
//! database.

use std::time::Duration;

use signals_core::backend::Backend;
use signals_core::db::Db;
use signals_core::error::{Error, Result};
use sqlx::Row as _;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::store;

/// The interval at which the version of a SQLite file is read.
const VERSION: Duration = Duration::from_millis(10);
/// The maximum duration of reading it.
const DEADLINE: Duration = Duration::from_secs(10);
/// The interval at which a listener checks that notifications arrive.
const PROBE: Duration = Duration::from_secs(10);
/// The time for the first of these checks.
const FIRST_PROBE: Duration = Duration::from_secs(5);
/// The start of the payload of such a check.
const PROBE_PAYLOAD: &str = "probe ";

/// The channel of notifications.
pub(crate) const CHANNEL: &str = "signals_task";

/// Waits for runs of other processes.
pub(crate) enum Listener {
    /// The version of the file, which changes with each commit of another connection.
    #[cfg(feature = "sqlite")]
    Version { connection: sqlx::pool::PoolConnection<sqlx::Sqlite>, last: i64 },
    /// Notifications, each checked now and then by one that the listener sends itself.
    #[cfg(feature = "postgres")]
    Notified { listener: Box<sqlx::postgres::PgListener>, probe: Probe },
}

/// The check that notifications arrive.
pub(crate) struct Probe {
    payload: String,
    is_heard: bool,
    next: Instant,
}

impl Listener {
    /// Begins to listen on one of the worker's own connections. Returns `None` if the database has no such
    /// notifications.
    pub(crate) async fn open(own: &Db) -> Result<Option<Self>> {
        match own.backend() {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite => {
                let mut connection = own.sqlite()?.acquire().await.map_err(Error::other)?;
                let last = version(&mut connection).await?;
                Ok(Some(Self::Version { connection, last }))
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres => {
                let mut listener =
                    sqlx::postgres::PgListener::connect_with(own.postgres()?).await.map_err(Error::other)?;
                listener.listen(CHANNEL).await.map_err(Error::other)?;
                let mut probe = Probe { payload: String::new(), is_heard: false, next: Instant::now() };
                probe.send(own, FIRST_PROBE).await?;
                Ok(Some(Self::Notified { listener: Box::new(listener), probe }))
            }
            _ => Ok(None),
        }
    }

    /// Waits until another process may have enqueued a run. Returns `false` if notifications do not arrive.
    pub(crate) async fn changed(&mut self, own: &Db) -> Result<bool> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Version { connection, last } => loop {
                sleep(VERSION).await;
                let Ok(now) = tokio::time::timeout(DEADLINE, version(connection)).await else {
                    return Err(Error::other(format!("reading the file's version took longer than {DEADLINE:?}")));
                };
                let now = now?;
                if now != *last {
                    *last = now;
                    return Ok(true);
                }
            },
            #[cfg(feature = "postgres")]
            Self::Notified { listener, probe } => loop {
                tokio::select! {
                    notification = listener.try_recv() => match notification.map_err(Error::other)? {
                        // The connection was lost and made again, so notifications may be lost.
                        None => return Ok(true),
                        Some(notification) if notification.payload() == probe.payload => probe.is_heard = true,
                        Some(notification) if notification.payload().starts_with(PROBE_PAYLOAD) => {}
                        Some(_) => return Ok(true),
                    },
                    () = tokio::time::sleep_until(probe.next) => {
                        if !probe.is_heard {
                            return Ok(false);
                        }
                        probe.send(own, PROBE).await?;
                    }
                }
            },
        }
    }
}

impl Probe {
    /// Sends a notification that must arrive within this time.
    async fn send(&mut self, own: &Db, within: Duration) -> Result<()> {
        self.payload = format!("{PROBE_PAYLOAD}{}", Uuid::now_v7());
        (self.is_heard, self.next) = (false, Instant::now() + within);
        match tokio::time::timeout(within, store::notify(own, &self.payload)).await {
            Ok(sent) => sent,
            Err(_elapsed) => Err(Error::other(format!("a notification took longer than {within:?}"))),
        }
    }
}

#[cfg(feature = "sqlite")]
async fn version(connection: &mut sqlx::SqliteConnection) -> Result<i64> {
    let row = sqlx::query("PRAGMA data_version").fetch_one(connection).await.map_err(Error::other)?;
    row.try_get(0).map_err(Error::other)
}
