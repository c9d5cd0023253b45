//! Starts the processes of each queue, and takes the figures.

use std::process::Command;
use std::time::Duration;

use crate::database::{Database, Server};
use crate::figure::{Figure, Part, Peer};
use crate::plan::Plan;
use crate::process::{Process, seconds_of};
use crate::queue::Result;
use crate::redis::{self, Redis};
use crate::results::{Results, median, quantile};

/// The runs of a worker without an effect, and with one.
const NOTHING: usize = 20_000;
/// The same for apalis on SQLite, which slows down with the number of runs that its worker has ended.
const NOTHING_SLOW: usize = 4_000;
const EFFECTS: usize = 4_000;
/// The open runs of the memory's figure.
const OPEN: usize = 100_000;
/// The seconds for which clients enqueue.
const ENQUEUEING: &str = "2";
/// The runs whose latency is measured.
const LATENCIES: usize = 200;
/// The time of an idle worker before its processor time is counted, and the time for which it is counted.
const SETTLE: Duration = Duration::from_secs(3);
const IDLE: Duration = Duration::from_secs(20);
/// The longest time that a step may take.
const STEP: Duration = Duration::from_mins(5);
/// The time of a worker before its peak of memory is read, if it has not run all.
const PEAK: Duration = Duration::from_secs(10);

pub async fn all(plan: &Plan) -> Result {
    let mut bench = Bench { results: Results::default(), celery: celery(plan), databases: 0 };
    let measured = bench.run(plan).await;
    // A measurement that failed leaves its database behind.
    for server in plan.servers.iter().filter(|_| measured.is_err()) {
        server.remove(bench.databases).await?;
    }
    bench.results.print();
    measured
}

/// The Python and the Redis of Celery.
struct Celery {
    python: String,
    redis: Redis,
}

fn celery(plan: &Plan) -> Option<Celery> {
    if !plan.peers.contains(&Peer::Celery) {
        return None;
    }
    let started = redis::python().and_then(|python| Ok(Celery { python, redis: Redis::start()? }));
    started.inspect_err(|reason| println!("Celery is skipped: {reason}\n")).ok()
}

struct Bench {
    results: Results,
    celery: Option<Celery>,
    databases: usize,
}

impl Bench {
    /// Measures all. The queues take turns, so that each has its share of a slow minute of the machine.
    async fn run(&mut self, plan: &Plan) -> Result {
        for part in &plan.parts {
            for server in &plan.servers {
                for _ in 0..plan.rounds {
                    for peer in plan.peers.iter().copied().filter(|peer| server.has(*peer)) {
                        self.measure(*part, server, peer).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn measure(&mut self, part: Part, server: &Server, peer: Peer) -> Result {
        // Only its rows are in the database, so the other figures are measured once.
        let has_only_rows = peer == Peer::Celery && matches!(server, Server::Sqlite);
        if (peer == Peer::Celery && self.celery.is_none()) || (has_only_rows && part != Part::Rates) {
            return Ok(());
        }
        match part {
            Part::Rates => {
                self.rows(server, peer).await?;
                if !has_only_rows {
                    self.runs(server, peer).await?;
                }
                Ok(())
            }
            Part::Latency => self.latency(server, peer).await,
            Part::Idle => self.idle(server, peer).await,
            Part::Memory => self.memory(server, peer).await,
        }
    }

    async fn rows(&mut self, server: &Server, peer: Peer) -> Result {
        let database = self.database(server, peer).await?;
        let rate = self.value(peer, &database, &["rows", server.clients(), ENQUEUEING])?;
        self.results.add(Figure::Rows, peer, server, rate);
        if peer == Peer::Signals {
            let rate = self.value(peer, &database, &["saves", server.clients(), ENQUEUEING])?;
            self.results.add(Figure::Saves, peer, server, rate);
        }
        database.remove().await
    }

    async fn runs(&mut self, server: &Server, peer: Peer) -> Result {
        let is_slow = peer == Peer::Apalis && matches!(server, Server::Sqlite);
        let nothing = if is_slow { NOTHING_SLOW } else { NOTHING };
        for (figure, job, count) in [(Figure::Nothing, "nothing", nothing), (Figure::Effect, "effect", EFFECTS)] {
            let database = self.database(server, peer).await?;
            let count = count.to_string();
            let enqueued = self.value(peer, &database, &["enqueue", job, &count])?;
            if figure == Figure::Nothing {
                self.results.add(Figure::Enqueue, peer, server, enqueued);
            }
            let worker = self.start(peer, &database, &["drain", job, &count])?;
            self.results.add(figure, peer, server, worker.number(STEP)?);
            drop(worker);
            database.remove().await?;
        }
        Ok(())
    }

    /// Takes one run at a time, in a worker that has nothing else to do.
    async fn latency(&mut self, server: &Server, peer: Peer) -> Result {
        let database = self.database(server, peer).await?;
        let worker = self.start(peer, &database, &["work", "stamp"])?;
        worker.line(STEP)?;
        let mut producer = self.start(peer, &database, &["produce"])?;
        let mut milliseconds = Vec::new();
        let mut random = 1_u64;
        for number in 0..=LATENCIES {
            // Pauses that differ, so that they do not beat with an interval of polling.
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            std::thread::sleep(Duration::from_millis(20 + (random >> 33) % 100));
            producer.send()?;
            let (committed, started) = (stamp(&producer, number)?, stamp(&worker, number)?);
            // The first one opens connections.
            if number > 0 {
                milliseconds.push((started - committed) / 1e6);
            }
        }
        self.results.add(Figure::LatencyMedian, peer, server, median(&milliseconds));
        self.results.add(Figure::Latency95, peer, server, quantile(&milliseconds, 0.95));
        drop((worker, producer));
        database.remove().await
    }

    async fn idle(&mut self, server: &Server, peer: Peer) -> Result {
        let database = self.database(server, peer).await?;
        let worker = self.start(peer, &database, &["work", "stamp"])?;
        worker.line(STEP)?;
        std::thread::sleep(SETTLE);
        let processes = server.processes(peer);
        let before = (worker.seconds(), seconds_of(processes));
        std::thread::sleep(IDLE);
        let after = (worker.seconds(), seconds_of(processes));
        let percent = |seconds: f64| seconds / IDLE.as_secs_f64() * 100.0;
        self.results.add(Figure::Idle, peer, server, percent(after.0 - before.0));
        if !processes.is_empty() {
            self.results.add(Figure::IdleServer, peer, server, percent(after.1 - before.1));
        }
        drop(worker);
        database.remove().await
    }

    async fn memory(&mut self, server: &Server, peer: Peer) -> Result {
        let database = self.database(server, peer).await?;
        let count = OPEN.to_string();
        self.value(peer, &database, &["enqueue", "nothing", &count])?;
        let worker = self.start(peer, &database, &["drain", "nothing", &count])?;
        // A worker that is slower has had its largest batches by then.
        let _ = worker.line(PEAK);
        self.results.add(Figure::Memory, peer, server, worker.peak());
        drop(worker);
        database.remove().await
    }

    /// Creates a database with the tables of the queue.
    async fn database(&mut self, server: &Server, peer: Peer) -> Result<Database> {
        self.databases += 1;
        let database = server.create(self.databases).await?;
        self.start(peer, &database, &["tables"])?.wait()?;
        Ok(database)
    }

    /// Returns the number that a step prints.
    fn value(&self, peer: Peer, database: &Database, step: &[&str]) -> Result<f64> {
        let process = self.start(peer, database, step)?;
        let value = process.number(STEP)?;
        process.wait()?;
        Ok(value)
    }

    fn start(&self, peer: Peer, database: &Database, step: &[&str]) -> Result<Process> {
        let mut command = match &self.celery {
            Some(Celery { python, redis }) if peer == Peer::Celery => {
                let mut command = Command::new(python);
                command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/celery_queue.py"));
                command.env("PEERS_REDIS", &redis.url);
                command
            }
            _ => {
                let mut command = Command::new(std::env::current_exe()?);
                command.args(["child", peer.name()]);
                command
            }
        };
        command.arg(&database.url).args(step);
        Process::start(command)
    }
}

/// Returns the time that a process printed for this number.
fn stamp(process: &Process, number: usize) -> Result<f64> {
    let line = process.line(STEP)?;
    let (printed, time) = line.split_once(' ').ok_or_else(|| format!("`{line}` is not a stamp"))?;
    if printed != number.to_string() {
        return Err(format!("the stamp of {number} is `{line}`").into());
    }
    // The nanoseconds of a day keep their digits in a float.
    Ok((time.parse::<u128>()? % 86_400_000_000_000) as f64)
}
