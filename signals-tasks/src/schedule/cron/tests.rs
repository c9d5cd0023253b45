//! The times of expressions around the days when clocks are set.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use chrono::{DateTime, NaiveDateTime, TimeZone as _, Timelike as _};
use chrono_tz::{Africa, America, Asia, Australia, Europe, Pacific, Tz};
use proptest::prelude::*;

use super::{Cron, MINUTE, has, local};

const ANY: Cron = Cron {
    minutes: (1 << 60) - 1,
    hours: (1 << 24) - 1,
    days: (1 << 32) - 2,
    months: (1 << 13) - 2,
    weekdays: (1 << 7) - 1,
    is_either_day: false,
    is_fixed: false,
};

fn bits(values: &[u32]) -> u64 {
    values.iter().fold(0, |bits, value| bits | 1 << value)
}

fn fixed(minutes: &[u32], hours: &[u32]) -> Cron {
    Cron { minutes: bits(minutes), hours: bits(hours), is_fixed: true, ..ANY }
}

fn quarters() -> Cron {
    Cron { minutes: bits(&[0, 15, 30, 45]), ..ANY }
}

/// Returns the ticks from `from` on, before `until`, as local times with their offset.
fn ticks(cron: &Cron, zone: Tz, from: &str, until: &str) -> Vec<String> {
    let time = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis();
    let (mut last, until) = (time(from) - 1, time(until));
    let mut ticks = Vec::new();
    while let Some(tick) = cron.next_after(last, zone).filter(|tick| *tick < until) {
        let shown = zone.timestamp_millis_opt(tick).unwrap();
        ticks.push(shown.format("%d %H:%M %z").to_string());
        last = tick;
    }
    ticks
}

const SPRING: (&str, &str) = ("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z");
const AUTUMN: (&str, &str) = ("2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z");

#[test]
fn a_time_in_the_gap_comes_right_after_it() {
    let night = fixed(&[30], &[2]);
    assert_eq!(ticks(&night, Europe::Berlin, SPRING.0, SPRING.1), ["29 03:00 +0200", "30 02:30 +0200"]);
    let twice = fixed(&[30], &[2, 14]);
    assert_eq!(
        ticks(&twice, Europe::Berlin, SPRING.0, SPRING.1),
        ["28 14:30 +0100", "29 03:00 +0200", "29 14:30 +0200", "30 02:30 +0200"]
    );
    // All times of the gap are one moment, which is a time of the list too.
    let list = fixed(&[0, 20, 40], &[2, 3]);
    let after = ["29 03:00 +0200", "29 03:20 +0200", "29 03:40 +0200"];
    assert_eq!(ticks(&list, Europe::Berlin, SPRING.0, "2026-03-29T12:00:00Z"), after);
}

#[test]
fn a_time_in_the_repeated_hour_comes_once() {
    let night = fixed(&[30], &[2]);
    assert_eq!(ticks(&night, Europe::Berlin, AUTUMN.0, AUTUMN.1), ["25 02:30 +0200", "26 02:30 +0100"]);
    let list = fixed(&[0, 30], &[2, 3]);
    let once = ["25 02:00 +0200", "25 02:30 +0200", "25 03:00 +0100", "25 03:30 +0100"];
    assert_eq!(ticks(&list, Europe::Berlin, AUTUMN.0, "2026-10-25T12:00:00Z"), once);
    // A beat that starts in the second hour does not repeat the first.
    assert_eq!(ticks(&night, Europe::Berlin, "2026-10-25T01:10:00Z", AUTUMN.1), ["26 02:30 +0100"]);
}

#[test]
fn steps_follow_real_time() {
    let spring = ticks(&quarters(), Europe::Berlin, "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z");
    assert_eq!(spring, ["29 01:30 +0100", "29 01:45 +0100", "29 03:00 +0200", "29 03:15 +0200"]);
    let autumn = ticks(&quarters(), Europe::Berlin, "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z");
    assert_eq!(autumn, ["25 02:30 +0200", "25 02:45 +0200", "25 02:00 +0100", "25 02:15 +0100"]);
    let hourly = Cron { minutes: 1, ..ANY };
    assert_eq!(ticks(&hourly, Europe::Berlin, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z").len(), 25);
    assert_eq!(ticks(&hourly, Europe::Berlin, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z").len(), 23);
    let within = Cron { minutes: 1 << 30, hours: bits(&[2]), ..ANY };
    assert_eq!(ticks(&within, Europe::Berlin, SPRING.0, SPRING.1), ["30 02:30 +0200"]);
    let both = ["25 02:30 +0200", "25 02:30 +0100", "26 02:30 +0100"];
    assert_eq!(ticks(&within, Europe::Berlin, AUTUMN.0, AUTUMN.1), both);
}

#[test]
fn gaps_may_be_at_midnight_half_an_hour_long_or_a_day() {
    let midnight = fixed(&[0], &[0]);
    let santiago = ticks(&midnight, America::Santiago, "2026-09-05T12:00:00Z", "2026-09-07T12:00:00Z");
    assert_eq!(santiago, ["06 01:00 -0300", "07 00:00 -0300"]);
    let night = fixed(&[15], &[2]);
    let lord_howe = ticks(&night, Australia::Lord_Howe, "2026-10-03T12:00:00Z", "2026-10-04T12:00:00Z");
    assert_eq!(lord_howe, ["04 02:30 +1100"]);
    let samoa = ticks(&fixed(&[0], &[9]), Pacific::Apia, "2011-12-29T12:00:00Z", "2012-01-01T12:00:00Z");
    assert_eq!(samoa, ["29 09:00 -1000", "31 00:00 +1400", "31 09:00 +1400", "01 09:00 +1400"]);
}

#[test]
fn days_match_by_number_weekday_and_the_end_of_the_month() {
    let noon = fixed(&[0], &[12]);
    let days = |cron: Cron, from: &str, until: &str| {
        let ticks = ticks(&cron, Tz::UTC, from, until);
        ticks.iter().map(|tick| tick[..2].to_owned()).collect::<Vec<_>>().join(" ")
    };
    let (from, until) = ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");
    assert_eq!(days(Cron { days: 1 << 13, weekdays: bits(&[5]), ..noon }, from, until), "13");
    let either = Cron { days: 1 << 12, weekdays: bits(&[5]), is_either_day: true, ..noon };
    assert_eq!(days(either, from, until), "06 12 13 20 27");
    assert_eq!(days(Cron { days: 1, ..noon }, "2028-01-15T00:00:00Z", "2028-04-15T00:00:00Z"), "31 29 31");
    let leap = Cron { days: 1 << 29, months: 1 << 2, ..noon };
    let next = leap.next_after(4_107_542_400_000, Tz::UTC).unwrap(); // 1 March 2100, which had no such day
    assert_eq!(local(next, Tz::UTC).unwrap().to_string(), "2104-02-29 12:00:00");
    assert_eq!(Cron { days: 1 << 30, months: 1 << 2, ..noon }.next_after(0, Tz::UTC), None);
    assert_eq!(Cron { days: 1 << 30, months: 1 << 2, ..ANY }.next_after(0, Tz::UTC), None);
}

/// Goes from minute to minute, as a person who watches a clock does. A fixed time is reached once: when the
/// clock first shows it, or jumps over it.
fn slowly(cron: &Cron, zone: Tz, from: i64, until: i64) -> Vec<i64> {
    let matches = |time: NaiveDateTime| {
        has(cron.minutes, time.minute()) && has(cron.hours, time.hour()) && cron.has_day(time.date())
    };
    let minute = chrono::Duration::minutes(1);
    // The latest local time that the clock has shown, of which the day before shows enough.
    let mut latest = (from - 1_440 * MINUTE..=from).step_by(60_000).filter_map(|it| local(it, zone)).max().unwrap();
    let mut found = Vec::new();
    for moment in (from + MINUTE..=until).step_by(60_000) {
        let shown = local(moment, zone).unwrap();
        let is_tick = if cron.is_fixed {
            let reached = std::iter::successors(Some(latest + minute), |time| Some(*time + minute));
            reached.take_while(|time| *time <= shown).any(matches)
        } else {
            matches(shown)
        };
        latest = latest.max(shown);
        if is_tick {
            found.push(moment);
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ticks_are_those_of_a_slow_clock(
        minutes in prop::collection::vec(0_u32..60, 1..4),
        hours in prop::collection::vec(prop_oneof![3 => 0_u32..4, 1 => 4_u32..24], 1..4),
        weekdays in 1_u64..128,
        (is_fixed, is_any_hour) in (any::<bool>(), any::<bool>()),
        zone in prop::sample::select(vec![
            Europe::Berlin, America::New_York, America::Santiago, Australia::Lord_Howe, Asia::Beirut,
            Africa::Casablanca, America::St_Johns, Pacific::Apia, America::Nuuk, Asia::Kathmandu,
        ]),
        day in 14_600_i64..22_000,
    ) {
        let hours = if is_any_hour && !is_fixed { ANY.hours } else { bits(&hours) };
        let cron = Cron { minutes: bits(&minutes), hours, weekdays, is_fixed, ..ANY };
        // Days on which the clocks are set are rare, so the range is long.
        let from = day * 1_440 * MINUTE;
        let until = from + 30 * 1_440 * MINUTE;
        let mut ticks = Vec::new();
        let mut last = from;
        while let Some(tick) = cron.next_after(last, zone).filter(|tick| *tick <= until) {
            ticks.push(tick);
            last = tick;
        }
        prop_assert_eq!(ticks, slowly(&cron, zone, from, until));
    }
}
