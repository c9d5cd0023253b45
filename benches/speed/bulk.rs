//! Writes of many rows, compared with plain sqlx statements for as many rows on the same pool.

use std::hint::black_box;

use signals::{Db, Model};
use sqlx::QueryBuilder;
use sqlx::SqlitePool;

use super::models::{Bare, Compared, Counted, Item, Placed, Totaled};
use super::pair::{Goal, Plan, head, pair, timed};
use super::place::on_each;
use super::twin::twin;

/// How many rows one statement writes.
pub const CHUNK: usize = 1000;

/// Runs the cases on each database.
pub async fn run(plan: &Plan) {
    on_each(plan, async |place, db| on(plan, place, db).await).await;
}

async fn on(plan: &Plan, place: &str, db: &Db) {
    let plan = &plan.with_few_rounds();
    let rows = plan.rows(if plan.is_smoke() { 2 * CHUNK } else { 100 * CHUNK });
    head(plan, &format!("{rows} rows in {} {place}, the twin in plain sqlx on the same pool", db.backend()));
    let name = |case: &str| format!("{case}, {place}");
    creation::<Bare>(plan, &name("bulk_create, no receivers"), Goal::Ratio(1.1), db, rows).await;
    creation::<Counted>(plan, &name("bulk_create, a receiver of each row"), Goal::Ratio(1.3), db, rows).await;
    creation::<Totaled>(plan, &name("bulk_create, a receiver of the set"), Goal::Ratio(1.15), db, rows).await;
    update(plan, &name("update, no receivers"), Goal::Ratio(1.1), db, rows, Bare::AGE.set(7)).await;
    // A plain UPDATE reads nothing. Returning the same rows takes sqlx itself ten times as long.
    update(plan, &name("update, a receiver that takes previous"), Goal::Shown, db, rows, Compared::AGE.set(7)).await;
    update_beside_reading(plan, &name("  and a twin that reads the rows too"), db, rows).await;
    let rows = rows.min(10 * CHUNK);
    upsert(plan, &name(&format!("upsert of {rows} rows, half of them new, a receiver that takes previous")), db, rows)
        .await;
    if let Ok(pool) = db.sqlite() {
        bulk_update(plan, &name("bulk_update, no receivers"), db, pool, rows).await;
    }
}

fn samples<M: Item>(rows: usize) -> Vec<M> {
    (0..rows).map(|_| M::sample()).collect()
}

async fn clear<M: Item>(db: &Db) {
    twin!(db, clear(M::meta().table()));
}

async fn creation<M: Item>(plan: &Plan, name: &str, goal: Goal, db: &Db, rows: usize) {
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
            taken += timed(async { twin!(db, insert_chunks::<M>(&mut items)) }).await;
            black_box(&items);
            clear::<M>(db).await;
        }
        taken
    };
    pair(plan, name, goal, ours, twin).await;
}

async fn update<M: Item>(
    plan: &Plan,
    name: &str,
    goal: Goal,
    db: &Db,
    rows: usize,
    assignment: signals::query::Assignment<M>,
) {
    if !plan.selects(name) {
        return;
    }
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
    let twin = async |n| twin!(db, update_all(n, M::meta().table(), rows as u64));
    pair(plan, name, goal, ours, twin).await;
    clear::<M>(db).await;
}

async fn update_beside_reading(plan: &Plan, name: &str, db: &Db, rows: usize) {
    if !plan.selects(name) {
        return;
    }
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
                twin!(db, read_and_update(i32::try_from(age).unwrap()));
            }
        })
        .await
    };
    pair(plan, name, Goal::Ratio(1.2), ours, twin).await;
    clear::<Compared>(db).await;
}

async fn upsert(plan: &Plan, name: &str, db: &Db, rows: usize) {
    if !plan.selects(name) {
        return;
    }
    let placed =
        |place: usize, name: &str| Placed { id: 0, place: i64::try_from(place).unwrap(), name: name.into(), age: 7 };
    let begin = async || {
        clear_placed(db).await;
        let mut old: Vec<Placed> = (0..rows).step_by(2).map(|place| placed(place, "old")).collect();
        Placed::bulk_create(db, &mut old).quiet().await.unwrap();
        (0..rows).map(|place| placed(place, "new")).collect::<Vec<_>>()
    };
    let ours = async |n| {
        let mut taken = std::time::Duration::ZERO;
        for _ in 0..n {
            let mut all = begin().await;
            let upsert = Placed::bulk_create(db, &mut all).on_conflict([Placed::PLACE]).update([Placed::NAME]);
            taken += timed(async { upsert.await.unwrap() }).await;
            black_box(&all);
        }
        taken
    };
    let twin = async |n| {
        let mut taken = std::time::Duration::ZERO;
        for _ in 0..n {
            let mut all = begin().await;
            taken += timed(async { twin!(db, upsert_chunks(&mut all)) }).await;
            black_box(&all);
        }
        taken
    };
    pair(plan, name, Goal::Ratio(1.3), ours, twin).await;
    clear_placed(db).await;
}

async fn clear_placed(db: &Db) {
    twin!(db, clear("placed"));
}

async fn bulk_update(plan: &Plan, name: &str, db: &Db, pool: &SqlitePool, rows: usize) {
    if !plan.selects(name) {
        return;
    }
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
