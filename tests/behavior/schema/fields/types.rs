//! The types of columns: every type that sqlx can bind and read, custom enums and newtypes, and JSON.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};
use signals::{Model, Result};
use signals_test_behavior::{Kind, count, db, execute, kind, read, texts};
use sqlx::Database;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};
use uuid::Uuid;

use super::defined;

#[tokio::test]
async fn plain_values_come_back_as_they_were() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "types_plain")]
    struct Plain {
        id: i64,
        small: i8,
        short: i16,
        int: i32,
        long: i64,
        single: f32,
        double: f64,
        flag: bool,
        text: String,
        bytes: Vec<u8>,
    }
    let db = db().await;
    let zero = Plain {
        id: 0,
        small: 0,
        short: 0,
        int: 0,
        long: 0,
        single: 0.0,
        double: 0.0,
        flag: false,
        text: String::new(),
        bytes: Vec::new(),
    };
    let extreme = Plain {
        id: 0,
        small: i8::MIN,
        short: i16::MIN,
        int: i32::MIN,
        long: i64::MIN,
        single: f32::MAX,
        double: f64::MIN_POSITIVE,
        flag: true,
        text: "\u{0}'\"🦀".into(),
        bytes: vec![0, 255],
    };
    let mut extreme = extreme;
    if kind() == Kind::Postgres {
        let refused = extreme.save(&db).await.unwrap_err();
        assert!(refused.to_string().contains("0x00"), "a text there has no NUL: {refused}");
        extreme.text.remove(0);
    }
    for mut plain in [zero, extreme] {
        plain.save(&db).await?;
        assert_eq!(Plain::get(&db, plain.id).await?, plain);
        // Again by an UPDATE.
        plain.save(&db).await?;
        assert_eq!(Plain::get(&db, plain.id).await?, plain);
    }
    Ok(())
}

#[tokio::test]
async fn an_option_is_a_column_that_may_be_null() -> Result<()> {
    /// An alias works: nothing depends on how a type is spelled.
    type Maybe<T> = Option<T>;
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "types_option")]
    struct Optional {
        id: i64,
        number: Option<i32>,
        text: Maybe<String>,
        bytes: std::option::Option<Vec<u8>>,
        when: Option<DateTime<Utc>>,
        uuid: Option<Uuid>,
    }
    let db = db().await;
    let mut none = Optional { id: 0, number: None, text: None, bytes: None, when: None, uuid: None };
    none.save(&db).await?;
    assert_eq!(Optional::get(&db, 1).await?, none);
    let mut some = Optional {
        id: 1,
        number: Some(0),
        text: Some(String::new()),
        bytes: Some(Vec::new()),
        when: Some(DateTime::UNIX_EPOCH),
        uuid: Some(Uuid::nil()),
    };
    some.save(&db).await?;
    assert_eq!(Optional::get(&db, 1).await?, some);
    none.id = 1;
    none.save(&db).update_fields([Optional::TEXT, Optional::UUID]).await?;
    let row = Optional::get(&db, 1).await?;
    assert_eq!((row.text, row.uuid, row.number), (None, None, Some(0)));
    let columns = defined(&db, "types_option").await?;
    assert!(columns.iter().all(|column| column.notnull == (column.name == "id")), "{columns:?}");
    Ok(())
}

#[tokio::test]
async fn enums_and_newtypes_of_ones_own_are_columns() -> Result<()> {
    // On PostgreSQL it would be a database type that migrations would have to create, if it did not name an
    // existing one.
    #[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
    #[sqlx(rename_all = "snake_case", type_name = "text")]
    enum Status {
        Draft,
        InReview,
    }
    #[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
    #[repr(i32)]
    enum Level {
        Low = 1,
        High = 10,
    }
    #[derive(Debug, Clone, PartialEq, sqlx::Type)]
    #[sqlx(transparent)]
    struct Email(String);
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "types_own")]
    struct Article {
        id: i64,
        status: Status,
        before: Option<Status>,
        level: Level,
        email: Email,
    }
    let db = db().await;
    let mut article = Article {
        id: 0,
        status: Status::InReview,
        before: Some(Status::Draft),
        level: Level::High,
        email: Email("a@b".into()),
    };
    article.save(&db).await?;
    assert_eq!(Article::get(&db, 1).await?, article);
    assert_eq!(texts(&db, "SELECT status FROM types_own").await, ["in_review"]);
    assert_eq!(count(&db, "SELECT level + 0 * id FROM types_own").await, 10);
    assert_eq!(texts(&db, "SELECT email FROM types_own").await, ["a@b"]);
    (article.status, article.before, article.level) = (Status::Draft, None, Level::Low);
    article.save(&db).update_fields([Article::STATUS, Article::BEFORE, Article::LEVEL]).await?;
    assert_eq!(Article::get(&db, 1).await?, article);
    let types: Vec<_> = defined(&db, "types_own").await?.into_iter().map(|column| column.r#type).collect();
    let expected = match kind() {
        Kind::Memory | Kind::File => ["INTEGER", "TEXT", "TEXT", "INTEGER", "TEXT"],
        Kind::Postgres => ["bigint", "text", "text", "integer", "text"],
        Kind::Mysql => ["bigint", "longtext", "longtext", "int", "longtext"],
    };
    assert_eq!(types, expected);
    Ok(())
}

#[tokio::test]
async fn the_types_of_chrono_time_and_uuid_are_columns() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "types_features")]
    struct Moment {
        id: i64,
        utc: DateTime<Utc>,
        naive: NaiveDateTime,
        date: NaiveDate,
        clock: NaiveTime,
        time_offset: OffsetDateTime,
        time_primitive: PrimitiveDateTime,
        time_date: Date,
        time_clock: Time,
        uuid: Uuid,
    }
    let db = db().await;
    let date = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let clock = NaiveTime::from_hms_nano_opt(23, 59, 58, 123_456_789).unwrap();
    let time_date = Date::from_calendar_date(1999, Month::December, 31).unwrap();
    let time_clock = Time::from_hms_nano(1, 2, 3, 456_789_000).unwrap();
    let mut moment = Moment {
        id: 0,
        utc: date.and_time(clock).and_utc(),
        naive: date.and_time(clock),
        date,
        clock,
        time_offset: PrimitiveDateTime::new(time_date, time_clock).assume_utc(),
        time_primitive: PrimitiveDateTime::new(time_date, time_clock),
        time_date,
        time_clock,
        uuid: Uuid::from_u128(u128::MAX),
    };
    moment.save(&db).await?;
    let (naive, utc) = (date.and_time(clock), date.and_time(clock).and_utc());
    let row = Moment::get(&db, 1).await?;
    if kind().is_sqlite() {
        assert_eq!(row, moment);
    } else {
        // The columns keep whole microseconds.
        (moment.naive, moment.utc, moment.clock) =
            (naive.trunc_subsecs(6), utc.trunc_subsecs(6), clock.trunc_subsecs(6));
        assert_eq!(row, moment);
    }
    let types: Vec<_> = defined(&db, "types_features").await?.into_iter().map(|column| column.r#type).collect();
    let expected = match kind() {
        Kind::Memory | Kind::File => {
            ["INTEGER", "DATETIME", "DATETIME", "DATE", "TIME", "DATETIME", "DATETIME", "DATE", "TIME", "BLOB"]
        }
        Kind::Postgres => [
            "bigint",
            "timestamp with time zone",
            "timestamp without time zone",
            "date",
            "time without time zone",
            "timestamp with time zone",
            "timestamp without time zone",
            "date",
            "time without time zone",
            "uuid",
        ],
        Kind::Mysql => {
            ["bigint", "datetime", "datetime", "date", "time", "datetime", "datetime", "date", "time", "binary"]
        }
    };
    assert_eq!(types, expected);
    Ok(())
}

#[tokio::test]
async fn times_are_the_same_moment_whatever_the_zone_and_the_year() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "types_moments")]
    struct Moments {
        id: i64,
        chrono: DateTime<Utc>,
        time: OffsetDateTime,
    }
    let db = db().await;
    let moment = |text: &str| {
        let chrono: DateTime<Utc> = text.parse().unwrap();
        let nanoseconds = i128::from(chrono.timestamp_nanos_opt().unwrap());
        Moments { id: 0, chrono, time: OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap() }
    };
    // Beyond what a TIMESTAMP of MySQL can be, at both ends, and an hour that a summer leaves out.
    for text in ["1901-12-31T23:59:59.999999Z", "2100-02-28T22:00:00.5-03:30", "2024-03-31T02:30:00+00:00"] {
        let mut saved = moment(text);
        saved.save(&db).await?;
        assert_eq!(Moments::get(&db, saved.id).await?, saved);
        let same = Moments::objects().filter(Moments::CHRONO.eq(saved.chrono)).filter(Moments::TIME.eq(saved.time));
        assert_eq!(same.count(&db).await?, 1, "{text}");
    }
    let mut sorted = Moments::objects().order_by([Moments::CHRONO.asc()]).all(&db).await?;
    assert!(sorted.is_sorted_by_key(|one| one.chrono) && sorted.is_sorted_by_key(|one| one.time));
    // A time in another zone is still the same time.
    sorted[0].time = sorted[0].time.to_offset(time::UtcOffset::from_hms(5, 30, 0).unwrap());
    sorted[0].save(&db).await?;
    assert_eq!(Moments::get(&db, sorted[0].id).await?, sorted[0]);
    Ok(())
}

#[tokio::test]
async fn a_uuid_is_a_uuid_for_the_database_too() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "types_uuid")]
    struct Ticket {
        id: Uuid,
        #[model(unique)]
        serial: Uuid,
        before: Option<Uuid>,
    }
    let db = db().await;
    let serial = Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
    let mut ticket = Ticket { id: Uuid::nil(), serial, before: None };
    ticket.save(&db).await?;
    ticket.before = Some(Uuid::max());
    ticket.save(&db).await?;
    assert_eq!(Ticket::objects().filter(Ticket::SERIAL.eq(serial)).all(&db).await?, [ticket]);
    assert!(Ticket { id: Uuid::nil(), serial, before: None }.save(&db).await.is_err());
    let sql = match kind() {
        Kind::Postgres => "SELECT serial::TEXT FROM types_uuid",
        _ => "SELECT LOWER(HEX(serial)) FROM types_uuid",
    };
    let text = texts(&db, sql).await.remove(0).replace('-', "");
    assert_eq!(text, "00112233445566778899aabbccddeeff");
    Ok(())
}

#[tokio::test]
async fn a_json_field_is_a_document() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    enum Theme {
        Light,
        Custom { colors: Vec<String> },
    }
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "types_json")]
    struct Profile {
        id: i64,
        #[model(json)]
        theme: Theme,
        #[model(json)]
        counters: BTreeMap<String, u64>,
        #[model(json)]
        anything: serde_json::Value,
        #[model(json)]
        maybe: Option<Theme>,
    }
    let db = db().await;
    let mut profile = Profile {
        id: 0,
        theme: Theme::Custom { colors: vec!["\"red\"".into()] },
        counters: BTreeMap::from([("visits".into(), 3)]),
        anything: serde_json::json!({"a": [1, null, "b"]}),
        maybe: None,
    };
    profile.save(&db).await?;
    assert_eq!(Profile::get(&db, 1).await?, profile);
    (profile.theme, profile.maybe) = (Theme::Light, Some(Theme::Light));
    profile.save(&db).update_fields([Profile::THEME, Profile::MAYBE]).await?;
    assert_eq!(Profile::get(&db, 1).await?, profile);
    // The database can look into it, and plain sqlx can read it.
    let visits = match kind() {
        Kind::Memory | Kind::File => "SELECT counters ->> 'visits' FROM types_json",
        Kind::Postgres => "SELECT (counters ->> 'visits')::BIGINT FROM types_json WHERE counters @> '{\"visits\": 3}'",
        Kind::Mysql => "SELECT CAST(JSON_VALUE(counters, '$.visits') AS SIGNED) FROM types_json",
    };
    assert_eq!(count(&db, visits).await, 3);
    assert_eq!(read::<Profile>(&db, "SELECT * FROM types_json").await?, [profile]);
    let types: Vec<_> = defined(&db, "types_json").await?.into_iter().skip(1).map(|column| column.r#type).collect();
    match kind() {
        Kind::Memory | Kind::File => assert_eq!(types, ["TEXT"; 4]),
        Kind::Postgres => assert_eq!(types, ["jsonb"; 4]),
        // To MariaDB, JSON is a text that it checks.
        Kind::Mysql => assert!(types == ["json"; 4] || types == ["longtext"; 4], "{types:?}"),
    }
    Ok(())
}

#[tokio::test]
async fn null_is_read_as_an_empty_json_field_where_it_may_be() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "types_json_null")]
    struct Nullable {
        id: i64,
        #[model(json)]
        maybe: Option<Vec<u8>>,
    }
    let db = db().await;
    execute(&db, "INSERT INTO types_json_null VALUES (1, NULL)").await;
    let mut row = Nullable::get(&db, 1).await?;
    assert_eq!(row.maybe, None);
    row.maybe = Some(vec![1]);
    row.save(&db).await?;
    assert_eq!(Nullable::get(&db, 1).await?.maybe, Some(vec![1]));
    execute(&db, "UPDATE types_json_null SET maybe = '{}'").await;
    assert!(Nullable::get(&db, 1).await.unwrap_err().to_string().contains("maybe"));
    Ok(())
}

/// A decimal. sqlx has none for SQLite, so `Decimal` itself cannot be a column there. This one is stored as
/// text, which is exact.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Amount(sqlx::types::Decimal);

impl<DB: Database> sqlx::Type<DB> for Amount
where
    String: sqlx::Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        <String as sqlx::Type<DB>>::type_info()
    }

    fn compatible(other: &DB::TypeInfo) -> bool {
        <String as sqlx::Type<DB>>::compatible(other)
    }
}

impl<'a, DB: Database> sqlx::Encode<'a, DB> for Amount
where
    String: sqlx::Encode<'a, DB>,
{
    fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        self.0.to_string().encode(buffer)
    }
}

impl<'r, DB: Database> sqlx::Decode<'r, DB> for Amount
where
    String: sqlx::Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(String::decode(value)?.parse()?))
    }
}

#[tokio::test]
async fn a_type_with_hand_written_sqlx_impls_is_a_column() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "types_decimal")]
    struct Price {
        id: i64,
        amount: Amount,
        discount: Option<Amount>,
    }
    let amount = |text: &str| Amount(text.parse().unwrap());
    let db = db().await;
    let mut price = Price { id: 0, amount: amount("79228162514264337593543950335"), discount: None };
    price.save(&db).await?;
    assert_eq!(Price::get(&db, 1).await?, price);
    (price.amount, price.discount) = (amount("0.10"), Some(amount("-0.0000000000000000000000000001")));
    price.save(&db).await?;
    let row = Price::get(&db, 1).await?;
    assert_eq!((row.amount.0.to_string().as_str(), row.discount), ("0.10", price.discount));
    Ok(())
}

#[tokio::test]
async fn a_value_of_the_wrong_type_names_its_column() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "types_wrong")]
    struct Strict {
        id: i64,
        count: i32,
    }
    let db = db().await;
    if !kind().is_sqlite() {
        // Only SQLite accepts a text for a number; in other databases the column was changed by hand.
        execute(&db, "ALTER TABLE types_wrong DROP COLUMN count; ALTER TABLE types_wrong ADD COLUMN count TEXT").await;
    }
    execute(&db, "INSERT INTO types_wrong VALUES (1, 'many')").await;
    let error = Strict::get(&db, 1).await.unwrap_err();
    assert!(error.to_string().contains("count") && error.to_string().contains("Strict"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_column_may_have_a_declared_type() -> Result<()> {
    #[derive(Model)]
    #[model(table = "types_declared")]
    struct Declared {
        id: i64,
        #[model(sql_type = "VARCHAR(20) DEFAULT 'nobody'", unique)]
        name: String,
        #[model(sql_type = "VARCHAR(255)")]
        note: Option<String>,
    }
    let db = db().await;
    execute(&db, "INSERT INTO types_declared (id) VALUES (7)").await;
    assert_eq!(Declared::get(&db, 7).await?.name, "nobody");
    assert!(
        Declared { id: 0, name: "nobody".into(), note: None }.save(&db).await.is_err(),
        "what else the field says is said too"
    );
    let columns = defined(&db, "types_declared").await?;
    let expected = match kind() {
        Kind::Postgres => "character varying(20)",
        Kind::Memory | Kind::File => "VARCHAR(20)",
        Kind::Mysql => "varchar(20)",
    };
    assert_eq!((columns[1].r#type.as_str(), columns[1].notnull), (expected, true));
    let expected = if kind() == Kind::Postgres { "character varying(255)" } else { "varchar(255)" };
    assert_eq!(columns[2].r#type.to_lowercase(), expected);
    Ok(())
}
