//! Writing many rows, beside statements of the same many rows in plain sqlx on the same pool.

use std::fs;
use std::hint::black_box;

use signals::{Db, Model};
use sqlx::{QueryBuilder, SqlitePool};

use super::models::{Bare, Compared, Counted, Item, Totaled};
use super::pair::{Goal, Plan, head, pair, timed};

/// How many rows one statement writes.
const CHUNK: usize = 1000;

/// Runs the cases in memory and in a file.
pub async fn run(plan: &Plan) {
    let memory = Db::connect("sqlite::memory:").await.unwrap();
    on(plan, "in memory", &memory).await;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("bulk.db").display());
    let file = Db::connect(&url).await.unwrap();
    on(plan, "in a file with WAL", &file).await;
    file.close().await;
}

async fn on(plan: &Plan, place: &str, db: &Db) {
    db.create_tables().await.unwrap();
    let plan = &plan.with_few_rounds();
    let rows = if plan.is_smoke() { 2 * CHUNK } else { 100 * CHUNK };
    head(plan, &format!("{rows} rows in SQLite {place}, the twin in plain sqlx on the same pool"));
    let name = |case: &str| format!("{case}, {place}");
    creation::<Bare>(plan, &name("bulk_create, no receivers"), Goal::Ratio(1.1), db, rows).await;
    creation::<Counted>(plan, &name("bulk_create, a receiver of each row"), Goal::Ratio(1.3), db, rows).await;
    creation::<Totaled>(plan, &name("bulk_create, a receiver of the set"), Goal::Ratio(1.15), db, rows).await;
    update(plan, &name("update, no receivers"), Goal::Ratio(1.1), db, rows, Bare::AGE.set(7)).await;
    // A plain UPDATE reads nothing: sqlx takes ten times as long to hand the same rows out, whoever asks for them.
    update(plan, &name("update, a receiver that takes previous"), Goal::Shown, db, rows, Compared::AGE.set(7)).await;
    update_beside_reading(plan, &name("  and a twin that reads the rows too"), db, rows).await;
    bulk_update(plan, &name("bulk_update, no receivers"), db, rows).await;
}

fn samples<M: Item>(rows: usize) -> Vec<M> {
    (0..rows).map(|_| M::sample()).collect()
}

async fn clear<M: Item>(db: &Db) {
    let sql = sqlx::AssertSqlSafe(format!("DELETE FROM {}", M::meta().table()));
    sqlx::query(sql).execute(db.sqlite().unwrap()).await.unwrap();
}

async fn creation<M: Item>(plan: &Plan, name: &str, goal: Goal, db: &Db, rows: usize) {
    let pool = db.sqlite().unwrap();
    let ours = async |n| {
        let mut taken = std::time::Duration::ZERO;
        for _ in 0..n {
            let mut items = samples::<M>(rows);
            taken += timed(async { M::bulk_create(db, &mut items).await.unwrap() }).await;
            black_box(&items);
            clear::<M>(db).await;
        }
        taken
    };
    let twin = async |n| {
        let mut taken = std::time::Duration::ZERO;
        for _ in 0..n {
            let mut items = samples::<M>(rows);
            taken += timed(insert_by_hand(pool, &mut items)).await;
            black_box(&items);
            clear::<M>(db).await;
        }
        taken
    };
    pair(plan, name, goal, ours, twin).await;
    if !plan.is_smoke() && plan.wants(name) {
        let mut items = samples::<M>(rows);
        let ours = peak(async { M::bulk_create(db, &mut items).await.unwrap() }).await;
        clear::<M>(db).await;
        let twin = peak(insert_by_hand(pool, &mut items)).await;
        clear::<M>(db).await;
        println!("{:<58}{ours:>12}{twin:>12}", "  and the memory beyond the rows themselves, at its peak");
    }
}

async fn insert_by_hand<M: Item>(pool: &SqlitePool, rows: &mut [M]) {
    let mut tx = pool.begin().await.unwrap();
    let table = M::meta().table();
    for rows in rows.chunks_mut(CHUNK) {
        let mut query = QueryBuilder::new(format!("INSERT INTO {table} (name, email, age, score, note) "));
        query.push_values(rows.iter(), |mut values, row| row.push(&mut values));
        let done = query.build().execute(&mut *tx).await.unwrap();
        let first = done.last_insert_rowid() - i64::try_from(rows.len()).unwrap() + 1;
        (first..).zip(rows).for_each(|(id, row)| row.set_id(id));
    }
    tx.commit().await.unwrap();
}

async fn update<M: Item>(
    plan: &Plan,
    name: &str,
    goal: Goal,
    db: &Db,
    rows: usize,
    assignment: signals::Assignment<M>,
) {
    if !plan.wants(name) {
        return;
    }
    let pool = db.sqlite().unwrap();
    M::bulk_create(db, &mut samples::<M>(rows)).quiet().await.unwrap();
    let ours = async |n| {
        timed(async {
            for _ in 0..n {
                let updated = M::objects().update(db, [assignment.clone()]).await.unwrap();
                assert_eq!(updated, rows as u64);
            }
        })
        .await
    };
    let sql = format!("UPDATE {} SET age = ?", M::meta().table());
    let twin = async |n| {
        timed(async {
            for _ in 0..n {
                let query = sqlx::query(sqlx::AssertSqlSafe(sql.clone())).bind(7);
                assert_eq!(query.execute(pool).await.unwrap().rows_affected(), rows as u64);
            }
        })
        .await
    };
    pair(plan, name, goal, ours, twin).await;
    clear::<M>(db).await;
}

async fn update_beside_reading(plan: &Plan, name: &str, db: &Db, rows: usize) {
    if !plan.wants(name) {
        return;
    }
    let pool = db.sqlite().unwrap();
    Compared::bulk_create(db, &mut samples::<Compared>(rows)).quiet().await.unwrap();
    let ours = async |n| {
        timed(async {
            for age in 0..n {
                let age = Compared::AGE.set(i32::try_from(age).unwrap());
                assert_eq!(Compared::objects().update(db, [age]).await.unwrap(), rows as u64);
            }
        })
        .await
    };
    let twin = async |n| {
        timed(async {
            for age in 0..n {
                read_and_update_by_hand(pool, i32::try_from(age).unwrap()).await;
            }
        })
        .await
    };
    pair(plan, name, Goal::Ratio(1.2), ours, twin).await;
    clear::<Compared>(db).await;
}

async fn read_and_update_by_hand(pool: &SqlitePool, age: i32) {
    let mut tx = pool.begin().await.unwrap();
    let keys: Vec<i64> = sqlx::query_scalar("SELECT id FROM compared ORDER BY id").fetch_all(&mut *tx).await.unwrap();
    for keys in keys.chunks(CHUNK) {
        let mut query = QueryBuilder::new("SELECT id, name, email, age, score, note FROM compared WHERE id IN ");
        push_list(&mut query, keys);
        let mut rows: Vec<Compared> = query.build_query_as().fetch_all(&mut *tx).await.unwrap();
        let previous = rows.clone();
        for row in &mut rows {
            row.age = age;
        }
        let mut query = QueryBuilder::new("UPDATE compared SET age = ");
        query.push_bind(age).push(" WHERE id IN ");
        push_list(&mut query, keys);
        query.build().execute(&mut *tx).await.unwrap();
        let changed = rows.iter().zip(&previous).filter(|(row, previous)| row.age != previous.age).count();
        black_box(changed);
    }
    tx.commit().await.unwrap();
}

async fn bulk_update(plan: &Plan, name: &str, db: &Db, rows: usize) {
    if !plan.wants(name) {
        return;
    }
    let pool = db.sqlite().unwrap();
    let mut items = samples::<Bare>(rows);
    Bare::bulk_create(db, &mut items).await.unwrap();
    let mut others = items.clone();
    let ours = async |n| {
        timed(async {
            for _ in 0..n {
                Bare::bulk_update(db, &mut items, [Bare::NAME, Bare::AGE]).await.unwrap();
            }
        })
        .await
    };
    let twin = async |n| {
        timed(async {
            for _ in 0..n {
                update_by_hand(pool, &mut others).await;
            }
        })
        .await
    };
    pair(plan, name, Goal::Ratio(1.1), ours, twin).await;
    clear::<Bare>(db).await;
}

fn push_list(query: &mut QueryBuilder<sqlx::Sqlite>, keys: &[i64]) {
    query.push("(");
    let mut list = query.separated(", ");
    for key in keys {
        list.push_bind(*key);
    }
    query.push(")");
}

async fn update_by_hand(pool: &SqlitePool, rows: &mut [Bare]) {
    let mut tx = pool.begin().await.unwrap();
    for rows in rows.chunks_mut(CHUNK) {
        let mut query = QueryBuilder::new("UPDATE bare SET name = v.column2, age = v.column3 FROM (");
        query.push_values(rows.iter(), |mut values, row| {
            values.push_bind(row.id).push_bind(&row.name).push_bind(row.age);
        });
        query.push(") AS v WHERE bare.id = v.column1");
        assert_eq!(query.build().execute(&mut *tx).await.unwrap().rows_affected(), rows.len() as u64);
    }
    tx.commit().await.unwrap();
}

/// How far the process grew beyond what it had, where the system tells.
async fn peak(work: impl Future<Output = ()>) -> String {
    // The mark is set back to what is in use now.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let before = kilobytes("VmRSS:");
    work.await;
    match (before, kilobytes("VmHWM:")) {
        (Some(before), Some(peak)) => format!("{:.1} MiB", f64::from(peak.saturating_sub(before)) / 1024.0),
        _ => "unknown".into(),
    }
}

fn kilobytes(field: &str) -> Option<u32> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
