//! The types a column can have: whatever sqlx can bind and read, enums and newtypes of one's own, and JSON.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use signals::{Model, Result};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};
use uuid::Uuid;

use super::defined;
use crate::support::db;

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
        byte: u8,
        word: u16,
        dword: u32,
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
        byte: 0,
        word: 0,
        dword: 0,
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
        byte: u8::MAX,
        word: u16::MAX,
        dword: u32::MAX,
        single: f32::MAX,
        double: f64::MIN_POSITIVE,
        flag: true,
        text: "\u{0}'\"🦀".into(),
        bytes: vec![0, 255],
    };
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
    /// An alias is no obstacle: nothing is decided by how a type is spelled.
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
    #[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
    #[sqlx(rename_all = "snake_case")]
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
    let stored: (String, i64, String) =
        sqlx::query_as("SELECT status, level, email FROM types_own").fetch_one(db.sqlite()?).await?;
    assert_eq!(stored, ("in_review".into(), 10, "a@b".into()));
    (article.status, article.before, article.level) = (Status::Draft, None, Level::Low);
    article.save(&db).update_fields([Article::STATUS, Article::BEFORE, Article::LEVEL]).await?;
    assert_eq!(Article::get(&db, 1).await?, article);
    let types: Vec<_> = defined(&db, "types_own").await?.into_iter().map(|column| column.r#type).collect();
    assert_eq!(types, ["INTEGER", "TEXT", "TEXT", "INTEGER", "TEXT"]);
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
    assert_eq!(Moment::get(&db, 1).await?, moment);
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
    let visits: i64 =
        sqlx::query_scalar("SELECT counters ->> 'visits' FROM types_json").fetch_one(db.sqlite()?).await?;
    assert_eq!(visits, 3);
    let loaded: Profile = sqlx::query_as("SELECT * FROM types_json").fetch_one(db.sqlite()?).await?;
    assert_eq!(loaded, profile);
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
    sqlx::query("INSERT INTO types_json_null VALUES (1, NULL)").execute(db.sqlite()?).await?;
    let mut row = Nullable::get(&db, 1).await?;
    assert_eq!(row.maybe, None);
    row.maybe = Some(vec![1]);
    row.save(&db).await?;
    assert_eq!(Nullable::get(&db, 1).await?.maybe, Some(vec![1]));
    sqlx::query("UPDATE types_json_null SET maybe = '{}'").execute(db.sqlite()?).await?;
    assert!(Nullable::get(&db, 1).await.unwrap_err().to_string().contains("maybe"));
    Ok(())
}

/// A decimal. sqlx has none for SQLite, so that `Decimal` itself is no column there; this one is stored as text, which is exact.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Amount(sqlx::types::Decimal);

impl sqlx::Type<sqlx::Sqlite> for Amount {
    fn type_info() -> sqlx::sqlite::SqliteTypeInfo {
        <String as sqlx::Type<sqlx::Sqlite>>::type_info()
    }
}

impl sqlx::Encode<'_, sqlx::Sqlite> for Amount {
    fn encode_by_ref(&self, args: &mut sqlx::sqlite::SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        sqlx::Encode::<sqlx::Sqlite>::encode(self.0.to_string(), args)
    }
}

impl<'r> sqlx::Decode<'r, sqlx::Sqlite> for Amount {
    fn decode(value: sqlx::sqlite::SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        let text = <&str as sqlx::Decode<sqlx::Sqlite>>::decode(value)?;
        Ok(Self(text.parse()?))
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
    sqlx::query("INSERT INTO types_wrong VALUES (1, 'many')").execute(db.sqlite()?).await?;
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
        #[model(sql_type = "TEXT COLLATE NOCASE", unique)]
        name: String,
    }
    let db = db().await;
    Declared { id: 0, name: "Ann".into() }.save(&db).await?;
    assert!(Declared { id: 0, name: "ANN".into() }.save(&db).await.is_err());
    Ok(())
}
