//! What tasks cost: a save with a durable receiver beside the same save without one, sets of rows, and the runs per
//! second of one worker.
//!
//! `cargo bench --bench tasks` runs on SQLite in a file; `-- --database URL --clients 16` runs on a server. Rates
//! alternate in one run. Without cargo's `--bench`, each case runs once. `-- --without-indexes` measures the writes
//! without the plain indexes of `signals_task`.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, missing_docs, unreachable_pub, reason = "a benchmark")]

use std::future::pending;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use signals::db::Backend;
use signals::tasks::{Task, Worker, task};
use signals::{Db, Model, Result, Tx, post_save, receiver};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

#[derive(Debug, Clone, Model)]
struct Plain {
    id: i64,
    total: i64,
}

#[derive(Debug, Clone, Model)]
struct Stored {
    id: i64,
    total: i64,
}

/// The columns of a run that are not NULL in a new one, with the indexes of `signals_task`: what the hand-written twins
/// insert.
#[derive(Debug, Clone, Model)]
#[model(index((state, queue, priority, id), (state, due_at, id), (merge_key, state)))]
struct Outbox {
    id: Uuid,
    name: String,
    queue: String,
    args: String,
    state: i16,
    priority: i16,
    attempts: i32,
    max_attempts: i32,
    claims: i32,
    crashes: i32,
    due_at: i64,
    #[model(unique)]
    open_key: Option<String>,
    merge_key: Option<String>,
    created_at: i64,
}

impl Outbox {
    fn of(row: &Plain) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap();
        Self {
            id: Uuid::now_v7(),
            name: "tasks::index".into(),
            queue: "default".into(),
            args: format!("{{\"created\":true,\"key\":{}}}", row.id),
            state: 0,
            priority: 0,
            attempts: 0,
            max_attempts: 20,
            claims: 0,
            crashes: 0,
            due_at: now,
            open_key: None,
            merge_key: Some(format!("tasks::index:{}", row.id)),
            created_at: now,
        }
    }
}

#[receiver(post_save, sender = Stored, durable)]
fn index(instance: &Stored) {
    assert!(instance.total >= 0);
}

#[derive(Debug, Clone, Model)]
struct Effect {
    id: i64,
    number: i64,
}

#[task]
#[allow(clippy::unused_async, reason = "a task is async")]
async fn nothing() {}

#[task]
async fn effect(number: i64, tx: &Tx) -> Result<()> {
    Effect { id: 0, number }.create(tx).await.map(drop)
}

struct Plan {
    database: Option<String>,
    without_indexes: bool,
    clients: usize,
    round: Duration,
    rounds: usize,
    rows: usize,
}

impl Plan {
    fn from_args() -> Self {
        let args: Vec<String> = std::env::args().collect();
        let after = |flag: &str| args.iter().position(|arg| arg == flag).and_then(|place| args.get(place + 1)).cloned();
        let is_bench = args.iter().any(|arg| arg == "--bench");
        let (round, rounds, rows) = if is_bench { (700, 9, 10_000) } else { (5, 1, 50) };
        Self {
            database: after("--database"),
            without_indexes: args.iter().any(|arg| arg == "--without-indexes"),
            clients: after("--clients").map_or(1, |clients| clients.parse().unwrap()),
            round: Duration::from_millis(round),
            rounds,
            rows,
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Returns the number of calls a second of all clients together.
async fn rate<F: Future<Output = Result<()>> + Send + 'static>(
    plan: &Plan,
    work: impl Fn(i64) -> F + Copy + Send + Sync + 'static,
) -> f64 {
    let (round, begin) = (plan.round, Instant::now());
    let clients: Vec<_> = (0..plan.clients)
        .map(|_| {
            tokio::spawn(async move {
                let mut calls = 0;
                while begin.elapsed() < round {
                    work(calls).await.unwrap();
                    calls += 1;
                }
                calls
            })
        })
        .collect();
    let mut calls = 0;
    for client in clients {
        calls += client.await.unwrap();
    }
    calls as f64 / begin.elapsed().as_secs_f64()
}

async fn saves(plan: &Plan, db: &'static Db) {
    let (mut bare, mut durable, mut by_hand) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        bare.push(rate(plan, move |total| async move { Plain { id: 0, total }.create(db).await.map(drop) }).await);
        durable.push(rate(plan, move |total| async move { Stored { id: 0, total }.create(db).await.map(drop) }).await);
        let two = move |total| async move {
            let tx = db.begin().await?;
            let row = Plain { id: 0, total }.create(&tx).await?;
            Outbox::of(&row).create(&tx).await?;
            tx.commit().await
        };
        by_hand.push(rate(plan, two).await);
    }
    let ratio = |one: &[f64], other: &[f64]| median(one.iter().zip(other).map(|(one, other)| one / other).collect());
    println!("saves/s, {} clients", plan.clients);
    println!("  plain                                {:>9.0}", median(bare.clone()));
    println!(
        "  durable                              {:>9.0}  {:.2}x of plain",
        median(durable.clone()),
        ratio(&durable, &bare)
    );
    println!(
        "  two rows in a transaction, by hand   {:>9.0}  {:.2}x of plain",
        median(by_hand.clone()),
        ratio(&by_hand, &bare)
    );
}

async fn sets(plan: &Plan, db: &Db) {
    let (mut bare, mut durable, mut twin) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.rounds.min(5) {
        let mut rows = vec![Plain { id: 0, total: 1 }; plan.rows];
        let begin = Instant::now();
        Plain::bulk_create(db, &mut rows).await.unwrap();
        bare.push(begin.elapsed().as_secs_f64());

        let mut rows = vec![Stored { id: 0, total: 1 }; plan.rows];
        let begin = Instant::now();
        Stored::bulk_create(db, &mut rows).await.unwrap();
        durable.push(begin.elapsed().as_secs_f64());

        let begin = Instant::now();
        let tx = db.begin().await.unwrap();
        let mut rows = vec![Plain { id: 0, total: 1 }; plan.rows];
        Plain::bulk_create(&tx, &mut rows).await.unwrap();
        let mut outbox: Vec<_> = rows.iter().map(Outbox::of).collect();
        Outbox::bulk_create(&tx, &mut outbox).await.unwrap();
        tx.commit().await.unwrap();
        twin.push(begin.elapsed().as_secs_f64());
    }
    let (bare, durable, twin) = (median(bare), median(durable), median(twin));
    println!("bulk_create of {} rows, ms", plan.rows);
    println!("  plain                                {:>9.0}", bare * 1e3);
    println!("  durable                              {:>9.0}  {:.1}x of plain", durable * 1e3, durable / bare);
    println!(
        "  two sets in a transaction, by hand   {:>9.0}  {:.1}x of plain; durable is {:.2}x of it",
        twin * 1e3,
        twin / bare,
        durable / twin
    );
}

async fn runs(plan: &Plan, db: &Db) {
    Task::objects().delete(db).quiet().await.unwrap();
    Effect::objects().delete(db).quiet().await.unwrap();
    for (what, count, concurrency) in
        [("without an effect", plan.rows * 2, 64), ("with tx and one row", plan.rows / 2, 16)]
    {
        for number in 0..count {
            match what {
                "without an effect" => nothing::enqueue(db).await.unwrap(),
                _ => effect::enqueue(db, i64::try_from(number).unwrap()).await.unwrap(),
            };
        }
        let begin = Instant::now();
        Worker::new(db).concurrency(concurrency).burst().run_until(pending()).await.unwrap();
        println!("runs/s of one worker, {what:<19} {:>9.0}", count as f64 / begin.elapsed().as_secs_f64());
    }
    assert_eq!(Effect::objects().count(db).await.unwrap(), (plan.rows / 2) as u64);
}

/// Drops the indexes of `signals_task` that keep nothing unique.
async fn drop_indexes(db: &Db) -> Result<()> {
    for columns in ["state__queue__priority__id", "state__due_at__id", "merge_key__state"] {
        let table = if db.backend() == Backend::Mysql { " ON signals_task" } else { "" };
        let sql = format!("DROP INDEX signals_task__{columns}__idx{table}");
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        match db.backend() {
            Backend::Sqlite => sql.execute(db.sqlite()?).await.map(drop),
            Backend::Postgres => sql.execute(db.postgres()?).await.map(drop),
            _ => sql.execute(db.mysql()?).await.map(drop),
        }
        .unwrap();
    }
    Ok(())
}

fn main() {
    let plan = Plan::from_args();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let file = format!("sqlite://{}?mode=rwc", folder.path().join("tasks.db").display());
        let url = plan.database.clone().unwrap_or(file);
        let db = Db::builder(&url).max_connections(64).connect().await.unwrap();
        db.create_tables().await.unwrap();
        if plan.without_indexes {
            drop_indexes(&db).await.unwrap();
        }
        let db: &'static Db = Box::leak(Box::new(db));
        saves(&plan, db).await;
        sets(&plan, db).await;
        if !plan.without_indexes {
            runs(&plan, db).await;
        }
        db.close().await.unwrap();
    });
}
