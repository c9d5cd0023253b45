//! Each operator, compared with the same query in plain SQL.

use signals::query::Condition;
use signals::{Error, Model, Result};
use signals_test_behavior::{Kind, db, execute, execute_in, kind, numbers, texts, texts_in};

use super::{Person, ids, people};

#[tokio::test]
async fn every_operator_finds_what_its_plain_sql_finds() -> Result<()> {
    type P = Person;
    let db = db().await;
    people(&db).await?;
    let name = String::from("Bob");
    let keys = vec![1, 3, 99];
    let twins: Vec<(Condition<P>, &str)> = vec![
        (P::NAME.eq("Bob"), "name = 'Bob'"),
        (P::NAME.eq(name.clone()), "name = 'Bob'"),
        (P::NAME.eq(&name), "name = 'Bob'"),
        (P::NAME.ne("Bob"), "name <> 'Bob'"),
        (P::ID.lt(3), "id < 3"),
        (P::ID.le(3), "id <= 3"),
        (P::ID.gt(3), "id > 3"),
        (P::ID.ge(3), "id >= 3"),
        (P::AGE.lt(18), "age < 18"),
        (P::AGE.ge(Some(18)), "age >= 18"),
        (P::HEIGHT.gt(1.8), "height > 1.8"),
        (P::ID.in_([1, 3, 99]), "id IN (1, 3, 99)"),
        (P::ID.in_(&keys), "id IN (1, 3, 99)"),
        (P::ID.not_in(keys), "id NOT IN (1, 3, 99)"),
        (P::NAME.in_(["Ada", "Bob"]), "name IN ('Ada', 'Bob')"),
        (P::NICKNAME.in_(["", "the countess"]), "nickname IN ('', 'the countess')"),
        (P::ID.between(2, 4), "id BETWEEN 2 AND 4"),
        (P::AGE.between(-1, 18), "age BETWEEN -1 AND 18"),
        (P::AGE.is_null(), "age IS NULL"),
        (P::AGE.is_not_null(), "age IS NOT NULL"),
        (P::NAME.is_null(), "name IS NULL"),
        (P::NICKNAME.eq("the countess"), "nickname = 'the countess'"),
        (P::NICKNAME.eq(name), "nickname = 'Bob'"),
    ];
    for (condition, sql) in twins {
        let shown = format!("{condition:?}");
        assert_eq!(ids(&db, condition).await?, plain(&db, sql).await, "{shown}, {sql}");
    }
    Ok(())
}

async fn plain(db: &signals::Db, condition: &str) -> Vec<i64> {
    numbers(db, format!("SELECT id FROM query_person WHERE {condition} ORDER BY id")).await
}

// NULL is what `None` is: equal to itself, unequal to every value, neither less nor greater.
#[tokio::test]
async fn null_is_compared_as_none_is() -> Result<()> {
    type P = Person;
    let db = db().await;
    people(&db).await?;
    let everyone = [1, 2, 3, 4, 5, 6, 7];
    assert_eq!(ids(&db, P::AGE.eq(None)).await?, [3, 6]);
    assert_eq!(ids(&db, P::AGE.ne(None)).await?, [1, 2, 4, 5, 7]);
    assert_eq!(ids(&db, P::AGE.ne(18)).await?, [1, 3, 5, 6, 7], "a row with NULL is not 18");
    assert_eq!(ids(&db, P::AGE.lt(None)).await?, [0; 0]);
    assert_eq!(ids(&db, P::AGE.lt(None).not()).await?, everyone);
    assert_eq!(ids(&db, P::AGE.lt(20).not()).await?, [1, 3, 6, 7]);
    assert_eq!(ids(&db, P::AGE.between(None, 100)).await?, [0; 0]);
    assert_eq!(ids(&db, P::AGE.between(None, 100).not()).await?, everyone);
    assert_eq!(ids(&db, P::AGE.in_([Some(18), None])).await?, [2, 3, 4, 6]);
    assert_eq!(ids(&db, P::AGE.not_in([Some(18), None])).await?, [1, 5, 7]);
    assert_eq!(ids(&db, P::AGE.in_([None])).await?, [3, 6]);
    assert_eq!(ids(&db, P::AGE.not_in([18])).await?, [1, 3, 5, 6, 7]);
    assert_eq!(ids(&db, P::NICKNAME.contains("o").not()).await?, [2, 4, 6]);
    Ok(())
}

#[tokio::test]
async fn an_empty_list_holds_nothing() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    let none: [i32; 0] = [];
    assert_eq!(ids(&db, Person::AGE.in_(none)).await?, [0; 0]);
    assert_eq!(ids(&db, Person::AGE.not_in(none)).await?, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(ids(&db, Person::AGE.in_(none).or(Person::ID.eq(2))).await?, [2]);
    Ok(())
}

#[tokio::test]
async fn text_is_matched_as_it_is_written() -> Result<()> {
    type P = Person;
    let db = db().await;
    people(&db).await?;
    assert_eq!(ids(&db, P::NICKNAME.contains("ountess")).await?, [1, 7]);
    assert_eq!(ids(&db, P::NICKNAME.contains("The C")).await?, [1], "case counts");
    assert_eq!(ids(&db, P::NICKNAME.contains("")).await?, [1, 3, 4, 5, 7], "but NULL contains nothing");
    assert_eq!(ids(&db, P::NICKNAME.contains("50% off_\\")).await?, [3]);
    assert_eq!(ids(&db, P::NICKNAME.contains("50_")).await?, [0; 0]);
    assert_eq!(ids(&db, P::NAME.contains("*[x]")).await?, [5]);
    assert_eq!(ids(&db, P::NAME.starts_with("Eve*[x]?")).await?, [5]);
    assert_eq!(ids(&db, P::NAME.starts_with("Eve?")).await?, [0; 0]);
    assert_eq!(ids(&db, P::NAME.starts_with("Bo")).await?, [2], "case counts");
    assert_eq!(ids(&db, P::NAME.starts_with("")).await?, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(ids(&db, P::NAME.starts_with("x".repeat(60_000))).await?, [0; 0], "longer than a pattern may be");
    assert_eq!(ids(&db, P::NAME.ends_with("Countess")).await?, [7]);
    assert_eq!(ids(&db, P::NAME.ends_with("lik")).await?, [4]);
    assert_eq!(ids(&db, P::NAME.ends_with("COUNTESS")).await?, [0; 0], "case counts");
    assert_eq!(ids(&db, P::NICKNAME.ends_with("")).await?, [1, 3, 4, 5, 7]);
    assert_eq!(ids(&db, P::NICKNAME.ends_with("\\")).await?, [3]);
    assert_eq!(ids(&db, P::NICKNAME.like("THE %")).await?, [1, 7], "case does not count");
    assert_eq!(ids(&db, P::NAME.like("_ob%")).await?, [2, 3]);
    assert_eq!(ids(&db, P::NICKNAME.like("50\\% off\\_\\\\")).await?, [3]);
    assert_eq!(ids(&db, P::NAME.like("Ço")).await?, [0; 0]);
    assert_eq!(ids(&db, P::NICKNAME.like("50%\\")).await?, [0; 0], "nothing is behind the backslash");
    assert_eq!(ids(&db, P::NICKNAME.like("50%\\\\")).await?, [3]);
    Ok(())
}

#[tokio::test]
async fn letters_beyond_ascii_have_a_case_for_mysql_alone() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    assert_eq!(ids(&db, Person::NAME.like("zOë %")).await?, [7]);
    assert_eq!(ids(&db, Person::NAME.like("Zoe %")).await?, [0; 0], "an accent counts");
    let folded: &[i64] = if kind() == Kind::Mysql { &[7] } else { &[] };
    assert_eq!(ids(&db, Person::NAME.like("ZOË %")).await?, folded);
    assert_eq!(ids(&db, Person::NAME.starts_with("ZOË ")).await?, [0; 0]);
    Ok(())
}

#[tokio::test]
async fn spaces_at_the_end_of_a_text_count_but_for_mysql() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    let equal: &[i64] = if kind() == Kind::Mysql { &[2] } else { &[] };
    assert_eq!(ids(&db, Person::NAME.eq("Bob  ")).await?, equal);
    assert_eq!(ids(&db, Person::NAME.in_(["Bob "])).await?, equal);
    assert_eq!(ids(&db, Person::NAME.like("Bob ")).await?, [0; 0]);
    assert_eq!(ids(&db, Person::NAME.ends_with(" ")).await?, [0; 0]);
    Ok(())
}

// The forms that `starts_with` takes.
#[tokio::test]
async fn starts_with_uses_an_index() -> Result<()> {
    let db = db().await;
    let index = |column: &str| format!("CREATE INDEX query_person_by_name ON query_person ({column})");
    match kind() {
        Kind::Memory | Kind::File => {
            // A plan uses the schema of its connection, so it is read on the connection that created the
            // index.
            let tx = db.begin().await?;
            execute_in(&tx, index("name")).await;
            // Bound as it is.
            let plan: Vec<(i64, i64, i64, String)> =
                sqlx::query_as("EXPLAIN QUERY PLAN SELECT id FROM query_person WHERE name GLOB ?")
                    .bind("Eve[*]*")
                    .fetch_all(&mut *tx.sqlite().await?)
                    .await?;
            assert!(plan.iter().all(|(.., step)| step.starts_with("SEARCH")), "{plan:?}");
        }
        Kind::Postgres => {
            let tx = db.begin().await?;
            // Without rows the planner would read the whole table.
            execute_in(&tx, index("name text_pattern_ops") + "; SET LOCAL enable_seqscan = off").await;
            let plan = texts_in(&tx, "EXPLAIN SELECT id FROM query_person WHERE name LIKE 'Eve*%'").await;
            assert!(plan.iter().any(|step| step.contains("Index Cond: ((name ~>=~ 'Eve*'")), "{plan:?}");
        }
        Kind::Mysql => {
            execute(&db, index("name(20)")).await;
            let condition = "name LIKE 'Eve*%' AND name LIKE BINARY 'Eve*%'";
            let plan = texts(&db, format!("EXPLAIN FORMAT=JSON SELECT id FROM query_person WHERE {condition}")).await;
            assert!(plan.iter().any(|step| step.contains("\"key\": \"query_person_by_name\"")), "{plan:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_long_list_of_alternatives_is_no_deep_tree() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    let any = (1..5000).map(|id| Person::ID.eq(id)).reduce(Condition::or).unwrap();
    assert_eq!(ids(&db, any.clone()).await?.len(), 7);
    assert_eq!(ids(&db, any.not()).await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn a_condition_that_nests_too_deep_is_refused() -> Result<()> {
    let db = db().await;
    let deep =
        (0..20_000).fold(Person::ID.eq(1), |condition, id| condition.and(Person::ID.ne(-id)).or(Person::ID.eq(id)));
    assert!(matches!(ids(&db, deep).await, Err(Error::ConditionTooDeep { model: "Person", most: 200 })));
    Ok(())
}

#[tokio::test]
async fn a_column_of_json_is_asked_for_null_alone() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "query_json")]
    struct Document {
        id: i64,
        #[model(json)]
        title: String,
        #[model(json)]
        tags: Option<Vec<String>>,
    }
    let db = db().await;
    Document { id: 0, title: "a".into(), tags: None }.save(&db).await?;
    assert_eq!(Document::objects().filter(Document::TITLE.is_not_null()).count(&db).await?, 1);
    assert_eq!(Document::objects().filter(Document::TAGS.is_null()).count(&db).await?, 1);
    let error = Document::objects().filter(Document::TITLE.eq("a")).count(&db).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the field `title` of `Document` holds JSON, which no plain value equals; use `is_null` or `is_not_null`",
    );
    Ok(())
}

#[tokio::test]
async fn any_type_of_a_column_can_be_compared_with() -> Result<()> {
    #[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
    #[sqlx(type_name = "TEXT")]
    enum Color {
        Red,
        Green,
    }
    #[derive(Debug, Model)]
    #[model(table = "query_types")]
    struct Mixed {
        id: uuid::Uuid,
        color: Color,
        at: chrono::DateTime<chrono::Utc>,
        bytes: Vec<u8>,
        flag: bool,
    }
    let db = db().await;
    let at = chrono::DateTime::from_timestamp(1_000_000, 0).unwrap();
    for (color, flag) in [(Color::Red, false), (Color::Green, true)] {
        let bytes = vec![0, 255];
        Mixed { id: uuid::Uuid::nil(), color, at, bytes, flag }.save(&db).await?;
    }
    let all = Mixed::objects();
    let green = all.clone().filter(Mixed::COLOR.eq(Color::Green)).first(&db).await?.unwrap();
    assert!(green.flag);
    assert_eq!(all.clone().filter(Mixed::ID.eq(green.id)).count(&db).await?, 1);
    assert_eq!(all.clone().filter(Mixed::AT.le(at) & Mixed::FLAG.eq(true)).count(&db).await?, 1);
    assert_eq!(all.clone().filter(Mixed::BYTES.eq(vec![0, 255])).count(&db).await?, 2);
    assert_eq!(all.clone().filter(Mixed::COLOR.in_([Color::Red, Color::Green])).count(&db).await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_newtype_of_an_option_is_null_where_its_option_is() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, sqlx::Type)]
    #[sqlx(transparent)]
    struct Code(Option<String>);
    #[derive(Debug, Model)]
    #[model(table = "query_newtype")]
    struct Coded {
        id: i64,
        code: Option<Code>,
    }
    let db = db().await;
    Coded { id: 0, code: None }.save(&db).await?;
    assert_eq!(Coded::objects().filter(Coded::CODE.eq(Some(Code(None)))).count(&db).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_nan_of_any_type_is_null_or_the_greatest() -> Result<()> {
    #[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
    #[sqlx(transparent)]
    struct Degrees(f32);
    #[derive(Debug, Model)]
    #[model(table = "query_nan")]
    struct Reading {
        id: i64,
        exact: f64,
        rough: Option<f32>,
        degrees: Degrees,
    }
    type R = Reading;

    let db = db().await;
    let mut readings = [
        Reading { id: 0, exact: 1.0, rough: Some(f32::NAN), degrees: Degrees(1.0) },
        Reading { id: 0, exact: -1.0, rough: Some(1.0), degrees: Degrees(f32::INFINITY) },
    ];
    if kind() == Kind::Mysql {
        for reading in &mut readings {
            assert!(matches!(reading.save(&db).await, Err(Error::Database { .. })), "there is no such number");
        }
        (readings[0].rough, readings[1].degrees) = (None, Degrees(f32::MAX));
    }
    for reading in &mut readings {
        reading.save(&db).await?;
    }
    // PostgreSQL has a NaN, which is greater than every other number.
    let less = if kind() == Kind::Postgres { 2 } else { 0 };
    let nan = Degrees(f32::NAN);
    for (condition, holds) in [
        (R::EXACT.lt(f64::NAN), less),
        (R::EXACT.ge(f64::NAN), 0),
        (R::EXACT.eq(f64::NAN), 0),
        (R::EXACT.ne(f64::NAN), 2),
        (R::EXACT.in_([f64::NAN, 1.0]), 1),
        (R::EXACT.between(-f64::NAN, 2.0), 0),
        (R::ROUGH.gt(f32::NAN), 0),
        (R::ROUGH.eq(f32::NAN), 1),
        (R::ROUGH.in_([Some(f32::NAN)]), 1),
        (R::DEGREES.le(nan), less),
        (R::DEGREES.not_in([nan]), 2),
        (R::DEGREES.gt(Degrees(2.0)), 1),
    ] {
        let found = Reading::objects().filter(condition.clone()).count(&db).await?;
        let rest = Reading::objects().exclude(condition.clone()).count(&db).await?;
        assert_eq!((found, rest), (holds, 2 - holds), "{condition:?}");
    }
    Ok(())
}
