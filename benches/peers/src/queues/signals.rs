//! This library.

use std::ops::Range;

use async_trait::async_trait;
use signals::db::IntoHandle;
use signals::tasks::{Enqueue, Task, Worker, enqueue_all, task};
use signals::{Db, Model, Tx, post_save, receiver};

use crate::queue::{Job, Load, Queue, Result, setting};
use crate::runs;

/// The concurrent runs without an effect, and with one.
const NOTHINGS: u32 = 1_024;
const EFFECTS: u32 = 32;

#[derive(Debug, Clone, Model)]
struct Order {
    id: i64,
    total: i64,
}

#[derive(Debug, Clone, Model)]
struct Stored {
    id: i64,
    total: i64,
}

#[derive(Debug, Clone, Model)]
struct Effect {
    id: i64,
    number: i64,
}

#[receiver(post_save, sender = Stored, durable)]
fn index(instance: &Stored) {
    assert!(instance.total >= 0);
    runs::ended();
}

#[task]
#[allow(clippy::unused_async, reason = "a task is async")]
async fn nothing(number: i64) {
    let _ = number;
    runs::ended();
}

#[task]
async fn effect(number: i64, tx: &Tx) -> signals::Result<()> {
    Effect { id: 0, number }.create(tx).await?;
    runs::ended();
    Ok(())
}

#[task]
#[allow(clippy::unused_async, reason = "a task is async")]
async fn stamp(number: i64) {
    runs::print_stamp(number);
}

pub struct Signals {
    db: Db,
}

impl Signals {
    pub async fn open(url: &str) -> Result<Self> {
        // A worker with a task that takes `tx` needs as many connections as slots. The pool opens those that are used.
        let connections = setting("PEERS_CONCURRENCY", NOTHINGS).max(super::CONNECTIONS);
        Ok(Self { db: Db::builder(url).max_connections(connections).connect().await? })
    }
}

fn call<'a>(on: impl IntoHandle<'a>, job: Job, number: i64) -> Enqueue<'a> {
    match job {
        Job::Nothing => nothing::enqueue(on, number),
        Job::Effect => effect::enqueue(on, number),
        Job::Stamp => stamp::enqueue(on, number),
    }
}

#[async_trait]
impl Queue for Signals {
    async fn create_tables(&self) -> Result {
        Ok(self.db.create_tables().await?)
    }

    async fn enqueue_with_row(&self, job: Job, number: i64) -> Result {
        let tx = self.db.begin().await?;
        Order { id: 0, total: number }.create(&tx).await?;
        call(&tx, job, number).await?;
        Ok(tx.commit().await?)
    }

    async fn save(&self, number: i64) -> Result {
        Stored { id: 0, total: number }.create(&self.db).await?;
        Ok(())
    }

    async fn enqueue_many(&self, job: Job, numbers: Range<i64>) -> Result {
        enqueue_all(&self.db, numbers.map(|number| call(&self.db, job, number))).await?;
        Ok(())
    }

    async fn work(&self, job: Job, load: Load) -> Result {
        let worker = Worker::new(&self.db);
        let worker = match (load, job) {
            (Load::Idle, _) => worker,
            (Load::Many, Job::Effect) => worker.concurrency(setting("PEERS_CONCURRENCY", EFFECTS)),
            (Load::Many, _) => worker.concurrency(setting("PEERS_CONCURRENCY", NOTHINGS)),
        };
        worker.run_until(std::future::pending()).await?;
        Ok(())
    }

    async fn has_open_runs(&self) -> Result<bool> {
        // Ready, waiting and running.
        Ok(Task::objects().filter(Task::STATE.lt(3)).exists(&self.db).await?)
    }
}
