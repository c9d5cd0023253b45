//! Keeping what was claimed: leases are extended each third of them.

use std::sync::Arc;
use std::time::Instant;

use super::shared::Shared;
use crate::store;

/// Extends leases and shows that the worker is alive, until it is dropped.
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

/// An error says nothing of the claims: they are taken for held until the last lease ends that was confirmed.
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
