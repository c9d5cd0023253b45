//! Saving and loading one row, beside the same statement in plain sqlx on the same pool.

use std::hint::black_box;

use signals::{Db, Model};
use sqlx::SqlitePool;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::Sqlite;

use super::models::{Bare, Edited, Item, Logged, Watched};
use super::pair::{Goal, Plan, head, pair, timed};

/// Runs the cases in memory and in a file.
pub async fn run(plan: &Plan) {
    let memory = Db::connect("sqlite::memory:").await.unwrap();
    on(plan, "in memory", &memory).await;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("speed.db").display());
    let file = Db::connect(&url).await.unwrap();
    on(plan, "in a file with WAL", &file).await;
    file.close().await;
}

async fn on(plan: &Plan, place: &str, db: &Db) {
    db.create_tables().await.unwrap();
    head(plan, &format!("SQLite {place}, the twin in plain sqlx on the same pool"));
    let pool = db.sqlite().unwrap();
    let name = |case: &str| format!("{case}, {place}");

    let ours = async |n| timed(save::<Bare>(db, n)).await;
    let twin = async |n| timed(bare_insert::<Bare>(pool, n)).await;
    pair(plan, &name("INSERT, no receivers"), Goal::Ratio(1.03), ours, twin).await;
    let twin = async |n| timed(unpinged_insert::<Bare>(pool, n)).await;
    pair(plan, &name("  and a twin that skips sqlx's ping too"), Goal::Shown, ours, twin).await;
    updates(plan, &name("UPDATE, no receivers"), db).await;
    in_transaction(plan, &name("INSERT, no receivers, within a Tx"), db).await;

    let ours = async |n| timed(save::<Edited>(db, n)).await;
    let twin = async |n| timed(bare_insert::<Edited>(pool, n)).await;
    pair(plan, &name("INSERT, receivers without a transaction"), Goal::Ratio(1.05), ours, twin).await;
    let ours = async |n| timed(save::<Watched>(db, n)).await;
    let twin = async |n| timed(transaction(pool, n)).await;
    pair(plan, &name("INSERT, a receiver that takes tx"), Goal::Ratio(1.0), ours, twin).await;
    let ours = async |n| timed(save::<Logged>(db, n)).await;
    let twin = async |n| timed(transaction_with_entry(pool, n)).await;
    pair(plan, &name("INSERT, a receiver that writes a row"), Goal::Ratio(1.0), ours, twin).await;
    loads(plan, &name("get by key"), db).await;
}

async fn save<M: Item>(db: &Db, n: u32) {
    for _ in 0..n {
        let mut item = M::sample();
        item.save(db).await.unwrap();
        black_box(&item);
    }
}

async fn bare_insert<M: Item>(pool: &SqlitePool, n: u32) {
    for _ in 0..n {
        let mut item = M::sample();
        let done = item.insert().execute(pool).await.unwrap();
        item.set_id(done.last_insert_rowid());
        black_box(&item);
    }
}

async fn unpinged_insert<M: Item>(pool: &SqlitePool, n: u32) {
    for _ in 0..n {
        let mut item = M::sample();
        let mut connection = idle(pool).await;
        let done = item.insert().execute(&mut *connection).await.unwrap();
        item.set_id(done.last_insert_rowid());
        black_box(&item);
    }
}

/// A connection that is not pinged if one lies idle.
async fn idle(pool: &SqlitePool) -> PoolConnection<Sqlite> {
    match pool.try_acquire() {
        Some(connection) => connection,
        None => pool.acquire().await.unwrap(),
    }
}

async fn updates(plan: &Plan, name: &str, db: &Db) {
    let pool = db.sqlite().unwrap();
    let mut item = Bare::sample();
    item.save(db).await.unwrap();
    let mut other = Bare::sample();
    other.save(db).await.unwrap();
    let ours = async |n| {
        timed(async {
            for _ in 0..n {
                item.age ^= 1;
                item.save(db).await.unwrap();
            }
        })
        .await
    };
    let twin = async |n| {
        timed(async {
            for _ in 0..n {
                other.age ^= 1;
                let done = update(&other).execute(pool).await.unwrap();
                assert_eq!(done.rows_affected(), 1);
            }
        })
        .await
    };
    pair(plan, name, Goal::Ratio(1.03), ours, twin).await;
}

fn update(item: &Bare) -> super::models::Query<'_> {
    sqlx::query("UPDATE bare SET name = ?, email = ?, age = ?, score = ?, note = ? WHERE id = ?")
        .bind(&item.name)
        .bind(&item.email)
        .bind(item.age)
        .bind(item.score)
        .bind(&item.note)
        .bind(item.id)
}

async fn in_transaction(plan: &Plan, name: &str, db: &Db) {
    let pool = db.sqlite().unwrap();
    let ours = async |n| {
        let tx = db.begin().await.unwrap();
        let taken = timed(async {
            for _ in 0..n {
                let mut item = Bare::sample();
                item.save(&tx).await.unwrap();
                black_box(&item);
            }
        })
        .await;
        tx.rollback().await.unwrap();
        taken
    };
    let twin = async |n| {
        let mut tx = pool.begin().await.unwrap();
        let taken = timed(async {
            for _ in 0..n {
                let mut item = Bare::sample();
                let done = item.insert().execute(&mut *tx).await.unwrap();
                item.id = done.last_insert_rowid();
                black_box(&item);
            }
        })
        .await;
        tx.rollback().await.unwrap();
        taken
    };
    pair(plan, name, Goal::Ratio(1.03), ours, twin).await;
}

async fn transaction(pool: &SqlitePool, n: u32) {
    for _ in 0..n {
        let mut item = Watched::sample();
        let mut tx = pool.begin().await.unwrap();
        let done = item.insert().execute(&mut *tx).await.unwrap();
        item.id = done.last_insert_rowid();
        let receiver = async |item: &Watched| {
            black_box(item);
        };
        receiver(&item).await;
        tx.commit().await.unwrap();
    }
}

async fn transaction_with_entry(pool: &SqlitePool, n: u32) {
    for _ in 0..n {
        let mut item = Logged::sample();
        let mut tx = pool.begin().await.unwrap();
        let done = item.insert().execute(&mut *tx).await.unwrap();
        item.id = done.last_insert_rowid();
        let entry = sqlx::query("INSERT INTO entry (item, created) VALUES (?, ?)");
        let done = entry.bind(item.id).bind(true).execute(&mut *tx).await.unwrap();
        black_box(done.last_insert_rowid());
        tx.commit().await.unwrap();
    }
}

/// The columns of `Bare`, read by sqlx's own derive.
#[derive(Debug, sqlx::FromRow)]
struct Plain {
    id: i64,
    name: String,
    email: String,
    age: i32,
    score: f64,
    note: Option<String>,
}

impl Plain {
    fn is(&self, id: i64) -> bool {
        let Self { id: own, name, email, age, score, note } = self;
        black_box((name, email, age, score, note));
        *own == id
    }
}

async fn loads(plan: &Plan, name: &str, db: &Db) {
    let pool = db.sqlite().unwrap();
    let mut item = Bare::sample();
    item.save(db).await.unwrap();
    let id = item.id;
    let ours = async |n| {
        timed(async {
            for _ in 0..n {
                assert_eq!(black_box(Bare::get(db, id).await.unwrap()).id, id);
            }
        })
        .await
    };
    let twin = async |n| {
        timed(async {
            for _ in 0..n {
                let query = sqlx::query_as("SELECT id, name, email, age, score, note FROM bare WHERE id = ?");
                let row: Plain = query.bind(id).fetch_one(pool).await.unwrap();
                assert!(row.is(id));
            }
        })
        .await
    };
    pair(plan, name, Goal::Ratio(1.03), ours, twin).await;
}
