//! Notifications of PostgreSQL. The listener sends one itself now and then, to check that they arrive.

use std::time::Duration;

use futures_util::future::BoxFuture;
use signals_core::db::Db;
use signals_core::error::{Error, Result};
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use super::{Listener, Noticed};
use crate::dialect::CHANNEL;
use crate::own::{Overdue, within};
use crate::store;

/// The interval between two checks.
const INTERVAL: Duration = Duration::from_secs(8);
/// The maximum time until a check has arrived.
const ANSWER: Duration = Duration::from_secs(3);
/// The start of the payload of a check.
const CHECK: &str = "check ";

/// Waits for notifications.
pub(super) struct Notified {
    own: Db,
    listener: PgListener,
    /// The payload of the last check.
    payload: String,
    /// The time of the last check, and whether it and an earlier one have arrived.
    sent: Instant,
    has_arrived: bool,
    has_ever_arrived: bool,
}

impl Notified {
    pub(super) async fn open(own: &Db) -> Result<Self> {
        // sqlx waits for an answer before it closes the connection of a listener, and the answer may be lost. So
        // the connection is not one of those for statements.
        let options = own.postgres()?.connect_options().as_ref().clone();
        let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let pool = pool.connect_with(options).await.map_err(Error::other)?;
        let mut listener = PgListener::connect_with(&pool).await.map_err(Error::other)?;
        listener.listen(CHANNEL).await.map_err(Error::other)?;
        let (payload, sent) = (String::new(), Instant::now());
        let mut this = Self { own: own.clone(), listener, payload, sent, has_arrived: false, has_ever_arrived: false };
        this.check().await?;
        Ok(this)
    }

    /// Sends a notification that must arrive.
    async fn check(&mut self) -> Result<()> {
        self.payload = format!("{CHECK}{}", Uuid::now_v7());
        (self.has_arrived, self.sent) = (false, Instant::now());
        within(ANSWER, Overdue::Close, store::notify(&self.own, &self.payload)).await
    }

    /// Returns the time by which the last check must arrive, or at which the next one is sent.
    fn next(&self) -> Instant {
        self.sent + if self.has_arrived { INTERVAL } else { ANSWER }
    }
}

impl Listener for Notified {
    fn changed(&mut self) -> BoxFuture<'_, Result<Noticed>> {
        Box::pin(async move {
            loop {
                let next = self.next();
                tokio::select! {
                    // One that has arrived is read first, even if its time is over.
                    biased;
                    notification = self.listener.try_recv() => {
                        // `None`: the connection was lost and made again, so notifications may be lost.
                        let Some(notification) = notification.map_err(Error::other)? else {
                            return Ok(Noticed::Changed);
                        };
                        let payload = notification.payload();
                        if payload == self.payload {
                            (self.has_arrived, self.has_ever_arrived) = (true, true);
                        } else if !payload.starts_with(CHECK) {
                            return Ok(Noticed::Changed);
                        }
                    }
                    () = sleep_until(next) => {
                        if !self.has_arrived {
                            return Ok(if self.has_ever_arrived { Noticed::Lost } else { Noticed::Nothing });
                        }
                        self.check().await?;
                    }
                }
            }
        })
    }
}
