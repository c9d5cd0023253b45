//! Values: what a save takes a load gives back, and what a column cannot hold is an error that names model and field.

use std::time::Duration;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _, Utc};
use futures_util::TryStreamExt as _;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRng, TestRunner};
use signals::{Db, Error, Model, Result};
use signals_test_behavior::{Kind, db, elsewhere, execute, kind, url};
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// A database without tables, for schemas that this library did not make.
async fn bare() -> Db {
    Db::connect(&url().await).await.unwrap()
}

fn day(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 2, 28).unwrap()
}

fn leap_second() -> NaiveTime {
    NaiveTime::from_hms_milli_opt(23, 59, 59, 1_500).unwrap()
}

#[track_caller]
fn assert_refused(saved: Result<()>, model: &str, field: &str) {
    let error = saved.unwrap_err();
    let Error::Value { model: of, field: named, .. } = &error else { panic!("{error:?}") };
    assert_eq!((*of, *named), (model, field));
    assert!(error.to_string().contains(&format!("the field `{field}` of `{model}`")), "{error}");
}

#[tokio::test]
async fn a_date_that_mysql_could_never_give_back_is_refused_before_it_is_written() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "values_far")]
    struct Event {
        id: i64,
        #[model(column = "on_day")]
        day: NaiveDate,
        at: NaiveDateTime,
        moment: Option<DateTime<Utc>>,
    }
    let event = |year: i32| {
        let at = day(year).and_hms_opt(1, 2, 3).unwrap();
        Event { id: 0, day: day(year), at, moment: Some(at.and_utc()) }
    };
    let db = db().await;
    for year in [1, 1000, 1969, 2039, 9999] {
        let mut known = event(year);
        known.save(&db).await?;
        assert_eq!(Event::get(&db, known.id).await?, known);
    }
    for year in [10_000, 65_535] {
        let mut far = event(year);
        let saved = far.save(&db).await;
        if kind() == Kind::Mysql {
            assert_refused(saved, "Event", "day");
            let mut far = Event { at: event(year).at, ..event(2000) };
            assert_refused(far.save(&db).await, "Event", "at");
            let mut far = Event { moment: event(year).moment, ..event(2000) };
            assert_refused(far.save(&db).await, "Event", "moment");
            assert_refused(Event::bulk_create(&db, &mut [event(year), event(year)]).await, "Event", "day");
            assert_refused(Event::objects().update(&db, [Event::DAY.set(day(year))]).await.map(drop), "Event", "day");
        } else {
            saved?;
            assert_eq!(Event::get(&db, far.id).await?, far);
        }
    }
    // Nothing breaks the rows that are there.
    Event::objects().all(&db).await?;
    Ok(())
}

#[tokio::test]
async fn a_leap_second_that_the_column_cannot_give_back_is_refused() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "values_leap")]
    struct Tick {
        id: i64,
        time: NaiveTime,
        at: NaiveDateTime,
        moment: DateTime<Utc>,
    }
    let at = day(2016).and_time(leap_second());
    let usual = || Tick { id: 0, time: NaiveTime::MIN, at: day(2016).into(), moment: DateTime::UNIX_EPOCH };
    let ticks = [
        ("time", Tick { time: leap_second(), ..usual() }),
        ("at", Tick { at, ..usual() }),
        ("moment", Tick { moment: at.and_utc(), ..usual() }),
    ];
    let db = db().await;
    for (field, mut tick) in ticks {
        let saved = tick.save(&db).await;
        match kind() {
            Kind::Memory | Kind::File => {
                saved?;
                assert_eq!(Tick::get(&db, tick.id).await?, tick);
            }
            // A moment of PostgreSQL is a count of microseconds, in which a leap second is the next one.
            Kind::Postgres if field != "time" => {
                saved?;
                let read = Tick::get(&db, tick.id).await?;
                assert_eq!(read.moment.timestamp_micros(), tick.moment.timestamp_micros());
            }
            Kind::Postgres | Kind::Mysql => assert_refused(saved, "Tick", field),
        }
    }
    // On PostgreSQL the whole leap second would be 24:00, which reads as 00:00.
    let whole = NaiveTime::from_hms_milli_opt(23, 59, 59, 1_000).unwrap();
    let saved = Tick { time: whole, ..usual() }.save(&db).await;
    if kind().is_sqlite() {
        saved?;
    } else {
        assert_refused(saved, "Tick", "time");
    }
    Tick::objects().all(&db).await?;
    Ok(())
}

#[tokio::test]
async fn a_value_that_cannot_be_encoded_names_model_and_field() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "values_encoded")]
    struct Meeting {
        id: i64,
        start: OffsetDateTime,
        plan: PrimitiveDateTime,
    }
    // In UTC it is in the year 10,000, which `time` has not.
    let start = PrimitiveDateTime::MAX.assume_offset(UtcOffset::from_hms(-2, 0, 0).unwrap());
    let usual = Meeting { id: 0, start: OffsetDateTime::UNIX_EPOCH, plan: PrimitiveDateTime::MIN };
    let db = db().await;
    let mut far = Meeting { start, plan: PrimitiveDateTime::MAX, ..usual.clone() };
    let saved = far.save(&db).await;
    if kind().is_sqlite() {
        saved?;
    } else {
        assert_refused(saved, "Meeting", "start");
    }
    // Whether the year -9999 is taken is for the database to say; either way all rows can be read.
    drop(usual.clone().save(&db).await);
    if kind() == Kind::Mysql {
        assert_refused(usual.clone().save(&db).await, "Meeting", "plan");
        let found = Meeting::objects().filter(Meeting::PLAN.eq(PrimitiveDateTime::MIN)).all(&db).await;
        assert_refused(found.map(drop), "Meeting", "plan");
    }
    Meeting::objects().all(&db).await?;
    Ok(())
}

// SQLite gives a number for NULL, an empty text and so on, if it is asked for one.
#[tokio::test]
async fn null_in_a_field_that_is_no_option_is_an_error_of_that_field() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "values_null")]
    struct Note {
        id: i64,
        text: String,
        number: i64,
        real: f64,
        flag: bool,
        bytes: Vec<u8>,
        opt: Option<String>,
    }
    let db = bare().await;
    let (real, blob) = match kind() {
        Kind::Postgres => ("DOUBLE PRECISION", "BYTEA"),
        Kind::Mysql => ("DOUBLE", "BLOB"),
        Kind::Memory | Kind::File => ("REAL", "BLOB"),
    };
    let integer = if kind().is_sqlite() { "INTEGER" } else { "BIGINT" };
    execute(
        &db,
        format!(
            "CREATE TABLE values_null (id {integer} PRIMARY KEY, text TEXT, number BIGINT, real_ {real}, flag BOOLEAN, bytes {blob}, opt TEXT)"
        )
        .replace("real_", if kind() == Kind::Mysql { "`real`" } else { "\"real\"" }),
    )
    .await;
    let full = Note { id: 0, text: "a".into(), number: 1, real: 1.5, flag: true, bytes: vec![1], opt: None };
    for (id, field) in (1..).zip(["text", "number", "real", "flag", "bytes"]) {
        let mut note = Note { id, ..full.clone() };
        note.save(&db).await?;
        let column = if kind() == Kind::Mysql { format!("`{field}`") } else { format!("\"{field}\"") };
        execute(&db, format!("UPDATE values_null SET {column} = NULL WHERE id = {id}")).await;
        let found = [
            Note::get(&db, id).await.unwrap_err(),
            note.refresh(&db).await.unwrap_err(),
            Note::objects().filter(Note::ID.eq(id)).all(&db).await.unwrap_err(),
            Note::objects().filter(Note::ID.eq(id)).stream(&db).try_collect::<Vec<_>>().await.unwrap_err(),
        ];
        for error in found {
            let shown = error.to_string();
            assert!(shown.contains("`Note`") && shown.contains(field) && shown.contains("null"), "{shown}");
        }
        execute(&db, format!("DELETE FROM values_null WHERE id = {id}")).await;
    }
    let mut note = Note { id: 9, ..full };
    note.save(&db).await?;
    assert_eq!(Note::get(&db, 9).await?.opt, None);
    Ok(())
}

#[tokio::test]
async fn null_is_read_by_a_type_that_binds_null() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, sqlx::Type)]
    #[sqlx(transparent)]
    struct Nick(Option<String>);
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "values_nick")]
    struct Person {
        id: i64,
        #[model(sql_type = "VARCHAR(20)")]
        nick: Option<Nick>,
    }
    let db = db().await;
    let mut person = Person { id: 0, nick: None };
    person.save(&db).await?;
    assert_eq!(Person::get(&db, person.id).await?, person);
    Ok(())
}

// A column of NUMERIC affinity keeps 5.0 as 5, which sqlx does not read as an `f64`.
#[tokio::test]
async fn a_whole_float_is_read_from_a_numeric_column_of_sqlite() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "values_price")]
    struct Price {
        id: i64,
        amount: f64,
        rough: Option<f32>,
    }
    if elsewhere(&[Kind::Memory, Kind::File]) {
        return Ok(());
    }
    let db = bare().await;
    execute(&db, "CREATE TABLE values_price (id INTEGER PRIMARY KEY, amount DECIMAL(5, 2) NOT NULL, rough NUMERIC)")
        .await;
    for amount in [5.0, 5.25, -3e15] {
        let mut price = Price { id: 0, amount, rough: Some(2.0) };
        price.save(&db).await?;
        assert_eq!(Price::get(&db, price.id).await?, price);
    }
    assert_eq!(Price::objects().all(&db).await?.len(), 3);
    Ok(())
}

#[tokio::test]
async fn infinity_in_a_date_of_postgres_is_an_error_of_the_field() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "values_forever")]
    struct Term {
        id: i64,
        day: NaiveDate,
        at: NaiveDateTime,
        moment: DateTime<Utc>,
        other_day: time::Date,
        other_at: PrimitiveDateTime,
        other_moment: Option<OffsetDateTime>,
    }
    if elsewhere(&[Kind::Postgres]) {
        return Ok(());
    }
    let db = db().await;
    let mut term = Term {
        id: 0,
        day: day(2000),
        at: day(2000).into(),
        moment: DateTime::UNIX_EPOCH,
        other_day: OffsetDateTime::UNIX_EPOCH.date(),
        other_at: PrimitiveDateTime::MIN.replace_year(2000).unwrap(),
        other_moment: None,
    };
    term.save(&db).await?;
    let far = ["'infinity'", "'-infinity'", "'200000-01-01'"];
    for column in ["day", "at", "moment", "other_day", "other_at", "other_moment"] {
        for value in far {
            // chrono has this year, and `time` has not.
            if value == far[2] && !column.starts_with("other") {
                continue;
            }
            execute(&db, format!("UPDATE values_forever SET {column} = {value}")).await;
            let id = term.id;
            let read = tokio::spawn({
                let db = db.clone();
                async move {
                    let outcomes = [
                        Term::get(&db, id).await.map(drop),
                        Term::objects().first(&db).await.map(drop),
                        Term::objects().all(&db).await.map(drop),
                        Term::objects().stream(&db).try_collect::<Vec<_>>().await.map(drop),
                    ];
                    outcomes.map(|outcome| outcome.unwrap_err().to_string())
                }
            });
            for error in read.await.expect("no panic") {
                assert!(error.contains("`Term`") && error.contains(column), "{error}");
                assert!(value == far[2] || error.contains("infinity"), "{error}");
            }
        }
        execute(&db, format!("UPDATE values_forever SET {column} = '2000-01-01'")).await;
        Term::get(&db, term.id).await?;
    }
    // A date that only PostgreSQL's own range reaches.
    execute(&db, "UPDATE values_forever SET day = '5000000-01-01'").await;
    let db_ = db.clone();
    let read = tokio::spawn(async move { Term::objects().all(&db_).await.map(drop) }).await.expect("no panic");
    assert!(read.unwrap_err().to_string().contains("day"));
    Ok(())
}

/// An enum that says nothing of its type, which PostgreSQL looks for by its name.
#[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
enum Plain {
    One,
}

#[tokio::test]
async fn an_enum_without_a_type_name_is_told_what_to_write() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "values_enum")]
    struct Card {
        id: i64,
        #[model(sql_type = "VARCHAR(20)")]
        plain: Plain,
    }
    let db = db().await;
    let mut card = Card { id: 0, plain: Plain::One };
    let saved = card.save(&db).await;
    if kind() != Kind::Postgres {
        saved?;
        assert_eq!(Card::get(&db, card.id).await?.plain, Plain::One);
        return Ok(());
    }
    let error = saved.unwrap_err().to_string();
    assert!(
        error.contains("Plain") && error.contains("#[sqlx(type_name = \"..\")]") && error.contains("repr"),
        "{error}"
    );
    Ok(())
}

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

// Whatever the value: either the save fails and leaves no row, or the row can be read, and holds the value to the microsecond.
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
