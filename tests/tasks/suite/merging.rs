//! The runs of one durable receiver and row: they do not overlap, and open ones may become one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use behavior::{Kind, execute, kind, sequence, texts};
use signals::tasks::{DbTasks as _, Task, TaskState, Worker, task};
use signals::{Db, Model, Result, Tx, post_save, receiver};
use signals_test_tasks::{db, in_state, run, until};
use tokio::sync::oneshot;
use tokio::time::sleep;

/// A product, with a receiver of each kind.
#[derive(Debug, Clone, Model)]
struct Product {
    id: i64,
    stock: i64,
}

/// The calls of the receivers.
#[derive(Debug, Clone, Model)]
struct Called {
    id: i64,
    #[model(index)]
    product: i64,
    what: String,
    stock: i64,
    created: bool,
}

async fn called(db: &Db, what: &str) -> Result<Vec<(i64, bool)>> {
    let calls = Called::objects().filter(Called::WHAT.eq(what)).order_by(Called::ID.asc()).all(db).await?;
    Ok(calls.into_iter().map(|call| (call.stock, call.created)).collect())
}

async fn call(what: &str, product: &Product, created: bool, tx: &Tx) -> Result<()> {
    let call = Called { id: 0, product: product.id, what: what.into(), stock: product.stock, created };
    call.create(tx).await.map(drop)
}

#[receiver(post_save, sender = Product, durable, coalesce)]
async fn coalesced(instance: &Product, created: bool, tx: &Tx) -> Result<()> {
    call("coalesced", instance, created, tx).await
}

#[receiver(post_save, sender = Product, durable, debounce = "1h", max_wait = "1d")]
async fn debounced(instance: &Product, created: bool, tx: &Tx) -> Result<()> {
    call("debounced", instance, created, tx).await
}

#[receiver(post_save, sender = Product, durable)]
async fn each(instance: &Product, created: bool, tx: &Tx) -> Result<()> {
    call("each", instance, created, tx).await
}

#[tokio::test]
async fn open_runs_of_a_row_become_one_with_their_net_change() -> Result<()> {
    let db = db().await;
    let mut product = Product { id: 0, stock: 1 }.create(&db).await?;
    for stock in 2..=40 {
        product.stock = stock;
        product.save(&db).await?;
    }
    let other = Product { id: 0, stock: 7 }.create(&db).await?;
    // Forty single runs and one, and a merged run for each of the two rows.
    assert_eq!(db.drain_tasks().await?.done, 41 + 2);
    assert_eq!(called(&db, "coalesced").await?, [(40, true), (7, true)]);
    assert_eq!(called(&db, "each").await?.len(), 41);

    assert_eq!(db.make_tasks_due().await?, 41);
    assert_eq!(db.drain_tasks().await?.done, 2);
    assert_eq!(called(&db, "debounced").await?, [(40, true), (7, true)]);
    let merged = Task::objects().filter(Task::LAST_ERROR.starts_with("merged into the run ")).count(&db).await?;
    assert_eq!(merged, 2 * 39);

    product.stock = 50;
    product.save(&db).await?;
    db.drain_tasks().await?;
    assert_eq!(called(&db, "coalesced").await?.last(), Some(&(50, false)));
    assert_eq!(called(&db, "coalesced").await?.iter().filter(|(stock, _)| *stock == other.stock).count(), 1);
    Ok(())
}

/// A page, whose receiver waits until it was not written for half a second, and at most two.
#[derive(Debug, Clone, Model)]
struct Page {
    id: i64,
    version: i64,
}

#[derive(Debug, Clone, Model)]
struct Published {
    id: i64,
    version: i64,
}

#[receiver(post_save, sender = Page, durable, debounce = "500ms", max_wait = "2s")]
async fn publish(instance: &Page, tx: &Tx) -> Result<()> {
    Published { id: 0, version: instance.version }.create(tx).await.map(drop)
}

fn started(worker: Worker) -> (oneshot::Sender<()>, tokio::task::JoinHandle<Result<signals::tasks::Stopped>>) {
    let (stop, stopped) = oneshot::channel();
    (stop, tokio::spawn(worker.run_until(async move { drop(stopped.await) })))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_debounced_run_waits_for_the_last_write_and_no_longer_than_its_limit() -> Result<()> {
    let db = db().await;
    let (stop, worker) = started(Worker::new(&db).poll(Duration::from_millis(50)));
    let mut page = Page { id: 0, version: 0 }.create(&db).await?;
    let published = async || Published::objects().count(&db).await;
    let (begin, mut last_write, mut pauses) = (Instant::now(), Instant::now(), 0);
    let mut waited = until("it is published twice while it is written", Duration::from_secs(30));
    // Written each 100 ms for 5 s, it is published about each 2 s, and not after each write.
    while waited(begin.elapsed() > Duration::from_secs(5) && published().await? >= 2).await {
        page.version += 1;
        let before = std::mem::replace(&mut last_write, Instant::now());
        page.save(&db).await?;
        // On a busy machine it may look as if it was not written for half a second.
        pauses += u64::from(before.elapsed() > Duration::from_millis(400));
        sleep(Duration::from_millis(80)).await;
    }
    let most = begin.elapsed().as_secs() / 2 + pauses + 2;
    let mut waited = until("the last version is published", Duration::from_secs(20));
    let last = async || Ok::<_, signals::Error>(Published::objects().order_by(Published::ID.desc()).first(&db).await?);
    while waited(last().await?.is_some_and(|row| row.version == page.version)).await {}
    let count = published().await?;
    assert!(count <= most, "{count} runs for {} writes with {pauses} pauses", page.version);
    drop(stop);
    worker.await.unwrap()?;
    Ok(())
}

/// A counter, whose runs must not overlap.
#[derive(Debug, Clone, Model)]
struct Gauge {
    id: i64,
    value: i64,
}

static RUNNING: AtomicU32 = AtomicU32::new(0);
static OVERLAPS: AtomicU32 = AtomicU32::new(0);
static PARALLEL: AtomicU32 = AtomicU32::new(0);
static MOST_PARALLEL: AtomicU32 = AtomicU32::new(0);

#[receiver(post_save, sender = Gauge, durable, uid = "gauge.one_by_one")]
async fn one_by_one() {
    if RUNNING.fetch_add(1, Ordering::SeqCst) > 0 {
        OVERLAPS.fetch_add(1, Ordering::SeqCst);
    }
    sleep(Duration::from_millis(20)).await;
    RUNNING.fetch_sub(1, Ordering::SeqCst);
}

#[receiver(post_save, sender = Gauge, durable, parallel)]
async fn side_by_side() {
    let running = PARALLEL.fetch_add(1, Ordering::SeqCst) + 1;
    MOST_PARALLEL.fetch_max(running, Ordering::SeqCst);
    sleep(Duration::from_millis(500)).await;
    PARALLEL.fetch_sub(1, Ordering::SeqCst);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_of_a_row_do_not_overlap_unless_they_may() -> Result<()> {
    if kind() == Kind::Memory {
        return Ok(()); // its worker shares the only connection, and has one run at a time
    }
    let db = db().await;
    let mut gauge = Gauge { id: 0, value: 0 }.create(&db).await?;
    for value in 1..12 {
        gauge.value = value;
        gauge.save(&db).await?;
    }
    let workers: Vec<_> =
        (0..2).map(|_| started(Worker::new(&db).concurrency(4).poll(Duration::from_millis(50)))).collect();
    let mut waited = until("all are done", Duration::from_mins(1));
    while waited(in_state(&db, TaskState::Done).await == 24).await {}
    for (stop, worker) in workers {
        drop(stop);
        assert_eq!(worker.await.unwrap()?.lost_claims, 0);
    }
    assert_eq!(OVERLAPS.load(Ordering::SeqCst), 0);
    assert!(MOST_PARALLEL.load(Ordering::SeqCst) > 1);
    Ok(())
}

/// A row whose copy must equal it in the end.
#[derive(Debug, Clone, Model)]
struct Source {
    id: i64,
    value: i64,
}

#[derive(Debug, Clone, Model)]
struct Copy {
    #[model(primary_key)]
    source: i64,
    value: i64,
}

/// Reads the row, waits, and writes the copy: an overlap or a lost run leaves an old value.
#[receiver(post_save, sender = Source, durable, coalesce)]
async fn copy(instance: &Source, db: &Db) -> Result<()> {
    sleep(Duration::from_millis(instance.value.unsigned_abs() % 7)).await;
    Copy { source: instance.id, value: instance.value }.save(db).await
}

/// Returns a number below `limit`, by a sequence that the seed determines.
fn next(seed: &mut u64, limit: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % limit
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_interleaving_the_copy_equals_the_row() -> Result<()> {
    if kind() == Kind::Memory {
        return Ok(()); // one connection
    }
    let db = db().await;
    let workers: Vec<_> =
        (0..2).map(|_| started(Worker::new(&db).concurrency(2).poll(Duration::from_millis(30)))).collect();
    let rounds = std::env::var("SIGNALS_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(40);
    let mut seed = 7;
    for _ in 0..rounds {
        let mut source = Source { id: 0, value: 0 }.create(&db).await?;
        for _ in 0..next(&mut seed, 4) {
            sleep(Duration::from_millis(next(&mut seed, 12))).await;
            let tx = db.begin().await?;
            source.value += 1;
            source.save(&tx).await?;
            // While the save is open, an earlier run is ready or running.
            sleep(Duration::from_millis(next(&mut seed, 25))).await;
            if next(&mut seed, 5) == 0 {
                tx.rollback().await?;
                source.refresh(&db).await?;
            } else {
                tx.commit().await?;
            }
        }
    }
    let mut waited = until("all runs have ended", Duration::from_mins(1));
    let open = async || Ok::<_, signals::Error>(Task::objects().filter(Task::DONE_AT.is_null()).count(&db).await?);
    while waited(open().await? == 0).await {}
    for source in Source::objects().all(&db).await? {
        assert_eq!(Copy::get(&db, source.id).await?.value, source.value, "{source:?}");
    }
    for (stop, worker) in workers {
        drop(stop);
        worker.await.unwrap()?;
    }
    Ok(())
}

/// A row whose receiver fails while `FAILS` is set.
#[derive(Debug, Clone, Model)]
struct Mirror {
    id: i64,
    value: i64,
}

static FAILS: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(true);

#[receiver(post_save, sender = Mirror, durable, coalesce, max_attempts = 2, backoff = "1h", uid = "merging.mirror")]
fn mirror(instance: &Mirror) -> Result<()> {
    if FAILS.load(Ordering::SeqCst) { Err(format!("{} is not mirrored", instance.value).into()) } else { Ok(()) }
}

#[tokio::test]
async fn a_new_write_has_its_own_attempts_beside_an_old_retry() -> Result<()> {
    let db = db().await;
    let mut row = Mirror { id: 0, value: 1 }.create(&db).await?;
    assert_eq!(db.drain_tasks().await?.failed, 1);
    // The retry has one attempt left, and the new write two.
    signals_test_tasks::hurry(&db).await;
    row.value = 2;
    row.save(&db).await?;
    let drained = db.drain_tasks().await?;
    assert_eq!((drained.failed, drained.dead), (1, 0), "the new write is tried again");
    FAILS.store(false, Ordering::SeqCst);
    signals_test_tasks::hurry(&db).await;
    assert_eq!(db.drain_tasks().await?.done, 1);
    assert_eq!(in_state(&db, TaskState::Done).await, 2);
    Ok(())
}

#[tokio::test]
async fn a_run_that_cannot_be_read_is_dead_and_loses_no_other() -> Result<()> {
    let db = db().await;
    let mut product = Product { id: 0, stock: 1 }.create(&db).await?;
    for stock in 2..=3 {
        product.stock = stock;
        product.save(&db).await?;
    }
    let mut runs =
        Task::objects().filter(Task::NAME.ends_with("::coalesced")).order_by(Task::ID.asc()).all(&db).await?;
    runs[1].args = "[]".into();
    runs[1].save(&db).update_fields([Task::ARGS]).await?;
    assert_eq!(db.drain_tasks().await?.dead, 1);
    assert_eq!(called(&db, "coalesced").await?, [(3, true)]);
    Ok(())
}

/// A row that was written very often.
#[derive(Debug, Clone, Model)]
struct Hot {
    id: i64,
    value: i64,
}

static HOT_CALLS: AtomicU32 = AtomicU32::new(0);

#[receiver(post_save, sender = Hot, durable, coalesce, uid = "merging.hot")]
async fn hot(created: bool) {
    assert!(created, "the first write created the row");
    HOT_CALLS.fetch_add(1, Ordering::SeqCst);
}

#[tokio::test]
async fn many_runs_of_a_row_are_merged_in_bounded_parts() -> Result<()> {
    let db = db().await;
    Hot { id: 0, value: 1 }.create(&db).await?;
    let id = match kind() {
        Kind::Memory | Kind::File => "randomblob(16)",
        Kind::Postgres => "gen_random_uuid()",
        Kind::Mysql => "RANDOM_BYTES(16)",
    };
    let columns =
        "name, queue, args, state, priority, attempts, max_attempts, claims, crashes, due_at, merge_key, created_at";
    let copies = format!(
        "INSERT INTO signals_task (id, {columns}) SELECT {id}, {columns} FROM signals_task, {}",
        sequence(2_400)
    );
    execute(&db, copies).await;
    let drained = db.drain_tasks().await?;
    // Of each call, one run is claimed, up to 19 are claimed with it, and 500 are merged.
    assert_eq!((drained.done, HOT_CALLS.load(Ordering::SeqCst)), (5, 5));
    let notes = texts(&db, "SELECT last_error FROM signals_task WHERE last_error IS NOT NULL").await;
    let mut merged: BTreeMap<_, u32> = BTreeMap::new();
    for note in notes {
        *merged.entry(note).or_default() += 1;
    }
    assert!(merged.values().all(|runs| *runs <= 519), "{merged:?}");
    assert_eq!(merged.values().sum::<u32>(), 2_401 - 5);
    assert_eq!(in_state(&db, TaskState::Done).await, 2_401);
    Ok(())
}

/// A row whose receiver is slow.
#[derive(Debug, Clone, Model)]
struct Slow {
    id: i64,
    value: i64,
}

static SLOW_ENDED: AtomicU32 = AtomicU32::new(0);

#[receiver(post_save, sender = Slow, durable, uid = "merging.slow")]
async fn slow() {
    sleep(Duration::from_secs(15)).await;
    SLOW_ENDED.fetch_add(1, Ordering::SeqCst);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_runs_of_one_row_do_not_take_all_slots() -> Result<()> {
    #[task(name = "merging.beside")]
    async fn beside() {}

    if kind() == Kind::Memory {
        return Ok(()); // its worker has one run at a time
    }
    let db = db().await;
    let mut row = Slow { id: 0, value: 0 }.create(&db).await?;
    for value in 1..4 {
        row.value = value;
        row.save(&db).await?;
    }
    let beside = beside::enqueue(&db).await?;
    let worker = Worker::new(&db).concurrency(4).poll(Duration::from_millis(50)).grace(Duration::ZERO);
    let (stop, worker) = started(worker);
    let mut waited = until("the other run is done", Duration::from_secs(30));
    while waited(run(&db, beside).await.state() == Some(TaskState::Done)).await {}
    assert_eq!(SLOW_ENDED.load(Ordering::SeqCst), 0, "it did not wait for a run of the row");
    drop(stop);
    worker.await.unwrap()?;
    let runs = Task::objects().filter(Task::NAME.eq("merging.slow")).all(&db).await?;
    assert_eq!(runs.len(), 4);
    assert!(runs.iter().all(|run| run.attempts == 0 && run.done_at.is_none()), "{runs:?}");
    Ok(())
}
