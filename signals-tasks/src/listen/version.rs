//! The version of a SQLite file, which changes with each commit of another connection.

use std::time::Duration;

use futures_util::future::BoxFuture;
use signals_core::db::Db;
use signals_core::error::{Error, Result};
use sqlx::pool::PoolConnection;
use sqlx::{Row as _, Sqlite, SqliteConnection};

use super::{Listener, Noticed};

/// The interval at which the version is read.
const INTERVAL: Duration = Duration::from_millis(10);
/// The maximum duration of reading it.
const DEADLINE: Duration = Duration::from_secs(10);

/// Compares the version with the last one.
pub(super) struct Version {
    connection: PoolConnection<Sqlite>,
    last: i64,
}

impl Version {
    pub(super) async fn open(own: &Db) -> Result<Self> {
        let mut connection = own.sqlite()?.acquire().await.map_err(Error::other)?;
        let last = version(&mut connection).await?;
        Ok(Self { connection, last })
    }
}

impl Listener for Version {
    fn changed(&mut self) -> BoxFuture<'_, Result<Noticed>> {
        Box::pin(async move {
            loop {
                tokio::time::sleep(INTERVAL).await;
                let read = tokio::time::timeout(DEADLINE, version(&mut self.connection)).await;
                let now = read.map_err(|_elapsed| Error::other("reading the version of the file took too long"))??;
                if now != self.last {
                    self.last = now;
                    return Ok(Noticed::Changed);
                }
            }
        })
    }
}

async fn version(connection: &mut SqliteConnection) -> Result<i64> {
    let row = sqlx::query("PRAGMA data_version").fetch_one(connection).await.map_err(Error::other)?;
    row.try_get(0).map_err(Error::other)
}
