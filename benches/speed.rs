//! The cost of signals: a table of ratios. Our code and the same work in plain sqlx or by hand alternate in
//! one run.
//!
//! `cargo bench --bench speed` runs all of it; `-- --quick` runs a short form. Words select cases by their
//! names: `cargo bench --bench speed -- INSERT`. `--instructions` counts instructions under valgrind instead,
//! and fails beyond a bound. `--database URL` runs the cases of one database, instead of SQLite in memory and
//! in a file. Without cargo's `--bench`, as in `cargo test --benches`, each case runs once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark"
)]

#[path = "speed/bulk.rs"]
mod bulk;
#[path = "speed/cascade.rs"]
mod cascade;
#[path = "speed/chinook.rs"]
mod chinook;
#[path = "speed/families.rs"]
mod families;
#[path = "speed/instructions.rs"]
mod instructions;
#[path = "speed/models.rs"]
mod models;
#[path = "speed/pair.rs"]
mod pair;
#[path = "speed/place.rs"]
mod place;
#[path = "speed/relations.rs"]
mod relations;
#[path = "speed/save.rs"]
mod save;
#[path = "speed/send.rs"]
mod send;
#[path = "speed/twin.rs"]
mod twin;

use std::process::ExitCode;

use pair::Plan;

/// Prints the load of the machine if it is known: a high load changes the times, but hardly the ratios.
fn print_load() {
    let Ok(load) = std::fs::read_to_string("/proc/loadavg") else { return };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    println!("Load before the run: {} on {processors} processors.", load.split(' ').next().unwrap_or_default());
}

fn main() -> ExitCode {
    let plan = Plan::from_args();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if std::env::args().any(|arg| arg == "--instructions") {
        // Before two processes at once look for the tables.
        runtime.block_on(place::on_each(&plan, async |_, _| ()));
        return instructions::run(&plan);
    }
    if plan.is_smoke() {
        println!("Each case runs once; `cargo bench --bench speed` measures.");
    } else {
        print_load();
    }
    runtime.block_on(async {
        save::run(&plan).await;
        bulk::run(&plan).await;
        relations::run(&plan).await;
        // The others need no database, or are written for SQLite.
        if plan.database().is_none() {
            send::run(&plan).await;
            cascade::run(&plan).await;
            chinook::run(&plan).await;
        }
    });
    ExitCode::SUCCESS
}
