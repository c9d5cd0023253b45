//! Deletes of one row that many rows reference, compared with the two DELETEs of plain SQL on the same pool.

use signals::Db;
use sqlx::SqlitePool;

use super::families::{Counted, Family, Silent, Totaled};
use super::pair::{Goal, Plan, head, pair, timed};
use super::place::on_sqlite;

/// Runs the cases in memory and in a file.
pub async fn run(plan: &Plan) {
    on_sqlite(async |place, db| on(plan, place, db).await).await;
}

async fn on(plan: &Plan, place: &str, db: &Db) {
    let plan = &plan.with_few_rounds();
    let children = u32::try_from(plan.rows(if plan.is_smoke() { 3000 } else { 100_000 })).unwrap();
    head(plan, &format!("1 parent and {children} children in SQLite {place}, the twin in plain SQL on the same pool"));
    let name = |case: &str| format!("cascade, {case}, {place}");
    delete::<Silent>(plan, &name("no receivers"), Goal::Ratio(1.1), db, children).await;
    // Two plain DELETEs read no child, but a receiver of each row gets each child.
    delete::<Counted>(plan, &name("a receiver of each row"), Goal::Shown, db, children).await;
    delete::<Totaled>(plan, &name("a receiver of the set"), Goal::Shown, db, children).await;
    delete_beside_reading::<Counted>(plan, "  and a twin that reads the children too", place, db, children).await;
}

async fn delete<F: Family>(plan: &Plan, name: &str, goal: Goal, db: &Db, children: u32) {
    let pool = db.sqlite().unwrap();
    pair(plan, name, goal, ours::<F>(db, children), async |n| {
        let mut taken = std::time::Duration::ZERO;
        for _ in 0..n {
            let parent = F::fill(pool, children).await;
            taken += timed(F::delete_by_hand(pool, parent)).await;
        }
        taken
    })
    .await;
}

async fn delete_beside_reading<F: Family>(plan: &Plan, name: &str, place: &str, db: &Db, children: u32) {
    let pool = db.sqlite().unwrap();
    pair(plan, &format!("{name}, {place}"), Goal::Ratio(1.2), ours::<F>(db, children), async |n| {
        let mut taken = std::time::Duration::ZERO;
        for _ in 0..n {
            let parent = F::fill(pool, children).await;
            taken += timed(read_and_delete_by_hand::<F>(pool, parent)).await;
        }
        taken
    })
    .await;
}

fn ours<F: Family>(db: &Db, children: u32) -> impl AsyncFnMut(u32) -> std::time::Duration {
    async move |n| {
        let mut taken = std::time::Duration::ZERO;
        for _ in 0..n {
            let parent = F::fill(db.sqlite().unwrap(), children).await;
            taken += timed(async { assert_eq!(F::delete(db, parent).await, u64::from(children) + 1) }).await;
        }
        taken
    }
}

/// Does by hand what passes each row to a function: reads the keys, then the rows, a thousand at a time.
async fn read_and_delete_by_hand<F: Family>(pool: &SqlitePool, parent: i64) {
    let mut tx = pool.begin().await.unwrap();
    for keys in F::keys_by_hand(&mut tx, parent).await.chunks(1000) {
        F::read_by_hand(&mut tx, keys).await;
        F::delete_children_by_hand(&mut tx, keys).await;
    }
    F::delete_parent_by_hand(&mut tx, parent).await;
    tx.commit().await.unwrap();
}
