//! A shop whose tasks settle orders: the tasks that the workers of the tests run, and the checks after them.

use std::time::Duration;
use std::{process, thread};

use signals::tasks::{Context, scheduled, task};
use signals::{BoxError, Db, Model, Result, Tx};

/// An order, which is settled once.
#[derive(Debug, Clone, Model)]
#[model(table = "shop_order")]
pub struct Order {
    /// The key.
    pub id: i64,
    /// The number of times that it was settled.
    pub settled: i64,
}

/// The writes of `settle`: one row for each committed effect.
#[derive(Debug, Clone, Model)]
#[model(table = "shop_entry")]
pub struct Entry {
    /// The key.
    pub id: i64,
    /// The order.
    #[model(index)]
    pub order_id: i64,
    /// The run.
    pub run: String,
}

/// A call of a task without `tx`, written at once.
#[derive(Debug, Clone, Model)]
#[model(table = "shop_call")]
pub struct Call {
    /// The key.
    pub id: i64,
    /// The task and its argument.
    #[model(index)]
    pub what: String,
    /// The process that ran it.
    pub process: i64,
}

impl Call {
    /// Records a call of a task.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn note(db: &Db, what: impl Into<String>) -> Result<()> {
        Self { id: 0, what: what.into(), process: process::id().into() }.create(db).await.map(drop)
    }

    /// Returns the number of calls with this argument.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn count(db: &Db, what: &str) -> Result<u64> {
        Self::objects().filter(Self::WHAT.eq(what)).count(db).await
    }
}

/// Settles an order, and fails or panics the first time for some of them.
///
/// # Errors
///
/// For one in ten orders at the first attempt.
///
/// # Panics
///
/// For one in ten others at the first attempt.
#[task(queue = "orders", backoff = "20ms")]
pub async fn settle(order_id: i64, ctx: &Context, tx: &Tx) -> Result<(), BoxError> {
    let mut order = Order::get(tx, order_id).await?;
    order.settled += 1;
    order.save(tx).await?;
    Entry { id: 0, order_id, run: ctx.idempotency_key().to_owned() }.create(tx).await?;
    let is_first = ctx.attempt() == 1;
    if is_first && order_id % 10 == 3 {
        return Err("the first attempt of this order fails".into());
    }
    assert!(!is_first || order_id % 10 != 7, "the first attempt of this order panics");
    Ok(())
}

/// Records its call, sleeps without blocking, and records its end.
///
/// # Errors
///
/// If the database refuses.
#[task(queue = "calls", backoff = "20ms")]
pub async fn nap(what: String, milliseconds: u64, db: &Db) -> Result<()> {
    Call::note(db, format!("{what}:start")).await?;
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    Call::note(db, format!("{what}:end")).await
}

/// Records its call, and blocks the thread.
///
/// # Errors
///
/// If the database refuses.
#[task(queue = "calls")]
pub async fn deaf(what: String, milliseconds: u64, db: &Db) -> Result<()> {
    Call::note(db, format!("{what}:start")).await?;
    thread::sleep(Duration::from_millis(milliseconds));
    Call::note(db, format!("{what}:end")).await
}

/// Records its call, and waits for a closure that blocks a thread of its own.
///
/// # Errors
///
/// If the database refuses.
#[task(queue = "calls")]
pub async fn offload(what: String, milliseconds: u64, db: &Db) -> Result<()> {
    Call::note(db, format!("{what}:start")).await?;
    let blocked = tokio::task::spawn_blocking(move || thread::sleep(Duration::from_millis(milliseconds)));
    blocked.await.map_err(signals::Error::other)?;
    Call::note(db, format!("{what}:end")).await
}

/// Records its call, and aborts the process.
///
/// # Errors
///
/// If the database refuses.
#[task(queue = "calls")]
pub async fn poison(what: String, db: &Db) -> Result<()> {
    Call::note(db, format!("{what}:start")).await?;
    tokio::time::sleep(Duration::from_millis(100)).await;
    process::abort();
}

/// The name of the task of each 200 ms.
pub const PULSE: &str = "shop.pulse";

/// Has a run for each 200 ms.
#[scheduled(every = "200ms", missed = "all", overlap = "allow")]
#[task(name = "shop.pulse")]
#[allow(clippy::unused_async, reason = "a task is async")]
pub async fn pulse() {}
