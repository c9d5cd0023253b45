//! The aggregates of one column.

use chrono::{DateTime, TimeZone as _, Utc};
use signals::query::{NumberField, OrderedField};
use signals::{Db, Error, Model, Result};
use signals_test_behavior::{Kind, db, execute, kind};

use super::{Person, people};

#[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
#[sqlx(transparent)]
struct Cents(i64);

impl NumberField for Cents {
    type Sum = i64;
}

impl OrderedField for Cents {
    type Value = Self;
}

#[derive(Debug, Clone, Model)]
#[model(table = "aggregated")]
struct Sale {
    id: i64,
    small: i16,
    large: i64,
    missing: Option<i64>,
    single: f32,
    double: Option<f64>,
    price: Option<Cents>,
    open: bool,
    #[model(sqlite = unix_seconds)]
    at: Option<DateTime<Utc>>,
    token: uuid::Uuid,
    bytes: Vec<u8>,
    #[model(generated, sql_type = "BIGINT GENERATED ALWAYS AS (small * 2) STORED")]
    twice: i64,
    #[model(json)]
    note: i64,
}

fn at(second: i64) -> DateTime<Utc> {
    Utc.timestamp_opt(second, 0).unwrap()
}

fn sale(number: u8, large: i64) -> Sale {
    Sale {
        id: 0,
        small: i16::from(number),
        large,
        missing: None,
        single: 0.5,
        double: (number > 1).then_some(f64::from(number) / 4.0),
        price: (number < 3).then_some(Cents(i64::from(number) * 100)),
        open: number == 2,
        at: Some(at(i64::from(number) * 1_000_000_000)),
        token: uuid::Uuid::from_u128(u128::from(number)),
        bytes: vec![number, 0xff],
        twice: 0,
        note: 1,
    }
}

async fn sales(amounts: &[i64]) -> Result<Db> {
    let db = db().await;
    for (number, large) in (1..).zip(amounts) {
        sale(number, *large).save(&db).await?;
    }
    Ok(db)
}

#[tokio::test]
async fn a_sum_has_the_type_of_its_numbers_and_null_does_not_count() -> Result<()> {
    let db = sales(&[7, -2, 5]).await?;
    let all = Sale::objects();
    assert_eq!(all.sum(&db, Sale::SMALL).await?, Some(6_i64));
    assert_eq!(all.sum(&db, Sale::LARGE).await?, Some(10));
    assert_eq!(all.sum(&db, Sale::TWICE).await?, Some(12));
    assert_eq!(all.sum(&db, Sale::SINGLE).await?, Some(1.5_f64));
    assert_eq!(all.sum(&db, Sale::DOUBLE).await?, Some(1.25));
    assert_eq!(all.sum(&db, Sale::PRICE).await?, Some(300));
    assert_eq!(all.sum(&db, Sale::MISSING).await?, None);
    assert_eq!(all.clone().filter(Sale::LARGE.lt(6)).sum(&db, Sale::LARGE).await?, Some(3));
    let none = all.filter(Sale::SMALL.gt(9));
    assert_eq!(none.sum(&db, Sale::LARGE).await?, None);
    assert_eq!(none.sum(&db, Sale::DOUBLE).await?, None);
    assert_eq!(none.avg(&db, Sale::LARGE).await?, None);
    assert_eq!(none.max(&db, Sale::LARGE).await?, None);
    Ok(())
}

#[tokio::test]
async fn an_average_of_integers_is_not_rounded() -> Result<()> {
    let db = sales(&[1, 2, 2]).await?;
    let average = Sale::objects().avg(&db, Sale::LARGE).await?.unwrap();
    assert!((average - 5.0 / 3.0).abs() < 1e-12, "{average}");
    assert_eq!(Sale::objects().avg(&db, Sale::DOUBLE).await?, Some(0.625));
    assert_eq!(Sale::objects().avg(&db, Sale::SINGLE).await?, Some(0.5));
    assert_eq!(Sale::objects().avg(&db, Sale::PRICE).await?, Some(150.0));
    assert_eq!(Sale::objects().avg(&db, Sale::MISSING).await?, None);
    Ok(())
}

#[tokio::test]
async fn a_sum_of_integers_is_exact_or_an_error() -> Result<()> {
    let db = sales(&[i64::MAX - 10, 9, 1]).await?;
    // As a float it would be 9223372036854775808.
    assert_eq!(Sale::objects().sum(&db, Sale::LARGE).await?, Some(i64::MAX));
    execute(&db, "UPDATE aggregated SET large = 2 WHERE small = 3").await;
    let tx = db.begin().await?;
    let error = Sale::objects().sum(&tx, Sale::LARGE).await.unwrap_err();
    assert!(matches!(error, Error::SumOutOfRange { model: "Sale", field: "large" }), "{error:?}");
    assert_eq!(error.to_string(), "the sum of `large` of `Sale` does not fit an `i64`");
    assert_eq!(Sale::objects().sum(&tx, Sale::SMALL).await?, Some(6), "the transaction is usable");
    let float = Sale::objects().avg(&tx, Sale::LARGE).await?.unwrap();
    assert!((float / 3.074_457_345_618_259e18 - 1.0).abs() < 1e-12, "{float}");
    tx.commit().await
}

#[tokio::test]
async fn the_least_and_the_greatest_value_have_the_type_of_the_column() -> Result<()> {
    let db = sales(&[7, -2, 5]).await?;
    let all = Sale::objects();
    assert_eq!((all.min(&db, Sale::LARGE).await?, all.max(&db, Sale::LARGE).await?), (Some(-2), Some(7)));
    assert_eq!(
        (all.min(&db, Sale::PRICE).await?, all.max(&db, Sale::PRICE).await?),
        (Some(Cents(100)), Some(Cents(200)))
    );
    assert_eq!((all.min(&db, Sale::DOUBLE).await?, all.max(&db, Sale::DOUBLE).await?), (Some(0.5), Some(0.75)));
    assert_eq!((all.min(&db, Sale::OPEN).await?, all.max(&db, Sale::OPEN).await?), (Some(false), Some(true)));
    let moments = (all.min(&db, Sale::AT).await?, all.max(&db, Sale::AT).await?);
    assert_eq!(moments, (Some(at(1_000_000_000)), Some(at(3_000_000_000))));
    assert_eq!(all.max(&db, Sale::TOKEN).await?, Some(uuid::Uuid::from_u128(3)));
    assert_eq!(all.max(&db, Sale::BYTES).await?, Some(vec![3, 0xff]));
    assert_eq!(all.max(&db, Sale::TWICE).await?, Some(6));
    assert_eq!(all.min(&db, Sale::MISSING).await?, None);
    Ok(())
}

#[tokio::test]
async fn the_least_text_is_found_by_its_last_letter() -> Result<()> {
    let db = db().await;
    let long = "a".repeat(2000);
    for last in ["z", "b", "c"] {
        super::person(&format!("{long}{last}"), None, None, 0).save(&db).await?;
    }
    assert_eq!(Person::objects().min(&db, Person::NAME).await?, Some(format!("{long}b")));
    assert_eq!(Person::objects().max(&db, Person::NAME).await?, Some(format!("{long}z")));
    Ok(())
}

#[tokio::test]
async fn aggregates_are_of_the_rows_within_a_limit_and_an_offset() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    let by_score = Person::objects().order_by([Person::SCORE.desc(), Person::ID.asc()]).offset(1).limit(3);
    assert_eq!(by_score.sum(&db, Person::SCORE).await?, Some(10 + 7 + 7));
    assert_eq!(by_score.sum(&db, Person::AGE).await?, Some(36 + 18 - 1));
    assert_eq!((by_score.min(&db, Person::SCORE).await?, by_score.max(&db, Person::SCORE).await?), (Some(7), Some(10)));
    assert_eq!(by_score.min(&db, Person::AGE).await?, Some(-1));
    assert_eq!(by_score.min(&db, Person::NAME).await?, Some("Ada".to_owned()));
    assert_eq!(by_score.avg(&db, Person::SCORE).await?, Some(8.0));
    assert_eq!(by_score.clone().limit(0).sum(&db, Person::SCORE).await?, None);
    let oldest = Person::objects().order_by(Person::AGE.asc()).limit(2);
    assert_eq!(oldest.max(&db, Person::AGE).await?, None, "both are NULL");
    Ok(())
}

#[tokio::test]
async fn a_column_of_json_has_no_aggregate() -> Result<()> {
    let db = sales(&[1]).await?;
    for error in [
        Sale::objects().sum(&db, Sale::NOTE).await.map(drop).unwrap_err(),
        Sale::objects().limit(1).avg(&db, Sale::NOTE).await.map(drop).unwrap_err(),
        Sale::objects().min(&db, Sale::NOTE).await.map(drop).unwrap_err(),
        Sale::objects().values(&db, Sale::NOTE).await.map(drop).unwrap_err(),
        Sale::objects().order_by(Sale::NOTE.asc()).after(&sale(1, 1)).all(&db).await.map(drop).unwrap_err(),
    ] {
        assert!(matches!(error, Error::JsonValue { model: "Sale", field: "note" }), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_sum_of_integers_that_are_none_in_sqlite_is_an_error() -> Result<()> {
    if !kind().is_sqlite() {
        return Ok(());
    }
    let db = sales(&[1, 2]).await?;
    execute(&db, "UPDATE aggregated SET small = 1.5 WHERE large = 1").await;
    let error = Sale::objects().sum(&db, Sale::SMALL).await.unwrap_err();
    assert!(error.to_string().contains("the sum 3.5 of integers is not an integer"), "{error}");
    Ok(())
}

#[tokio::test]
async fn aggregates_can_be_sent_to_another_task() {
    async fn read(db: Db) -> Result<(Option<i64>, Option<f64>, Option<String>)> {
        let objects = Person::objects().filter(Person::AGE.gt(1));
        let sum = objects.sum(&db, Person::SCORE).await?;
        Ok((sum, objects.avg(&db, Person::HEIGHT).await?, objects.max(&db, Person::NAME).await?))
    }
    assert_eq!(tokio::spawn(read(db().await)).await.unwrap().unwrap(), (None, None, None));
    assert!(Kind::ALL.contains(&kind()));
}

/// Integers whose sum is read as a float.
#[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
#[sqlx(transparent)]
struct Grams(i64);

impl NumberField for Grams {
    type Sum = f64;
}

#[tokio::test]
async fn integers_may_have_a_sum_of_floats() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "aggregated_grams")]
    struct Parcel {
        id: i64,
        weight: Grams,
    }

    let db = db().await;
    let mut parcels = [1, 2].map(|grams| Parcel { id: 0, weight: Grams(grams) });
    Parcel::bulk_create(&db, &mut parcels).await?;
    assert_eq!(Parcel::objects().sum(&db, Parcel::WEIGHT).await?, Some(3.0));
    assert_eq!(Parcel::objects().avg(&db, Parcel::WEIGHT).await?, Some(1.5));
    Ok(())
}
