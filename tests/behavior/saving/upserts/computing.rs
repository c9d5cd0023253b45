//! Expressions in `update_with` of an upsert.

use chrono::{DateTime, Utc};
use signals::model::Upserted::{Inserted, Updated};
use signals::query::{Assignment, now};
use signals::{Db, Error, FieldSet, Model, Result, Tx, post_save, pre_save, receiver};
use signals_test_behavior::{Log, db, execute};

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "upserts_computed")]
struct Product {
    id: i64,
    #[model(unique, sql_type = "VARCHAR(80)")]
    name: String,
    stock: i32,
    reserved: i32,
    sold: Option<i32>,
    big: i64,
    rate: f64,
    label: Option<String>,
}

fn product(name: &str, stock: i32) -> Product {
    Product { id: 0, name: name.into(), stock, reserved: 0, sold: None, big: 1, rate: 1.0, label: None }
}

/// Assignments, and the change that they make in a row whose instance has another stock.
type Case = (Vec<Assignment<Product>>, fn(&mut Product));

fn cases() -> Vec<Case> {
    vec![
        (vec![Product::STOCK.set(Product::STOCK + 1)], |row| row.stock = 8),
        (vec![Product::STOCK.set((Product::STOCK - Product::RESERVED) * 2)], |row| row.stock = 8),
        (vec![Product::SOLD.set(Product::SOLD + 1)], |_| {}),
        (vec![Product::SOLD.set(Product::SOLD.coalesce(Product::STOCK) + 1)], |row| row.sold = Some(8)),
        (vec![Product::SOLD.set(Product::STOCK), Product::BIG.set(5)], |row| (row.sold, row.big) = (Some(7), 5)),
        (vec![Product::SOLD.set(None), Product::RATE.set(Product::RATE / 2.0 + 1.0)], |row| row.rate = 2.25),
        (vec![Product::LABEL.set(Product::LABEL.concat("x"))], |_| {}),
        (vec![Product::LABEL.set(Product::LABEL.coalesce(Product::NAME).concat("'?\"$1"))], |row| {
            row.label = Some("old'?\"$1".into());
        }),
        // Each reads the row as it was, also if they are computed from each other.
        (vec![Product::STOCK.set(Product::RESERVED), Product::RESERVED.set(Product::STOCK)], |row| {
            (row.stock, row.reserved) = (3, 7);
        }),
        (vec![Product::BIG.set(Product::BIG + Product::ID * 0 + 40), Product::RESERVED.set(9)], |row| {
            (row.big, row.reserved) = (80, 9);
        }),
    ]
}

#[tokio::test]
async fn an_expression_is_computed_from_the_row_that_exists() -> Result<()> {
    let db = db().await;
    let old = Product { reserved: 3, big: 40, rate: 2.5, ..product("old", 7) }.create(&db).await?;
    // Without receivers one statement does it on some databases.
    for is_recorded in [false, true] {
        let _recording = is_recorded.then(|| db.record());
        for (set, change) in cases() {
            for size in [1, 1000] {
                let mut expected = old.clone();
                change(&mut expected);
                let mut list = [product("new", 70), product("old", 50)];
                let upsert = Product::bulk_create(&db, &mut list).batch_size(size).on_conflict([Product::NAME]);
                upsert.update_with(set.clone()).await?;
                assert_eq!(list[1], expected, "{set:?}, {is_recorded}, {size}");
                assert_eq!(Product::get(&db, old.id).await?, expected, "{set:?}, {is_recorded}, {size}");
                assert_eq!(list[0], Product { id: list[0].id, ..product("new", 70) }, "a new row is the instance");
                assert_eq!(Product::get(&db, list[0].id).await?, list[0]);
                list[0].delete(&db).quiet().await?;
                old.clone().save(&db).quiet().await?;
            }
        }
    }
    // Beside the columns of the instance.
    let mut one = Product { rate: 9.0, ..product("old", 50) };
    let upsert = one.save(&db).on_conflict([Product::NAME]).update([Product::RATE, Product::STOCK]);
    upsert.update_with(Product::RESERVED.set(Product::RESERVED + Product::STOCK)).await?;
    assert_eq!(one, Product { rate: 9.0, stock: 50, reserved: 10, ..old });
    assert_eq!(Product::get(&db, one.id).await?, one);
    Ok(())
}

#[tokio::test]
async fn receivers_get_what_the_database_computed() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_computed_seen")]
    struct Item {
        id: i64,
        #[model(unique)]
        place: i32,
        size: i32,
        note: String,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Item)]
    fn before(instance: &mut Item, previous: Option<&Item>, update_fields: Option<&FieldSet>) {
        let was = previous.map(|item| item.size);
        LOG.note(format!("pre {} {was:?} {} {update_fields:?}", instance.place, instance.size));
        if instance.size > 100 {
            instance.size = 100;
        }
    }
    #[receiver(post_save, sender = Item)]
    async fn after(instance: &Item, previous: Option<&Item>, created: bool, tx: &Tx) -> Result<()> {
        let was = previous.map(|item| item.size);
        LOG.note(format!("post {} {was:?} {} {created}", instance.place, instance.size));
        assert_eq!(*instance, Item::get(tx, instance.id).await?, "the instance is the row");
        if created {
            // The row of the next place is read again before it is written.
            let next = Item::objects().filter(Item::PLACE.eq(instance.place + 1));
            next.update(tx, Item::SIZE.set(Item::SIZE + 10)).quiet().await?;
        }
        Ok(())
    }
    let db = db().await;
    let item = |place: i32, size: i32| Item { id: 0, place, size, note: "a".into() };
    let mut old = [item(2, 20), item(3, 30), item(4, 80)];
    Item::bulk_create(&db, &mut old).quiet().await?;
    for batch_size in [1, 2, 1000] {
        let mut items = [item(4, 1), item(3, 1), item(2, 1), item(1, 1)];
        let upsert = Item::bulk_create(&db, &mut items).batch_size(batch_size).on_conflict([Item::PLACE]);
        let set = [Item::SIZE.set(Item::SIZE * 2), Item::NOTE.set(Item::NOTE.concat("b"))];
        assert_eq!(upsert.update_with(set).report().await?, [Updated, Updated, Updated, Inserted]);
        let log = LOG.take();
        for line in [
            "pre 1 None 1 None",
            "post 1 None 1 true",
            r#"pre 2 Some(30) 60 Some({"size", "note"})"#,
            "post 2 Some(30) 60 false",
            "post 3 Some(30) 60 false",
            r#"pre 4 Some(80) 160 Some({"size", "note"})"#,
            "post 4 Some(80) 100 false",
        ] {
            assert!(log.contains(&line.to_owned()), "{line} of {batch_size}: {log:?}");
        }
        assert_eq!(log.len(), 8);
        assert_eq!(
            items.each_ref().map(|item| (item.size, &*item.note)),
            [(100, "ab"), (60, "ab"), (60, "ab"), (1, "a")]
        );
        execute(&db, "DELETE FROM upserts_computed_seen WHERE place = 1").await;
        Item::bulk_update(&db, &mut old, [Item::SIZE, Item::NOTE]).quiet().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_row_that_a_pre_save_of_another_row_writes_is_computed_from_what_it_is_then() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_computed_written")]
    struct Item {
        id: i64,
        #[model(unique)]
        place: i32,
        size: i32,
    }
    #[receiver(pre_save, sender = Item)]
    async fn before(instance: &Item, tx: &Tx) -> Result<()> {
        let next = Item::objects().filter(Item::PLACE.eq(instance.place + 1));
        next.update(tx, Item::SIZE.set(Item::SIZE + 10)).quiet().await.map(drop)
    }
    let db = db().await;
    let item = |place: i32, size: i32| Item { id: 0, place, size };
    Item::bulk_create(&db, &mut [item(2, 20), item(3, 30)]).quiet().await?;
    let mut items = [3, 2, 1].map(|place| item(place, 1));
    let upsert = Item::bulk_create(&db, &mut items).batch_size(1).on_conflict([Item::PLACE]);
    upsert.update_with(Item::SIZE.set(Item::SIZE * 2)).await?;
    assert_eq!(items.each_ref().map(|item| item.size), [80, 60, 1]);
    for item in &items {
        assert_eq!(Item::get(&db, item.id).await?, *item);
    }
    Ok(())
}

#[tokio::test]
async fn a_number_that_does_not_fit_changes_nothing() -> Result<()> {
    let db = db().await;
    let old = Product { stock: i32::MAX, big: i64::MIN, ..product("full", 0) }.create(&db).await?;
    for is_recorded in [false, true] {
        let _recording = is_recorded.then(|| db.record());
        for set in [
            Product::STOCK.set(Product::STOCK + 1),
            Product::BIG.set(Product::BIG - 1),
            Product::SOLD.set(Product::SOLD.coalesce(Product::STOCK) * 2),
        ] {
            let mut list = [product("another", 1), product("full", 2)];
            let before = list.clone();
            let upsert = Product::bulk_create(&db, &mut list).on_conflict([Product::NAME]).update_with(set.clone());
            let error = upsert.await.unwrap_err();
            assert!(matches!(error, Error::Database { .. }), "{set:?}: {error}");
            assert_eq!((&list, Product::objects().all(&db).await?), (&before, vec![old.clone()]), "{set:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_expression_that_no_database_computes_is_refused_before_any_signal() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_computed_refused")]
    struct Row {
        id: i64,
        #[model(unique, sql_type = "VARCHAR(80)")]
        name: String,
        size: i32,
        #[model(json)]
        document: String,
        #[model(sqlite = unix_seconds)]
        at: DateTime<Utc>,
        other: DateTime<Utc>,
    }
    let db = db().await;
    let epoch = DateTime::UNIX_EPOCH;
    let new = || Row { id: 0, name: "a".into(), size: 1, document: "d".into(), at: epoch, other: epoch };
    new().create(&db).await?;
    let upsert = async |set: Assignment<Row>| {
        let mut row = new();
        row.save(&db).on_conflict([Row::NAME]).update_with(set).await.map(|()| row)
    };
    let recording = db.record();
    for set in [Row::OTHER.set(Row::AT), Row::AT.set(Row::OTHER)] {
        let error = upsert(set).await.unwrap_err();
        assert!(matches!(error, Error::QueryOptions { .. }) && error.to_string().contains("`at`"), "{error}");
    }
    for set in [Row::NAME.set(Row::DOCUMENT), Row::DOCUMENT.set(Row::NAME)] {
        let error = upsert(set).await.unwrap_err();
        assert!(matches!(error, Error::JsonValue { .. }), "{error}");
    }
    let deep = (0..300).fold(Row::SIZE + 1, |sum, _| sum + 1);
    let error = upsert(Row::SIZE.set(deep)).await.unwrap_err();
    assert!(matches!(error, Error::ConditionTooDeep { .. }), "{error}");
    let mut row = new();
    let upsert_id = row.save(&db).on_conflict([Row::NAME]).update_with(Row::ID.set(Row::ID + 1)).await;
    assert!(matches!(upsert_id, Err(Error::SaveOptions { .. })), "{upsert_id:?}");
    assert_eq!(recording.lines(), [""; 0]);
    drop(recording);

    // Values of these columns are written, and those of an expression beside them.
    let later = DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(7);
    let set = [Row::DOCUMENT.set("e"), Row::AT.set(later), Row::SIZE.set(Row::SIZE + 1)];
    for (size, set) in [(2, &set[..]), (3, &set[1..])] {
        let mut row = new();
        row.save(&db).on_conflict([Row::NAME]).update_with(set.to_vec()).await?;
        assert_eq!((row.size, &*row.document, row.at), (size, "e", later));
        assert_eq!(Row::get(&db, row.id).await?, row);
    }
    Ok(())
}

#[tokio::test]
async fn models_that_the_database_fills_or_counts_compute_too() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_computed_filled")]
    struct Line {
        id: i64,
        #[model(unique, sql_type = "VARCHAR(80)")]
        name: String,
        price: i64,
        amount: i64,
        #[model(generated, sql_type = "BIGINT GENERATED ALWAYS AS (price * amount) STORED")]
        total: i64,
        #[model(db_default, default = 7)]
        stars: Option<i32>,
        #[model(version)]
        version: i32,
    }
    let db = db().await;
    let line = |price: i64| Line { id: 0, name: "a".into(), price, amount: 2, total: 0, stars: None, version: 0 };
    let old = line(3).create(&db).await?;
    assert_eq!((old.total, old.stars, old.version), (6, Some(7), 1));
    for (is_recorded, price, stars, version) in [(false, 5, 14, 2), (true, 7, 28, 3)] {
        let _recording = is_recorded.then(|| db.record());
        let mut again = line(50);
        let set = [Line::PRICE.set(Line::PRICE + Line::AMOUNT), Line::STARS.set(Line::STARS * 2)];
        again.save(&db).on_conflict([Line::NAME]).update_with(set).await?;
        let expected = Line { price, total: price * 2, stars: Some(stars), version, ..old.clone() };
        assert_eq!(again, expected);
        assert_eq!(Line::get(&db, old.id).await?, expected);
    }
    Ok(())
}

#[tokio::test]
async fn the_conflict_column_itself_can_be_computed() -> Result<()> {
    let db = db().await;
    for is_recorded in [false, true] {
        let _recording = is_recorded.then(|| db.record());
        let mut old = [product("a", 1), product("b", 2), product("c", 3)];
        Product::bulk_create(&db, &mut old).await?;
        let mut list = [product("c", 9), product("a", 9), product("b", 9)];
        let upsert = Product::bulk_create(&db, &mut list).batch_size(2).on_conflict([Product::NAME]);
        upsert.update_with(Product::NAME.set(Product::NAME.concat("!"))).await?;
        assert_eq!(list.each_ref().map(|row| (&*row.name, row.stock)), [("c!", 3), ("a!", 1), ("b!", 2)]);
        assert_eq!(list.each_ref().map(|row| row.id), [old[2].id, old[0].id, old[1].id]);
        assert_eq!(Product::get(&db, old[0].id).await?, list[1]);
        execute(&db, "DELETE FROM upserts_computed").await;
    }
    Ok(())
}

#[tokio::test]
async fn an_auto_now_column_gets_the_value_that_it_is_assigned() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "upserts_computed_stamped")]
    struct Page {
        id: i64,
        #[model(unique, sql_type = "VARCHAR(80)")]
        path: String,
        first: DateTime<Utc>,
        #[model(auto_now)]
        changed: DateTime<Utc>,
    }
    async fn upsert(db: &Db, set: impl IntoIterator<Item = Assignment<Page>>) -> Result<Page> {
        let epoch = DateTime::UNIX_EPOCH;
        let mut page = Page { id: 0, path: "/".into(), first: epoch, changed: epoch };
        page.save(db).on_conflict([Page::PATH]).update_with(set).await.map(|()| page)
    }
    let db = db().await;
    upsert(&db, [Page::CHANGED.set(now())]).await?;
    for is_recorded in [false, true] {
        let _recording = is_recorded.then(|| db.record());
        let then = DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(5);
        assert_eq!(upsert(&db, [Page::CHANGED.set(then)]).await?.changed, then);
        assert_eq!(upsert(&db, [Page::CHANGED.set(Page::FIRST)]).await?.changed, DateTime::UNIX_EPOCH);
        let page = upsert(&db, [Page::CHANGED.set(now())]).await?;
        assert!((Utc::now() - page.changed).num_seconds().abs() < 60);
        assert_eq!(Page::get(&db, page.id).await?, page);
    }
    let mut inserted = Page { id: 0, path: "/new".into(), first: DateTime::UNIX_EPOCH, changed: DateTime::UNIX_EPOCH };
    let upsert = inserted.save(&db).on_conflict([Page::PATH]).update_with(Page::CHANGED.set(Page::FIRST));
    assert_eq!(upsert.report().await?, Inserted);
    assert!(inserted.changed > DateTime::UNIX_EPOCH, "a new row is stamped");
    Ok(())
}
