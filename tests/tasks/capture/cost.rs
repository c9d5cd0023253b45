//! What capture costs beside the same write without it: `cargo test --test capture cost -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use behavior::{execute, execute_in, kind};
use signals::tasks::TaskCapture;
use signals::{Db, Model, Result};

#[derive(Debug, Clone, Model)]
#[model(table = "cost_plain")]
struct Plain {
    id: i64,
    amount: i64,
    name: String,
    note: Option<String>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "cost_captured", capture)]
struct Captured {
    id: i64,
    amount: i64,
    name: String,
    note: Option<String>,
}

const ROWS: i64 = 10_000;

async fn fill(db: &Db, table: &str) {
    let tx = db.begin().await.unwrap();
    for first in (1..=ROWS).step_by(1_000) {
        let rows: Vec<_> = (first..first + 1_000).map(|id| format!("({id}, 1, 'name {id}', NULL)")).collect();
        execute_in(&tx, format!("INSERT INTO {table} (id, amount, name, note) VALUES {}", rows.join(", "))).await;
    }
    tx.commit().await.unwrap();
}

async fn one(db: &Db, table: &str, id: i64) {
    execute(db, format!("UPDATE {table} SET amount = amount + 1 WHERE id = {id}")).await;
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// PostgreSQL keeps the plan of small updates, which took half a minute for a large one.
#[tokio::test]
async fn a_large_update_after_small_ones_is_captured_soon() -> Result<()> {
    let alone = large_update(0).await?;
    let after_small = large_update(20).await?;
    assert!(after_small < 8 * alone + Duration::from_secs(5), "{after_small:?} and {alone:?}");
    Ok(())
}

/// Returns how long an update of all rows takes in a new database, after this many of one row each.
async fn large_update(small: i64) -> Result<Duration> {
    let db = signals_test_tasks::db().await;
    fill(&db, "cost_captured").await;
    let tx = db.begin().await?;
    for id in 1..=small {
        execute_in(&tx, format!("UPDATE cost_captured SET amount = amount + 1 WHERE id = {id}")).await;
    }
    let start = Instant::now();
    execute_in(&tx, "UPDATE cost_captured SET amount = amount + 1").await;
    let elapsed = start.elapsed();
    tx.rollback().await?;
    Ok(elapsed)
}

#[tokio::test]
#[ignore = "prints times"]
async fn what_capture_costs() -> Result<()> {
    let db = signals_test_tasks::db().await;
    fill(&db, "cost_plain").await;
    fill(&db, "cost_captured").await;
    let tables = ["cost_plain", "cost_captured"];
    let [mut single, mut all, mut saves] = std::array::from_fn(|_| [Vec::new(), Vec::new()]);
    let mut plain = Plain::get(&db, 5).await?;
    let mut captured = Captured::get(&db, 5).await?;
    for round in 1..300 {
        for (place, table) in tables.iter().enumerate() {
            let start = Instant::now();
            one(&db, table, round).await;
            single[place].push(start.elapsed());
        }
        let start = Instant::now();
        plain.amount += 1;
        plain.save(&db).await?;
        saves[0].push(start.elapsed());
        let start = Instant::now();
        captured.amount += 1;
        captured.save(&db).await?;
        saves[1].push(start.elapsed());
    }
    for _ in 0..9 {
        for (place, table) in tables.iter().enumerate() {
            let start = Instant::now();
            execute(&db, format!("UPDATE {table} SET amount = amount + 1")).await;
            all[place].push(start.elapsed());
        }
        TaskCapture::objects().delete(&db).await?;
    }
    for (what, times) in [("one row", single), ("10,000 rows", all), ("save", saves)] {
        let [without, with] = times.map(median);
        let ratio = with.as_secs_f64() / without.as_secs_f64();
        println!("{} {what}: {without:?} without, {with:?} with: {ratio:.2}", kind().name());
    }
    Ok(())
}
