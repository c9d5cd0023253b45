//! Rows one by one.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt as _, TryStreamExt as _};
use signals::{Error, Model, Result};
use signals_test_behavior::{Kind, db, execute, kind};
use sqlx::Database;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;

use super::{Person, people, person};

#[tokio::test]
async fn a_stream_hands_out_every_row_in_order() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    let all = Person::objects().order_by([Person::ID.desc()]);
    let streamed: Vec<Person> = all.stream(&db).try_collect().await?;
    assert_eq!(streamed, all.all(&db).await?);
    assert_eq!(streamed.len(), 7);
    let none: Vec<Person> = Person::objects().filter(Person::ID.lt(0)).stream(&db).try_collect().await?;
    assert_eq!(none, []);
    Ok(())
}

static READ: AtomicUsize = AtomicUsize::new(0);

/// A number that counts how often it was read.
#[derive(Debug, Clone, PartialEq)]
struct Counted(i64);

impl<DB: Database> sqlx::Type<DB> for Counted
where
    i64: sqlx::Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        <i64 as sqlx::Type<DB>>::type_info()
    }
}

impl<'a, DB: Database> sqlx::Encode<'a, DB> for Counted
where
    i64: sqlx::Encode<'a, DB>,
{
    fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        self.0.encode_by_ref(buffer)
    }
}

impl<'r, DB: Database> sqlx::Decode<'r, DB> for Counted
where
    i64: sqlx::Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
        READ.fetch_add(1, Ordering::Relaxed);
        i64::decode(value).map(Self)
    }
}

#[tokio::test]
async fn a_stream_reads_no_further_than_it_is_asked() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "query_stream")]
    struct Number {
        id: i64,
        value: Counted,
    }
    let db = db().await;
    let mut written: Vec<Number> = (1..=2000).map(|value| Number { id: 0, value: Counted(value) }).collect();
    Number::bulk_create(&db, &mut written).await?;
    let mut numbers = Number::objects().order_by([Number::ID.asc()]).stream(&db);
    for expected in 1..=10 {
        let Number { id, value } = numbers.try_next().await?.unwrap();
        assert_eq!((id, value.0), (expected, expected));
    }
    assert!(READ.load(Ordering::Relaxed) <= 13, "{READ:?} were read for 10");
    drop(numbers);
    // In memory the pool has one connection, so this waits for it.
    assert_eq!(Number::objects().count(&db).await?, 2000);
    let sum = Number::objects().stream(&db).try_fold(0, |sum, number| async move { Ok(sum + number.value.0) }).await?;
    assert_eq!(sum, 2000 * 2001 / 2);
    Ok(())
}

#[tokio::test]
async fn a_stream_that_is_never_asked_runs_nothing() -> Result<()> {
    let db = db().await;
    let idle = Person::objects().stream(&db);
    assert_eq!(Person::objects().count(&db).await?, 0, "it holds no connection yet");
    drop(idle);
    Ok(())
}

#[tokio::test]
async fn a_transaction_goes_on_after_its_stream_was_dropped() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    let tx = db.begin().await?;
    person("Before", None, None, 0).save(&tx).await?;
    let mut rows = Person::objects().order_by([Person::ID.asc()]).stream(&tx);
    assert_eq!(rows.try_next().await?.map(|row| row.id), Some(1));
    // The call is in the loop's own task, so a wait would never end.
    assert!(matches!(person("Within", None, None, 0).save(&tx).await, Err(Error::StreamOpen)));
    assert!(matches!(tx.begin().await, Err(Error::StreamOpen)));
    assert_eq!(rows.try_next().await?.map(|row| row.id), Some(2));
    drop(rows);
    person("After", None, None, 0).save(&tx).await?;
    let savepoint = tx.begin().await?;
    let streamed = Person::objects().stream(&savepoint).count().await;
    assert_eq!(streamed, 9);
    savepoint.commit().await?;
    tx.commit().await?;
    assert_eq!(Person::objects().count(&db).await?, 9);
    Ok(())
}

#[tokio::test]
async fn a_stream_of_an_ended_transaction_is_an_error() -> Result<()> {
    let db = db().await;
    let tx = db.begin().await?;
    tx.clone().commit().await?;
    let mut rows = Person::objects().stream(&tx);
    assert!(matches!(rows.next().await, Some(Err(Error::TransactionEnded { .. }))));
    assert!(rows.next().await.is_none());
    Ok(())
}

#[tokio::test]
async fn a_row_that_cannot_be_read_ends_the_stream() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    let spoil = match kind() {
        Kind::Memory | Kind::File => "UPDATE query_person SET score = 'many' WHERE id = 3",
        Kind::Postgres => {
            "ALTER TABLE query_person ALTER score DROP NOT NULL; UPDATE query_person SET score = NULL WHERE id = 3"
        }
        Kind::Mysql => {
            "ALTER TABLE query_person MODIFY score INT NULL; UPDATE query_person SET score = NULL WHERE id = 3"
        }
    };
    execute(&db, spoil).await;
    let mut rows = Person::objects().order_by([Person::ID.asc()]).stream(&db);
    assert_eq!(rows.next().await.unwrap()?.id, 1);
    assert_eq!(rows.next().await.unwrap()?.id, 2);
    assert!(matches!(rows.next().await, Some(Err(Error::Database { .. }))));
    assert!(rows.next().await.is_none());
    drop(rows);
    assert!(Person::objects().all(&db).await.is_err());
    assert_eq!(Person::objects().count(&db).await?, 7);
    Ok(())
}
