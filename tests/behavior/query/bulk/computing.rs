//! Expressions in `update` of a query set.

use std::sync::Mutex;

use chrono::{DateTime, Utc};
use signals::query::{Assignment, Objects, now};
use signals::{Db, Error, Model, Result, Tx, post_save, pre_save, receiver};
use signals_test_behavior::{Kind, Log, db, kind, retried};

/// Runs an update 50 times in each of 16 tasks, and returns the number of updated rows.
async fn update_in_tasks<M: Model>(db: &Db, rows: Objects<M>, to: impl IntoIterator<Item = Assignment<M>>) -> u64 {
    let to: Vec<_> = to.into_iter().collect();
    let tasks = (0..16).map(|_| {
        let (db, rows, to) = (db.clone(), rows.clone(), to.clone());
        tokio::spawn(async move {
            let mut updated = 0;
            for _ in 0..50 {
                updated += retried(|| async { rows.update(&db, to.clone()).await }).await;
            }
            updated
        })
    });
    let mut updated = 0;
    for task in tasks.collect::<Vec<_>>() {
        updated += task.await.unwrap();
    }
    updated
}

#[tokio::test]
async fn sixteen_writers_lose_no_decrement() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "computing_bare")]
    struct Product {
        id: i64,
        stock: i64,
        sold: i32,
    }
    let db = db().await;
    Product { id: 0, stock: 750, sold: 0 }.create(&db).await?;
    let to = [Product::STOCK.set(Product::STOCK - 1), Product::SOLD.set(Product::SOLD + 1)];
    assert_eq!(update_in_tasks(&db, Product::objects().filter(Product::STOCK.ge(1)), to).await, 750);
    assert_eq!(Product::get(&db, 1).await?, Product { id: 1, stock: 0, sold: 750 });
    Ok(())
}

#[tokio::test]
async fn sixteen_writers_lose_no_decrement_with_receivers_and_each_is_seen_once() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "computing_seen")]
    struct Product {
        id: i64,
        stock: i64,
        sold: i32,
    }
    static STOCKS: Mutex<Vec<i64>> = Mutex::new(Vec::new());
    #[receiver(pre_save, sender = Product)]
    fn before(instance: &Product, previous: Option<&Product>) {
        let was = previous.unwrap();
        assert_eq!((instance.stock, instance.sold), (was.stock - 1, was.sold + 1));
    }
    #[receiver(post_save, sender = Product)]
    async fn after(instance: &Product, tx: &Tx) -> Result<()> {
        assert_eq!(Product::get(tx, instance.id).await?, *instance);
        STOCKS.lock().unwrap().push(instance.stock);
        Ok(())
    }
    let db = db().await;
    Product { id: 0, stock: 750, sold: 0 }.create(&db).quiet().await?;
    let to = [Product::STOCK.set(Product::STOCK - 1), Product::SOLD.set(Product::SOLD + 1)];
    assert_eq!(update_in_tasks(&db, Product::objects().filter(Product::STOCK.ge(1)), to).await, 750);
    assert_eq!(Product::get(&db, 1).await?, Product { id: 1, stock: 0, sold: 750 });
    let mut stocks = STOCKS.lock().unwrap();
    stocks.sort_unstable();
    stocks.dedup();
    assert_eq!(*stocks, (0..750).collect::<Vec<_>>());
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "computing_values")]
struct Values {
    id: i64,
    small: i16,
    int: i32,
    big: i64,
    maybe: Option<i32>,
    real: f64,
    single: f32,
    name: String,
    label: Option<String>,
    at: Option<DateTime<Utc>>,
}

/// The instances that receivers got.
static VALUES: Mutex<Vec<Values>> = Mutex::new(Vec::new());

#[receiver([pre_save, post_save], sender = Values)]
fn seen(instance: &Values) {
    VALUES.lock().unwrap().push(instance.clone());
}

/// An assignment, and the change that it makes.
type Case = (Assignment<Values>, fn(&mut Values));

fn cases() -> Vec<Case> {
    vec![
        (Values::SMALL.set(Values::SMALL / 2), |row| row.small = 3),
        (Values::SMALL.set(Values::SMALL * Values::SMALL - 1), |row| row.small = 48),
        (Values::INT.set(Values::INT / 2), |row| row.int = -3),
        (Values::INT.set((Values::INT - 1) * (Values::INT + 10) / 2), |row| row.int = -12),
        (Values::INT.set(Values::INT - (Values::INT - 3)), |row| row.int = 3),
        (Values::BIG.set(Values::ID + Values::BIG + Values::BIG * 2), |row| row.big = 121),
        (Values::MAYBE.set(Values::MAYBE + 1), |_| {}),
        (Values::MAYBE.set(Values::MAYBE + Some(1)), |_| {}),
        (Values::MAYBE.set(Values::MAYBE.coalesce(4) * 2), |row| row.maybe = Some(8)),
        (Values::MAYBE.set(Values::MAYBE.coalesce(Values::INT)), |row| row.maybe = Some(-7)),
        (Values::MAYBE.set(Values::INT), |row| row.maybe = Some(-7)),
        (Values::REAL.set(Values::REAL / 2.0 + 1.0), |row| row.real = 2.25),
        (Values::SINGLE.set(Values::SINGLE * 0.5), |row| row.single = 0.75),
        (Values::NAME.set(Values::NAME.concat(" \"'\\%s")), |row| row.name = "tea \"'\\%s".into()),
        (Values::NAME.set(Values::NAME.concat("-").concat(Values::NAME)), |row| row.name = "tea-tea".into()),
        (Values::LABEL.set(Values::LABEL.concat("x")), |_| {}),
        (Values::LABEL.set(Values::LABEL.coalesce("a").concat("b")), |row| row.label = Some("ab".into())),
        (Values::LABEL.set(Values::NAME), |row| row.label = Some("tea".into())),
    ]
}

#[tokio::test]
async fn an_expression_has_the_same_result_with_and_without_receivers() -> Result<()> {
    let db = db().await;
    let (name, label) = ("tea".to_owned(), None);
    let before =
        Values { id: 0, small: 7, int: -7, big: 40, maybe: None, real: 2.5, single: 1.5, name, label, at: None };
    let before = before.create(&db).quiet().await?;
    for (set, change) in cases() {
        let mut expected = before.clone();
        change(&mut expected);
        assert_eq!(Values::objects().update(&db, set.clone()).quiet().await?, 1);
        assert_eq!(Values::get(&db, before.id).await?, expected, "{set:?}");
        before.clone().save(&db).quiet().await?;

        assert_eq!(Values::objects().update(&db, set.clone()).await?, 1);
        assert_eq!(Values::get(&db, before.id).await?, expected, "{set:?} with receivers");
        assert_eq!(VALUES.lock().unwrap().drain(..).collect::<Vec<_>>(), [expected.clone(), expected], "{set:?}");
        before.clone().save(&db).quiet().await?;
    }
    Values::objects().update(&db, Values::AT.set(now())).quiet().await?;
    let age = Utc::now() - Values::get(&db, before.id).await?.at.unwrap();
    assert!(age.num_seconds().abs() < 60, "{age}");
    Ok(())
}

#[tokio::test]
async fn a_number_that_does_not_fit_is_an_error_and_changes_nothing() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "computing_extreme")]
    struct Extreme {
        id: i64,
        small: i16,
        int: Option<i32>,
        big: i64,
    }
    #[receiver(post_save, sender = Extreme)]
    fn after(instance: &Extreme) {
        let _ = instance;
    }
    let db = db().await;
    let row = Extreme { id: 0, small: i16::MAX, int: Some(i32::MIN), big: i64::MIN }.create(&db).quiet().await?;
    for set in [
        Extreme::SMALL.set(Extreme::SMALL + 1),
        Extreme::INT.set(Extreme::INT - 1),
        Extreme::INT.set(Extreme::INT * 2 + 1),
        Extreme::BIG.set(Extreme::BIG - 1),
        Extreme::BIG.set(Extreme::BIG * 2),
        Extreme::BIG.set((Extreme::BIG + 1) * -2),
    ] {
        let error = Extreme::objects().update(&db, set.clone()).quiet().await.unwrap_err();
        assert!(matches!(error, Error::Database { .. }), "{set:?}: {error}");
        let error = Extreme::objects().update(&db, set.clone()).await.unwrap_err();
        assert!(matches!(error, Error::Database { .. }), "{set:?}: {error}");
        assert_eq!(Extreme::get(&db, row.id).await?, row, "{set:?}");
    }
    let fits = [Extreme::SMALL.set(Extreme::SMALL - 1), Extreme::BIG.set(Extreme::BIG + i64::MAX)];
    assert_eq!(Extreme::objects().update(&db, fits).await?, 1);
    assert_eq!(Extreme::get(&db, row.id).await?, Extreme { small: i16::MAX - 1, big: -1, ..row });
    Ok(())
}

#[tokio::test]
async fn a_value_that_pre_save_sets_is_written_in_place_of_the_computed_one() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "computing_capped")]
    struct Item {
        #[model(primary_key)]
        shelf: i32,
        #[model(primary_key)]
        place: i64,
        size: i32,
        note: String,
    }
    static LOG: Log = Log::new();
    #[receiver(pre_save, sender = Item)]
    fn cap(instance: &mut Item) {
        if instance.size > 12 {
            instance.size = 12;
            instance.note.push('!');
        }
    }
    #[receiver(post_save, sender = Item)]
    fn after(instance: &Item) {
        LOG.note(format!("{}.{} {}", instance.shelf, instance.place, instance.size));
    }
    let db = db().await;
    for (place, size) in [(1, 1), (2, 2), (3, 3)] {
        Item { shelf: 1, place, size, note: "1".into() }.create(&db).quiet().await?;
    }
    let set = [Item::SIZE.set(Item::SIZE + 10), Item::NOTE.set(Item::NOTE.concat("2"))];
    // Of one chunk, and of several, whose rows are read by their keys.
    for (size, sizes) in [(1000, ["1.1 11", "1.2 12", "1.3 12"]), (2, ["1.1 12", "1.2 12", "1.3 12"])] {
        assert_eq!(Item::objects().update(&db, set.clone()).batch_size(size).await?, 3);
        assert_eq!(LOG.take(), sizes);
    }
    let rows = Item::objects().order_by(Item::PLACE.asc()).all(&db).await?;
    let rows: Vec<_> = rows.iter().map(|row| (row.size, &*row.note)).collect();
    assert_eq!(rows, [(12, "122!"), (12, "122!"), (12, "12!2!")]);
    Ok(())
}

#[tokio::test]
async fn expressions_read_the_row_as_it_was_before_the_update() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "computing_order")]
    struct Row {
        id: i64,
        a: i32,
        b: i32,
        c: i32,
    }
    let db = db().await;
    let row = Row { id: 0, a: 1, b: 10, c: 100 }.create(&db).await?;
    let set = [Row::A.set(5), Row::B.set(Row::A + Row::B), Row::C.set(Row::B + Row::A + Row::C)];
    assert_eq!(Row::objects().update(&db, set).await?, 1);
    assert_eq!(Row::get(&db, row.id).await?, Row { id: row.id, a: 5, b: 11, c: 111 });

    let error = Row::objects().update(&db, [Row::A.set(Row::B), Row::B.set(Row::A)]).await.unwrap_err();
    let says = "`a`, `b` are computed from each other";
    assert!(matches!(error, Error::QueryOptions { .. }) && error.to_string().contains(says), "{error}");
    let deep = (0..300).fold(Row::A + 1, |sum, _| sum + 1);
    let error = Row::objects().update(&db, Row::A.set(deep)).await.unwrap_err();
    assert!(matches!(error, Error::ConditionTooDeep { .. }), "{error}");
    let wide = (0..150).fold(Row::A + 1, |sum, _| sum + 1);
    assert_eq!(Row::objects().update(&db, Row::A.set(wide)).await?, 1);
    assert_eq!(Row::get(&db, row.id).await?.a, 156);
    Ok(())
}

#[tokio::test]
async fn columns_that_the_database_cannot_compute_with_are_refused() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "computing_refused")]
    struct Row {
        id: i64,
        name: String,
        #[model(json)]
        document: String,
        #[model(sqlite = unix_seconds)]
        at: DateTime<Utc>,
        other: DateTime<Utc>,
    }
    let db = db().await;
    for set in [Row::OTHER.set(Row::AT), Row::AT.set(Row::OTHER)] {
        let error = Row::objects().update(&db, set).await.unwrap_err();
        assert!(matches!(error, Error::QueryOptions { .. }) && error.to_string().contains("`at`"), "{error}");
    }
    for set in [Row::NAME.set(Row::DOCUMENT), Row::DOCUMENT.set(Row::NAME)] {
        let error = Row::objects().update(&db, set).await.unwrap_err();
        assert!(matches!(error, Error::JsonValue { .. }), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_division_by_zero_does_not_depend_on_receivers() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "computing_shares")]
    struct Share {
        id: i64,
        whole: i32,
        parts: i32,
        each: Option<i32>,
    }
    #[receiver(post_save, sender = Share)]
    fn after(instance: &Share) {
        assert_eq!(instance.each, None);
    }
    let db = db().await;
    Share { id: 0, whole: 7, parts: 0, each: Some(1) }.create(&db).quiet().await?;
    let each = Share::EACH.set(Share::WHOLE / Share::PARTS);
    let is_error = kind() == Kind::Postgres;
    assert_eq!(Share::objects().update(&db, each.clone()).quiet().await.is_err(), is_error);
    assert_eq!(Share::objects().update(&db, each).await.is_err(), is_error);
    assert_eq!(Share::get(&db, 1).await?.each, is_error.then_some(1));
    Ok(())
}
