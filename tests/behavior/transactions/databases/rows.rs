//! Single rows: their keys, their types, their names.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use signals::{Model, Result};
use uuid::Uuid;

use super::db;

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "rows_big")]
struct Big {
    id: i64,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "rows_middle")]
struct Middle {
    id: i32,
    name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "rows_small")]
struct Small {
    id: i16,
}

#[tokio::test]
async fn keys_made_by_the_database_are_set() -> Result<()> {
    let db = db().await;
    for (expected, middle_key, small_key) in [(1, 1, 1), (2, 2, 2)] {
        let mut big = Big { id: 0, name: "big".into() };
        big.save(&db).await?;
        let mut middle = Middle { id: 0, name: None };
        middle.save(&db).await?;
        let mut small = Small { id: 0 };
        small.save(&db).await?;
        assert_eq!((big.id, middle.id, small.id), (expected, middle_key, small_key));
        assert_eq!(Big::get(&db, big.id).await?, big);
        assert_eq!(Middle::get(&db, middle.id).await?, middle);
        assert_eq!(Small::get(&db, small.id).await?, small);
    }
    let mut many = [Small { id: 0 }, Small { id: 0 }];
    Small::bulk_create(&db, &mut many).await?;
    assert_eq!(many.map(|small| small.id), [3, 4]);
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "rows_uuid")]
struct Unique {
    id: Uuid,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "rows_text")]
struct Named {
    #[model(primary_key)]
    name: String,
    size: i64,
}

#[tokio::test]
async fn keys_made_by_others_are_kept() -> Result<()> {
    let db = db().await;
    let mut unique = Unique { id: Uuid::nil(), name: "made here".into() };
    unique.save(&db).await?;
    assert!(!unique.id.is_nil());
    assert_eq!(Unique::get(&db, unique.id).await?, unique);
    let mut named = Named { name: "Ünï".into(), size: 1 };
    named.save(&db).await?;
    named.size = 2;
    named.save(&db).await?;
    assert_eq!(Named::get(&db, "Ünï").await?.size, 2);
    // Keys differ by their case.
    Named { name: "ünï".into(), size: 3 }.save(&db).await?;
    assert_eq!(Named::objects().count(&db).await?, 2);
    Big { id: 70, name: "given".into() }.save(&db).await?;
    assert_eq!(Big::get(&db, 70).await?.name, "given");
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "rows_types")]
struct Typed {
    id: i64,
    yes: bool,
    small: i16,
    middle: i32,
    real: f64,
    single: f32,
    text: String,
    bytes: Vec<u8>,
    at: DateTime<Utc>,
    local: NaiveDateTime,
    day: NaiveDate,
    uuid: Uuid,
    #[model(json)]
    tags: Vec<String>,
    none: Option<i64>,
    some: Option<String>,
    #[model(default = "draft")]
    status: String,
}

#[tokio::test]
async fn every_type_comes_back_as_it_was() -> Result<()> {
    let db = db().await;
    let at = DateTime::from_timestamp(1_700_000_000, 123_456_000).unwrap();
    let mut typed = Typed {
        id: 0,
        yes: true,
        small: i16::MIN,
        middle: i32::MAX,
        real: 0.1,
        single: 1.5,
        text: "long 🎉 ".repeat(1000),
        bytes: vec![0, 255, 7],
        at,
        local: at.naive_utc(),
        day: at.date_naive(),
        uuid: Uuid::now_v7(),
        tags: vec!["a".into(), "ü".into()],
        none: None,
        some: Some(String::new()),
        status: "x".into(),
    };
    typed.save(&db).await?;
    assert_eq!(Typed::get(&db, typed.id).await?, typed);
    typed.some = None;
    typed.none = Some(i64::MIN);
    typed.save(&db).await?;
    assert_eq!(Typed::get(&db, typed.id).await?, typed);
    Ok(())
}

#[tokio::test]
async fn a_save_that_changes_nothing_finds_its_row() -> Result<()> {
    let db = db().await;
    let mut big = Big { id: 0, name: "same".into() };
    big.save(&db).await?;
    big.save(&db).force_update().await?;
    big.save(&db).await?;
    Big::bulk_update(&db, std::slice::from_mut(&mut big), [Big::NAME]).await?;
    assert_eq!(Big::objects().update(&db, [Big::NAME.set("same")]).await?, 1);
    assert_eq!(Big::objects().count(&db).await?, 1);
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "select")]
struct Order {
    id: i64,
    group: String,
    #[model(column = "a \"b\" `c`")]
    odd: i64,
    #[model(index)]
    key: Option<i64>,
}

#[tokio::test]
async fn names_may_be_reserved_words() -> Result<()> {
    let db = db().await;
    let mut order = Order { id: 0, group: "g".into(), odd: 1, key: None };
    order.save(&db).await?;
    order.odd = 2;
    order.save(&db).update_fields([Order::ODD]).await?;
    let found = Order::objects().filter(Order::GROUP.eq("g").and(Order::ODD.gt(1))).order_by([Order::KEY.asc()]);
    assert_eq!(found.all(&db).await?, [order]);
    assert_eq!(found.delete(&db).await?.rows(), 1);
    Ok(())
}
