//! One row: saved, found, refreshed and deleted by its whole key.

use signals::model::{Entity, Key};
use signals::{AnyModel, Error, Model, Result, post_save, pre_save, receiver};
use signals_test_behavior::{Kind, Log, db, execute, kind, rows, texts, url};

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "composite_order")]
struct Order {
    #[model(primary_key)]
    tenant: String,
    total: i64,
    #[model(primary_key)]
    number: i64,
}

fn order(tenant: &str, number: i64, total: i64) -> Order {
    Order { tenant: tenant.into(), number, total }
}

#[tokio::test]
async fn a_row_is_found_by_its_whole_key() -> Result<()> {
    let db = db().await;
    for (tenant, number) in [("a", 1), ("a", 2), ("b", 1)] {
        order(tenant, number, number * 10).save(&db).await?;
    }
    assert_eq!(Order::get(&db, ("a", 2)).await?, order("a", 2, 20));
    assert_eq!(Order::find(&db, ("b", 1)).await?, Some(order("b", 1, 10)));
    assert_eq!(Order::find(&db, ("b", 2)).await?, None);
    let error = Order::get(&db, ("b", 2)).await.unwrap_err();
    assert!(
        matches!(&error, Error::DoesNotExist { model: "Order", key: Some(key) } if key == r#"["b", 2]"#),
        "{error}"
    );
    let mut stale = order("a", 1, 0);
    stale.refresh(&db).await?;
    assert_eq!(stale.total, 10);
    Ok(())
}

#[tokio::test]
async fn a_save_updates_the_row_of_the_key_or_inserts_it() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "composite_saved")]
    struct Order {
        #[model(primary_key)]
        tenant: i64,
        #[model(primary_key)]
        number: i64,
        total: i64,
    }
    static LOG: Log = Log::new();
    #[receiver(post_save, sender = Order)]
    fn saved(instance: &Order, created: bool) {
        LOG.note(format!("{} {created}", instance.total));
    }
    let db = db().await;
    // 0 is a number like any other, and no key is generated.
    let mut order = Order { tenant: 0, number: 0, total: 1 };
    order.save(&db).await?;
    order.total = 2;
    order.save(&db).await?;
    Order { number: 1, ..order.clone() }.save(&db).await?;
    order.total = 3;
    order.save(&db).update_fields([Order::TOTAL]).await?;
    assert_eq!(LOG.take(), ["1 true", "2 false", "2 true", "3 false"]);
    assert_eq!((Order::get(&db, (0, 0)).await?.total, Order::get(&db, (0, 1)).await?.total), (3, 2));
    assert_eq!((order.tenant, order.number), (0, 0));
    Ok(())
}

#[tokio::test]
async fn forced_inserts_and_updates_keep_to_the_key() -> Result<()> {
    let db = db().await;
    let mut own = order("a", 1, 1).create(&db).await?;
    for error in [own.save(&db).force_insert().await.unwrap_err(), own.clone().create(&db).await.unwrap_err()] {
        assert!(error.is_unique_violation(), "{error}");
    }
    own.total = 5;
    own.save(&db).force_update().await?;
    let error = order("a", 2, 1).save(&db).force_update().await.unwrap_err();
    assert!(matches!(&error, Error::NotUpdated { key, .. } if key == r#"["a", 2]"#), "{error}");
    let error = own.save(&db).update_fields([Order::NUMBER]).await.unwrap_err();
    assert!(error.to_string().contains("the primary key `number` cannot be in `update_fields`"), "{error}");
    assert_eq!((rows(&db, "composite_order").await, Order::get(&db, ("a", 1)).await?.total), (1, 5));
    Ok(())
}

#[tokio::test]
async fn a_delete_removes_only_the_row_of_the_whole_key() -> Result<()> {
    let db = db().await;
    for (tenant, number) in [("a", 1), ("a", 2), ("b", 1)] {
        order(tenant, number, 0).save(&db).await?;
    }
    assert_eq!(order("a", 1, 0).delete(&db).await?.rows(), 1);
    assert_eq!(order("a", 3, 0).delete(&db).await?.rows(), 0);
    assert_eq!(order("b", 2, 0).delete(&db).quiet().await?.rows(), 0);
    let left: Vec<_> = Order::objects().order_by([Order::TENANT.asc()]).all(&db).await?;
    assert_eq!(left, [order("a", 2, 0), order("b", 1, 0)]);
    Ok(())
}

#[test]
fn a_key_is_taken_and_given_by_value_and_its_text_is_json() {
    let mut own = order("a\"\\\n", -7, 0);
    assert_eq!(own.key(), ("a\"\\\n".to_owned(), -7));
    assert_eq!(own.pk().unwrap().to_string(), r#"["a\"\\\u000a", -7]"#);
    assert_eq!(own.pk(), Some(Key::Composite([Key::Text("a\"\\\n"), Key::Int(-7)].into())));
    own.set_key(("b".into(), 0));
    assert_eq!((own.tenant.as_str(), own.number), ("b", 0));
    let meta = <Order as Entity>::meta();
    assert_eq!(meta.primary_key_columns(), [0, 2]);
    assert_eq!(meta.primary_key().map(|column| column.column).collect::<Vec<_>>(), ["tenant", "number"]);
}

#[tokio::test]
async fn a_key_has_up_to_five_parts_of_different_types() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "composite_five")]
    struct Cell {
        #[model(primary_key)]
        world: uuid::Uuid,
        #[model(primary_key)]
        x: i16,
        #[model(primary_key)]
        y: i32,
        #[model(primary_key, sql_type = "VARCHAR(20)")]
        layer: String,
        #[model(primary_key, column = "depth of")]
        z: i64,
    }
    let db = db().await;
    let mut cell = Cell { world: uuid::Uuid::nil(), x: -1, y: 2, layer: "sea".into(), z: 3 };
    // A model that has only its key.
    cell.save(&db).await?;
    cell.save(&db).await?;
    let other = Cell { world: uuid::Uuid::now_v7(), ..cell.clone() }.create(&db).await?;
    let key = "[\"00000000-0000-0000-0000-000000000000\", -1, 2, \"sea\", 3]";
    assert_eq!(cell.pk().unwrap().to_string(), key);
    assert_eq!(Cell::get(&db, (uuid::Uuid::nil(), -1, 2, "sea", 3)).await?, cell);
    assert_eq!(cell.delete(&db).await?.rows(), 1);
    assert_eq!(Cell::objects().all(&db).await?, [other]);
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_changes_the_key_chooses_another_row() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "composite_chosen")]
    struct Order {
        #[model(primary_key)]
        tenant: i64,
        #[model(primary_key)]
        number: i64,
        total: i64,
    }
    #[receiver(pre_save, sender = Order)]
    fn choose(instance: &mut Order) -> Result<(), std::fmt::Error> {
        instance.number += 1;
        if instance.total < 0 { Err(std::fmt::Error) } else { Ok(()) }
    }
    let db = db().await;
    let mut order = Order { tenant: 1, number: 1, total: 5 };
    order.save(&db).await?;
    assert_eq!((order.number, Order::get(&db, (1, 2)).await?.total), (2, 5));
    // A failed save restores the whole key.
    order.total = -1;
    order.save(&db).await.unwrap_err();
    assert_eq!(order.number, 2);
    Ok(())
}

#[tokio::test]
async fn a_key_that_the_table_does_not_make_unique_reaches_one_row_or_none() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "composite_twice")]
    struct Twice {
        #[model(primary_key)]
        a: i64,
        #[model(primary_key)]
        b: i64,
        text: String,
    }
    let db = signals::Db::connect(&url().await).await?;
    execute(&db, "CREATE TABLE composite_twice (a BIGINT NOT NULL, b BIGINT NOT NULL, text VARCHAR(20) NOT NULL)")
        .await;
    execute(&db, "INSERT INTO composite_twice VALUES (1, 1, 'a'), (1, 1, 'b'), (1, 2, 'c')").await;
    let text = |a, b| Twice { a, b, text: "new".into() };
    let error = text(1, 1).save(&db).await.unwrap_err();
    let is_refused = |error: &Error| matches!(error, Error::KeyNotUnique { column: "a, b", keys, rows: 2, undone: true, .. } if keys == "the key [1, 1]");
    assert!(is_refused(&error), "{error:?}");
    assert!(is_refused(&text(1, 1).delete(&db).await.unwrap_err()));
    text(1, 2).save(&db).await?;
    assert_eq!(texts(&db, "SELECT text FROM composite_twice ORDER BY text").await, ["a", "b", "new"]);
    Ok(())
}

#[tokio::test]
async fn a_save_that_cannot_reach_its_row_says_that_the_key_is_taken() -> Result<()> {
    let db = db().await;
    order("a", 1, 1).create(&db).await?;
    // The UPDATE finds no row, and the INSERT finds the key.
    let hide = match kind() {
        Kind::Memory | Kind::File => {
            "CREATE TRIGGER composite_hidden BEFORE UPDATE ON composite_order BEGIN SELECT RAISE(IGNORE); END"
        }
        Kind::Postgres => {
            "CREATE FUNCTION composite_hidden() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
             CREATE TRIGGER composite_hidden BEFORE UPDATE ON composite_order FOR EACH ROW EXECUTE FUNCTION composite_hidden()"
        }
        // A trigger cannot skip a row there.
        Kind::Mysql => return Ok(()),
    };
    execute(&db, hide).await;
    let error = order("a", 1, 2).save(&db).await.unwrap_err();
    assert!(matches!(&error, Error::KeyTaken { key, .. } if key == r#"["a", 1]"#), "{error:?}");
    Ok(())
}
