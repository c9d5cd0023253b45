//! Wakes the worker when another process may have enqueued a run.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use super::shared::Shared;
use crate::listen::{self, Listener, Noticed};
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
            Ok(Some(listener)) => {
                // No notification arrives of a run that was enqueued after the last look and before this.
                wake();
                wake_until_lost(&shared, listener, &mut was_reported).await
            }
            Err(error) => {
                shared.errors.failed("to listen for runs of other processes", &error);
                FAILED
            }
        };
        tokio::time::sleep(pause).await;
        // A run that was enqueued meanwhile is not missed, even if the next listener fails.
        wake();
    }
}

/// Wakes the worker until no notification arrives any more. Returns the pause until it should listen again.
async fn wake_until_lost(shared: &Shared, mut listener: Box<dyn Listener>, was_reported: &mut bool) -> Duration {
    loop {
        match listener.changed().await {
            Ok(Noticed::Changed) => {
                *was_reported = false;
                wake();
            }
            Ok(Noticed::Lost) => {
                tracing::warn!(target: "signals", "no notification of the database arrives any more: the worker listens on a new connection");
                return Duration::ZERO;
            }
            Ok(Noticed::Nothing) => {
                if !*was_reported {
                    let poll = shared.settings.poll;
                    tracing::warn!(target: "signals", ?poll, "no notification of the database arrives, as behind a pooler: the worker polls");
                }
                *was_reported = true;
                return NO_NOTIFICATIONS;
            }
            Err(error) => {
                shared.errors.failed("to listen for runs of other processes", &error);
                return FAILED;
            }
        }
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use std::pin::pin;

    use signals_core::db::Db;
    use signals_core::error::{Error, Result};
    use tokio::sync::{mpsc, watch};
    use tokio::time::timeout;

    use super::*;
    use crate::wake::Sleeper;
    use crate::worker::shared::Stop;

    #[tokio::test]
    async fn a_run_that_another_process_enqueued_before_the_worker_listens_is_not_missed() -> Result<()> {
        let path = std::env::temp_dir().join(format!("signals-listening-{}.db", uuid::Uuid::now_v7()));
        let db = Db::connect(&format!("sqlite://{}?mode=rwc", path.display())).await?;
        let (ends, _ends) = mpsc::unbounded_channel();
        let (_stop, stop) = watch::channel(Stop::No);
        let sleeper = Sleeper::new();
        let mut woken = pin!(sleeper.woken());
        woken.as_mut().enable();
        // Nothing is written while it listens.
        let listening = tokio::spawn(listening(Arc::new(Shared::for_test(&db, ends, stop))));
        let is_woken = timeout(Duration::from_secs(10), woken).await.is_ok();
        listening.abort();
        drop(listening.await);
        db.close().await?;
        std::fs::remove_file(path).map_err(Error::other)?;
        assert!(is_woken, "the worker looks again after it listens");
        Ok(())
    }
}
