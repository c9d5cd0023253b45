//! The schedules of the program: the static that `#[scheduled]` defines for a task, and the list of them.

use std::fmt;
use std::time::{Duration, SystemTime};

use chrono_tz::Tz;

use crate::definition::TaskDefinition;
use crate::models::TaskBeat;
use crate::schedule::{Cron, Ticks};
use crate::time::{milliseconds, system_time};

/// What happens to ticks for which there was no beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Missed {
    /// Each of them is a run, up to 100.
    All,
    /// The last of them is a run.
    Last,
    /// None of them is a run. A tick is missed after 10 seconds, or after half of the time to the next tick.
    Skip,
}

/// What happens to a tick while a run of the schedule has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Overlap {
    /// It is dropped.
    Skip,
    /// It waits until the run has ended. Of several such ticks, [`Missed`] decides which are runs.
    Queue,
    /// It is a run beside the others.
    Allow,
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::All => "all",
            Self::Last => "last",
            Self::Skip => "skip",
        })
    }
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Skip => "skip",
            Self::Queue => "queue",
            Self::Allow => "allow",
        })
    }
}

/// A schedule of a task.
#[derive(Debug)]
pub struct ScheduleDefinition {
    pub(crate) task: &'static TaskDefinition,
    timing: Timing,
    pub(crate) missed: Missed,
    overlap: Option<Overlap>,
}

#[derive(Debug)]
enum Timing {
    Cron { text: &'static str, cron: Cron, zone: &'static str },
    Every(u64),
}

/// A schedule in the linker's list.
#[derive(Debug)]
pub struct ScheduleEntry(pub &'static ScheduleDefinition);

inventory::collect!(ScheduleEntry);

impl ScheduleDefinition {
    /// Describes a schedule by an expression, with every option at its default.
    pub const fn cron(task: &'static TaskDefinition, text: &'static str, cron: Cron, zone: &'static str) -> Self {
        Self { task, timing: Timing::Cron { text, cron, zone }, missed: Missed::Last, overlap: None }
    }

    /// Describes a schedule by an interval in milliseconds.
    pub const fn every(task: &'static TaskDefinition, milliseconds: u64) -> Self {
        Self { task, timing: Timing::Every(milliseconds), missed: Missed::Last, overlap: None }
    }

    /// Sets what happens to missed ticks.
    #[must_use]
    pub const fn missed(mut self, missed: Missed) -> Self {
        self.missed = missed;
        self
    }

    /// Sets what happens to ticks while a run has not ended.
    #[must_use]
    pub const fn overlap(mut self, overlap: Overlap) -> Self {
        self.overlap = Some(overlap);
        self
    }

    /// Returns what happens to ticks while a run has not ended.
    pub(crate) fn overlaps(&self) -> Overlap {
        let default = if self.missed == Missed::All { Overlap::Queue } else { Overlap::Skip };
        self.overlap.unwrap_or(default)
    }

    /// Returns the times as a text: the beat stores it, compares it with the table, and logs it.
    pub(crate) fn text(&self) -> String {
        match self.timing {
            Timing::Cron { text, zone, .. } => format!("{text} {zone}"),
            Timing::Every(milliseconds) => format!("every {:?}", Duration::from_millis(milliseconds)),
        }
    }

    /// Returns the ticks of a schedule that a beat first saw at this time.
    ///
    /// # Errors
    ///
    /// If the program has no such time zone. The macro knows those of one version of the database.
    pub(crate) fn ticks(&self, since: i64) -> Result<Ticks, String> {
        match self.timing {
            Timing::Cron { cron, zone, .. } => {
                let zone: Tz = zone.parse().map_err(|_| format!("the program has no time zone `{zone}`"))?;
                Ok(Ticks::Cron(cron, zone))
            }
            Timing::Every(milliseconds) => {
                Ok(Ticks::Every { since, interval: i64::try_from(milliseconds).unwrap_or(i64::MAX) })
            }
        }
    }
}

/// A schedule of this program, as [`scheduled_tasks`] lists it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ScheduledTask {
    /// The name of the task, which is the name of the schedule too.
    pub name: &'static str,
    /// The cron expression, or the interval.
    pub schedule: String,
    /// The time zone of a cron expression.
    pub time_zone: Option<&'static str>,
    /// What happens to missed ticks.
    pub missed: Missed,
    /// What happens to ticks while a run has not ended.
    pub overlap: Overlap,
    /// The file of the function.
    pub file: &'static str,
    /// Its line.
    pub line: u32,
}

/// Lists the schedules that are linked into the program, by name.
///
/// # Examples
///
/// ```standalone_crate
/// use std::time::{Duration, UNIX_EPOCH};
///
/// use signals::tasks::{scheduled, scheduled_tasks, task};
///
/// #[scheduled(cron = "30 2 * * *", tz = "Europe/Berlin")]
/// #[task(name = "reports.daily")]
/// async fn report() {}
///
/// # fn main() {
/// let [report] = &scheduled_tasks()[..] else { panic!("one schedule") };
/// assert_eq!(report.name, "reports.daily");
/// let next = report.next_after(UNIX_EPOCH).expect("a time of each day");
/// assert_eq!(next, UNIX_EPOCH + Duration::from_mins(90));        // 02:30 in Berlin is 01:30 in UTC
/// # }
/// ```
pub fn scheduled_tasks() -> Vec<ScheduledTask> {
    let shown = |schedule: &ScheduleDefinition| {
        let (text, time_zone) = match schedule.timing {
            Timing::Cron { text, zone, .. } => (text.to_owned(), Some(zone)),
            Timing::Every(_) => (schedule.text(), None),
        };
        ScheduledTask {
            name: schedule.task.name,
            schedule: text,
            time_zone,
            missed: schedule.missed,
            overlap: schedule.overlaps(),
            file: schedule.task.file,
            line: schedule.task.line,
        }
    };
    all().into_iter().map(shown).collect()
}

impl ScheduledTask {
    /// Returns the first tick after this time.
    ///
    /// An interval counts from the first time that a beat saw the schedule. That time is in the database, so here
    /// it counts from `time`. [`TaskBeat::next_tick`](crate::TaskBeat::next_tick) reads it from the row.
    pub fn next_after(&self, time: impl Into<SystemTime>) -> Option<SystemTime> {
        let time = milliseconds(time.into());
        let next = find(self.name)?.ticks(time).ok()?.next_after(time)?;
        system_time(next)
    }
}

impl TaskBeat {
    /// Returns the next tick, which is in the past if no beat has decided it. Returns `None` if the program does not
    /// have this schedule.
    pub fn next_tick(&self) -> Option<SystemTime> {
        let schedule = find(&self.name).filter(|schedule| schedule.text() == self.schedule)?;
        system_time(schedule.ticks(self.first_seen).ok()?.next_after(self.last_tick)?)
    }
}

/// Returns the schedules, by name.
pub(crate) fn all() -> Vec<&'static ScheduleDefinition> {
    let mut all: Vec<_> = inventory::iter::<ScheduleEntry>.into_iter().map(|entry| entry.0).collect();
    all.sort_by_key(|schedule| (schedule.task.name, schedule.task.file, schedule.task.line));
    all
}

/// Returns the schedule of this name.
pub(crate) fn find(name: &str) -> Option<&'static ScheduleDefinition> {
    inventory::iter::<ScheduleEntry>.into_iter().map(|entry| entry.0).find(|schedule| schedule.task.name == name)
}
