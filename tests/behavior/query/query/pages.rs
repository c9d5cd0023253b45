//! Pages by the rows before and after them.

use chrono::{DateTime, TimeZone as _, Utc};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use signals::query::{Objects, Order, Page};
use signals::{Db, Error, Model, Result, post_save, receiver};
use signals_test_behavior::{Kind, Log, db, execute, kind};

use super::{Person, people};

/// With a key of two columns, a moment that SQLite keeps in its own form, and columns of each kind.
#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "paged")]
struct Entry {
    #[model(primary_key, sql_type = "VARCHAR(20)")]
    shop: String,
    #[model(primary_key)]
    number: i64,
    text: String,
    label: Option<String>,
    amount: Option<i32>,
    weight: Option<f64>,
    half: f32,
    open: bool,
    #[model(sqlite = unix_seconds)]
    at: Option<DateTime<Utc>>,
    #[model(sqlite = julian_day)]
    day: DateTime<Utc>,
}

fn moment(second: i64) -> DateTime<Utc> {
    Utc.timestamp_opt(1_700_000_000 + second, 0).unwrap()
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let texts = || proptest::sample::select(vec!["", "a", "A", "b", "é", "a b", "𝄞"]);
    let numbers = || proptest::option::weighted(0.6, 0..3);
    let row =
        (texts(), proptest::option::of(texts()), numbers(), numbers(), 0..2_u8, any::<bool>(), numbers(), 0..2_i64);
    vec(row, 0..25).prop_map(|rows| {
        let entries = (0..).zip(rows).map(|(number, (text, label, amount, weight, half, open, at, day))| Entry {
            shop: if number % 3 == 0 { "x" } else { "y" }.into(),
            number: number / 2,
            text: String::from(text),
            label: label.map(Into::into),
            amount,
            weight: weight.map(|weight| f64::from(weight) / 10.0),
            half: f32::from(half) / 10.0,
            open,
            at: at.map(|at| moment(i64::from(at))),
            day: moment(day),
        });
        let mut entries: Vec<Entry> = entries.collect();
        entries.sort_by(|one, other| (&one.shop, one.number).cmp(&(&other.shop, other.number)));
        entries.dedup_by(|one, other| (&one.shop, one.number) == (&other.shop, other.number));
        entries
    })
}

fn order(column: usize, is_descending: bool) -> Order<Entry> {
    let [ascending, descending] = match column {
        0 => [Entry::TEXT.asc(), Entry::TEXT.desc()],
        1 => [Entry::LABEL.asc(), Entry::LABEL.desc()],
        2 => [Entry::AMOUNT.asc(), Entry::AMOUNT.desc()],
        3 => [Entry::WEIGHT.asc(), Entry::WEIGHT.desc()],
        4 => [Entry::HALF.asc(), Entry::HALF.desc()],
        5 => [Entry::OPEN.asc(), Entry::OPEN.desc()],
        6 => [Entry::AT.asc(), Entry::AT.desc()],
        7 => [Entry::DAY.asc(), Entry::DAY.desc()],
        8 => [Entry::SHOP.asc(), Entry::SHOP.desc()],
        _ => [Entry::NUMBER.asc(), Entry::NUMBER.desc()],
    };
    if is_descending { descending } else { ascending }
}

async fn check(db: &Db, rows: &[Entry], orders: &[(usize, bool)], size: u64) -> Result<()> {
    execute(db, "DELETE FROM paged").await;
    Entry::bulk_create(db, &mut rows.to_vec()).await?;
    let paged = Entry::objects().order_by(orders.iter().map(|(column, down)| order(*column, *down)));
    let direction = orders.last().is_some_and(|(_, down)| *down);
    let keys = [8, 9].into_iter().filter(|key| orders.iter().all(|(column, _)| column != key));
    let total = orders.iter().copied().chain(keys.map(|key| (key, direction)));
    let all = Entry::objects().order_by(total.map(|(column, down)| order(column, down))).all(db).await?;
    assert_eq!(all.len(), rows.len());

    let mut found = Vec::new();
    let mut page = paged.page(db, size).await?;
    loop {
        found.extend(page.rows);
        assert_eq!(page.has_more, found.len() < all.len());
        let Some(last) = found.last().filter(|_| page.has_more) else { break };
        page = paged.clone().after(last).page(db, size).await?;
    }
    assert_eq!(found, all, "forward by {orders:?}");

    let mut end = all.len();
    while end > 0 {
        let Some(next) = all.get(end) else {
            // The last row has no next one.
            end -= 1;
            continue;
        };
        let Page { rows, has_more, .. } = paged.clone().before(next).page(db, size).await?;
        let start = end.saturating_sub(usize::try_from(size).unwrap());
        assert_eq!(rows, all[start..end], "backward by {orders:?}");
        assert_eq!(has_more, start > 0);
        end = start;
    }

    for (place, row) in all.iter().enumerate().step_by(5) {
        let (before, after) = (paged.clone().before(row), paged.clone().after(row));
        assert_eq!(before.all(db).await?, all[..place]);
        assert_eq!(before.count(db).await?, place as u64);
        assert_eq!(after.all(db).await?, all[place + 1..]);
        assert_eq!(after.limit(2).all(db).await?, all[place + 1..all.len().min(place + 3)]);
    }
    Ok(())
}

#[test]
fn pages_of_any_order_have_each_row_once_and_in_order() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let db = runtime.block_on(db());
    // In MySQL a statement costs 40 ms if it is never met again.
    let cases = if kind() == Kind::Mysql { 12 } else { 64 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let orders = vec((0..10_usize, any::<bool>()), 0..4);
    TestRunner::new(config)
        .run(&(entries(), orders, 1..6_u64), |(rows, orders, size)| {
            let checked = runtime.block_on(check(&db, &rows, &orders, size));
            checked.map_err(|error| TestCaseError::fail(error.to_string()))
        })
        .unwrap();
}

fn ids(page: &Page<Person>) -> Vec<i64> {
    page.rows.iter().map(|row| row.id).collect()
}

fn by_score() -> Objects<Person> {
    Person::objects().order_by(Person::SCORE.desc())
}

#[tokio::test]
async fn rows_that_come_and_go_neither_repeat_nor_hide_others() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    let first = by_score().page(&db, 3).await?;
    assert_eq!((ids(&first), first.has_more), (vec![6, 1, 7], true), "the key continues the order in its direction");
    let last = &first.rows[2];
    // The last row of the page, and one before it, are deleted; another is inserted at the front.
    last.delete(&db).await?;
    first.rows[0].delete(&db).await?;
    super::person("New", None, None, 1000).save(&db).await?;
    let second = by_score().after(last).page(&db, 3).await?;
    assert_eq!((ids(&second), second.has_more), (vec![5, 4, 2], true));
    let third = by_score().after(&second.rows[2]).page(&db, 3).await?;
    assert_eq!((ids(&third), third.has_more), (vec![3], false));
    let back = by_score().before(&third.rows[0]).page(&db, 2).await?;
    assert_eq!((ids(&back), back.has_more), (vec![4, 2], true));
    assert_eq!(ids(&by_score().page(&db, 0).await?), [0_i64; 0]);
    Ok(())
}

#[tokio::test]
async fn a_row_bounds_every_call_of_a_query_set() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    let bob = Person::get(&db, 2).await?;
    let after = by_score().filter(Person::NAME.ne("")).after(&bob);
    assert_eq!(after.first(&db).await?.map(|row| row.id), Some(3));
    assert_eq!((after.count(&db).await?, after.exists(&db).await?), (1, true));
    assert_eq!(after.values(&db, Person::ID).await?, [3]);
    assert_eq!(after.get(&db).await?.id, 3);
    let before = by_score().filter(Person::NAME.ne("")).before(&bob);
    assert_eq!(before.sum(&db, Person::SCORE).await?, Some(31));
    assert_eq!(before.first(&db).await?.map(|row| row.id), Some(1));
    assert_eq!(before.update(&db, Person::NICKNAME.set("before")).await?, 4);
    assert_eq!(
        Person::objects().filter(Person::NICKNAME.eq("before")).sum(&db, Person::ID).await?,
        Some(1 + 4 + 5 + 7)
    );
    assert_eq!(before.delete(&db).await?.rows(), 4);
    assert_eq!(Person::objects().order_by(Person::ID.asc()).values(&db, Person::ID).await?, [2, 3, 6]);
    Ok(())
}

#[tokio::test]
async fn a_write_with_receivers_has_the_rows_of_the_order() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "paged_heard")]
    struct Heard {
        id: i64,
        place: i32,
    }

    static LOG: Log = Log::new();

    #[receiver(post_save, sender = Heard)]
    fn saved(instance: &Heard, created: bool) {
        if !created {
            LOG.note(instance.id);
        }
    }

    let db = db().await;
    let mut rows: Vec<Heard> = [5, 3, 4, 1, 2].map(|place| Heard { id: 0, place }).into();
    Heard::bulk_create(&db, &mut rows).await?;
    let after = Heard::objects().order_by(Heard::PLACE.asc()).after(&rows[1]);
    assert_eq!(after.update(&db, Heard::PLACE.set(9)).batch_size(1).await?, 2);
    assert_eq!(LOG.take(), ["1", "3"]);
    Ok(())
}

#[tokio::test]
async fn pages_and_limits_do_not_mix() -> Result<()> {
    let db = db().await;
    people(&db).await?;
    let ada = Person::get(&db, 1).await?;
    let refused = [
        (by_score().limit(2).page(&db, 2).await.map(drop), "read in pages"),
        (by_score().offset(2).page(&db, 2).await.map(drop), "read in pages"),
        (by_score().limit(2).after(&ada).all(&db).await.map(drop), "`after` and `before`"),
        (by_score().before(&ada).limit(2).all(&db).await.map(drop), "call `page`"),
        (by_score().before(&ada).offset(2).all(&db).await.map(drop), "call `page`"),
        (by_score().before(&ada).limit(2).page(&db, 2).await.map(drop), "read in pages"),
    ];
    for (outcome, says) in refused {
        let error = outcome.unwrap_err();
        assert!(matches!(error, Error::QueryOptions { .. }) && error.to_string().contains(says), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_page_can_be_read_in_another_task() {
    async fn read(db: Db) -> Result<usize> {
        Ok(by_score().page(&db, 3).await?.rows.len())
    }
    assert_eq!(tokio::spawn(read(db().await)).await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn digits_that_the_column_does_not_keep_neither_hide_nor_repeat_rows() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "paged_digits")]
    struct Reading {
        id: i64,
        #[model(sqlite = unix_seconds)]
        at: DateTime<Utc>,
    }

    let db = db().await;
    let at = |number: i64| moment(0) + chrono::TimeDelta::microseconds(number * 100);
    let mut rows: Vec<Reading> = (1..=3).map(|number| Reading { id: 0, at: at(number) }).collect();
    // The instances keep the digits. They are not read again.
    Reading::bulk_create(&db, &mut rows).await?;
    let keys = rows.iter().map(|row| row.id).collect::<Vec<_>>();
    let found = |page: Page<Reading>| page.rows.iter().map(|row| row.id).collect::<Vec<_>>();
    let rising = Reading::objects().order_by(Reading::AT.asc());
    assert_eq!(found(rising.clone().after(&rows[0]).page(&db, 5).await?), keys[1..]);
    assert_eq!(found(rising.before(&rows[2]).page(&db, 5).await?), keys[..2]);
    let falling = Reading::objects().order_by(Reading::AT.desc());
    assert_eq!(found(falling.after(&rows[2]).page(&db, 5).await?), [keys[1], keys[0]]);
    Ok(())
}
