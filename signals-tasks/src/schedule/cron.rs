//! The times that match a cron expression, which the macro has read.

use chrono::{Datelike as _, Days, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _};
use chrono_tz::Tz;

use super::local::{local, moment, offset};

const MINUTE: i64 = 60_000;
/// The number of days in which a time is looked for. 29 February may be 8 years away.
const MOST_DAYS: u64 = 366 * 9;

/// The values of each field, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cron {
    /// From 0 to 59.
    pub minutes: u64,
    /// From 0 to 23.
    pub hours: u64,
    /// From 1 to 31. Bit 0 is the last day of the month.
    pub days: u64,
    /// From 1 to 12.
    pub months: u64,
    /// From Sunday, 0 to 6.
    pub weekdays: u64,
    /// Whether a day matches by its number or by its weekday, and not by both.
    pub is_either_day: bool,
    /// Whether the minute and the hour are times of day, without `*` and steps.
    ///
    /// Such a time comes once a day: it is the first of two if the clocks are set back, and comes right after
    /// the gap if they are set forward. All other expressions match each minute of real time.
    pub is_fixed: bool,
}

impl Cron {
    /// Returns the first matching time after this one.
    pub(super) fn next_after(&self, after: i64, zone: Tz) -> Option<i64> {
        if self.is_fixed { self.next_time_of_day(after, zone) } else { self.next_minute(after, zone) }
    }

    /// Looks for a local time whose moment is later.
    fn next_time_of_day(&self, after: i64, zone: Tz) -> Option<i64> {
        let start = local(after, zone)?.with_second(0)?.with_nanosecond(0)?;
        let mut day = start.date();
        for _ in 0..MOST_DAYS {
            if self.has_day(day) {
                for time in self.times_of(day).filter(|time| *time >= start) {
                    if let Some(moment) = moment(time, zone).filter(|moment| *moment > after) {
                        return Some(moment);
                    }
                }
            }
            day = day.checked_add_days(Days::new(1))?;
        }
        None
    }

    fn times_of(&self, day: NaiveDate) -> impl Iterator<Item = NaiveDateTime> {
        let hours = (0..24).filter(|hour| has(self.hours, *hour));
        hours.flat_map(move |hour| {
            let minutes = (0..60).filter(|minute| has(self.minutes, *minute));
            minutes.filter_map(move |minute| day.and_hms_opt(hour, minute, 0))
        })
    }

    /// Looks for a minute of real time whose local time matches.
    fn next_minute(&self, after: i64, zone: Tz) -> Option<i64> {
        let mut minute = after.div_euclid(MINUTE).checked_add(1)?.checked_mul(MINUTE)?;
        let end = minute.checked_add(i64::try_from(MOST_DAYS).ok()?.checked_mul(24 * 60 * MINUTE)?)?;
        while minute < end {
            let time = local(minute, zone)?;
            let wait = self.wait(time)?;
            if wait == 0 {
                return Some(minute);
            }
            let next = minute.checked_add(wait)?;
            // If the clocks are set in between, the wait may be wrong.
            minute = if offset(next, zone)? == offset(minute, zone)? { next } else { minute.checked_add(MINUTE)? };
        }
        None
    }

    /// Returns the milliseconds until the next local time that may match, or 0 if this one does.
    fn wait(&self, time: NaiveDateTime) -> Option<i64> {
        if !self.has_day(time.date()) {
            let midnight = time.date().checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN);
            return Some((midnight - time).num_milliseconds());
        }
        if !has(self.hours, time.hour()) {
            return Some(i64::from(60 - time.minute()) * MINUTE);
        }
        Some(if has(self.minutes, time.minute()) { 0 } else { MINUTE })
    }

    fn has_day(&self, day: NaiveDate) -> bool {
        let is_last = || day.checked_add_days(Days::new(1)).is_none_or(|next| next.day() == 1);
        let by_number = has(self.days, day.day()) || (has(self.days, 0) && is_last());
        let by_weekday = has(self.weekdays, day.weekday().num_days_from_sunday());
        let is_day = if self.is_either_day { by_number || by_weekday } else { by_number && by_weekday };
        is_day && has(self.months, day.month())
    }
}

fn has(bits: u64, value: u32) -> bool {
    bits >> value & 1 == 1
}

#[cfg(test)]
mod tests;
