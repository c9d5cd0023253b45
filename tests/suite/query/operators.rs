//! Each operator, beside the same question in plain SQL.

use signals::{Condition, Error, Model, Result};

use super::{Person, ids, people};
use crate::support::db;

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
        assert_eq!(ids(&db, condition).await?, plain(&db, sql).await?, "{shown}, {sql}");
    }
    Ok(())
}

async fn plain(db: &signals::Db, condition: &str) -> Result<Vec<i64>> {
    let sql = format!("SELECT id FROM query_person WHERE {condition} ORDER BY id");
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(db.sqlite()?).await?)
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
    Ok(())
}

#[tokio::test]
async fn starts_with_uses_an_index() -> Result<()> {
    let db = db().await;
    // The form that `starts_with` takes, bound as it is.
    sqlx::query("CREATE INDEX query_person_by_name ON query_person (name)").execute(db.sqlite()?).await?;
    let plan: Vec<(i64, i64, i64, String)> =
        sqlx::query_as("EXPLAIN QUERY PLAN SELECT id FROM query_person WHERE name GLOB ?")
            .bind("Eve[*]*")
            .fetch_all(db.sqlite()?)
            .await?;
    assert!(plan.iter().all(|(.., step)| step.starts_with("SEARCH")), "{plan:?}");
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
    assert!(matches!(ids(&db, deep).await, Err(Error::Schema(_))));
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
    assert_eq!(
        Document::objects().filter(Document::TAGS.is_null()).count(&db).await?,
        0,
        "`None` is the document `null`"
    );
    let error = Document::objects().filter(Document::TITLE.eq("a")).count(&db).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the column `title` of `query_json` holds JSON, which a plain value is never equal to; only `is_null` can be asked of it",
    );
    Ok(())
}

#[tokio::test]
async fn any_type_of_a_column_can_be_compared_with() -> Result<()> {
    #[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
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
