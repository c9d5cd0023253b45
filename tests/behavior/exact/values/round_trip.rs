//! Any value of each field: a load returns what a save stored.

use std::time::Duration;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _, Utc};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRng, TestRunner};
use signals::{Model, Result};
use signals_test_behavior::{db, kind};
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

use super::day;

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "values_every")]
struct Every {
    id: i64,
    day: NaiveDate,
    time: NaiveTime,
    at: NaiveDateTime,
    moment: DateTime<Utc>,
    other_day: time::Date,
    other_time: time::Time,
    other_at: PrimitiveDateTime,
    other_moment: OffsetDateTime,
    exact: f64,
    rough: f32,
    long: i64,
    short: i16,
    flag: bool,
    text: String,
    bytes: Vec<u8>,
    uuid: uuid::Uuid,
    #[model(json)]
    json: serde_json::Value,
}

/// Any value of each field, the edges of its type more often than others.
fn every() -> impl Strategy<Value = Every> {
    let seconds = prop_oneof![
        any::<i64>().prop_map(|seconds| seconds % 8_000_000_000_000),
        -70_000_000_000_i64..300_000_000_000,
        Just(253_402_300_800_i64),
        Just(253_402_300_799_i64),
    ];
    let nanos = prop_oneof![Just(0_u32), 0..1_000_000_000_u32, 1_000_000_000..2_000_000_000_u32, Just(999_999_999)];
    let at = (seconds, nanos).prop_filter_map("a leap second is the last of a minute", |(seconds, nanos)| {
        let base = DateTime::from_timestamp(seconds, 0)?.naive_utc();
        let leaping = if nanos < 1_000_000_000 { base.time() } else { NaiveTime::from_hms_opt(12, 30, 59)? };
        Some(base.date().and_time(leaping.with_nanosecond(nanos)?))
    });
    let other = (-377_705_116_800_i64..253_402_300_799, 0..1_000_000_000_i64, -11..11_i8).prop_map(
        |(seconds, nanos, hours)| {
            let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap() + time::Duration::nanoseconds(nanos);
            moment.checked_to_offset(UtcOffset::from_hms(hours, 0, 0).unwrap()).unwrap_or(moment)
        },
    );
    let exact = prop_oneof![any::<f64>(), any::<i32>().prop_map(f64::from), Just(f64::NAN), Just(f64::INFINITY)];
    let text = prop_oneof![".*", Just("\0".to_owned()), Just(" a ".to_owned()), Just("\u{10ffff}\u{feff}".to_owned())];
    let rest = (any::<f32>(), any::<i64>(), any::<i16>(), any::<bool>(), any::<Vec<u8>>(), any::<u128>());
    (at.clone(), at, other, exact, text, rest).prop_map(|(one, two, other, exact, text, rest)| Every {
        id: 0,
        day: one.date(),
        time: two.time(),
        at: one,
        moment: two.and_utc(),
        other_day: other.date(),
        other_time: other.time(),
        other_at: PrimitiveDateTime::new(other.date(), other.time()),
        other_moment: other,
        exact,
        rough: rest.0,
        long: rest.1,
        short: rest.2,
        flag: rest.3,
        json: serde_json::json!({ "text": text, "long": rest.1 }),
        text,
        bytes: rest.4,
        uuid: uuid::Uuid::from_u128(rest.5),
    })
}

/// The row of values that every database takes.
fn tame() -> Every {
    let other = OffsetDateTime::UNIX_EPOCH;
    Every {
        id: 0,
        day: day(2000),
        time: NaiveTime::MIN,
        at: day(2000).into(),
        moment: DateTime::UNIX_EPOCH,
        other_day: other.date(),
        other_time: other.time(),
        other_at: PrimitiveDateTime::new(other.date(), other.time()),
        other_moment: other,
        exact: 0.5,
        rough: 0.5,
        long: 1,
        short: 1,
        flag: true,
        text: "a".into(),
        bytes: vec![1],
        uuid: uuid::Uuid::max(),
        json: serde_json::json!(null),
    }
}

/// The same row with one field of another, so that a value which is refused hides no other.
fn mixed(other: &Every) -> Vec<Every> {
    let other = other.clone();
    let tame = tame();
    vec![
        Every { day: other.day, ..tame.clone() },
        Every { time: other.time, ..tame.clone() },
        Every { at: other.at, ..tame.clone() },
        Every { moment: other.moment, ..tame.clone() },
        Every { other_day: other.other_day, ..tame.clone() },
        Every { other_time: other.other_time, ..tame.clone() },
        Every { other_at: other.other_at, ..tame.clone() },
        Every { other_moment: other.other_moment, ..tame.clone() },
        Every { exact: other.exact, ..tame.clone() },
        Every { rough: other.rough, ..tame.clone() },
        Every { text: other.text, json: other.json, ..tame.clone() },
        Every { long: other.long, short: other.short, flag: other.flag, bytes: other.bytes, uuid: other.uuid, ..tame },
    ]
}

// Whatever the value: either the save fails and leaves no row, or the row can be read, and holds the value to
// the microsecond.
#[tokio::test]
async fn what_a_save_takes_a_load_gives_back() -> Result<()> {
    let db = db().await;
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let strategy = every();
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..150 {
        let drawn = strategy.new_tree(&mut runner).unwrap().current();
        for mut row in mixed(&drawn) {
            if row.save(&db).await.is_err() {
                refused += 1;
                continue;
            }
            taken += 1;
            let read = Every::get(&db, row.id).await.unwrap_or_else(|error| panic!("{error}: {row:?}"));
            // Before 2000 PostgreSQL's driver rounds to the next microsecond.
            let are_near = |one: DateTime<Utc>, other: DateTime<Utc>| {
                one.timestamp_micros().abs_diff(other.timestamp_micros()) <= 1
            };
            assert_eq!((read.day, read.day.year()), (row.day, row.day.year()));
            assert!(are_near(read.at.and_utc(), row.at.and_utc()), "{row:?}");
            assert!(are_near(read.moment, row.moment), "{row:?}");
            let of_day = |time: NaiveTime| {
                u64::from(time.num_seconds_from_midnight()) * 1_000_000 + u64::from(time.nanosecond()) / 1000
            };
            assert_eq!(of_day(read.time), of_day(row.time), "{row:?}");
            assert_eq!(read.other_day, row.other_day);
            let near = |one: OffsetDateTime, other: OffsetDateTime| (one - other).abs() < Duration::from_micros(1);
            assert!(near(read.other_at.assume_utc(), row.other_at.assume_utc()), "{row:?}");
            assert!(near(read.other_moment, row.other_moment), "{row:?}");
            // Some databases have no zero below zero, and one has a NaN.
            let is_same = |one: f64, other: f64| (one + 0.0).to_bits() == (other + 0.0).to_bits();
            assert!(is_same(read.exact, row.exact) && is_same(read.rough.into(), row.rough.into()), "{row:?}");
            assert_eq!((&read.text, &read.json, &read.bytes), (&row.text, &row.json, &row.bytes));
            assert_eq!((read.long, read.short, read.flag, read.uuid), (row.long, row.short, row.flag, row.uuid));
        }
    }
    assert_eq!(Every::objects().all(&db).await?.len(), taken);
    assert!(taken > 1000 && (refused > 100 || kind().is_sqlite()), "{taken} taken, {refused} refused");
    Ok(())
}
