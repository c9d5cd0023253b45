//! Tasks of every shape, under strict lints.

#![deny(missing_docs, missing_debug_implementations, unreachable_pub, unused, warnings)]
#![deny(non_camel_case_types, non_upper_case_globals, clippy::all, clippy::pedantic)]
#![allow(clippy::unused_async, reason = "what a task does is not the point here")]
#![forbid(unsafe_code)]

use signals::tasks::{Context, scheduled, task};
use signals::{BoxError, Db, Tx};

/// The names of the prelude are taken.
pub type Result = core::result::Result<(), BoxError>;

/// Words of the task's own.
///
/// # Errors
///
/// None.
#[task(
    name = "pass.everything",
    aliases("pass.before", "pass.long_before"),
    queue = "mail",
    priority = -3,
    max_attempts = 5,
    backoff = "500ms",
    timeout = "2h",
    crate = signals
)]
pub async fn everything(r#type: String, amounts: Vec<Option<i64>>, ctx: &Context, tx: &Tx) -> Result {
    let _ = (r#type, amounts, ctx, tx);
    Ok(())
}

#[task]
async fn nothing() {}

#[task]
async fn r#match(on: u8, task: u8, db: &Db) -> core::result::Result<(), String> {
    let _ = (on, task, db);
    Ok(())
}

#[cfg(any())]
#[task]
async fn absent(missing: Missing) {}

#[task]
#[cfg(any())]
async fn absent_too(missing: Missing) {}

/// A schedule above its task.
#[scheduled(
    cron = "*/5 8-18 1,L jan-mar mon-fri",
    tz = "Europe/Berlin",
    missed = "all",
    overlap = "allow",
    crate = signals
)]
#[task(name = "pass.above")]
pub async fn above(ctx: &Context) {
    let _ = ctx;
}

#[signals::tasks::task]
#[signals::tasks::scheduled(every = "30s")]
async fn r#below(tx: &Tx) {
    let _ = tx;
}

#[scheduled(every = "30s")]
#[task]
#[cfg(any())]
async fn absent_and_scheduled() {}

mod within {
    use signals::tasks::task;

    #[task]
    pub(super) async fn seen() {}
}

/// Enqueues them all.
///
/// # Errors
///
/// The database's.
pub async fn enqueue(db: &Db, tx: &Tx) -> signals::Result<()> {
    everything::enqueue(tx, String::new(), vec![None]).priority(1).await?;
    nothing::enqueue(db).await?;
    r#match::enqueue(&tx.clone(), 1, 2).await?;
    within::seen::enqueue(db).unique_key("x").await?.id();
    Ok(())
}

fn main() {
    #[task]
    async fn local(number: u8) {
        let _ = number;
    }
    drop(nothing());
    drop(local(1));
}
