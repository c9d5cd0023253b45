//! The values of some columns.

use chrono::{DateTime, TimeZone as _, Utc};
use signals::{Db, Error, Model, Result};
use signals_test_behavior::db;

use super::{Person, people};

#[derive(Debug, Clone, Model)]
#[model(table = "valued")]
struct Visit {
    id: i64,
    #[model(column = "page_name")]
    page: String,
    #[model(sqlite = datetime)]
    at: DateTime<Utc>,
    #[model(sqlite = unix_millis)]
    left: Option<DateTime<Utc>>,
    #[model(sqlite = simple)]
    visitor: uuid::Uuid,
    #[model(generated, sql_type = "BIGINT GENERATED ALWAYS AS (LENGTH(page_name) + 3) STORED", column = "seven")]
    day: i64,
}

#[tokio::test]
async fn each_column_is_read_as_its_field() -> Result<()> {
    let db = db().await;
    let at = Utc.timestamp_micros(1_704_164_645_678_901).unwrap();
    let left = Utc.timestamp_millis_opt(1_704_164_645_678).unwrap();
    let visitor = uuid::Uuid::from_u128(77);
    for left in [Some(left), None] {
        Visit { id: 0, page: "home".into(), at, left, visitor, day: 0 }.create(&db).await?;
    }
    let visits = Visit::objects().order_by(Visit::ID.asc());
    let rows = visits.values(&db, (Visit::ID, Visit::PAGE, Visit::AT, Visit::LEFT, Visit::VISITOR)).await?;
    assert_eq!(rows, [(1, "home".into(), at, Some(left), visitor), (2, "home".into(), at, None, visitor)]);
    assert_eq!(visits.values(&db, Visit::LEFT).await?, [Some(left), None]);
    assert_eq!(visits.values(&db, (Visit::VISITOR,)).await?, [(visitor,), (visitor,)]);
    assert_eq!(visits.values(&db, (Visit::DAY, Visit::ID, Visit::DAY)).await?, [(7, 1, 7), (7, 2, 7)]);
    Ok(())
}

#[tokio::test]
async fn values_have_the_rows_of_the_query_set() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    let by_age = Person::objects().filter(Person::SCORE.le(10)).order_by([Person::AGE.desc(), Person::ID.asc()]);
    assert_eq!(by_age.values(&db, Person::ID).await?, [7, 1, 2, 4, 5, 3]);
    let page = by_age.clone().offset(1).limit(2).values(&db, (Person::ID, Person::NICKNAME)).await?;
    assert_eq!(page, [(1, Some("The Countess".to_owned())), (2, None)]);
    let tx = db.begin().await?;
    assert_eq!(by_age.limit(0).values(&tx, Person::ID).await?, [0_i64; 0]);
    Ok(())
}

#[tokio::test]
async fn distinct_values_come_once_and_a_limit_counts_them() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    let by_age = Person::objects().order_by(Person::AGE.asc());
    let ages = [None, Some(-1), Some(18), Some(36), Some(99)];
    assert_eq!(by_age.values(&db, Person::AGE).distinct().await?, ages);
    assert_eq!(by_age.clone().offset(1).limit(2).values(&db, Person::AGE).distinct().await?, ages[1..3]);
    let pairs = by_age.clone().filter(Person::SCORE.eq(7)).values(&db, (Person::SCORE, Person::AGE)).distinct();
    assert_eq!(pairs.await?, [(7, Some(-1)), (7, Some(18)), (7, Some(99))]);
    let error = by_age.values(&db, Person::SCORE).distinct().await.unwrap_err();
    assert!(matches!(error, Error::QueryOptions { model: "Person", .. }), "{error}");
    assert!(error.to_string().contains("distinct values cannot be in the order of `age`; read it too"), "{error}");
    Ok(())
}

#[tokio::test]
async fn values_can_be_sent_to_another_task() {
    async fn read(db: Db) -> Result<usize> {
        let objects = Person::objects();
        let all = objects.values(&db, (Person::ID, Person::AGE)).await?.len();
        Ok(all + objects.values(&db, Person::NAME).distinct().await?.len())
    }
    assert_eq!(tokio::spawn(read(db().await)).await.unwrap().unwrap(), 0);
}
