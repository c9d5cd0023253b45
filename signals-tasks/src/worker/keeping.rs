//! Extends the leases of claims after each third of the lease.

use std::sync::Arc;
use std::time::Instant;

use super::shared::Shared;
use crate::store;

/// Extends leases and writes heartbeats, until it is dropped.
pub(super) async fn keeping(shared: Arc<Shared>) {
    let settings = &shared.settings;
    let queues = settings.queues.join(",");
    let concurrency = i32::try_from(settings.concurrency).unwrap_or(i32::MAX);
    loop {
        if let Err(error) = shared.within(store::show_worker(&shared.own, &shared.id, &queues, concurrency)).await {
            shared.complaints.about("to show that it is alive", &error);
        }
        if !shared.is_alone {
            extend(&shared).await;
        }
        tokio::time::sleep(settings.lease / 3).await;
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
