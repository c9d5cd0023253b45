//! Decides when a worker or a beat may treat others as lost.

use std::time::{Duration, Instant};

/// The tolerated jump of the database's clock within a lease.
const JUMP: Duration = Duration::from_secs(2);

/// Decides whether a worker may give back the runs of others, and a beat may delete their schedules: after one whole
/// lease in which its own statements succeeded. The lease of a beat is the time after which it forgets a schedule.
///
/// Without it, the first process that reconnects after an outage would treat all others as lost.
#[derive(Debug)]
pub(crate) struct HoldOff {
    lease: Duration,
    /// The start of the time without failures, by the monotonic clock and by the clock of the database, by
    /// which leases end.
    since: Option<(Instant, Duration)>,
    last: Instant,
}

impl HoldOff {
    pub(crate) fn new(lease: Duration) -> Self {
        Self { lease, since: None, last: Instant::now() }
    }

    /// Records a statement that was sent at this time and succeeded, with the time of the database since 1970.
    pub(crate) fn succeeded(&mut self, now: Instant, database: Duration) {
        let is_late = now.duration_since(self.last) >= self.lease;
        let is_set = |(since, then): (Instant, Duration)| {
            let by_database = database.checked_sub(then).unwrap_or_default();
            now.duration_since(since).abs_diff(by_database) >= JUMP
        };
        if is_late || self.since.is_none_or(is_set) {
            self.since = Some((now, database));
        }
        self.last = now;
    }

    /// Records that a statement failed.
    pub(crate) fn failed(&mut self) {
        self.since = None;
    }

    /// Returns whether others may be treated as lost.
    pub(crate) fn is_over(&self) -> bool {
        self.since.is_some_and(|(since, _)| self.last.duration_since(since) >= self.lease)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(10);
    const SECOND: Duration = Duration::from_secs(1);
    /// The time of the database at the start.
    const START: Duration = Duration::from_hours(100);

    #[test]
    fn others_are_lost_after_one_lease_of_success() {
        let (mut hold_off, start) = (HoldOff::new(LEASE), Instant::now());
        for seconds in 0..10 {
            hold_off.succeeded(start + SECOND * seconds, START + SECOND * seconds);
            assert!(!hold_off.is_over(), "{seconds}");
        }
        hold_off.succeeded(start + LEASE, START + LEASE);
        assert!(hold_off.is_over());
        hold_off.failed();
        assert!(!hold_off.is_over());
        hold_off.succeeded(start + LEASE + SECOND, START + LEASE + SECOND);
        assert!(!hold_off.is_over());
    }

    #[test]
    fn a_silence_and_a_clock_that_is_set_start_it_again() {
        for (monotonic, database) in [(LEASE, LEASE), (SECOND, SECOND * 4), (SECOND * 3, SECOND / 2)] {
            let (mut hold_off, start) = (HoldOff::new(LEASE), Instant::now());
            hold_off.succeeded(start, START);
            hold_off.succeeded(start + monotonic, START + database);
            assert!(!hold_off.is_over());
            assert_eq!(hold_off.since.map(|since| since.0), Some(start + monotonic), "{monotonic:?} {database:?}");
        }
    }

    #[test]
    fn a_clock_that_is_set_counts_in_the_same_sweep() {
        let (mut hold_off, start) = (HoldOff::new(LEASE), Instant::now());
        for seconds in 0..=10 {
            hold_off.succeeded(start + SECOND * seconds, START + SECOND * seconds);
        }
        assert!(hold_off.is_over());
        hold_off.succeeded(start + SECOND * 11, START + SECOND * 11 + LEASE);
        assert!(!hold_off.is_over(), "by the new time all leases have ended");
    }
}
