//! The runs that a worker has.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc};
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::watching::Polls;
use crate::store::{Claimed, End, Held, How};

/// The runs that a worker has claimed, until their ends are written.
pub(super) struct Runs {
    entries: Mutex<HashMap<Uuid, Entry>>,
    /// Notified when a run leaves its slot, and when an end is written.
    pub(super) changed: Notify,
    ends: mpsc::UnboundedSender<End>,
    lost: AtomicU64,
    dropped: AtomicUsize,
    /// Increases when a claim is sent, and when its runs have entered. So it is odd in between.
    claiming: AtomicU64,
}

/// A claim that was sent. It is dropped when its runs have entered, or if it failed.
pub(super) struct Claiming<'r>(&'r Runs);

impl Drop for Claiming<'_> {
    fn drop(&mut self) {
        self.0.claiming.fetch_add(1, Ordering::Relaxed);
    }
}

struct Entry {
    claims: i32,
    name: String,
    /// The last time at which the claim was confirmed, by this process's own clock.
    confirmed: Instant,
    phase: Phase,
    abort: Option<AbortHandle>,
    polls: Option<Arc<Polls>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The task runs.
    Running,
    /// The task ended or was dropped, and its end must be written.
    Ending,
}

impl Runs {
    pub(super) fn new(ends: mpsc::UnboundedSender<End>) -> Self {
        let (lost, dropped, claiming) = (AtomicU64::new(0), AtomicUsize::new(0), AtomicU64::new(0));
        Self { entries: Mutex::default(), changed: Notify::new(), ends, lost, dropped, claiming }
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<Uuid, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, phase: Phase) -> usize {
        self.entries().values().filter(|entry| entry.phase == phase).count()
    }

    /// Returns the number of running tasks.
    pub(super) fn running(&self) -> usize {
        self.count(Phase::Running)
    }

    /// Returns the number of unwritten ends.
    pub(super) fn ending(&self) -> usize {
        self.count(Phase::Ending)
    }

    /// Returns the number of lost claims.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Returns the number of tasks that were dropped before their end, and whose runs are given back.
    pub(super) fn dropped(&self) -> usize {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Records that a claim is sent.
    pub(super) fn claiming(&self) -> Claiming<'_> {
        self.claiming.fetch_add(1, Ordering::Relaxed);
        Claiming(self)
    }

    /// Returns the number of the present claim. It is odd while the answer of a claim is missing.
    pub(super) fn claim_number(&self) -> u64 {
        self.claiming.load(Ordering::Relaxed)
    }

    /// Returns whether the worker has this claim.
    pub(super) fn has(&self, held: &Held) -> bool {
        self.entries().get(&held.id).is_some_and(|entry| entry.claims == held.claims)
    }

    /// Gives back a claim that the worker does not have.
    pub(super) fn give_back(&self, Held { id, claims }: Held) {
        drop(self.ends.send(End { id, claims, how: How::Released }));
    }

    /// Returns whether the task of this run is running.
    pub(super) fn is_running(&self, id: Uuid) -> bool {
        self.entries().get(&id).is_some_and(|entry| entry.phase == Phase::Running)
    }

    /// Returns whether the worker has this claim, and its run has not ended.
    pub(super) fn holds(&self, id: Uuid, claims: i32) -> bool {
        self.entries().get(&id).is_some_and(|entry| entry.claims == claims && entry.phase == Phase::Running)
    }

    /// Returns the names of the running tasks.
    pub(super) fn names(&self) -> Vec<String> {
        let entries = self.entries();
        let mut names: Vec<_> =
            entries.values().filter(|entry| entry.phase == Phase::Running).map(|entry| entry.name.clone()).collect();
        names.sort();
        names
    }

    /// Adds a run that was claimed after `confirmed`.
    pub(super) fn enter(&self, claimed: &Claimed, confirmed: Instant) {
        let (claims, name) = (claimed.claims, claimed.name.clone());
        let entry = Entry { claims, name, confirmed, phase: Phase::Running, abort: None, polls: None };
        // An older claim of the same run, whose loss was not noticed before.
        if let Some(Entry { abort: Some(older), .. }) = self.entries().insert(claimed.id, entry) {
            older.abort();
        }
    }

    /// Stores the handle that aborts the task, and the polls of the task.
    pub(super) fn started(&self, id: Uuid, claims: i32, abort: AbortHandle, polls: Arc<Polls>) {
        if let Some(entry) = self.entries().get_mut(&id).filter(|entry| entry.claims == claims) {
            (entry.abort, entry.polls) = (Some(abort), Some(polls));
        }
    }

    /// Returns the polls of the running tasks.
    pub(super) fn polls(&self) -> Vec<Arc<Polls>> {
        self.entries().values().filter_map(|entry| entry.polls.clone()).collect()
    }

    /// Passes on the end of a task, which must be written.
    pub(super) fn end(&self, id: Uuid, claims: i32, how: How) {
        if let Some(entry) = self.entries().get_mut(&id).filter(|entry| entry.claims == claims) {
            (entry.phase, entry.abort, entry.polls) = (Phase::Ending, None, None);
            // The receiver lives as long as the worker.
            drop(self.ends.send(End { id, claims, how }));
        }
        self.changed.notify_waiters();
    }

    /// Removes a run that needs no more writes.
    pub(super) fn leave(&self, id: Uuid, claims: i32) {
        let mut entries = self.entries();
        if entries.get(&id).is_some_and(|entry| entry.claims == claims) {
            entries.remove(&id);
        }
        drop(entries);
        self.changed.notify_waiters();
    }

    /// Counts claims that a statement reported as lost.
    pub(super) fn count_lost(&self, claims: u64) {
        self.lost.fetch_add(claims, Ordering::Relaxed);
    }

    /// Records that a task was dropped before its end, and gives back its run.
    pub(super) fn drop_run(&self, id: Uuid, claims: i32) {
        if self.has(&Held { id, claims }) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        self.end(id, claims, How::Released);
    }

    /// Returns the claims whose leases must be extended.
    pub(super) fn claims(&self) -> Vec<Held> {
        let entries = self.entries();
        let mut claims: Vec<_> = entries.iter().map(|(id, entry)| Held { id: *id, claims: entry.claims }).collect();
        claims.sort_unstable_by_key(|held| held.id);
        claims
    }

    /// Records which of the queried claims the database confirmed, and drops the tasks of the others.
    ///
    /// A claim that was made during the query is not affected.
    pub(super) fn judge(&self, asked: &[Held], held: &[Held], when: Instant) {
        let (asked, held): (HashSet<_>, HashSet<_>) = (asked.iter().collect(), held.iter().collect());
        self.drop_where(|id, entry| {
            let claim = Held { id: *id, claims: entry.claims };
            if held.contains(&claim) {
                entry.confirmed = entry.confirmed.max(when);
                return false;
            }
            // The task may have ended since.
            asked.contains(&claim) && entry.phase == Phase::Running
        });
    }

    /// Drops the tasks whose lease has ended by this process's own clock, because the database was
    /// unreachable. Their runs are given back. Returns the time at which the next lease ends.
    pub(super) fn expire(&self, lease: Duration) -> Option<Instant> {
        let (now, mut next, mut expired) = (Instant::now(), None, Vec::new());
        for (id, entry) in self.entries().iter_mut().filter(|(_, entry)| entry.phase == Phase::Running) {
            let Some(end) = entry.confirmed.checked_add(lease) else { continue };
            if end > now {
                next = Some(next.map_or(end, |next: Instant| next.min(end)));
            } else if let Some(abort) = entry.abort.take() {
                expired.push((*id, entry.name.clone(), abort));
            }
        }
        for (id, task, abort) in expired {
            tracing::warn!(target: "signals", %id, task, "a run is dropped: its lease could not be extended");
            abort.abort();
        }
        next
    }

    /// Gives back a run that has not started if its lease has ended by this process's own clock, and returns whether it
    /// has.
    pub(super) fn drop_expired(&self, Claimed { id, claims, name: task, .. }: &Claimed, lease: Duration) -> bool {
        let confirmed = self.entries().get(id).map(|entry| entry.confirmed);
        let end = confirmed.and_then(|confirmed| confirmed.checked_add(lease));
        let has_ended = end.is_some_and(|end| end <= Instant::now());
        if has_ended {
            tracing::warn!(target: "signals", %id, task, "a run does not start: its lease has ended");
            self.drop_run(*id, *claims);
        }
        has_ended
    }

    fn drop_where(&self, mut is_lost: impl FnMut(&Uuid, &mut Entry) -> bool) {
        let mut entries = self.entries();
        let lost: Vec<_> = entries.iter_mut().filter_map(|(id, entry)| is_lost(id, entry).then_some(*id)).collect();
        for id in &lost {
            let Some(entry) = entries.remove(id) else { continue };
            tracing::warn!(target: "signals", %id, task = entry.name, "a run is dropped: another worker has taken it, or it was cancelled");
            if let Some(abort) = entry.abort {
                abort.abort();
            }
        }
        drop(entries);
        if !lost.is_empty() {
            self.count_lost(lost.len() as u64);
            self.changed.notify_waiters();
        }
    }

    /// Drops all running tasks.
    pub(super) fn abort_all(&self) {
        for entry in self.entries().values_mut() {
            if let Some(abort) = &entry.abort {
                abort.abort();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed(id: u128) -> Claimed {
        Claimed {
            id: Uuid::from_u128(id),
            name: "task".into(),
            queue: "default".into(),
            args: "{}".into(),
            priority: 0,
            attempts: 1,
            max_attempts: 1,
            claims: 1,
            crashes: 0,
            merge_key: None,
            trace: None,
            created_at: 0,
            unknown_for: 0,
        }
    }

    #[test]
    fn a_claim_that_is_made_during_a_question_is_not_judged_by_its_answer() {
        let (sender, _ends) = mpsc::unbounded_channel();
        let runs = Runs::new(sender);
        let before = Instant::now();
        runs.enter(&claimed(1), before);
        let (asked, when) = (runs.claims(), Instant::now());
        // Its claim was sent before the query, and its result arrived after it.
        runs.enter(&claimed(2), before);
        runs.judge(&asked, &[], when);
        assert_eq!((runs.running(), runs.lost()), (1, 1));
        assert!(runs.is_running(Uuid::from_u128(2)));
    }

    #[test]
    fn a_run_that_ends_after_its_claim_was_lost_has_no_end_to_write() {
        let (sender, mut ends) = mpsc::unbounded_channel();
        let runs = Runs::new(sender);
        runs.enter(&claimed(1), Instant::now());
        runs.judge(&runs.claims(), &[], Instant::now());
        runs.end(Uuid::from_u128(1), 1, How::Done);
        runs.drop_run(Uuid::from_u128(1), 1);
        assert!(ends.try_recv().is_err());
        assert_eq!((runs.running(), runs.ending(), runs.lost(), runs.dropped()), (0, 0, 1, 0));
    }

    #[test]
    fn a_run_that_is_dropped_is_given_back_at_once() {
        let (sender, mut ends) = mpsc::unbounded_channel();
        let runs = Runs::new(sender);
        runs.enter(&claimed(1), Instant::now());
        runs.drop_run(Uuid::from_u128(1), 1);
        assert!(matches!(ends.try_recv(), Ok(End { claims: 1, how: How::Released, .. })));
        assert_eq!((runs.running(), runs.ending(), runs.lost(), runs.dropped()), (0, 1, 0, 1));
    }

    #[test]
    fn a_run_whose_lease_ended_before_its_start_is_given_back() {
        let (sender, mut ends) = mpsc::unbounded_channel();
        let (runs, lease) = (Runs::new(sender), Duration::from_mins(1));
        let Some(before) = Instant::now().checked_sub(lease) else { return };
        runs.enter(&claimed(1), before);
        runs.enter(&claimed(2), Instant::now());
        assert!(runs.drop_expired(&claimed(1), lease) && !runs.drop_expired(&claimed(2), lease));
        assert!(matches!(ends.try_recv(), Ok(End { how: How::Released, .. })));
        assert!(ends.try_recv().is_err());
        assert!(!runs.drop_expired(&claimed(2), Duration::MAX), "the longest lease does not overflow");
    }

    #[tokio::test]
    async fn a_run_whose_lease_ended_is_dropped_and_not_lost() {
        let (sender, _ends) = mpsc::unbounded_channel();
        let (runs, lease) = (Runs::new(sender), Duration::from_mins(1));
        let Some(before) = Instant::now().checked_sub(lease) else { return };
        for (id, confirmed) in [(1, before), (2, before + lease / 2)] {
            runs.enter(&claimed(id), confirmed);
            let task = tokio::spawn(std::future::pending::<()>());
            runs.started(Uuid::from_u128(id), 1, task.abort_handle(), Polls::of(&claimed(id)));
        }
        assert_eq!(runs.expire(lease), Some(before + lease / 2 + lease));
        let has_handle: Vec<_> =
            [1, 2].map(|id| runs.entries().get(&Uuid::from_u128(id)).map(|it| it.abort.is_some())).into();
        assert_eq!(has_handle, [Some(false), Some(true)]);
        assert_eq!((runs.running(), runs.lost()), (2, 0));
        assert_eq!(runs.expire(Duration::MAX), None, "the longest lease does not overflow");
    }
}
