//! Upserts of the same rows by several tasks.

mod deadlocks;

use std::env;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use signals::model::Upserted::{self, Inserted};
use signals::{Db, Error, Model, Result, Tx, post_save, pre_save, receiver};
use signals_test_behavior::{Kind, Log, capture, count, database, execute, kind, rows, url};

#[derive(Debug, Clone, Model)]
#[model(table = "exact_upserts_stock")]
struct Stock {
    id: i64,
    #[model(unique)]
    place: i32,
    #[model(unique)]
    name: String,
    size: i64,
}

static CREATED: Mutex<i64> = Mutex::new(0);

#[receiver(post_save, sender = Stock)]
async fn check(instance: &Stock, previous: Option<&Stock>, created: bool) -> Result<()> {
    assert_eq!(previous.is_none(), created, "{instance:?}");
    if created {
        *CREATED.lock().unwrap() += 1;
    }
    Ok(())
}

const PLACES: i32 = 4;

/// Adds other rows: MariaDB reads, and locks, all rows of a table of a few in an UPDATE of three.
async fn add_others(db: &Db) -> Result<()> {
    let mut others: Vec<_> =
        (PLACES..1000).map(|place| Stock { id: 0, place, name: place.to_string(), size: 0 }).collect();
    Stock::bulk_create(db, &mut others).quiet().await?;
    if kind() == Kind::Mysql {
        execute(db, "ANALYZE TABLE exact_upserts_stock").await;
    }
    Ok(())
}

/// Rounds in which both tasks write the same rows in opposite orders, and now and then delete them.
///
/// An upsert begins again after a deadlock, and logs that.
async fn rounds(db: &Db, is_reversed: bool, rounds: i64) -> Result<i64> {
    let (log, _capturing) = capture();
    let mut inserted = 0;
    for round in 0..rounds {
        let stock = |place: i32| Stock { id: 0, place, name: place.to_string(), size: round };
        let mut all: Vec<Stock> = (0..PLACES).map(stock).collect();
        if is_reversed {
            all.reverse();
        }
        let report = loop {
            let key = if is_reversed {
                Stock::bulk_create(db, &mut all).on_conflict([Stock::PLACE])
            } else {
                Stock::bulk_create(db, &mut all).batch_size(3).on_conflict([Stock::PLACE])
            };
            match key.update([Stock::SIZE]).report().await {
                // The other task deletes and inserts the rows all the time.
                Err(Error::UpsertContended { .. }) => {}
                done => break done?,
            }
        };
        inserted += i64::try_from(report.iter().filter(|done| **done == Inserted).count()).unwrap();
        if round % 4 == 0 && is_reversed {
            // Each set of rows in turn, so that several are missing, and the keys are in another order than the places.
            let is_deleted = |stock: &&mut Stock| ((round / 4) >> stock.place) & 1 == 0;
            for stock in all.iter_mut().filter(is_deleted) {
                stock.delete(db).await?;
            }
        }
    }
    let deadlocks: Vec<_> = log.take().into_iter().filter(|line| is_of_deadlock(line)).collect();
    assert_eq!(deadlocks, [""; 0]);
    Ok(inserted)
}

fn is_of_deadlock(line: &str) -> bool {
    line.contains("begins again") && line.to_lowercase().contains("deadlock")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tasks_with_opposite_orders_never_deadlock() -> Result<()> {
    let db = database(|builder| builder.max_connections(4)).await;
    add_others(&db).await?;
    let (one, other) = tokio::join!(rounds(&db, false, 100), rounds(&db, true, 100));
    let inserted = one? + other?;
    assert_eq!(inserted, *CREATED.lock().unwrap(), "each INSERT was reported and sent once");
    let deleted =
        inserted - count(&db, format!("SELECT COUNT(*) FROM exact_upserts_stock WHERE place < {PLACES}")).await;
    assert!(deleted > 0, "{inserted}");
    Ok(())
}

/// The database of a process, and whether it works in the other order.
const INSIDE: [&str; 2] = ["SIGNALS_TEST_INSIDE", "SIGNALS_TEST_IS_REVERSED"];

#[tokio::test]
async fn two_processes_with_opposite_orders_never_deadlock() -> Result<()> {
    if let (Ok(url), is_reversed) = (env::var(INSIDE[0]), env::var_os(INSIDE[1]).is_some()) {
        // SQLite has one writer, so it cannot deadlock.
        let number = if kind() == Kind::File { 200 } else { 1000 };
        // The lock of SQLite has no queue, so on a busy machine one of them may wait for long.
        let db = Db::builder(&url).busy_timeout(Duration::from_mins(2)).connect().await?;
        assert_eq!(rounds(&db, is_reversed, number).await?, *CREATED.lock().unwrap());
        return Ok(());
    }
    if kind() == Kind::Memory {
        return Ok(());
    }
    let url = url().await;
    let db = Db::connect(&url).await?;
    db.create_tables_of(|model| model.table() == "exact_upserts_stock").await?;
    add_others(&db).await?;
    let process = |is_reversed: bool| {
        let mut process = Command::new(env::current_exe().unwrap());
        process.args(["--exact", "upserts::two_processes_with_opposite_orders_never_deadlock"]);
        process.envs([(INSIDE[0], &*url), ("SIGNALS_TEST_DATABASE", kind().name())]);
        if is_reversed {
            process.env(INSIDE[1], "1");
        }
        tokio::task::spawn_blocking(move || process.output().unwrap())
    };
    let (one, other) = tokio::join!(process(false), process(true));
    for process in [one.unwrap(), other.unwrap()] {
        let printed = String::from_utf8_lossy(&process.stdout);
        assert!(process.status.success() && printed.contains("1 passed"), "{printed}");
    }
    assert_eq!(rows(&db, "exact_upserts_stock").await, 1000);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_tasks_one_creates_the_row_and_the_others_see_it() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_upserts_counter")]
    struct Counter {
        id: i64,
        #[model(unique)]
        name: String,
        total: i64,
    }
    static LOG: Log = Log::new();
    /// Counts in the row itself, which is locked.
    #[receiver(pre_save, sender = Counter)]
    async fn add(instance: &mut Counter, previous: Option<&Counter>) -> Result<()> {
        instance.total = previous.map_or(1, |counter| counter.total + 1);
        Ok(())
    }
    #[receiver(post_save, sender = Counter)]
    fn after(created: bool) {
        LOG.note(created);
    }
    let db = &database(|builder| builder.max_connections(8)).await;
    let mut reports = Vec::new();
    for name in 0..20 {
        let upsert = |_| async move {
            let mut counter = Counter { id: 0, name: name.to_string(), total: 0 };
            counter.save(db).on_conflict([Counter::NAME]).update([Counter::TOTAL]).report().await
        };
        reports.extend(futures_util::future::try_join_all((0..8).map(upsert)).await?);
    }
    let is_inserted = |done: &&Upserted| **done == Inserted;
    assert_eq!((reports.len(), reports.iter().filter(is_inserted).count()), (160, 20));
    assert_eq!(LOG.take().iter().filter(|created| *created == "true").count(), 20);
    assert_eq!(count(db, "SELECT COUNT(*) FROM exact_upserts_counter WHERE total = 8").await, 20);
    Ok(())
}

#[tokio::test]
async fn a_row_that_others_insert_meanwhile_begins_the_upsert_again() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_upserts_lost")]
    struct Item {
        id: i64,
        #[model(unique)]
        name: String,
        size: i32,
    }
    static LOG: Log = Log::new();
    static OTHER: Mutex<Option<Db>> = Mutex::new(None);
    #[receiver(pre_save, sender = Item)]
    async fn before(instance: &mut Item, previous: Option<&Item>, tx: &Tx) -> Result<()> {
        LOG.note(format!("pre {} {}", instance.size, previous.is_some()));
        instance.size += 1;
        let other = OTHER.lock().unwrap().take();
        if let Some(db) = other {
            // Another session inserts the row after it was found to be missing.
            execute(&db, "INSERT INTO exact_upserts_lost (name, size) VALUES ('a', 50)").await;
        }
        let _ = tx;
        Ok(())
    }
    #[receiver(post_save, sender = Item)]
    fn after(instance: &Item, created: bool) {
        LOG.note(format!("post {} {created}", instance.size));
    }
    if signals_test_behavior::kind().is_sqlite() {
        // It has one writer at a time, so no row is inserted meanwhile.
        return Ok(());
    }
    let db = database(|builder| builder.acquire_timeout(Duration::from_secs(30))).await;
    for is_within in [false, true] {
        execute(&db, "DELETE FROM exact_upserts_lost").await;
        *OTHER.lock().unwrap() = Some(db.clone());
        let mut item = Item { id: 0, name: "a".into(), size: 7 };
        let report = if is_within {
            let tx = db.begin().await?;
            assert_eq!(Item::objects().count(&tx).await?, 0, "it has its snapshot");
            let report = item.save(&tx).on_conflict([Item::NAME]).update([Item::SIZE]).report().await?;
            tx.commit().await?;
            report
        } else {
            item.save(&db).on_conflict([Item::NAME]).update([Item::SIZE]).report().await?
        };
        assert_eq!(report, Upserted::Updated);
        assert_eq!(LOG.take(), ["pre 7 false", "pre 7 true", "post 8 false"]);
        assert_eq!((item.size, rows(&db, "exact_upserts_lost").await), (8, 1));
    }
    Ok(())
}

#[tokio::test]
async fn a_row_that_others_deleted_after_the_transactions_first_read_is_not_kept() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "exact_upserts_old")]
    struct Item {
        id: i64,
        #[model(unique)]
        name: String,
    }
    if signals_test_behavior::kind().is_sqlite() {
        // No one else writes after the first write of a transaction.
        return Ok(());
    }
    let db = signals_test_behavior::db().await;
    let mut items = ["a", "b"].map(|name| Item { id: 0, name: name.into() });
    Item::bulk_create(&db, &mut items).await?;
    let tx = db.begin().await?;
    assert_eq!(Item::objects().count(&tx).await?, 2, "it has its snapshot");
    execute(&db, "DELETE FROM exact_upserts_old WHERE name = 'a'").await;
    let mut again = ["a", "b"].map(|name| Item { id: 0, name: name.into() });
    let report = Item::bulk_create(&tx, &mut again).on_conflict([Item::NAME]).ignore().report().await?;
    tx.commit().await?;
    assert_eq!(report, [Upserted::Inserted, Upserted::Kept]);
    assert!(again[0].id > items[1].id && again[1].id == items[1].id, "{again:?}");
    assert_eq!(Item::objects().count(&db).await?, 2);
    Ok(())
}

#[tokio::test]
async fn post_save_is_sent_once_for_each_row_if_a_later_insert_loses() -> Result<()> {
    #[derive(Debug, Model)]
    #[model(table = "exact_upserts_once")]
    struct Item {
        id: i64,
        #[model(unique)]
        name: String,
        size: i32,
        other: i32,
    }
    static LOG: Log = Log::new();
    static OTHER: Mutex<Option<Db>> = Mutex::new(None);
    #[receiver(pre_save, sender = Item)]
    async fn before(instance: &Item, tx: &Tx) -> Result<()> {
        if instance.name == "d" {
            let other = OTHER.lock().unwrap().take();
            if let Some(db) = other {
                execute(&db, "INSERT INTO exact_upserts_once (name, size, other) VALUES ('d', 50, 50)").await;
            }
        }
        let _ = tx;
        Ok(())
    }
    #[receiver(post_save, sender = Item)]
    fn after(instance: &Item, created: bool) {
        LOG.note(format!("{} {} {created}", instance.name, instance.other));
    }
    if signals_test_behavior::kind().is_sqlite() {
        // It has one writer at a time, so no row is inserted meanwhile.
        return Ok(());
    }
    let db = database(|builder| builder.acquire_timeout(Duration::from_secs(30))).await;
    let item = |name: &str, other: i32| Item { id: 0, name: name.into(), size: 1, other };
    let mut old = [item("a", 10), item("b", 10)];
    Item::bulk_create(&db, &mut old).quiet().await?;
    *OTHER.lock().unwrap() = Some(db.clone());
    // The model is not `Clone`, so the instances are not restored between the attempts.
    let mut items = ["a", "b", "c", "d"].map(|name| item(name, 2));
    let upsert = Item::bulk_create(&db, &mut items).batch_size(1).on_conflict([Item::NAME]);
    upsert.update([Item::SIZE, Item::OTHER]).await?;
    assert_eq!(LOG.take(), ["c 2 true", "a 2 false", "b 2 false", "d 2 false"]);
    assert_eq!(count(&db, "SELECT COUNT(*) FROM exact_upserts_once WHERE size = 1 AND other = 2").await, 4);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_writers_of_upserts_lose_no_increment() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_upserts_visits")]
    struct Visit {
        id: i64,
        #[model(unique)]
        page: i32,
        count: i64,
    }
    const WRITERS: i64 = 16;
    static SEEN: Mutex<Vec<(i32, i64)>> = Mutex::new(Vec::new());
    let db = &database(|builder| builder.max_connections(8)).await;
    for is_heard in [false, true] {
        execute(db, "DELETE FROM exact_upserts_visits").await;
        let id = is_heard.then(|| {
            post_save.connect::<Visit>("visits", |event| {
                SEEN.lock().unwrap().push((event.instance.page, event.instance.count));
                Ok(())
            })
        });
        let visits = |writer: i64| async move {
            for round in 0..20 {
                let mut pages = [1, 2, 3].map(|page| Visit { id: 0, page, count: 1 });
                if (writer + round) % 2 == 0 {
                    pages.reverse();
                }
                loop {
                    let upsert = Visit::bulk_create(db, &mut pages).on_conflict([Visit::PAGE]);
                    match upsert.update_with(Visit::COUNT.set(Visit::COUNT + 1)).await {
                        Err(Error::UpsertContended { .. }) => {}
                        done => break done?,
                    }
                }
            }
            Ok::<_, Error>(())
        };
        futures_util::future::try_join_all((0..WRITERS).map(visits)).await?;
        let all = WRITERS * 20;
        assert_eq!(count(db, format!("SELECT COUNT(*) FROM exact_upserts_visits WHERE count = {all}")).await, 3);
        if let Some(id) = id {
            assert!(post_save.disconnect(id?));
            let mut seen = std::mem::take(&mut *SEEN.lock().unwrap());
            seen.sort_unstable();
            let expected: Vec<_> = (1..=3).flat_map(|page| (1..=all).map(move |count| (page, count))).collect();
            assert_eq!(seen, expected, "each number is seen once");
        }
    }
    Ok(())
}

/// MariaDB and MySQL name the index of a composite key, and not its columns.
#[tokio::test]
async fn a_row_that_others_insert_and_delete_meanwhile_is_inserted() -> Result<()> {
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_upserts_gone", unique(shop, item))]
    struct Price {
        id: i64,
        shop: i32,
        item: i32,
        cents: i64,
    }
    /// A row of the first attempt.
    #[derive(Debug, Clone, Model)]
    #[model(table = "exact_upserts_mark")]
    struct Mark {
        id: i64,
    }
    static LOG: Log = Log::new();
    static OTHER: Mutex<Option<Db>> = Mutex::new(None);
    #[receiver(pre_save, sender = Price)]
    async fn before(instance: &Price, tx: &Tx) -> Result<()> {
        LOG.note(format!("pre {}", instance.cents));
        let other = OTHER.lock().unwrap().take();
        if let Some(db) = other {
            execute(&db, "INSERT INTO exact_upserts_gone (shop, item, cents) VALUES (1, 2, 50)").await;
            Mark { id: 0 }.save(tx).await?;
        }
        Ok(())
    }
    #[receiver(post_save, sender = Mark, on_rollback)]
    async fn undone(db: &Db) -> Result<()> {
        execute(db, "DELETE FROM exact_upserts_gone").await;
        LOG.note("deleted");
        Ok(())
    }
    #[receiver(post_save, sender = Price)]
    fn after(instance: &Price, created: bool) {
        LOG.note(format!("post {} {created}", instance.cents));
    }
    if signals_test_behavior::kind().is_sqlite() {
        // It has one writer at a time, so no row is inserted meanwhile.
        return Ok(());
    }
    let db = database(|builder| builder.acquire_timeout(Duration::from_secs(30))).await;
    *OTHER.lock().unwrap() = Some(db.clone());
    let mut price = Price { id: 0, shop: 1, item: 2, cents: 7 };
    let upsert = price.save(&db).on_conflict([Price::SHOP, Price::ITEM]).update([Price::CENTS]);
    assert_eq!(upsert.report().await?, Inserted);
    assert_eq!(LOG.take(), ["pre 7", "deleted", "pre 7", "post 7 true"]);
    assert_eq!(rows(&db, "exact_upserts_gone").await, 1);
    Ok(())
}
