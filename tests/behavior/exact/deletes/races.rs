//! Many tasks delete the same rows: each row is sent once, and a stored total is correct at the end.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use futures_util::future::join_all;
use signals::{Db, Error, Model, Tx, post_delete, post_save, receiver};
use signals_test_behavior::{Kind, database, elsewhere, execute, retried, rows, sequence};
use tokio::sync::Barrier;

/// A database with a connection for each task.
async fn db(tasks: u32) -> Db {
    database(|builder| builder.max_connections(tasks)).await
}

/// Runs this number of tasks that begin at once, and returns the sum of their results.
async fn together<F: Future<Output = u64> + Send + 'static>(tasks: u32, mut work: impl FnMut(u32) -> F) -> u64 {
    let barrier = Arc::new(Barrier::new(tasks as usize));
    let tasks = (0..tasks).map(|task| {
        let (barrier, work) = (Arc::clone(&barrier), work(task));
        tokio::spawn(async move {
            barrier.wait().await;
            work.await
        })
    });
    join_all(tasks).await.into_iter().map(|rows| rows.unwrap()).sum()
}

#[derive(Debug, Clone, Model)]
#[model(table = "races_account")]
struct Account {
    id: i64,
    amount: i64,
}

#[derive(Debug, Clone, Model)]
#[model(table = "races_entry")]
struct Entry {
    id: i64,
    #[model(references = Account, on_delete = cascade)]
    account_id: i64,
}

static ACCOUNTS: AtomicU64 = AtomicU64::new(0);
static AT_END: AtomicU64 = AtomicU64::new(0);
static IN_SETS: AtomicU64 = AtomicU64::new(0);
static ENTRIES: AtomicU64 = AtomicU64::new(0);

#[receiver(post_delete, sender = Account)]
fn account(tx: &Tx) {
    tx.on_commit(async { _ = ACCOUNTS.fetch_add(1, Ordering::SeqCst) }).unwrap();
}

#[receiver(post_delete, sender = Account, on_commit)]
fn account_at_end() {
    AT_END.fetch_add(1, Ordering::SeqCst);
}

#[receiver(post_delete, sender = Account, set)]
fn accounts(instances: &[Account], tx: &Tx) {
    assert!(!instances.is_empty());
    let count = instances.len() as u64;
    tx.on_commit(async move { _ = IN_SETS.fetch_add(count, Ordering::SeqCst) }).unwrap();
}

#[receiver(post_delete, sender = Entry)]
fn entry(tx: &Tx) {
    tx.on_commit(async { _ = ENTRIES.fetch_add(1, Ordering::SeqCst) }).unwrap();
}

fn told() -> [u64; 4] {
    [&ACCOUNTS, &AT_END, &IN_SETS, &ENTRIES].map(|count| count.swap(0, Ordering::SeqCst))
}

const ROWS: u64 = 100;

/// Returns the instance of this account, with an arbitrary amount.
fn account_of(id: u64) -> Account {
    Account { id: i64::try_from(id).unwrap(), amount: 1 }
}

/// Deletes every row, one after the other.
async fn one_by_one(db: Db) -> u64 {
    let mut deleted = 0;
    for id in 1..=ROWS {
        deleted += retried(|| async { Ok(account_of(id).delete(&db).await?.rows()) }).await;
    }
    deleted
}

async fn as_a_set(db: Db) -> u64 {
    retried(|| async { Ok(Account::objects().delete(&db).await?.rows()) }).await
}

async fn as_a_list(db: Db) -> u64 {
    let list: Vec<Account> = (1..=ROWS).map(account_of).collect();
    retried(|| async { Ok(Account::bulk_delete(&db, &list).await?.rows()) }).await
}

/// Deletes in every way at once, and separately the rows of the cascade.
async fn every_way(db: Db, task: u32) -> u64 {
    match task % 4 {
        0 => one_by_one(db).await,
        1 => as_a_set(db).await,
        2 => as_a_list(db).await,
        _ => retried(|| async { Ok(Entry::objects().delete(&db).await?.rows()) }).await,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_row_is_sent_once() {
    if elsewhere(&[Kind::File, Kind::Postgres, Kind::Mysql]) {
        return;
    }
    for tasks in [4, 16] {
        let db = db(tasks).await;
        for way in 0..4 {
            execute(&db, format!("INSERT INTO races_account (id, amount) SELECT i, 1 FROM {}", sequence(100))).await;
            execute(&db, format!("INSERT INTO races_entry (id, account_id) SELECT i, i FROM {}", sequence(100))).await;
            let deleted = together(tasks, |task| {
                let db = db.clone();
                async move {
                    match way {
                        0 => one_by_one(db).await,
                        1 => as_a_set(db).await,
                        2 => as_a_list(db).await,
                        _ => every_way(db, task).await,
                    }
                }
            });
            assert_eq!(deleted.await, 2 * ROWS, "way {way} of {tasks} tasks: rows that the calls deleted");
            assert_eq!(told(), [ROWS; 4], "way {way} of {tasks} tasks");
            assert_eq!((rows(&db, "races_account").await, rows(&db, "races_entry").await), (0, 0));
        }
    }
}

/// A model whose delete reads nothing and reaches no other row.
#[derive(Debug, Clone, Model)]
#[model(table = "races_bare")]
struct Bare {
    id: i64,
}

static BARE: AtomicU64 = AtomicU64::new(0);

#[receiver(post_delete, sender = Bare)]
fn bare() {
    BARE.fetch_add(1, Ordering::SeqCst);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_bare_delete_sends_its_signals_once() {
    if elsewhere(&[Kind::File, Kind::Postgres, Kind::Mysql]) {
        return;
    }
    for tasks in [4, 16] {
        let db = db(tasks).await;
        execute(&db, format!("INSERT INTO races_bare (id) SELECT i FROM {}", sequence(100))).await;
        let deleted = together(tasks, |_| {
            let db = db.clone();
            async move {
                let mut deleted = 0;
                for id in 1..=100 {
                    deleted += retried(|| async { Ok(Bare { id }.delete(&db).await?.rows()) }).await;
                }
                deleted
            }
        });
        assert_eq!((deleted.await, BARE.swap(0, Ordering::SeqCst)), (ROWS, ROWS), "{tasks} tasks");
    }
}

#[derive(Debug, Clone, Model)]
#[model(table = "races_kept")]
struct Kept {
    id: i64,
    amount: i64,
}

static TOTAL: AtomicI64 = AtomicI64::new(0);
static TOTAL_AT_END: AtomicI64 = AtomicI64::new(0);

#[receiver(post_save, sender = Kept)]
fn add(instance: &Kept, previous: Option<&Kept>, tx: &Tx) {
    let more = instance.amount - previous.map_or(0, |previous| previous.amount);
    tx.on_commit(async move { _ = TOTAL.fetch_add(more, Ordering::SeqCst) }).unwrap();
}

#[receiver(post_delete, sender = Kept)]
fn take_off(previous: Option<&Kept>, tx: &Tx) {
    let less = previous.map_or(0, |previous| previous.amount);
    tx.on_commit(async move { _ = TOTAL.fetch_sub(less, Ordering::SeqCst) }).unwrap();
}

#[receiver(post_delete, sender = Kept, on_commit)]
fn take_off_at_end(previous: Option<&Kept>) {
    TOTAL_AT_END.fetch_sub(previous.map_or(0, |previous| previous.amount), Ordering::SeqCst);
}

#[receiver(post_save, sender = Kept, on_commit)]
fn add_at_end(instance: &Kept, previous: Option<&Kept>) {
    TOTAL_AT_END.fetch_add(instance.amount - previous.map_or(0, |previous| previous.amount), Ordering::SeqCst);
}

/// A number that looks random.
fn next(state: &mut u64) -> i64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    i64::try_from(*state >> 33).unwrap()
}

async fn keep(db: Db, task: u32) -> u64 {
    let mut state = u64::from(task);
    for _ in 0..60 {
        let id = 1 + next(&mut state) % 12;
        let amount = next(&mut state) % 1000;
        let way = next(&mut state) % 6;
        // The instance may differ from the row, which others have changed or deleted since.
        let instance = Kept { id, amount };
        let done = retried(|| async {
            match way {
                0 | 1 => instance.clone().save(&db).force_update().await,
                2 => instance.delete(&db).await.map(drop),
                3 => Kept::objects().filter(Kept::ID.gt(id)).delete(&db).await.map(drop),
                4 => Kept::bulk_delete(&db, &[instance.clone(), Kept { id: id % 12 + 1, amount }]).await.map(drop),
                _ => Kept { id: 0, amount }.save(&db).await,
            }
            .or_else(|error| if matches!(error, Error::NotUpdated { .. }) { Ok(()) } else { Err(error) })
        });
        done.await;
    }
    0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_kept_total_ends_right() {
    if elsewhere(&[Kind::File, Kind::Postgres, Kind::Mysql]) {
        return;
    }
    for tasks in [4, 16] {
        let db = db(tasks).await;
        Kept::bulk_create(&db, &mut [(); 12].map(|()| Kept { id: 0, amount: 0 })).quiet().await.unwrap();
        together(tasks, |task| keep(db.clone(), task)).await;
        let truth: i64 = Kept::objects().all(&db).await.unwrap().iter().map(|kept| kept.amount).sum();
        let totals = [&TOTAL, &TOTAL_AT_END].map(|total| total.swap(0, Ordering::SeqCst));
        assert_eq!(totals, [truth; 2], "{tasks} tasks");
    }
}
