//! How rows are read: their order, their number, and through which handle.

use futures_util::TryStreamExt as _;
use signals::{Db, Error, Model, Result};
use signals_test_behavior::{db, execute};

use super::{Person, ids, people};

fn keys(rows: &[Person]) -> Vec<i64> {
    rows.iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn filters_add_up_and_exclude_takes_exactly_the_rest() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    let adults = Person::objects().filter(Person::AGE.ge(18));
    let sevens = adults.clone().filter(Person::SCORE.eq(7)).order_by([Person::ID.asc()]);
    assert_eq!(keys(&sevens.all(&db).await?), [4, 7]);
    assert_eq!(adults.count(&db).await?, 4);
    // Django keeps them too: `exclude(age=18)` is NOT (age = 18 AND age IS NOT NULL).
    let others = Person::objects().exclude(Person::AGE.eq(18)).order_by([Person::ID.asc()]);
    assert_eq!(keys(&others.all(&db).await?), [1, 3, 5, 6, 7]);
    let neither = Person::objects().exclude(Person::AGE.ge(18).or(Person::NAME.eq(""))).order_by([Person::ID.asc()]);
    assert_eq!(keys(&neither.all(&db).await?), [3, 5]);
    Ok(())
}

#[tokio::test]
async fn rows_come_in_the_order_asked_for_with_null_as_the_least() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    let by_age = Person::objects().order_by([Person::AGE.asc(), Person::ID.desc()]);
    assert_eq!(keys(&by_age.all(&db).await?), [6, 3, 5, 4, 2, 1, 7]);
    let by_age = by_age.order_by([Person::AGE.desc(), Person::ID.asc()]);
    assert_eq!(keys(&by_age.all(&db).await?), [7, 1, 2, 4, 5, 3, 6], "a new order takes the place of the old");
    Ok(())
}

#[tokio::test]
async fn limit_and_offset_count_for_every_way_of_reading() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    let all = Person::objects().order_by([Person::ID.asc()]);
    assert_eq!(keys(&all.clone().limit(2).all(&db).await?), [1, 2]);
    assert_eq!(keys(&all.clone().limit(2).offset(5).all(&db).await?), [6, 7]);
    assert_eq!(keys(&all.clone().offset(5).all(&db).await?), [6, 7], "an offset needs no limit");
    assert_eq!(keys(&all.clone().limit(u64::MAX).offset(u64::MAX).all(&db).await?), [0; 0]);
    assert_eq!(keys(&all.clone().limit(5).limit(2).all(&db).await?), [1, 2], "the smaller limit counts");
    assert_eq!(all.clone().limit(2).count(&db).await?, 2);
    assert_eq!(all.clone().offset(5).count(&db).await?, 2);
    assert_eq!(all.clone().limit(0).count(&db).await?, 0);
    assert_eq!(all.count(&db).await?, 7);
    assert!(all.clone().limit(1).offset(6).exists(&db).await?);
    assert!(!all.clone().offset(7).exists(&db).await?);
    assert!(!all.clone().limit(0).exists(&db).await?);
    assert_eq!(all.clone().offset(3).first(&db).await?.map(|row| row.id), Some(4));
    assert_eq!(all.limit(0).first(&db).await?, None);
    Ok(())
}

// Django refuses them too: "Cannot filter a query once a slice has been taken."
#[tokio::test]
async fn conditions_and_orders_behind_a_limit_are_refused() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    for sliced in [Person::objects().limit(3), Person::objects().offset(1)] {
        let condition = || Person::AGE.ge(18);
        for (late, call) in [
            (sliced.clone().filter(condition()), "`filter`"),
            (sliced.clone().exclude(condition()), "`exclude`"),
            (sliced.clone().order_by([Person::ID.asc()]), "`order_by`"),
        ] {
            let errors = [
                late.all(&db).await.map(drop).unwrap_err(),
                late.first(&db).await.map(drop).unwrap_err(),
                late.count(&db).await.map(drop).unwrap_err(),
                late.exists(&db).await.map(drop).unwrap_err(),
                late.stream(&db).try_next().await.map(drop).unwrap_err(),
                late.update(&db, [Person::SCORE.set(1)]).await.map(drop).unwrap_err(),
                late.delete(&db).await.map(drop).unwrap_err(),
                late.get_or_create(&db, || unreachable!("it is refused")).await.map(drop).unwrap_err(),
            ];
            for (place, error) in errors.iter().enumerate() {
                assert!(matches!(error, Error::QueryOptions { .. }), "{error}");
                let says = error.to_string();
                assert!(says.contains("limit") && (place > 4 || says.contains(call)), "{error}");
            }
        }
        sliced.first(&db).await?.expect("the order of the key is no order that was asked for");
    }
    Ok(())
}

#[tokio::test]
async fn first_is_the_first_by_key_unless_there_is_an_order() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    execute(&db, "CREATE INDEX query_person_by_score ON query_person (score DESC)").await;
    let scored = Person::objects().filter(Person::SCORE.ge(0));
    assert_eq!(scored.first(&db).await?.map(|row| row.id), Some(1));
    assert_eq!(scored.order_by([Person::SCORE.desc()]).first(&db).await?.map(|row| row.id), Some(6));
    Ok(())
}

#[tokio::test]
async fn a_query_set_reads_what_its_transaction_wrote() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    let tx = db.begin().await?;
    super::person("New", None, None, 0).save(&tx).await?;
    let new = Person::objects().filter(Person::NAME.eq("New"));
    assert!(new.exists(&tx).await?);
    assert_eq!(new.all(&tx).await?.len(), 1);
    let savepoint = tx.begin().await?;
    assert_eq!(new.count(&savepoint).await?, 1);
    assert!(matches!(new.count(&tx).await, Err(Error::SavepointOpen)));
    drop(savepoint);
    tx.rollback().await?;
    assert!(!new.exists(&db).await?);
    Ok(())
}

#[tokio::test]
async fn a_query_that_fails_leaves_its_transaction_usable() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    let tx = db.begin().await?;
    super::person("Kept", None, None, 0).save(&tx).await?;
    let many = Person::objects().filter(Person::ID.in_(0..70_000));
    let error = many.all(&tx).await.unwrap_err();
    assert!(error.to_string().contains("has 70000 values"), "{error}");
    tx.commit().await?;
    assert_eq!(ids(&db, Person::NAME.eq("Kept")).await?, [8]);
    Ok(())
}

#[tokio::test]
async fn futures_and_streams_of_a_query_set_can_be_sent() {
    fn sent<T: Send>(value: T) -> T {
        value
    }
    async fn read(db: Db) -> Result<usize> {
        let objects = Person::objects().filter(Person::AGE.gt(1).or(Person::NAME.eq("x")));
        drop(sent(objects.stream(&db)));
        sent(objects.count(&db)).await?;
        Ok(sent(objects.all(&db)).await?.len())
    }
    assert_eq!(tokio::spawn(read(db().await)).await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn a_key_that_is_unset_is_called_so() -> Result<()> {
    let db = db().await;
    let error = Person::get(&db, 0).await.unwrap_err();
    assert!(matches!(error, Error::DoesNotExist { model: "Person", .. }));
    assert_eq!(error.to_string(), "no `Person` has an unset key; pass the key of a saved row");
    assert_eq!(Person::get(&db, 7).await.unwrap_err().to_string(), "no `Person` has the key 7");
    Ok(())
}
