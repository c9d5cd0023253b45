//! Notifications of PostgreSQL. The listener sends one itself now and then, to check that they arrive.

use std::time::Duration;

use futures_util::future::BoxFuture;
use signals_core::db::Db;
use signals_core::error::{Error, Result};
use sqlx::postgres::PgListener;
use tokio::time::{Instant, sleep_until, timeout};
use uuid::Uuid;

use super::Listener;
use crate::dialect::CHANNEL;
use crate::store;

/// The interval between two checks.
const INTERVAL: Duration = Duration::from_secs(10);
/// The time for the first check.
const FIRST: Duration = Duration::from_secs(5);
/// The start of the payload of a check.
const CHECK: &str = "check ";

/// Waits for notifications.
pub(super) struct Notified {
    own: Db,
    listener: PgListener,
    /// The payload of the last check.
    payload: String,
    has_arrived: bool,
    /// The time by which it must arrive, and at which the next one is sent.
    next: Instant,
}

impl Notified {
    pub(super) async fn open(own: &Db) -> Result<Self> {
        let mut listener = PgListener::connect_with(own.postgres()?).await.map_err(Error::other)?;
        listener.listen(CHANNEL).await.map_err(Error::other)?;
        let (own, next) = (own.clone(), Instant::now());
        let mut this = Self { own, listener, payload: String::new(), has_arrived: false, next };
        this.check(FIRST).await?;
        Ok(this)
    }

    /// Sends a notification that must arrive within this time.
    async fn check(&mut self, within: Duration) -> Result<()> {
        self.payload = format!("{CHECK}{}", Uuid::now_v7());
        (self.has_arrived, self.next) = (false, Instant::now() + within);
        let sent = timeout(within, store::notify(&self.own, &self.payload)).await;
        sent.map_err(|_elapsed| Error::other(format!("a notification took longer than {within:?}")))?
    }
}

impl Listener for Notified {
    fn changed(&mut self) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move {
            loop {
                tokio::select! {
                    // One that has arrived is read first, even if its time is over.
                    biased;
                    notification = self.listener.try_recv() => {
                        // `None`: the connection was lost and made again, so notifications may be lost.
                        let Some(notification) = notification.map_err(Error::other)? else { return Ok(true) };
                        let payload = notification.payload();
                        if payload == self.payload {
                            self.has_arrived = true;
                        } else if !payload.starts_with(CHECK) {
                            return Ok(true);
                        }
                    }
                    () = sleep_until(self.next) => {
                        if !self.has_arrived {
                            return Ok(false);
                        }
                        self.check(INTERVAL).await?;
                    }
                }
            }
        })
    }
}
