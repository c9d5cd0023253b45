//! The new version of a program: `task-new URL place=20` saves parcels, `task-new URL urgent=50` enqueues runs that
//! the old version does not have, and with other arguments it is a worker.
#![allow(clippy::unwrap_used, reason = "the tests read what it prints")]

use signals::tasks::task;
use signals::{Db, Result, post_save, receiver};
use signals_test_tasks::deploy::Parcel;
use signals_test_tasks::program::{Arguments, work};
use signals_test_tasks::shop::Call;

#[receiver(post_save, sender = Parcel, durable, uid = "parcels.print_label", aliases("parcels.label"))]
async fn print_label(instance: &Parcel, db: &Db) -> Result<()> {
    Call::note(db, format!("new label of {}", instance.version)).await
}

#[task(name = "parcels.price")]
async fn price(of: String, express: Option<bool>, db: &Db) -> Result<()> {
    Call::note(db, format!("new price of {of}, {express:?}")).await
}

#[task(name = "parcels.stamp")]
async fn stamp(code: String, db: &Db) -> Result<()> {
    Call::note(db, format!("new stamp {code}")).await
}

#[task(name = "parcels.track", queue = "calls", priority = -10)]
async fn track(db: &Db) -> Result<()> {
    Call::note(db, "track").await
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let arguments = Arguments::of_process();
    let number = |name| arguments.value(name).map(|value| value.parse::<u32>().unwrap());
    let (parcels, urgent) = (number("place"), number("urgent"));
    if parcels.is_none() && urgent.is_none() {
        return work(&arguments).await;
    }
    let db = arguments.connect().await?;
    for _ in 0..parcels.unwrap_or_default() {
        Parcel::place(&db, "new").await?;
        price::enqueue(&db, "new".into(), Some(true)).await?;
        stamp::enqueue(&db, "A1".into()).await?;
    }
    for _ in 0..urgent.unwrap_or_default() {
        track::enqueue(&db).await?;
    }
    Ok(())
}
