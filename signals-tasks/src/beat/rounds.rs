//! Rounds over all schedules: each reads the table, decides what is due, and returns the pause to the next tick.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use signals_core::db::{Db, IntoHandle as _, Tx};
use signals_core::error::{Error, Result};
use tokio::runtime::Handle;

use super::due::{DueTicks, Policy, due};
use super::signals::ticked;
use crate::enqueue::{enqueue_tick, find_open_tick};
use crate::holdoff::HoldOff;
use crate::own::{DEADLINE, ErrorLog, Overdue, RateLimit, within};
use crate::scheduled::{self, Overlap, ScheduleDefinition};
use crate::store::{self, BeatRow};
use crate::time::of_duration;

/// The interval at which a beat writes that it has its schedules.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// The time after which a schedule has no beat with its times, in milliseconds.
const STALE: i64 = 60_000;
/// The time by which the clock may go back unnoticed, in milliseconds.
const SET_BACK: i64 = 60_000;
/// The maximum time for one schedule, because the others wait for it.
const SCHEDULE_LIMIT: Duration = Duration::from_secs(5);
/// The maximum number of ticks that one transaction decides.
const PART: usize = 20;
/// The pause while a tick waits for the end of a run, and the shortest pause after a failure.
const SHORT: Duration = Duration::from_millis(500);
/// The shortest pause.
const SHORTEST: Duration = Duration::from_millis(5);
/// The shortest time between two lines about ticks of one schedule that are not runs.
const LINES: Duration = Duration::from_secs(10);

const FIRST: &str = "the beat sees a schedule for the first time: it starts now";
const CHANGED: &str = "the times of a schedule have changed: it starts now";
const CLOCK: &str = "the database's clock was set back: a schedule starts now";
const LEFT_ALONE: &str = "another program has changed a schedule: this beat leaves it alone";
const MISSED: &str = "a schedule has missed ticks, not all of which are runs";
const SKIPPED: &str = "ticks were skipped: a run of the schedule has not ended";

/// The state of a beat between its rounds.
pub(super) struct Rounds {
    db: Db,
    overdue: Overdue,
    schedules: Vec<&'static ScheduleDefinition>,
    /// The schedules whose times this beat has brought into the table. If they change there, another program with
    /// other times has started since, and this one leaves them alone.
    adopted: BTreeSet<&'static str>,
    /// The schedules that are left alone, and were logged.
    left_alone: BTreeSet<&'static str>,
    /// The ends of the pauses of schedules that failed.
    paused: BTreeMap<&'static str, Instant>,
    heartbeat: Option<Instant>,
    forget: Duration,
    hold_off: HoldOff,
    missed_lines: RateLimit,
    skipped_lines: RateLimit,
    /// The runtime of receivers, if they do not belong to the caller's.
    runtime: Option<Handle>,
}

/// The time at which a schedule is decided again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The time of the next tick, which may be past if others are due.
    Tick(Option<i64>),
    /// A tick waits for the end of a run.
    EndOfRun,
    /// It belongs to another program.
    LeftAlone,
}

/// The result for one schedule.
#[derive(Debug, Clone, Copy)]
struct Decided {
    /// The number of runs that were enqueued.
    enqueued: usize,
    next: Next,
}

impl Decided {
    fn without_runs(next: Next) -> Self {
        Self { enqueued: 0, next }
    }
}

impl Rounds {
    pub(super) fn new(db: Db, overdue: Overdue, forget: Duration, runtime: Option<Handle>) -> Self {
        Self {
            db,
            overdue,
            schedules: scheduled::all(),
            adopted: BTreeSet::new(),
            left_alone: BTreeSet::new(),
            paused: BTreeMap::new(),
            heartbeat: None,
            forget,
            hold_off: HoldOff::new(forget),
            missed_lines: RateLimit::new(LINES),
            skipped_lines: RateLimit::new(LINES),
            runtime,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.schedules.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.schedules.is_empty()
    }

    /// Returns the present time of the database.
    pub(super) async fn now(&mut self) -> Result<i64> {
        let now = within(DEADLINE, self.overdue, store::now((&self.db).into_handle())).await;
        if now.is_err() {
            self.hold_off.failed();
        }
        now
    }

    /// Decides each schedule, and returns the pause until the next tick. The error of a schedule does not affect
    /// the others. `now` is the time of the database at `asked`.
    pub(super) async fn run(&mut self, now: i64, asked: Instant, errors: &ErrorLog) -> Duration {
        let mut table = match within(DEADLINE, self.overdue, store::beats(&self.db)).await {
            Ok(table) => by_name(table),
            Err(error) => {
                self.hold_off.failed();
                errors.failed("to read its schedules", &error);
                return SHORT;
            }
        };
        let mut pause = Duration::MAX;
        let mut names = Vec::new();
        for schedule in self.schedules.clone() {
            let name = schedule.task.name;
            let row = table.remove(name);
            let has_our_times = row.as_ref().is_some_and(|row| row.schedule == schedule.text());
            let decided = match self.pause_of(name) {
                Some(left) => Err(left),
                None => self.try_schedule(now, schedule, row, errors).await,
            };
            let (is_ours, wait) = match decided {
                Ok(Next::Tick(next)) => {
                    let wait = |next: i64| Duration::from_millis(next.saturating_sub(now).max(0).unsigned_abs());
                    (true, next.map_or(Duration::MAX, wait).saturating_sub(asked.elapsed()))
                }
                Ok(Next::EndOfRun) => (true, SHORT),
                Ok(Next::LeftAlone) => (false, Duration::MAX),
                Err(left) => (has_our_times, left),
            };
            pause = pause.min(wait);
            if is_ours {
                names.push(name);
            }
        }
        let overdue = self.overdue;
        let heartbeat = self.write_heartbeat(now, asked, &names, table.into_values().collect());
        if let Err(error) = within(DEADLINE, overdue, heartbeat).await {
            self.hold_off.failed();
            errors.failed("to write its heartbeat", &error);
        }
        pause.max(SHORTEST)
    }

    /// Returns the rest of the pause of a schedule that failed.
    fn pause_of(&self, name: &str) -> Option<Duration> {
        let left = self.paused.get(name)?.saturating_duration_since(Instant::now());
        Some(left).filter(|left| !left.is_zero())
    }

    /// Decides one schedule within a time limit. After a failure it returns the pause of the schedule.
    async fn try_schedule(
        &mut self,
        now: i64,
        schedule: &'static ScheduleDefinition,
        row: Option<BeatRow>,
        errors: &ErrorLog,
    ) -> Result<Next, Duration> {
        let (name, overdue, begin) = (schedule.task.name, self.overdue, Instant::now());
        match within(SCHEDULE_LIMIT, overdue, self.decide(now, schedule, row)).await {
            Ok(decided) => Ok(decided.next),
            Err(error) => {
                let pause = failure_pause(begin.elapsed());
                self.paused.insert(name, Instant::now() + pause);
                errors.failed(&format!("to tick the schedule of `{name}`"), &error);
                Err(pause)
            }
        }
    }

    /// Decides each schedule once, and returns the number of runs that were enqueued. Returns the first error.
    pub(super) async fn run_once(&mut self, now: i64) -> Result<usize> {
        let mut table = by_name(store::beats(&self.db).await?);
        let mut enqueued = 0;
        for schedule in self.schedules.clone() {
            enqueued += self.decide(now, schedule, table.remove(schedule.task.name)).await?.enqueued;
        }
        Ok(enqueued)
    }

    /// Decides the ticks of one schedule that are due.
    async fn decide(
        &mut self,
        now: i64,
        schedule: &'static ScheduleDefinition,
        row: Option<BeatRow>,
    ) -> Result<Decided> {
        let (name, text) = (schedule.task.name, schedule.text());
        let Some(row) = row else {
            let ticks = schedule.ticks(now).map_err(Error::other)?;
            if store::insert_beat(&self.db, name, &text, now).await? {
                tracing::info!(target: "signals", task = name, schedule = text, "{FIRST}");
            }
            self.adopted.insert(name);
            return Ok(Decided::without_runs(Next::Tick(ticks.next_after(now))));
        };
        if row.schedule != text {
            if !self.adopted.contains(name) || now.saturating_sub(row.seen_at) >= STALE {
                return self.start_again(now, &row, schedule, CHANGED).await;
            }
            if self.left_alone.insert(name) {
                let other = &row.schedule;
                tracing::warn!(target: "signals", task = name, schedule = text, other, "{LEFT_ALONE}");
            }
            return Ok(Decided::without_runs(Next::LeftAlone));
        }
        self.adopted.insert(name);
        self.left_alone.remove(name);
        if row.last_tick > now.saturating_add(SET_BACK) {
            return self.start_again(now, &row, schedule, CLOCK).await;
        }
        let ticks = schedule.ticks(row.first_seen).map_err(Error::other)?;
        let policy = Policy { missed: schedule.missed, overlap: schedule.overlaps() };
        let Some(due) = due(&ticks, row.last_tick, now, policy) else {
            return Ok(Decided::without_runs(Next::Tick(ticks.next_after(row.last_tick))));
        };
        Ok(match self.enqueue_ticks(now, schedule, row, &due).await? {
            Some(enqueued) => Decided { enqueued, next: Next::Tick(ticks.next_after(due.until)) },
            None => Decided::without_runs(Next::EndOfRun),
        })
    }

    /// Writes the times of this program, from which the schedule starts.
    async fn start_again(
        &mut self,
        now: i64,
        row: &BeatRow,
        schedule: &'static ScheduleDefinition,
        why: &str,
    ) -> Result<Decided> {
        let (name, text) = (schedule.task.name, schedule.text());
        let ticks = schedule.ticks(now).map_err(Error::other)?;
        if store::renew(&self.db, row, &text, now).await? {
            let before = &row.schedule;
            tracing::warn!(target: "signals", task = name, schedule = text, before, "{why}");
        }
        self.adopted.insert(name);
        Ok(Decided::without_runs(Next::Tick(ticks.next_after(now))))
    }

    /// Enqueues the runs of a schedule in parts, each with the move of the schedule in one transaction. Returns the
    /// number of runs, or `None` if the tick waits for the end of a run.
    async fn enqueue_ticks(
        &mut self,
        now: i64,
        schedule: &ScheduleDefinition,
        mut row: BeatRow,
        due: &DueTicks,
    ) -> Result<Option<usize>> {
        let ticks = if row.is_enabled { due.ticks.as_slice() } else { &[] };
        let waits = schedule.overlaps() == Overlap::Queue && !ticks.is_empty();
        // Looked up before the transaction, which would otherwise write and roll back until the run ends.
        if waits && find_open_tick((&self.db).into_handle(), schedule.task).await?.is_some() {
            return Ok(None);
        }
        // Without ticks, an empty part moves the schedule.
        let parts = if ticks.is_empty() { vec![ticks] } else { ticks.chunks(PART).collect() };
        let (mut enqueued, mut skipped, mut is_decided) = (0, 0, false);
        for ticks in parts {
            let until = ticks.last().copied().unwrap_or(due.until);
            match enqueue_part(&self.db, now, schedule, &row, ticks, until).await? {
                Part::Committed(runs) => {
                    enqueued += runs;
                    skipped += ticks.len() - runs;
                }
                Part::DecidedElsewhere => break,
                Part::Waits => return Ok(None),
            }
            (row.last_tick, is_decided) = (until, true);
        }
        if !is_decided {
            return Ok(Some(0));
        }
        let (task, tick, present) = (schedule.task.name, row.last_tick, Instant::now());
        ticked(self.runtime.as_ref(), task, tick, enqueued).await;
        if skipped > 0 && self.skipped_lines.admits(task, present) {
            tracing::info!(target: "signals", task, tick, skipped, "{SKIPPED}");
        }
        if due.has_dropped && row.is_enabled && self.missed_lines.admits(task, present) {
            let missed = schedule.missed;
            tracing::warn!(target: "signals", task, tick, %missed, enqueued, "{MISSED}");
        }
        Ok(Some(enqueued))
    }

    /// Writes the heartbeat, and deletes schedules that were removed.
    async fn write_heartbeat(&mut self, now: i64, asked: Instant, names: &[&str], others: Vec<BeatRow>) -> Result<()> {
        self.hold_off.succeeded(asked, Duration::from_millis(now.unsigned_abs()));
        if self.heartbeat.is_some_and(|last| last.elapsed() < HEARTBEAT.min(self.forget / 3)) {
            return Ok(());
        }
        store::write_heartbeat(&self.db, names, now).await?;
        self.heartbeat = Some(Instant::now());
        let forget = of_duration(self.forget);
        for other in others {
            let is_removed = other.is_enabled && now.saturating_sub(other.seen_at) > forget;
            if is_removed && self.hold_off.is_over() && store::delete_beat(&self.db, &other).await? {
                let task = &other.name;
                tracing::info!(target: "signals", task, "a schedule was removed: no beat has it");
            }
        }
        Ok(())
    }
}

fn by_name(table: Vec<BeatRow>) -> BTreeMap<String, BeatRow> {
    table.into_iter().map(|row| (row.name.clone(), row)).collect()
}

/// Returns the pause of a schedule that failed after this time: the others have the same time meanwhile.
fn failure_pause(took: Duration) -> Duration {
    took.max(SHORT)
}

/// The result of one transaction on a schedule.
enum Part {
    /// The schedule was moved. It has the number of runs, which is lower than that of the ticks if some were skipped.
    Committed(usize),
    /// Another beat has decided the ticks, or the row was changed.
    DecidedElsewhere,
    /// The tick waits for the end of a run.
    Waits,
}

/// Moves the schedule to `until` and enqueues the runs of these ticks, in one transaction.
async fn enqueue_part(
    db: &Db,
    now: i64,
    schedule: &ScheduleDefinition,
    row: &BeatRow,
    ticks: &[i64],
    until: i64,
) -> Result<Part> {
    let tx = store::begin(db).await?;
    let part = enqueue_part_in(&tx, now, schedule, row, ticks, until).await;
    store::conclude_if(tx, part, |part| matches!(part, Part::Committed(_))).await
}

async fn enqueue_part_in(
    tx: &Tx,
    now: i64,
    schedule: &ScheduleDefinition,
    row: &BeatRow,
    ticks: &[i64],
    until: i64,
) -> Result<Part> {
    if !store::advance(tx.into_handle(), row, until, now).await? {
        return Ok(Part::DecidedElsewhere);
    }
    let overlap = schedule.overlaps();
    let mut enqueued = 0;
    for tick in ticks {
        let is_only = overlap != Overlap::Allow;
        if enqueue_tick(tx.into_handle(), schedule.task, *tick, now, is_only).await?.is_some() {
            enqueued += 1;
        } else if overlap == Overlap::Queue {
            return Ok(Part::Waits);
        }
    }
    Ok(Part::Committed(enqueued))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_that_fails_slowly_pauses_for_long() {
        assert_eq!(failure_pause(Duration::from_millis(3)), SHORT);
        assert_eq!(failure_pause(SCHEDULE_LIMIT), SCHEDULE_LIMIT);
    }
}
