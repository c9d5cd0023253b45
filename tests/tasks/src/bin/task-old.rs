//! The old version of a program: `task-old URL place=20` saves parcels, and with other arguments it is a worker.
#![allow(clippy::unwrap_used, reason = "the tests read what it prints")]

use signals::tasks::task;
use signals::{Db, Result, post_save, receiver};
use signals_test_tasks::deploy::Parcel;
use signals_test_tasks::program::{Arguments, work};
use signals_test_tasks::shop::Call;

/// The new version renames it.
#[receiver(post_save, sender = Parcel, durable, uid = "parcels.label")]
async fn label(instance: &Parcel, db: &Db) -> Result<()> {
    Call::note(db, format!("old label of {}", instance.version)).await
}

/// The new version does not have it.
#[receiver(post_save, sender = Parcel, durable, uid = "parcels.weigh")]
async fn weigh(instance: &Parcel, db: &Db) -> Result<()> {
    Call::note(db, format!("old weigh of {}", instance.version)).await
}

/// In the new version it has another argument.
#[task(name = "parcels.price")]
async fn price(of: String, db: &Db) -> Result<()> {
    Call::note(db, format!("old price of {of}")).await
}

/// In the new version the code is a text.
#[task(name = "parcels.stamp")]
async fn stamp(code: u32, db: &Db) -> Result<()> {
    Call::note(db, format!("old stamp {code}")).await
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let arguments = Arguments::of_process();
    let Some(parcels) = arguments.value("place") else { return work(&arguments).await };
    let db = arguments.connect().await?;
    for _ in 0..parcels.parse().unwrap() {
        Parcel::place(&db, "old").await?;
        price::enqueue(&db, "old".into()).await?;
        stamp::enqueue(&db, 7).await?;
    }
    Ok(())
}
