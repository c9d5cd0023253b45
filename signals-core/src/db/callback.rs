//! What runs after the commit.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::Db;
use crate::error::BoxError;

/// A callback that waits for the commit.
pub(super) type Callback = BoxFuture<'static, Result<(), BoxError>>;

/// Runs every callback in order, also after one has failed or panicked; failures are logged and counted.
pub(super) async fn run(db: &Db, callbacks: impl Iterator<Item = Callback>) {
    for callback in callbacks {
        match AssertUnwindSafe(callback).catch_unwind().await {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => {
                tracing::error!(target: "signals", using = db.name(), %error, "an on_commit callback failed");
            }
            Err(_panic) => tracing::error!(target: "signals", using = db.name(), "an on_commit callback panicked"),
        }
        db.count_failed_callback();
    }
}
