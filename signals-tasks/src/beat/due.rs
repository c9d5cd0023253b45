//! Decides which ticks of a schedule are runs.

use crate::schedule::Ticks;
use crate::scheduled::{Missed, Overlap};

/// The maximum number of missed ticks that are runs.
const MOST_MISSED: usize = 100;
/// The lateness after which a tick is missed, in milliseconds, or half of the time to the next tick.
const LATE: i64 = 10_000;

/// The policies of a schedule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    pub(super) missed: Missed,
    pub(super) overlap: Overlap,
}

/// The ticks of a schedule that are decided at once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct DueTicks {
    /// The ticks that are runs.
    pub(super) ticks: Vec<i64>,
    /// The last tick that is decided.
    pub(super) until: i64,
    /// Whether earlier ticks than those of a policy are dropped.
    pub(super) has_dropped: bool,
}

/// Returns the ticks after `last` that are due, or `None` if there is none.
pub(super) fn due(ticks: &Ticks, last: i64, now: i64, policy: Policy) -> Option<DueTicks> {
    // One more than are runs shows whether some are dropped.
    let most = if policy.missed == Missed::All { MOST_MISSED } else { 1 };
    let mut due = ticks.latest(last, now, most + 1);
    let until = *due.last()?;
    let has_dropped = due.len() > most;
    due = due.split_off(due.len().saturating_sub(most));
    if policy.missed == Missed::Skip && is_late(ticks, until, now) {
        return Some(DueTicks { ticks: Vec::new(), until, has_dropped: true });
    }
    if policy.overlap == Overlap::Queue {
        // The others stay due, until this run has ended.
        let first = *due.first()?;
        return Some(DueTicks { ticks: vec![first], until: first, has_dropped });
    }
    Some(DueTicks { ticks: due, until, has_dropped })
}

fn is_late(ticks: &Ticks, tick: i64, now: i64) -> bool {
    let next = ticks.next_after(tick).unwrap_or(i64::MAX);
    now.saturating_sub(tick) > LATE.min(next.saturating_sub(tick) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const TICKS: Ticks = Ticks::Every { since: 0, interval: MINUTE };

    fn decided(now: i64, missed: Missed, overlap: Overlap) -> Option<DueTicks> {
        due(&TICKS, 10 * MINUTE, now, Policy { missed, overlap })
    }

    #[test]
    fn a_tick_in_time_is_a_run_under_each_policy() {
        for missed in [Missed::All, Missed::Last, Missed::Skip] {
            for overlap in [Overlap::Skip, Overlap::Queue, Overlap::Allow] {
                assert_eq!(decided(11 * MINUTE - 1, missed, overlap), None);
                let run = DueTicks { ticks: vec![11 * MINUTE], until: 11 * MINUTE, has_dropped: false };
                assert_eq!(decided(11 * MINUTE + 9_999, missed, overlap), Some(run));
            }
        }
    }

    #[test]
    fn missed_ticks_are_decided_by_their_policy() {
        let now = 13 * MINUTE + 20_000;
        let of = |minutes: &[i64], has_dropped| {
            let ticks: Vec<_> = minutes.iter().map(|minute| minute * MINUTE).collect();
            Some(DueTicks { ticks, until: 13 * MINUTE, has_dropped })
        };
        assert_eq!(decided(now, Missed::All, Overlap::Allow), of(&[11, 12, 13], false));
        assert_eq!(decided(now, Missed::Last, Overlap::Skip), of(&[13], true));
        assert_eq!(decided(now, Missed::Skip, Overlap::Skip), of(&[], true));
        // The next tick is in time again.
        assert_eq!(decided(13 * MINUTE + 9_000, Missed::Skip, Overlap::Skip), of(&[13], true));
    }

    #[test]
    fn ticks_that_wait_are_decided_one_after_another() {
        let now = 13 * MINUTE + 20_000;
        let one = |minute: i64, has_dropped| {
            Some(DueTicks { ticks: vec![minute * MINUTE], until: minute * MINUTE, has_dropped })
        };
        assert_eq!(decided(now, Missed::All, Overlap::Queue), one(11, false));
        assert_eq!(decided(now, Missed::Last, Overlap::Queue), one(13, true));
    }

    #[test]
    fn a_month_of_missed_minutes_is_a_hundred_runs() {
        let now = 10 * MINUTE + 30 * 1_440 * MINUTE;
        let many = decided(now, Missed::All, Overlap::Allow).unwrap_or_default();
        assert_eq!((many.ticks.len(), many.has_dropped, many.until), (100, true, now));
        assert_eq!(many.ticks.first(), Some(&(now - 99 * MINUTE)));
        let one = decided(now, Missed::All, Overlap::Queue).unwrap_or_default();
        assert_eq!((one.ticks, one.has_dropped), (vec![now - 99 * MINUTE], true));
    }

    #[test]
    fn a_tick_of_a_short_interval_is_late_after_half_of_it() {
        let ticks = Ticks::Every { since: 0, interval: 1_000 };
        let policy = Policy { missed: Missed::Skip, overlap: Overlap::Skip };
        let at = |now| due(&ticks, 4_000, now, policy).map(|due| due.ticks);
        assert_eq!(at(5_500), Some(vec![5_000]));
        assert_eq!(at(5_501), Some(Vec::new()));
    }
}
