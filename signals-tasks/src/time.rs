//! Times as the tables store them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Returns the milliseconds since 1970.
pub(crate) fn milliseconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or_else(|before| -of_duration(before.duration()), of_duration)
}

/// Returns the milliseconds of a duration.
pub(crate) fn of_duration(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Returns the time of these milliseconds since 1970.
pub(crate) fn system_time(milliseconds: i64) -> Option<SystemTime> {
    let since = Duration::from_millis(milliseconds.unsigned_abs());
    if milliseconds < 0 { UNIX_EPOCH.checked_sub(since) } else { UNIX_EPOCH.checked_add(since) }
}
