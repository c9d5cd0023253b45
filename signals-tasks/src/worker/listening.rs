//! Wakes the worker when another process may have enqueued a run.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use super::shared::Shared;
use crate::listen::{self, Noticed};
use crate::wake::wake;

/// The pause after a failure. The worker polls meanwhile.
const FAILED: Duration = Duration::from_secs(1);
/// The pause after it was found that no notification arrives.
const NO_NOTIFICATIONS: Duration = Duration::from_mins(1);

/// Listens until it is dropped.
pub(super) async fn listening(shared: Arc<Shared>) {
    if shared.is_alone {
        // No other process reaches the database, and the application needs its only connection.
        return pending().await;
    }
    let mut was_reported = false;
    loop {
        let pause = match shared.within(listen::open(&shared.own)).await {
            Ok(None) => return pending().await,
            Ok(Some(mut listener)) => loop {
                match listener.changed().await {
                    Ok(Noticed::Changed) => {
                        was_reported = false;
                        wake();
                    }
                    Ok(Noticed::Lost) => {
                        tracing::warn!(target: "signals", "no notification of the database arrives any more: the worker listens on a new connection");
                        break Duration::ZERO;
                    }
                    Ok(Noticed::Nothing) => {
                        if !was_reported {
                            let poll = shared.settings.poll;
                            tracing::warn!(target: "signals", ?poll, "no notification of the database arrives, as behind a pooler: the worker polls");
                        }
                        was_reported = true;
                        break NO_NOTIFICATIONS;
                    }
                    Err(error) => {
                        shared.errors.failed("to listen for runs of other processes", &error);
                        break FAILED;
                    }
                }
            },
            Err(error) => {
                shared.errors.failed("to listen for runs of other processes", &error);
                FAILED
            }
        };
        tokio::time::sleep(pause).await;
        // A run that was enqueued meanwhile is not missed.
        wake();
    }
}
