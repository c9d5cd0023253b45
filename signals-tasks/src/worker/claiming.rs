//! Claims runs for free slots, and starts them.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use signals_core::error::Result;
use tokio::task::JoinHandle;
use tokio::time::timeout_at;
use uuid::Uuid;

use super::queues::Queues;
use super::shared::{Shared, Stop};
use super::watching::Polls;
use crate::capture::{self, BATCH, CapturedKind};
use crate::definition::scattered;
use crate::execute::{Executor, execute};
use crate::merging::{by_key, merges, pause};
use crate::outcome::Outcome;
use crate::store::{self, Claimed, Held, How, Turn};
use crate::wake::Sleeper;
use crate::writer;

/// The number of unwritten ends above which nothing is claimed.
const MOST_ENDING: usize = 2_000;
/// The pause after a failure.
const FAILED: Duration = Duration::from_millis(500);
/// The time for which a worker claims nothing, so that a run can be alone in it.
const EMPTYING: Duration = Duration::from_secs(10);
/// The interval between such times, and the time after which a run need not be alone.
const PATIENCE: Duration = Duration::from_mins(1);
/// The time after which claimed runs of one key no longer wait in their slots for each other.
const QUEUED: Duration = Duration::from_millis(250);
/// The shortest lease that limits transactions. Of a shorter one, the wait for another writer alone could take half.
const SHORTEST_LIMITED: Duration = Duration::from_secs(2);

/// Claims until the worker is asked to stop or, in a burst, until nothing is due.
pub(super) async fn claiming(shared: &Arc<Shared>) {
    let sleeper = Sleeper::new();
    let queues = Queues::new(shared.settings.weights.clone());
    let (alone, emptying) = (None, None);
    let mut claimer = Claimer { shared, queues, alone, emptying, others_first: false, captured: [BATCH; 2] };
    while shared.stop() == Stop::No {
        let mut woken = pin!(sleeper.woken());
        // A run that is enqueued after this line is not missed.
        woken.as_mut().enable();
        let mut changed = pin!(shared.runs.changed.notified());
        changed.as_mut().enable();
        // Checked before the round, because a task that ends during it may have enqueued another.
        let is_quiet = shared.runs.running() == 0 && shared.runs.ending() == 0;
        let round = claimer.round().await;
        if !matches!(round, Ok(Round::Blocked) | Err(_)) {
            shared.looked.succeeded();
        }
        match round {
            Ok(Round::More) => {}
            Ok(Round::Full | Round::Blocked) => {
                tokio::select! {
                    () = changed => {}
                    () = tokio::time::sleep(shared.settings.poll) => {}
                    () = shared.stopped(Stop::Gracefully) => {}
                }
            }
            Ok(Round::Idle) if shared.settings.burst && is_quiet => return,
            Ok(Round::Idle) => {
                let is_burst = shared.settings.burst;
                tokio::select! {
                    () = woken => {}
                    () = changed, if is_burst => {}
                    () = tokio::time::sleep(shared.settings.poll) => {}
                    () = shared.stopped(Stop::Gracefully) => {}
                }
                claimer.queues.forget();
            }
            Err(error) => {
                shared.errors.failed("to claim runs", &error);
                claimer.queues.forget();
                tokio::select! {
                    () = tokio::time::sleep(scattered(FAILED)) => {}
                    () = shared.stopped(Stop::Gracefully) => {}
                }
            }
        }
    }
}

/// The result of one round.
enum Round {
    /// There may be more to claim.
    More,
    /// No slot is free.
    Full,
    /// Too many ends are not written yet. This is no look for runs.
    Blocked,
    /// Nothing is ready.
    Idle,
}

struct Claimer<'a> {
    shared: &'a Arc<Shared>,
    queues: Queues,
    /// The run that is alone in the worker, and the time when it started.
    alone: Option<(Uuid, Instant)>,
    /// The time since which nothing was claimed, so that a run can be alone.
    emptying: Option<Instant>,
    /// Whether a run was alone, so that the next round is for others.
    others_first: bool,
    /// The number of captured writes of each kind that the next transaction of a burst sends.
    captured: [usize; CapturedKind::ALL.len()],
}

impl Claimer<'_> {
    async fn round(&mut self) -> Result<Round> {
        let shared = self.shared;
        let (running, settings) = (shared.runs.running() + shared.left_behind().len(), &shared.settings);
        let free = settings.concurrency.saturating_sub(running);
        if shared.runs.ending() > MOST_ENDING {
            return Ok(Round::Blocked);
        }
        if free == 0 || self.is_occupied() {
            return Ok(Round::Full);
        }
        if self.is_emptying() {
            if running > 0 {
                return Ok(Round::Full);
            }
            self.queues.forget();
        }
        if settings.burst {
            self.send_captured().await?;
        }
        if settings.burst && shared.within(store::due(&shared.own)).await?.waiting {
            shared.within(store::promote(&shared.own)).await?;
        }
        let looked = self.queues.refresh(shared).await?;
        let others_first = std::mem::take(&mut self.others_first);
        if !others_first && let Some(queue) = self.queues.isolated.take() {
            if self.isolate(&queue, running).await? {
                return Ok(Round::More);
            }
            if self.is_emptying() {
                return Ok(Round::Full);
            }
        } else if looked && !others_first {
            self.emptying = None;
        }
        let taken = self.claim(free).await?;
        // Other queues may have become ready since an earlier refresh.
        Ok(if taken == 0 && looked && !others_first { Round::Idle } else { Round::More })
    }

    /// Sends all captured writes. A burst would end before another part of the worker sends them.
    ///
    /// If refused ones fail again, the burst goes on.
    async fn send_captured(&mut self) -> Result<()> {
        for (kind, limit) in CapturedKind::ALL.into_iter().zip(&mut self.captured) {
            loop {
                let sent = self.shared.within(capture::send_batch(&self.shared.own, kind, *limit)).await;
                *limit = if sent.is_ok() { (*limit * 2).min(BATCH) } else { (*limit / 2).max(1) };
                let has_more = match sent {
                    Err(error) if kind == CapturedKind::Refused => {
                        self.shared.errors.failed("to look for captured writes", &error);
                        false
                    }
                    sent => sent?,
                };
                if !has_more || self.shared.stop() != Stop::No {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Returns whether a run is alone in the worker. After a minute others may join it.
    fn is_occupied(&mut self) -> bool {
        let shared = self.shared;
        self.alone = self.alone.filter(|(id, since)| since.elapsed() < PATIENCE && shared.runs.is_running(*id));
        self.alone.is_some()
    }

    fn is_emptying(&self) -> bool {
        self.emptying.is_some_and(|since| since.elapsed() < EMPTYING)
    }

    /// Claims a run that must be alone, if the worker is empty or the run has waited long. Otherwise the
    /// worker claims nothing for up to 10 seconds, until it is empty.
    async fn isolate(&mut self, queue: &str, running: usize) -> Result<bool> {
        let shared = self.shared;
        let since = if running == 0 { Duration::ZERO } else { PATIENCE };
        let (_claiming, confirmed) = (shared.runs.claiming(), Instant::now());
        let claim = store::claim_isolated(&shared.own, queue, since, &shared.id, shared.settings.lease);
        if let Some(claimed) = shared.within(claim).await? {
            (self.emptying, self.others_first) = (None, true);
            self.alone = (running == 0).then_some((claimed.id, Instant::now()));
            start(shared, vec![claimed], confirmed);
            return Ok(true);
        }
        if running == 0 {
            // Another worker has taken it.
            self.emptying = None;
        } else if self.emptying.is_none_or(|since| since.elapsed() > PATIENCE) {
            self.emptying = Some(Instant::now());
        }
        Ok(false)
    }

    /// Claims up to `free` runs, queue by queue.
    async fn claim(&mut self, free: usize) -> Result<usize> {
        let shared = self.shared;
        let mut taken = 0;
        while taken < free
            && let Some((queue, turn)) = self.queues.next()
        {
            let wanted = free - taken;
            let _turn = writer::turn(&shared.app).await;
            let (_claiming, confirmed) = (shared.runs.claiming(), Instant::now());
            let claim = store::claim(&shared.own, &queue, turn, wanted, &shared.id, shared.settings.lease);
            let claimed = shared.within(claim).await?;
            let has_more = claimed.len() == wanted;
            if let Turn::After(_) = turn {
                self.queues.had_turn(&queue, claimed.last().map(|run| run.priority));
            }
            if has_more || turn != Turn::First {
                self.queues.put_back(queue);
            }
            taken += claimed.len();
            for group in by_key(claimed) {
                start(shared, group, confirmed);
            }
        }
        Ok(taken)
    }
}

/// Starts claimed runs of one key on the application's runtime, one after another. If they merge, only the
/// first one starts, and ends the others.
fn start(shared: &Arc<Shared>, group: Vec<Claimed>, confirmed: Instant) {
    for run in &group {
        shared.runs.enter(run, confirmed);
    }
    let mut group = VecDeque::from(group);
    if group.len() > 1 && !group.front().is_some_and(merges) {
        let queued = Queued { shared: Arc::clone(shared), runs: group };
        shared.runtime.spawn(queued.run());
    } else if let Some(first) = group.pop_front() {
        let slot = Slot::new(shared, &first, group.into());
        spawn(shared, first, Vec::new(), slot);
    }
}

/// Runs of one key that start one after another, while they are short. Otherwise the others are given back for later,
/// so that one key does not take all slots. Those that have not started when it is dropped are reported as dropped.
struct Queued {
    shared: Arc<Shared>,
    runs: VecDeque<Claimed>,
}

impl Queued {
    async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        // A burst would end before it can claim them again.
        let until = (!shared.settings.burst).then(|| tokio::time::Instant::now() + QUEUED);
        let mut ended = Vec::new();
        while shared.stop() == Stop::No
            && let Some(next) = self.runs.pop_front()
        {
            if !shared.runs.holds(next.id, next.claims) || shared.has_expired(&next) {
                continue;
            }
            // The end of an earlier one may not be written yet.
            let beside = self.runs.iter().chain(&ended).cloned().collect();
            let slot = Slot::new(&shared, &next, Vec::new());
            let task = spawn(&shared, next.clone(), beside, slot);
            // An error of the task means that it was aborted, which its slot has reported.
            match until {
                None => drop(task.await),
                Some(until) if timeout_at(until, task).await.is_ok() => {}
                Some(_) => return self.postpone(),
            }
            ended.push(next);
        }
    }

    /// Gives back the runs that have not started. They are not charged with an attempt.
    fn postpone(mut self) {
        for run in self.runs.drain(..) {
            let how = How::Later { delay: pause(Duration::ZERO), error: None };
            self.shared.runs.end(run.id, run.claims, how);
        }
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        for run in &self.runs {
            self.shared.runs.drop_run(run.id, run.claims);
        }
    }
}

/// Starts a task on the application's runtime. `beside` are claims with the same key that do not run now.
fn spawn(shared: &Arc<Shared>, claimed: Claimed, mut beside: Vec<Claimed>, mut slot: Slot) -> JoinHandle<()> {
    let (id, claims) = (claimed.id, claimed.claims);
    let polls = Polls::of(&claimed);
    let task = shared.runtime.spawn(Arc::clone(&polls).around(async move {
        let mine = if slot.group.is_empty() { &mut beside } else { &mut slot.mine };
        let Shared { app: db, settings, threads, is_alone, .. } = &*slot.shared;
        let is_limited = !is_alone && settings.lease >= SHORTEST_LIMITED;
        let longest_write = is_limited.then(|| settings.lease / 2);
        let by = Executor { db, keep: settings.keep_done, threads, longest_write };
        let outcome = execute(by, &claimed, mine).await;
        slot.leave(outcome);
    }));
    shared.runs.started(id, claims, task.abort_handle(), polls);
    task
}

/// The slot of a run, and of those that are merged into it. If it is dropped before their end, it reports them
/// as dropped. It is created before the task, so that a task that is dropped before its first poll is noticed
/// too.
struct Slot {
    shared: Arc<Shared>,
    id: Uuid,
    claims: i32,
    is_left: bool,
    /// The claims that are not merged yet.
    mine: Vec<Claimed>,
    /// All claims that may be merged.
    group: Vec<Held>,
}

impl Slot {
    fn new(shared: &Arc<Shared>, claimed: &Claimed, mine: Vec<Claimed>) -> Self {
        let group = mine.iter().map(|run| Held { id: run.id, claims: run.claims }).collect();
        Self { shared: Arc::clone(shared), id: claimed.id, claims: claimed.claims, is_left: false, mine, group }
    }

    /// Gives back the claims that were not merged.
    fn leave_group(&mut self) {
        for held in self.group.drain(..) {
            if self.mine.iter().any(|run| run.id == held.id) {
                self.shared.runs.drop_run(held.id, held.claims);
            } else {
                self.shared.runs.leave(held.id, held.claims);
            }
        }
    }

    fn leave(&mut self, outcome: Outcome) {
        self.is_left = true;
        self.leave_group();
        let runs = &self.shared.runs;
        match outcome {
            Outcome::Ended(how) => runs.end(self.id, self.claims, how),
            Outcome::Committed | Outcome::Postponed => runs.leave(self.id, self.claims),
            Outcome::Lost => {
                tracing::warn!(target: "signals", id = %self.id, "a run was rolled back: another worker has taken it");
                runs.count_lost(1);
                runs.leave(self.id, self.claims);
            }
        }
        // A thread that outlived its timeout still counts, so the claimer is notified when it returns.
        let (shared, held) = (Arc::clone(&self.shared), Held { id: self.id, claims: self.claims });
        self.shared.threads.after(held, move || shared.runs.changed.notify_waiters());
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !self.is_left {
            self.leave_group();
            let (shared, id, claims) = (Arc::clone(&self.shared), self.id, self.claims);
            // A thread cannot be dropped. Its run is given back when it returns, and keeps its lease until then.
            self.shared.threads.after(Held { id, claims }, move || shared.runs.drop_run(id, claims));
        }
    }
}
