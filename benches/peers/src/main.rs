//! Measures this library's tasks beside other task queues, on the same databases and in one run, and prints a Markdown
//! table. Linux only: it reads processor time and memory from `/proc`.
//!
//! Each queue runs in processes of its own, which this program starts: itself with `child`, or a Python script.
#![allow(clippy::cast_precision_loss, reason = "counts and times of a benchmark are far below 2^52")]

mod child;
mod database;
mod figure;
mod measure;
mod plan;
mod process;
mod queue;
mod queues;
mod redis;
mod results;
mod runs;

use plan::Plan;
use queue::Result;

fn main() -> Result {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    match args.split_first() {
        Some((first, rest)) if first == "child" => {
            runtime.block_on(child::run(rest))?;
            // A worker may still have threads.
            std::process::exit(0)
        }
        _ => runtime.block_on(measure::all(&Plan::from_args(&args)?)),
    }
}
