//! Decides when a worker may treat others as lost.

use std::time::{Duration, Instant, SystemTime};

/// The tolerated jump of the wall clock within a lease.
const JUMP: Duration = Duration::from_secs(2);

/// Decides whether a worker may give back the runs of others: after one whole lease in which its own
/// statements succeeded.
///
/// Without it, the first worker that reconnects after an outage would treat all others as lost.
#[derive(Debug)]
pub(crate) struct HoldOff {
    lease: Duration,
    /// The start of the time without failures, by the monotonic clock and by the wall clock.
    since: (Instant, SystemTime),
    last: Instant,
}

impl HoldOff {
    pub(crate) fn new(lease: Duration) -> Self {
        let now = Instant::now();
        Self { lease, since: (now, SystemTime::now()), last: now }
    }

    /// Records that a statement succeeded.
    pub(crate) fn succeeded(&mut self) {
        self.seen(Instant::now(), SystemTime::now());
    }

    fn seen(&mut self, now: Instant, wall: SystemTime) {
        let (since, wall_since) = self.since;
        let elapsed = now.duration_since(since);
        let by_wall = wall.duration_since(wall_since).unwrap_or_default();
        let is_late = now.duration_since(self.last) >= self.lease;
        if is_late || elapsed.abs_diff(by_wall) >= JUMP {
            self.since = (now, wall);
        }
        self.last = now;
    }

    /// Records that a statement failed.
    pub(crate) fn failed(&mut self) {
        *self = Self::new(self.lease);
    }

    /// Returns whether others may be treated as lost.
    pub(crate) fn is_over(&self) -> bool {
        self.last.duration_since(self.since.0) >= self.lease
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(10);

    #[test]
    fn others_are_lost_after_one_lease_of_success() {
        let mut hold_off = HoldOff::new(LEASE);
        let (start, wall) = hold_off.since;
        for seconds in 1..10 {
            hold_off.seen(start + Duration::from_secs(seconds), wall + Duration::from_secs(seconds));
            assert!(!hold_off.is_over(), "{seconds}");
        }
        hold_off.seen(start + LEASE, wall + LEASE);
        assert!(hold_off.is_over());
        hold_off.failed();
        assert!(!hold_off.is_over());
    }

    #[test]
    fn a_silence_and_a_clock_that_is_set_start_it_again() {
        let second = Duration::from_secs(1);
        for (monotonic, wall_clock) in [(LEASE, LEASE), (second, second * 4), (second * 3, second / 2)] {
            let mut hold_off = HoldOff::new(LEASE);
            let (start, wall) = hold_off.since;
            hold_off.seen(start + monotonic, wall + wall_clock);
            assert!(!hold_off.is_over());
            assert_eq!(hold_off.since.0, start + monotonic, "{monotonic:?} {wall_clock:?}");
        }
    }
}
