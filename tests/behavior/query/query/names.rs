//! No input of a user becomes SQL: neither values nor names.

use signals::{Error, Model, Result};
use signals_test_behavior::{Kind, db, kind, rows};

use super::{Person, ids, people, person};

const ATTEMPTS: [&str; 8] = [
    "'; DROP TABLE query_person; --",
    "' OR '1' = '1",
    "\" OR 1 = 1 --",
    "?1",
    "$1 :a @b",
    "\\' OR 1 = 1 --",
    "%' OR '%' = '",
    "*' OR 1=1 /*",
];

#[tokio::test]
async fn a_value_is_never_sql() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    for attempt in ATTEMPTS {
        assert_eq!(ids(&db, Person::NAME.eq(attempt)).await?, [0; 0], "{attempt}");
        assert_eq!(ids(&db, Person::NICKNAME.in_([attempt, attempt])).await?, [0; 0], "{attempt}");
        for condition in [
            Person::NAME.contains(attempt),
            Person::NAME.starts_with(attempt),
            Person::NAME.ends_with(attempt),
            Person::NAME.like(attempt),
        ] {
            assert_eq!(ids(&db, condition).await?, [0; 0], "{attempt}");
        }
    }
    for attempt in ATTEMPTS {
        person(attempt, Some(attempt), None, 0).save(&db).await?;
    }
    for (attempt, id) in ATTEMPTS.into_iter().zip(8..) {
        assert_eq!(ids(&db, Person::NAME.eq(attempt).and(Person::NICKNAME.eq(attempt))).await?, [id]);
        assert!(ids(&db, Person::NAME.contains(attempt)).await?.contains(&id));
        assert!(ids(&db, Person::NAME.starts_with(attempt)).await?.contains(&id));
        assert!(ids(&db, Person::NAME.ends_with(attempt)).await?.contains(&id));
    }
    assert_eq!(rows(&db, "query_person").await, 15);
    Ok(())
}

#[tokio::test]
async fn a_nul_ends_nothing_where_a_text_can_hold_it() -> Result<()> {
    let text = "\0'; --";
    let patterns = || {
        let name = Person::NAME;
        [name.contains(text), name.starts_with(text), name.ends_with(text), name.like(text)]
    };
    let db = db().await;
    people(&db).await?;
    for condition in patterns() {
        assert_eq!(ids(&db, condition).await?, [0; 0]);
    }
    let saved = person(text, Some(text), None, 0).save(&db).await;
    let found = ids(&db, Person::NAME.eq(text)).await;
    if kind() == Kind::Postgres {
        assert!(matches!(saved, Err(Error::Database { .. })), "{saved:?}");
        assert!(matches!(found, Err(Error::Database { .. })), "{found:?}");
        return Ok(());
    }
    saved?;
    assert_eq!((found?, ids(&db, Person::NICKNAME.in_([text])).await?), (vec![8], vec![8]));
    let found = [[8].as_slice(), &[8], &[8], &[]];
    for (condition, found) in patterns().into_iter().zip(found) {
        assert_eq!(ids(&db, condition.clone()).await?, found, "{condition:?}");
    }
    Ok(())
}

#[tokio::test]
async fn names_with_quotes_are_names() -> Result<()> {
    #[derive(Debug, PartialEq, Model)]
    #[model(table = "query \"q\" 'twice' `thrice` [four]?; DROP TABLE x; -- 名前")]
    struct Odd {
        #[model(primary_key, column = "the \"key\"?")]
        id: i64,
        #[model(column = "select ?1 $1 '; --")]
        text: String,
        #[model(column = "\"")]
        quote: Option<i32>,
    }
    let db = db().await;
    for (text, quote) in [("a", Some(1)), ("b", None), ("c", Some(3))] {
        Odd { id: 0, text: text.into(), quote }.save(&db).await?;
    }
    let odd = Odd::objects().filter(Odd::TEXT.ne("a").and(Odd::QUOTE.ne(3)).and(Odd::ID.in_([1, 2, 3])));
    assert_eq!(odd.all(&db).await?, [Odd { id: 2, text: "b".into(), quote: None }]);
    assert_eq!(odd.count(&db).await?, 1);
    assert!(odd.exists(&db).await?);
    let sliced = Odd::objects().order_by([Odd::QUOTE.desc(), Odd::TEXT.asc()]).limit(2).offset(1);
    assert_eq!(sliced.count(&db).await?, 2);
    assert_eq!(sliced.all(&db).await?.iter().map(|odd| odd.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(Odd::objects().filter(Odd::TEXT.contains("c")).first(&db).await?.map(|odd| odd.id), Some(3));
    Ok(())
}
