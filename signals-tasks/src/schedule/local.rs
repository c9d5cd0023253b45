//! Conversions between local time and milliseconds since 1970.

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, Offset as _, TimeZone as _};
use chrono_tz::Tz;

/// The longest gap of a local time is a day: Samoa left out 30 December 2011.
const LONGEST_GAP: Duration = Duration::days(2);

/// Returns the local time of a moment.
pub(super) fn local(moment: i64, zone: Tz) -> Option<NaiveDateTime> {
    let utc = DateTime::from_timestamp_millis(moment)?.naive_utc();
    utc.checked_add_offset(zone.offset_from_utc_datetime(&utc).fix())
}

/// Returns the difference between local time and UTC at a moment, in milliseconds.
pub(super) fn offset(moment: i64, zone: Tz) -> Option<i64> {
    let utc = DateTime::from_timestamp_millis(moment)?.naive_utc();
    Some(i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()) * 1_000)
}

/// Returns the first moment of a local time. If the clocks skip this time, returns the moment after the gap.
pub(super) fn moment(local: NaiveDateTime, zone: Tz) -> Option<i64> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(time) => Some(time.timestamp_millis()),
        LocalResult::Ambiguous(one, other) => Some(one.min(other).timestamp_millis()),
        LocalResult::None => end_of_gap(local, zone),
    }
}

/// Finds the first moment whose local time is later. Around a gap local time only increases.
fn end_of_gap(skipped: NaiveDateTime, zone: Tz) -> Option<i64> {
    let around = skipped.and_utc().timestamp();
    let (mut before, mut after) = (around - LONGEST_GAP.num_seconds(), around + LONGEST_GAP.num_seconds());
    while after - before > 1 {
        let middle = before.midpoint(after);
        if local(middle * 1_000, zone)? > skipped { after = middle } else { before = middle }
    }
    Some(after * 1_000)
}
