//! Upserts that wait for others in a circle, which the database ends by an error.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signals::model::Upserted::{self, Inserted, Updated};
use signals::{Db, Model, Result, Tx, post_save, pre_save, receiver};
use signals_test_behavior::{Kind, Log, capture, database, database_at, execute, execute_in, kind, until_waiting, url};
use tokio::sync::Notify;

use super::is_of_deadlock;

/// The address of a database in which the upsert has time to wait before the others close the circle: PostgreSQL
/// looks for a deadlock only once, this long after a wait began.
async fn address_of_slow_looks() -> String {
    let url = url().await;
    if kind() == Kind::Postgres { format!("{url}%20-cdeadlock_timeout%3D10s") } else { url }
}

/// Begins a transaction that PostgreSQL does not end for a deadlock, but the other one.
async fn patient(db: &Db) -> Result<Tx> {
    let tx = db.begin().await?;
    if kind() == Kind::Postgres {
        execute_in(&tx, "SET LOCAL deadlock_timeout = '60s'").await;
    }
    Ok(tx)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upsert_that_locks_rows_in_a_circle_begins_again() -> Result<()> {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[model(table = "exact_upserts_crossed")]
    struct Crossed {
        id: i64,
        #[model(unique)]
        place: i32,
        size: i64,
    }
    static LOG: Log = Log::new();
    if kind().is_sqlite() {
        // It has one writer at a time.
        return Ok(());
    }
    let db = &database_at(&address_of_slow_looks().await, |builder| builder.max_connections(4)).await;
    let crossed = |place: i32| Crossed { id: 0, place, size: 0 };
    // The transaction of the most rows is not the one that MariaDB ends.
    let mut all: Vec<_> = (1..=20).map(|id| Crossed { id: i64::from(id), ..crossed(id) }).collect();
    if kind() == Kind::Postgres {
        // The one statement locks these two in another order than the attempt after it.
        (all[0].place, all[1].place) = (2, 1);
    }
    Crossed::bulk_create(db, &mut all).await?;
    let upsert = async |rows: &mut [Crossed], tx: Option<&Tx>| {
        let create = match tx {
            Some(tx) => Crossed::bulk_create(tx, rows),
            None => Crossed::bulk_create(db, rows),
        };
        create.on_conflict([Crossed::PLACE]).update_with(Crossed::SIZE.set(Crossed::SIZE + 1)).await
    };
    for (is_heard, is_within) in [(false, false), (true, false), (true, true)] {
        if kind() == Kind::Postgres && is_heard && !is_within {
            // Its locks are not given in the order of those who wait, so the attempts may cross the others again.
            continue;
        }
        let is_one_statement = kind() == Kind::Postgres && !is_heard;
        let (others, first) = if is_one_statement { ("id <> 2", "id = 2") } else { ("id > 1", "id = 1") };
        execute(db, "UPDATE exact_upserts_crossed SET size = 0").await;
        let note = |id: i64, when: &str, size: i64| LOG.record(format!("{when} {id} {size}"));
        let ids = is_heard.then(|| {
            let before = pre_save
                .connect::<Crossed>("crossed.before", move |event| note(event.instance.id, "pre", event.instance.size));
            let after = post_save
                .connect::<Crossed>("crossed.after", move |event| note(event.instance.id, "post", event.instance.size));
            (before.unwrap(), after.unwrap())
        });
        let (log, _capturing) = capture();
        let other = patient(db).await?;
        execute_in(&other, format!("UPDATE exact_upserts_crossed SET size = size + 100 WHERE {others}")).await;
        let mut rows = [crossed(2), crossed(1)];
        let tx = if is_within { Some(db.begin().await?) } else { None };
        let crossing = async {
            // The upsert has locked the first row, and waits for the second one.
            until_waiting(db, "exact_upserts_crossed").await;
            execute_in(&other, format!("UPDATE exact_upserts_crossed SET size = size + 100 WHERE {first}")).await;
            other.commit().await
        };
        let (done, crossed) = tokio::join!(upsert(&mut rows, tx.as_ref()), crossing);
        crossed?;
        if let Some((before, after)) = ids {
            assert!(pre_save.disconnect(before) && post_save.disconnect(after));
        }
        if is_within {
            assert!(done.unwrap_err().is_deadlock(), "a transaction of the caller is not begun again");
            assert_eq!((LOG.take(), rows[0].id), (vec![], 0));
            continue;
        }
        done?;
        // The one statement becomes an attempt without a word.
        let again = log.take().iter().filter(|line| is_of_deadlock(line)).count();
        assert_eq!(again, usize::from(!is_one_statement));
        for row in &rows {
            assert_eq!((row.size, Crossed::get(db, row.id).await?), (101, row.clone()));
        }
        let seen = if is_heard { vec!["pre 1 101", "pre 2 101", "post 1 101", "post 2 101"] } else { vec![] };
        assert_eq!(LOG.take(), seen);
    }
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Model)]
#[model(table = "exact_upserts_stand")]
struct Stand {
    id: i64,
    #[model(unique)]
    place: i32,
    #[model(unique)]
    name: String,
    size: i64,
}

/// A row of an attempt that is undone.
#[derive(Debug, Clone, Model)]
#[model(table = "exact_upserts_undone")]
struct Undone {
    id: i64,
}

static LOG: Log = Log::new();
/// What a transaction of others does before the upserts wait for it, one after another.
static OTHERS: Mutex<Vec<Others>> = Mutex::new(Vec::new());
static IS_BEFORE_WRITE: Notify = Notify::const_new();
static ARE_CROSSING: AtomicBool = AtomicBool::new(false);

struct Others {
    db: Db,
    /// The place of the row whose write waits for them.
    place: i32,
    /// An INSERT that the write waits for.
    insert: &'static str,
}

/// The others wait for the first row, which the upsert has locked. Then the upsert goes on, and waits for them.
#[receiver(pre_save, sender = Stand)]
async fn before(instance: &mut Stand, previous: Option<&Stand>, tx: &Tx) -> Result<()> {
    LOG.note(format!("pre {} {} {:?}", instance.place, instance.size, previous.map(|stand| stand.size)));
    instance.size += 1;
    let db = OTHERS.lock().unwrap().first().filter(|others| others.place == instance.place).map(|it| it.db.clone());
    if let Some(db) = db {
        Undone { id: 0 }.save(tx).await?;
        ARE_CROSSING.store(true, Ordering::Relaxed);
        IS_BEFORE_WRITE.notify_one();
        until_waiting(&db, "exact_upserts_stand").await;
    }
    Ok(())
}

/// The next attempt begins only after the others have ended.
#[receiver(post_save, sender = Undone, on_rollback)]
async fn await_others() {
    while ARE_CROSSING.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[receiver(post_save, sender = Stand)]
fn after(instance: &Stand, previous: Option<&Stand>, created: bool) {
    let was = previous.map(|stand| stand.size);
    LOG.note(format!("post {} {} {was:?} {created}", instance.place, instance.size));
}

fn stand(place: i32, name: &str) -> Stand {
    Stand { id: 0, place, name: name.into(), size: 7 }
}

/// Runs the transactions of others, each of which ends after the upsert was ended for a deadlock with it.
async fn cross(commits: bool) -> Result<()> {
    loop {
        let (db, insert) = match OTHERS.lock().unwrap().first() {
            Some(others) => (others.db.clone(), others.insert),
            None => return Ok(()),
        };
        let tx = patient(&db).await?;
        // The transaction of the most rows is not the one that MariaDB ends.
        execute_in(&tx, "UPDATE exact_upserts_stand SET size = size + 1 WHERE id BETWEEN 1002 AND 1015").await;
        execute_in(&tx, insert).await;
        IS_BEFORE_WRITE.notified().await;
        execute_in(&tx, "UPDATE exact_upserts_stand SET size = size + 100 WHERE id = 1001").await;
        OTHERS.lock().unwrap().remove(0);
        let ended = if commits { tx.commit().await } else { tx.rollback().await };
        ended?;
        ARE_CROSSING.store(false, Ordering::Relaxed);
    }
}

/// Makes the rows, and upserts two others while transactions cross the upsert. Returns what it did, and how often it
/// began again after a deadlock.
async fn upsert_crossed(
    db: &Db,
    stands: &mut [Stand],
    (place, inserts): (i32, &[&'static str]),
    commits: bool,
    tx: Option<&Tx>,
) -> (Result<Vec<Upserted>>, usize) {
    execute(db, "DELETE FROM exact_upserts_stand").await;
    let there = |number: i32| Stand {
        id: i64::from(1000 + number),
        size: 0,
        ..stand(100 + number, &format!("there {number}"))
    };
    let mut all: Vec<Stand> = (1..=20).map(there).collect();
    all[0].place = 1;
    Stand::bulk_create(db, &mut all).quiet().await.unwrap();
    *OTHERS.lock().unwrap() = inserts.iter().map(|insert| Others { db: db.clone(), place, insert }).collect();
    LOG.take();
    let (log, _capturing) = capture();
    let create = match tx {
        Some(tx) => Stand::bulk_create(tx, stands),
        None => Stand::bulk_create(db, stands),
    };
    let upsert = create.on_conflict([Stand::PLACE]).update([Stand::NAME, Stand::SIZE]).report();
    let (report, crossed) = tokio::join!(upsert, cross(commits));
    crossed.unwrap();
    (report, log.take().iter().filter(|line| is_of_deadlock(line)).count())
}

/// The row whose INSERT waits for that of others.
const SAME_PLACE: (i32, &[&str]) =
    (2, &["INSERT INTO exact_upserts_stand (id, place, name, size) VALUES (1030, 2, 'other', 50)"]);

/// One test, since the transactions of others are in one place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upsert_begins_again_after_a_deadlock_as_if_it_had_not_run() -> Result<()> {
    if kind().is_sqlite() {
        // It has one writer at a time.
        return Ok(());
    }
    let db = &database(|builder| builder.max_connections(4).acquire_timeout(Duration::from_secs(30))).await;
    let new = || [stand(2, "two"), stand(1, "one")];

    // The others insert the missing row.
    let mut stands = new();
    let (report, deadlocks) = upsert_crossed(db, &mut stands, SAME_PLACE, true, None).await;
    assert_eq!((report?, deadlocks), (vec![Updated, Updated], 1));
    let lines = [
        "pre 2 7 None",
        "pre 1 7 Some(100)",
        "pre 2 7 Some(50)",
        "post 1 8 Some(100) false",
        "post 2 8 Some(50) false",
    ];
    assert_eq!(LOG.take(), lines);
    assert_eq!(stands.each_ref().map(|stand| (stand.id, stand.size)), [(1030, 8), (1001, 8)]);

    // The others undo what they did.
    let mut stands = new();
    let (report, deadlocks) = upsert_crossed(db, &mut stands, SAME_PLACE, false, None).await;
    assert_eq!((report?, deadlocks), (vec![Inserted, Updated], 1));
    let all = ["pre 2 7 None", "post 2 8 None true", "pre 1 7 Some(0)", "post 1 8 Some(0) false"];
    assert_eq!(LOG.take(), [&all[..1], &all].concat());
    for stand in &stands {
        assert_eq!(Stand::get(db, stand.id).await?, *stand);
    }

    let tx = db.begin().await?;
    let mut stands = new();
    let (report, deadlocks) = upsert_crossed(db, &mut stands, SAME_PLACE, false, Some(&tx)).await;
    let error = report.unwrap_err();
    assert!(error.is_deadlock(), "{error}");
    let source = error.find::<sqlx::Error>().and_then(sqlx::Error::as_database_error).unwrap();
    assert!(source.message().to_lowercase().contains("deadlock"), "{source}");
    assert_eq!((deadlocks, LOG.take(), stands), (0, vec!["pre 2 7 None".to_owned()], new()));
    tx.rollback().await?;

    // The last attempt is refused by another unique key.
    let mut stands = [stand(2, "there 9"), stand(1, "one")];
    let twice = (SAME_PLACE.0, &[SAME_PLACE.1[0]; 2][..]);
    let (report, deadlocks) = upsert_crossed(db, &mut stands, twice, false, None).await;
    let error = report.unwrap_err();
    assert!(error.is_unique_violation() && error.find::<sqlx::Error>().is_some(), "{error}");
    assert_eq!((deadlocks, LOG.take()), (2, vec!["pre 2 7 None".to_owned(); 3]));
    assert_eq!(stands, [stand(2, "there 9"), stand(1, "one")]);
    Ok(())
}
