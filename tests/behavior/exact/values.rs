//! Values: a load returns what a save stored. A value that a column cannot hold is an error with the model
//! and the field.

mod round_trip;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use futures_util::TryStreamExt as _;
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
    // The existing rows can still be read.
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
    // On PostgreSQL the leap second would be 24:00, which reads as 00:00.
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
    // In UTC it is in the year 10,000, which `time` does not have.
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
    // The database decides whether it accepts the year -9999; in both cases all rows can be read.
    drop(usual.clone().save(&db).await);
    if kind() == Kind::Mysql {
        assert_refused(usual.clone().save(&db).await, "Meeting", "plan");
        let found = Meeting::objects().filter(Meeting::PLAN.eq(PrimitiveDateTime::MIN)).all(&db).await;
        assert_refused(found.map(drop), "Meeting", "plan");
    }
    Meeting::objects().all(&db).await?;
    Ok(())
}

// For NULL, SQLite returns a number, an empty text and so on, if that type is read.
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

// A column of NUMERIC affinity stores 5.0 as 5, which sqlx does not read as an `f64`.
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

/// An enum without a type name, which PostgreSQL looks up by its Rust name.
#[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
enum Plain {
    One,
}

#[tokio::test]
async fn an_enum_without_a_type_name_is_an_error_with_the_fix() -> Result<()> {
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
