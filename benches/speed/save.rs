//! Saves and loads of one row, compared with the same statement in plain sqlx on the same pool.

use std::hint::black_box;
use std::time::Duration;

use signals::{Db, Model};

use super::models::{Bare, Edited, Item, Logged, Watched};
use super::pair::{Goal, Plan, head, pair, timed};
use super::place::on_each;
use super::twin::twin;

/// Runs the cases on each database.
pub async fn run(plan: &Plan) {
    on_each(plan, async |place, db| on(plan, place, db).await).await;
}

async fn on(plan: &Plan, place: &str, db: &Db) {
    head(plan, &format!("{} {place}, the twin in plain sqlx on the same pool", db.backend()));
    let name = |case: &str| format!("{case}, {place}");

    let twin = async |n| twin!(db, inserts::<Bare>(n));
    pair(plan, &name("INSERT, no receivers"), Goal::Ratio(1.03), async |n| saves::<Bare>(db, n).await, twin).await;
    let twin = async |n| twin!(db, unpinged_inserts::<Bare>(n));
    let unpinged = name("  and a twin that skips sqlx's ping too");
    pair(plan, &unpinged, Goal::Shown, async |n| saves::<Bare>(db, n).await, twin).await;
    updates(plan, &name("UPDATE, no receivers"), db).await;
    let twin = async |n| twin!(db, inserts_in_transaction(n));
    let within = name("INSERT, no receivers, within a Tx");
    pair(plan, &within, Goal::Ratio(1.03), async |n| saves_in_transaction(db, n).await, twin).await;

    let twin = async |n| twin!(db, inserts::<Edited>(n));
    let edited = name("INSERT, receivers without a transaction");
    pair(plan, &edited, Goal::Ratio(1.05), async |n| saves::<Edited>(db, n).await, twin).await;
    let twin = async |n| twin!(db, transactions(n));
    let watched = name("INSERT, a receiver that takes tx");
    pair(plan, &watched, Goal::Ratio(1.0), async |n| saves::<Watched>(db, n).await, twin).await;
    let twin = async |n| twin!(db, transactions_with_entry(n));
    let logged = name("INSERT, a receiver that writes a row");
    pair(plan, &logged, Goal::Ratio(1.0), async |n| saves::<Logged>(db, n).await, twin).await;
    gets(plan, &name("get by key"), db).await;
}

async fn saves<M: Item>(db: &Db, n: u32) -> Duration {
    timed(async {
        for _ in 0..n {
            let mut item = M::sample();
            item.save(db).await.unwrap();
            black_box(&item);
        }
    })
    .await
}

async fn saves_in_transaction(db: &Db, n: u32) -> Duration {
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
}

async fn updates(plan: &Plan, name: &str, db: &Db) {
    let (mut item, mut other) = (Bare::sample(), Bare::sample());
    item.save(db).await.unwrap();
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
    let twin = async |n| twin!(db, updates(n, &mut other));
    pair(plan, name, Goal::Ratio(1.03), ours, twin).await;
}

async fn gets(plan: &Plan, name: &str, db: &Db) {
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
    pair(plan, name, Goal::Ratio(1.03), ours, async |n| twin!(db, gets(n, id))).await;
}
