//! Extends the leases of claims after each third of the lease, and writes heartbeats.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::shared::Shared;
use crate::store;

/// The longest interval between two heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Extends leases and writes heartbeats, until it is dropped.
pub(super) async fn keeping(shared: Arc<Shared>) {
    let extending = async {
        if shared.is_alone {
            return;
        }
        loop {
            extend(&shared).await;
            tokio::time::sleep(shared.settings.lease / 3).await;
        }
    };
    tokio::join!(beating(&shared), extending);
}

/// A heartbeat has the time of the last look for runs, so it proves that the worker claims.
async fn beating(shared: &Shared) {
    let settings = &shared.settings;
    let queues = settings.queues.join(",");
    let concurrency = i32::try_from(settings.concurrency).unwrap_or(i32::MAX);
    loop {
        let heartbeat = store::show_worker(&shared.own, &shared.id, &queues, concurrency, shared.unseen());
        if let Err(error) = shared.within(heartbeat).await {
            shared.complaints.about("to show that it is alive", &error);
        }
        tokio::time::sleep(HEARTBEAT.min(settings.lease / 3)).await;
    }
}

/// An error does not affect the claims. They count as held until the last confirmed lease ends.
async fn extend(shared: &Shared) {
    let lease = shared.settings.lease;
    let claims = shared.runs.claims();
    if claims.is_empty() {
        return;
    }
    let asked = Instant::now();
    let ids: Vec<_> = claims.iter().map(|held| held.id).collect();
    match shared.within(store::extend(&shared.own, &ids, &shared.id, lease)).await {
        Ok(held) => shared.runs.judge(&claims, &held, asked),
        Err(error) => shared.complaints.about("to extend its leases", &error),
    }
    shared.runs.expire(lease);
}
