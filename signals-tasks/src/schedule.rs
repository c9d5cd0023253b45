//! The times of a schedule: a cron expression in a time zone, or an interval.

mod cron;
mod local;

use chrono_tz::Tz;

pub use cron::Cron;

/// The ticks of a schedule. All times are milliseconds since 1970.
#[derive(Debug, Clone)]
pub(crate) enum Ticks {
    /// The times that match an expression.
    Cron(Cron, Tz),
    /// Each `interval` after `since`.
    Every {
        /// The first time that a beat saw the schedule.
        since: i64,
        interval: i64,
    },
}

/// The first range of time in which the latest ticks are looked for.
const FIRST_RANGE: i64 = 60_000;

impl Ticks {
    /// Returns the first tick after this time. Returns `None` if there is none within years.
    pub(crate) fn next_after(&self, after: i64) -> Option<i64> {
        match self {
            Self::Cron(cron, zone) => cron.next_after(after, *zone),
            Self::Every { since, interval } => {
                let passed = after.checked_sub(*since)?.checked_div_euclid(*interval)?.checked_add(1)?;
                interval.checked_mul(passed.max(1))?.checked_add(*since)
            }
        }
    }

    /// Returns the latest ticks after `after` and not after `until`, at most `count` of them, in order.
    ///
    /// It looks at ranges that end at `until`, each longer than the one before. So a long outage costs no more
    /// than a short one.
    pub(crate) fn latest(&self, after: i64, until: i64, count: usize) -> Vec<i64> {
        let mut range = FIRST_RANGE;
        loop {
            let from = after.max(until.saturating_sub(range));
            let mut ticks = Vec::new();
            let mut last = from;
            while let Some(tick) = self.next_after(last).filter(|tick| *tick <= until) {
                ticks.push(tick);
                last = tick;
            }
            if ticks.len() >= count || from == after {
                return ticks.split_off(ticks.len().saturating_sub(count));
            }
            range = range.saturating_mul(8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_counts_from_its_first_sight() {
        let ticks = Ticks::Every { since: 1_000, interval: 300 };
        for (after, next) in [(0, 1_300), (1_000, 1_300), (1_299, 1_300), (1_300, 1_600), (1_301, 1_600)] {
            assert_eq!(ticks.next_after(after), Some(next), "{after}");
        }
        let endless = Ticks::Every { since: 1_000, interval: i64::MAX };
        assert_eq!(endless.next_after(2_000), None);
        assert_eq!(Ticks::Every { since: 0, interval: 0 }.next_after(0), None);
    }

    #[test]
    fn the_latest_ticks_are_found_from_the_end() {
        let ticks = Ticks::Every { since: 0, interval: 1_000 };
        assert_eq!(ticks.latest(0, 3_500, 9), [1_000, 2_000, 3_000]);
        assert_eq!(ticks.latest(1_000, 3_000, 2), [2_000, 3_000]);
        assert_eq!(ticks.latest(3_000, 3_999, 2), [0; 0]);
        let year = 365 * 24 * 3_600_000;
        let latest = ticks.latest(0, year, 101);
        assert_eq!((latest.len(), latest.first(), latest.last()), (101, Some(&(year - 100_000)), Some(&year)));
        // Ticks that are rarer than the first range.
        let ticks = Ticks::Every { since: 0, interval: year };
        assert_eq!(ticks.latest(0, year * 3 + 5, 2), [year * 2, year * 3]);
    }
}
