//! Extends the leases of claims after each third of the lease, and writes heartbeats.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::runs::Runs;
use super::shared::Shared;
use crate::own::DEADLINE;
use crate::store::{self, Held};

/// The shortest time limit of a statement of the keeper.
const SHORTEST_LIMIT: Duration = Duration::from_secs(1);

/// The longest interval between two heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Extends leases and writes heartbeats, until it is dropped.
pub(super) async fn keeping(shared: Arc<Shared>) {
    // One that hangs leaves time for another try within the lease.
    let limit = (shared.settings.lease / 3).clamp(SHORTEST_LIMIT, DEADLINE);
    tokio::join!(writing_heartbeats(&shared, limit), extending(&shared, limit));
}

/// A heartbeat has the time of the last look for runs, so it proves that the worker claims.
async fn writing_heartbeats(shared: &Shared, limit: Duration) {
    let settings = &shared.settings;
    let queues = settings.queues.as_ref().map(|queues| queues.join(",")).unwrap_or_default();
    let concurrency = i32::try_from(settings.concurrency).unwrap_or(i32::MAX);
    loop {
        let heartbeat = store::show_worker(&shared.own, &shared.id, &queues, concurrency, shared.unseen());
        if let Err(error) = shared.within_time(limit, heartbeat).await {
            shared.errors.failed("to write its heartbeat", &error);
        }
        tokio::time::sleep(HEARTBEAT.min(settings.lease / 3)).await;
    }
}

async fn extending(shared: &Shared, limit: Duration) {
    if shared.is_alone {
        return;
    }
    let mut unanswered = Unanswered::default();
    loop {
        let start = tokio::time::Instant::now();
        extend(shared, limit).await;
        give_back(shared, limit, &mut unanswered).await;
        match start.checked_add(shared.settings.lease / 3) {
            Some(next) => tokio::time::sleep_until(next).await,
            None => std::future::pending().await,
        }
    }
}

/// Drops runs whose lease ended because it could not be extended, until it is dropped itself.
pub(super) async fn expiring(shared: Arc<Shared>) {
    if shared.is_alone {
        return std::future::pending().await;
    }
    let lease = shared.settings.lease;
    loop {
        let next = shared.runs.expire(lease).map(|next| next.saturating_duration_since(Instant::now()));
        // Runs that are claimed during the pause may have been confirmed before it.
        tokio::time::sleep(next.unwrap_or(lease).min(lease / 4)).await;
    }
}

/// An error does not affect the claims. They count as held until the last confirmed lease ends.
async fn extend(shared: &Shared, limit: Duration) {
    let claims = shared.runs.claims();
    if claims.is_empty() {
        return;
    }
    let asked = Instant::now();
    let ids: Vec<_> = claims.iter().map(|held| held.id).collect();
    let extended = store::extend(&shared.own, &ids, &shared.id, shared.settings.lease);
    match shared.within_time(limit, extended).await {
        Ok(held) => shared.runs.judge(&claims, &held, asked),
        Err(error) => shared.errors.failed("to extend its leases", &error),
    }
}

/// Gives back the runs of claims whose answers were lost. No task was started for them.
async fn give_back(shared: &Shared, limit: Duration, unanswered: &mut Unanswered) {
    let number = shared.runs.claim_number();
    match shared.within_time(limit, store::claims_of(&shared.own, &shared.id)).await {
        Ok(claims) => {
            for claim in unanswered.find(&claims, &shared.runs, number) {
                tracing::warn!(target: "signals", id = %claim.id, "a run is given back: the answer of its claim was lost");
                shared.runs.give_back(claim);
            }
        }
        Err(error) => shared.errors.failed("to look for its claims", &error),
    }
}

/// The claims that the worker does not have, each with the number of the claim at its first sight.
#[derive(Default)]
struct Unanswered(HashMap<Held, u64>);

impl Unanswered {
    /// Returns those of the worker's claims whose answers were lost.
    ///
    /// The answer of a claim may be on its way, and the end of a run may have been written after the lookup.
    /// So a claim counts if it was found before, and if the claim that was sent then has ended. `number` is
    /// the number of the claim from before the lookup.
    fn find(&mut self, claims: &[Held], runs: &Runs, number: u64) -> Vec<Held> {
        let (mut lost, mut seen) = (Vec::new(), HashMap::new());
        let now = runs.claim_number();
        for claim in claims.iter().filter(|claim| !runs.has(claim)) {
            match self.0.get(claim) {
                Some(first) if number.is_multiple_of(2) || number > *first => lost.push(*claim),
                first => drop(seen.insert(*claim, first.copied().unwrap_or(now))),
            }
        }
        self.0 = seen;
        lost
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_answer_is_lost_if_its_claim_has_ended() {
        let (sender, _ends) = mpsc::unbounded_channel();
        let (runs, mut unanswered) = (Runs::new(sender), Unanswered::default());
        let claims = [Held { id: Uuid::from_u128(1), claims: 1 }];
        let mut find = |runs: &Runs| unanswered.find(&claims, runs, runs.claim_number());

        let claiming = runs.claiming();
        assert!(find(&runs).is_empty() && find(&runs).is_empty(), "its answer may be on its way");
        drop(claiming);
        assert_eq!(find(&runs), claims);

        assert!(find(&runs).is_empty(), "its end may be on its way");
        let _claiming = runs.claiming();
        assert_eq!(find(&runs), claims, "the claim that was sent is another one");
    }
}
