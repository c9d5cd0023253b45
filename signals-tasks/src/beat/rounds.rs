//! Rounds over all schedules: each sees the table, decides what is due, and returns the pause to the next tick.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use signals_core::db::{Db, IntoHandle as _};
use signals_core::error::{Error, Result};
use tokio::runtime::Handle;

use super::due::{Due, Policy, due};
use super::signals::ticked;
use crate::enqueue::enqueue_tick;
use crate::holdoff::HoldOff;
use crate::own::{Complaints, within};
use crate::scheduled::{self, Overlap, ScheduleDefinition};
use crate::store::{self, Sight};

/// The interval at which a beat writes that it has its schedules.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// The time after which a schedule has no beat with its times, in milliseconds.
const STALE: i64 = 60_000;
/// The time by which the clock may go back unnoticed, in milliseconds.
const SET_BACK: i64 = 60_000;
/// The pause while a tick waits for the end of a run, and after a failure.
const SHORT: Duration = Duration::from_millis(500);
/// The shortest pause.
const SHORTEST: Duration = Duration::from_millis(5);

const FIRST: &str = "the beat sees a schedule for the first time: it starts now";
const CHANGED: &str = "the times of a schedule have changed: it starts now";
const CLOCK: &str = "the database's clock was set back: a schedule starts now";
const LEFT_ALONE: &str = "another program has changed a schedule: this beat leaves it alone";
const MISSED: &str = "a schedule has missed ticks, not all of which are runs";

/// The state of a beat between its rounds.
pub(super) struct Rounds {
    schedules: Vec<&'static ScheduleDefinition>,
    /// The schedules whose times this beat has brought into the table. If they change there, another program with
    /// other times has started since, and this one leaves them alone.
    adopted: BTreeSet<&'static str>,
    /// The schedules that are left alone, and were logged.
    left_alone: BTreeSet<&'static str>,
    heartbeat: Option<Instant>,
    forget: Duration,
    hold_off: HoldOff,
    /// The runtime of receivers, if they do not belong to the caller's.
    runtime: Option<Handle>,
}

/// The result of a look at one schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// The time of the next tick, which may be past if others are due.
    Next(Option<i64>),
    /// A tick waits for the end of a run.
    Waits,
    /// It belongs to another program.
    LeftAlone,
}

impl Rounds {
    pub(super) fn new(forget: Duration, runtime: Option<Handle>) -> Self {
        Self {
            schedules: scheduled::all(),
            adopted: BTreeSet::new(),
            left_alone: BTreeSet::new(),
            heartbeat: None,
            forget,
            hold_off: HoldOff::new(forget),
            runtime,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.schedules.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.schedules.is_empty()
    }

    /// Records that the database could not be reached.
    pub(super) fn failed(&mut self) {
        self.hold_off.failed();
    }

    /// Looks at each schedule, and returns the pause until the next tick. The error of a schedule does not affect
    /// the others.
    pub(super) async fn run(&mut self, db: &Db, now: i64, complaints: &Complaints) -> Duration {
        let begin = Instant::now();
        let mut table = match within(store::beats(db)).await {
            Ok(table) => by_name(table),
            Err(error) => {
                self.failed();
                complaints.about("to read its schedules", &error);
                return SHORT;
            }
        };
        let mut pause = Duration::MAX;
        let mut names = Vec::new();
        for schedule in self.schedules.clone() {
            let name = schedule.task.name;
            let mut enqueued = 0;
            let look = within(self.look(db, now, schedule, table.remove(name), &mut enqueued)).await;
            match look {
                Ok(Look::Next(next)) => {
                    names.push(name);
                    let wait = |next: i64| Duration::from_millis((next - now).max(0).unsigned_abs());
                    pause = pause.min(next.map_or(Duration::MAX, wait).saturating_sub(begin.elapsed()));
                }
                Ok(Look::Waits) => {
                    names.push(name);
                    pause = pause.min(SHORT);
                }
                Ok(Look::LeftAlone) => {}
                Err(error) => {
                    pause = pause.min(SHORT);
                    complaints.about(&format!("to tick the schedule of `{name}`"), &error);
                }
            }
        }
        if let Err(error) = within(self.keep(db, now, &names, table.into_values().collect())).await {
            self.failed();
            complaints.about("to write its heartbeat", &error);
        }
        pause.max(SHORTEST)
    }

    /// Looks at each schedule once, and returns the number of runs that were enqueued. Returns the first error.
    pub(super) async fn run_once(&mut self, db: &Db, now: i64) -> Result<usize> {
        let mut table = by_name(store::beats(db).await?);
        let mut enqueued = 0;
        for schedule in self.schedules.clone() {
            self.look(db, now, schedule, table.remove(schedule.task.name), &mut enqueued).await?;
        }
        Ok(enqueued)
    }

    /// Looks at one schedule, and decides the ticks that are due.
    async fn look(
        &mut self,
        db: &Db,
        now: i64,
        schedule: &'static ScheduleDefinition,
        seen: Option<Sight>,
        enqueued: &mut usize,
    ) -> Result<Look> {
        let (name, text) = (schedule.task.name, schedule.text());
        let Some(seen) = seen else {
            let ticks = schedule.ticks(now).map_err(Error::other)?;
            if store::see_first(db, name, &text, now).await? {
                tracing::info!(target: "signals", task = name, schedule = text, "{FIRST}");
            }
            self.adopted.insert(name);
            return Ok(Look::Next(ticks.next_after(now)));
        };
        if seen.schedule != text {
            if !self.adopted.contains(name) || now - seen.seen_at >= STALE {
                return self.start_again(db, now, &seen, schedule, CHANGED).await;
            }
            if self.left_alone.insert(name) {
                let other = &seen.schedule;
                tracing::warn!(target: "signals", task = name, schedule = text, other, "{LEFT_ALONE}");
            }
            return Ok(Look::LeftAlone);
        }
        self.adopted.insert(name);
        self.left_alone.remove(name);
        if seen.last_tick > now.saturating_add(SET_BACK) {
            return self.start_again(db, now, &seen, schedule, CLOCK).await;
        }
        let ticks = schedule.ticks(seen.first_seen).map_err(Error::other)?;
        let policy = Policy { missed: schedule.missed, overlap: schedule.overlaps() };
        let Some(due) = due(&ticks, seen.last_tick, now, policy) else {
            return Ok(Look::Next(ticks.next_after(seen.last_tick)));
        };
        match decide(db, now, schedule, &seen, &due).await? {
            Decided::Here(runs) => {
                *enqueued += runs;
                ticked(self.runtime.as_ref(), name, due.until, runs).await;
            }
            Decided::Elsewhere => {}
            Decided::Waits => return Ok(Look::Waits),
        }
        Ok(Look::Next(ticks.next_after(due.until)))
    }

    /// Writes the times of this program, from which the schedule starts.
    async fn start_again(
        &mut self,
        db: &Db,
        now: i64,
        seen: &Sight,
        schedule: &'static ScheduleDefinition,
        why: &str,
    ) -> Result<Look> {
        let (name, text) = (schedule.task.name, schedule.text());
        let ticks = schedule.ticks(now).map_err(Error::other)?;
        if store::renew(db, seen, &text, now).await? {
            let before = &seen.schedule;
            tracing::warn!(target: "signals", task = name, schedule = text, before, "{why}");
        }
        self.adopted.insert(name);
        Ok(Look::Next(ticks.next_after(now)))
    }

    /// Writes the heartbeat, and deletes schedules that were removed.
    async fn keep(&mut self, db: &Db, now: i64, names: &[&str], others: Vec<Sight>) -> Result<()> {
        self.hold_off.succeeded(Instant::now(), Duration::from_millis(now.unsigned_abs()));
        if self.heartbeat.is_some_and(|last| last.elapsed() < HEARTBEAT.min(self.forget / 3)) {
            return Ok(());
        }
        store::see(db, names, now).await?;
        self.heartbeat = Some(Instant::now());
        let forget = i64::try_from(self.forget.as_millis()).unwrap_or(i64::MAX);
        for other in others {
            let is_removed = other.is_enabled && now.saturating_sub(other.seen_at) > forget;
            if is_removed && self.hold_off.is_over() && store::forget(db, &other).await? {
                let task = &other.name;
                tracing::info!(target: "signals", task, "a schedule was removed: no beat has it");
            }
        }
        Ok(())
    }
}

fn by_name(table: Vec<Sight>) -> BTreeMap<String, Sight> {
    table.into_iter().map(|seen| (seen.name.clone(), seen)).collect()
}

/// The result of a tick that is due.
enum Decided {
    /// This beat has enqueued this number of runs.
    Here(usize),
    /// Another beat has decided it, or the row was changed.
    Elsewhere,
    /// It waits for the end of a run.
    Waits,
}

/// Moves the schedule and enqueues its runs, in one transaction.
async fn decide(db: &Db, now: i64, schedule: &ScheduleDefinition, seen: &Sight, due: &Due) -> Result<Decided> {
    let (task, tick) = (schedule.task.name, due.until);
    let tx = store::begin(db).await?;
    if !store::advance(tx.into_handle(), seen, tick, now).await? {
        tx.rollback().await?;
        return Ok(Decided::Elsewhere);
    }
    let overlap = schedule.overlaps();
    let mut enqueued = 0;
    for tick in due.ticks.iter().filter(|_| seen.is_enabled) {
        let is_only = overlap != Overlap::Allow;
        if enqueue_tick(tx.into_handle(), schedule.task, *tick, now, is_only).await?.is_some() {
            enqueued += 1;
        } else if overlap == Overlap::Queue {
            tx.rollback().await?;
            return Ok(Decided::Waits);
        } else {
            tracing::info!(target: "signals", task, tick, "a tick was skipped: a run of the schedule has not ended");
        }
    }
    tx.commit().await?;
    if due.has_dropped && seen.is_enabled {
        let missed = schedule.missed;
        tracing::warn!(target: "signals", task, tick, %missed, enqueued, "{MISSED}");
    }
    Ok(Decided::Here(enqueued))
}
