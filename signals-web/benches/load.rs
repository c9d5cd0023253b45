//! Requests of clients that disconnect at random points: the signals, and the memory that is left.
//!
//! `cargo bench -p signals-web --bench load` sends 10,000 requests over 200 connections; `-- --seed 7`
//! changes the random numbers. Without cargo's `--bench` it sends a few.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark"
)]

#[path = "load/dice.rs"]
mod dice;
#[path = "../tests/suite/loopback.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod loopback;
#[path = "load/pages.rs"]
mod pages;
#[path = "load/run.rs"]
mod run;
#[path = "load/tally.rs"]
mod tally;
#[path = "load/visitor.rs"]
mod visitor;

use std::time::Instant;

use allocation_counter::{AllocationInfo, measure};
use tokio::runtime::{Builder, Runtime};

use run::Load;
use tally::Totals;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    let seed = args.iter().position(|arg| arg == "--seed").map(|place| &args[place + 1]);
    let seed = seed.map_or(1, |seed| seed.parse().expect("`--seed` needs a number"));
    let (requests, connections) = if has("--bench") && !has("--test") { (10_000, 200) } else { (500, 20) };
    let load = Load { requests, connections, seed };
    println!("{requests} requests over {connections} connections, HTTP/1.1 and HTTP/2, seed {seed}");
    head();
    let two = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // The allocations of other threads are not counted.
    show("two threads", load, |load| {
        two.block_on(async { tokio::spawn(load.run()).await.unwrap() });
        None
    });
    let one = Builder::new_current_thread().enable_all().build().unwrap();
    for name in ["one thread, to warm up", "one thread", "one thread, again"] {
        show(name, load, |load| Some(counted(&one, load)));
    }
}

fn counted(runtime: &Runtime, load: Load) -> AllocationInfo {
    measure(|| runtime.block_on(load.run()))
}

/// Runs the load and prints its line, after checking that each started request is finished once.
fn show(name: &str, load: Load, run: impl FnOnce(Load) -> Option<AllocationInfo>) {
    tally::clear(load.requests);
    let start = Instant::now();
    let memory = run(load);
    let taken = start.elapsed().as_secs_f64();
    let totals = tally::totals();
    assert_eq!(totals.outcomes.iter().sum::<usize>(), totals.finished as usize);
    line(name, &totals, taken, memory);
}

fn head() {
    let fields =
        ["stayed", "called", "started", "finished", "completed", "aborted", "failed", "panicked", "exceptions"];
    let fields = fields.map(|field| format!("{field:>11}")).concat();
    println!("{:<24}{fields}{:>9}{:>14}{:>14}", "", "seconds", "peak, bytes", "left, bytes");
}

fn line(name: &str, totals: &Totals, taken: f64, memory: Option<AllocationInfo>) {
    let Totals { stayed, called, started, exceptions, finished, outcomes, .. } = *totals;
    let outcomes = outcomes.map(|count| format!("{count:>11}")).concat();
    let (peak, left) =
        memory.map_or_else(Default::default, |memory| (memory.bytes_max.to_string(), memory.bytes_current.to_string()));
    let line = format!("{stayed:>11}{called:>11}{started:>11}{finished:>11}{outcomes}{exceptions:>11}");
    println!("{name:<24}{line}{taken:>9.2}{peak:>14}{left:>14}");
}
