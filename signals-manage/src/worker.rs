//! `worker`.

use std::time::Duration;

use clap::Args;
use signals_core::db::Db;
use signals_tasks::{Worker, WorkerStatus, queues, workers};
use tokio::time::timeout;

use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::logging::{self, LogLevel};
use crate::text::short;

/// A worker that has not looked for runs within this time is unhealthy.
const HEALTHY: Duration = Duration::from_secs(30);
/// The maximum duration of a check, and of the look at the queues before the start.
const CHECK: Duration = Duration::from_secs(10);

/// The arguments of `worker`.
#[derive(Debug, Clone, Args)]
pub struct WorkerArgs {
    /// The lowest level to log. The variable `RUST_LOG` takes precedence
    #[arg(short = 'l', long, value_enum, ignore_case = true, default_value = "info", value_name = "LEVEL")]
    loglevel: LogLevel,
    /// The queues to serve, separated by commas, each with its weight if it is not 1: mail=3,default [default: all]
    #[arg(short = 'Q', long, value_delimiter = ',', value_name = "QUEUE[=WEIGHT],..", value_parser = served)]
    queues: Vec<Served>,
    /// The maximum number of concurrent runs [default: 8, or the number of connections if it is lower]
    #[arg(short, long, value_name = "RUNS", value_parser = clap::value_parser!(u32).range(1..))]
    concurrency: Option<u32>,
    /// Enqueues scheduled tasks too, as `beat` does
    #[arg(short = 'B', long)]
    beat: bool,
    /// Stops as soon as nothing is due
    #[arg(long, conflicts_with = "beat")]
    burst: bool,
    /// The seconds without a heartbeat after which other workers take its runs. All workers need the same
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    lease: u64,
    /// The seconds for runs to end after the worker is asked to stop
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    grace: u64,
    /// Starts no worker, and fails if none on this host has looked for runs within 30 seconds
    #[arg(long, conflicts_with_all = ["beat", "burst", "concurrency", "lease", "grace"])]
    check: bool,
}

/// A queue that the worker serves.
#[derive(Debug, Clone)]
struct Served {
    queue: String,
    weight: u16,
}

/// Reads a queue with its weight.
fn served(text: &str) -> Result<Served, String> {
    let Some((queue, weight)) = text.rsplit_once('=') else {
        return Ok(Served { queue: text.to_owned(), weight: 1 });
    };
    match weight.parse() {
        Ok(weight @ 1..=1_000) if !queue.is_empty() => Ok(Served { queue: queue.to_owned(), weight }),
        _ if queue.is_empty() => Err("a weight follows the name of its queue, as in `mail=3`".to_owned()),
        _ => Err(format!("the weight of `{queue}` is `{weight}`; write a number from 1 to 1000, as in `{queue}=3`")),
    }
}

impl WorkerArgs {
    /// Returns a worker with these arguments, for programs that set more.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use signals::manage::{self, Command};
    /// use signals::{Db, Result};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("postgres://localhost/shop").await?;
    /// if let Some(Command::Worker(args)) = manage::from_args() {
    ///     args.worker(&db).keep_done(Duration::from_hours(1)).run().await?;
    /// }
    /// # Ok(()) }
    /// ```
    pub fn worker(&self, db: &Db) -> Worker {
        let (lease, grace) = (Duration::from_secs(self.lease), Duration::from_secs(self.grace));
        let mut worker = Worker::new(db).lease(lease).grace(grace);
        if !self.queues.is_empty() {
            worker = worker.weighted_queues(self.queues.iter().map(|it| (it.queue.clone(), it.weight)));
        }
        if self.beat {
            worker = worker.with_beat();
        }
        if let Some(runs) = self.concurrency {
            worker = worker.concurrency(runs);
        }
        if self.burst { worker.burst() } else { worker }
    }

    /// Returns whether it starts no worker.
    pub(crate) fn only_checks(&self) -> bool {
        self.check
    }

    pub(crate) async fn run(&self, db: &Db, console: &mut Console<'_>) -> Result<(), Failure> {
        if self.check {
            return self.check(db, console).await;
        }
        logging::install(self.loglevel);
        self.warn_of_queues(db).await;
        self.worker(db).run().await?;
        Ok(())
    }

    /// Warns of queues that nothing uses, which may be misspelled.
    async fn warn_of_queues(&self, db: &Db) {
        if self.queues.is_empty() {
            return;
        }
        // An unreachable database is not an error of a worker: it waits for it.
        let Ok(Ok(used)) = timeout(CHECK, queues(db)).await else { return };
        for Served { queue, .. } in self.queues.iter().filter(|served| !used.contains(&served.queue)) {
            tracing::warn!(target: "signals", queue, ?used, "no task and no run uses this queue");
        }
    }

    async fn check(&self, db: &Db, console: &mut Console<'_>) -> Result<(), Failure> {
        let Ok(workers) = timeout(CHECK, workers(db)).await else {
            return Err(Failure::Ended(Exit::Failed, format!("the database did not answer within {}", short(CHECK))));
        };
        let mut serves: Vec<_> = self.queues.iter().map(|served| served.queue.clone()).collect();
        serves.sort();
        let is_meant = |worker: &WorkerStatus| {
            let mut queues = worker.queues.clone();
            queues.sort();
            worker.is_on_this_host() && (serves.is_empty() || queues == serves)
        };
        let latest = workers?.into_iter().filter(is_meant).min_by_key(|worker| worker.seen);
        let seen = |worker: &WorkerStatus| format!("{} looked for runs {} ago", worker.id, short(worker.seen));
        match latest {
            Some(worker) if worker.seen < HEALTHY => console.print(&seen(&worker)),
            Some(worker) => Err(Failure::missing(format!("the worker {}", seen(&worker)))),
            None => Err(Failure::missing("no worker on this host has looked for runs within the last minute")),
        }
    }
}
