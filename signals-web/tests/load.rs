//! Requests that are aborted at any point: as many ends as starts, and no memory is left.
//!
//! This is a separate binary because its allocator counts. `cargo bench -p signals-web --bench load` does the
//! same with ten times as many requests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub, reason = "tests")]

#[path = "../benches/load/dice.rs"]
mod dice;
#[path = "suite/loopback.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod loopback;
#[path = "../benches/load/pages.rs"]
mod pages;
#[path = "../benches/load/run.rs"]
mod run;
#[path = "../benches/load/tally.rs"]
mod tally;
#[path = "../benches/load/visitor.rs"]
mod visitor;

use std::sync::{Mutex, PoisonError};

use allocation_counter::measure;
use tokio::runtime::Builder;

use run::Load;

/// The tally is shared by the binary, so one run waits for the other.
static TURN: Mutex<()> = Mutex::new(());

fn load(seed: u64) -> Load {
    println!("seed {seed}");
    Load { requests: 1000, connections: 50, seed }
}

#[test]
fn aborted_requests_have_as_many_ends_as_starts() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let load = load(1);
    tally::clear(load.requests);
    runtime.block_on(async { tokio::spawn(load.run()).await.unwrap() });
    let totals = tally::totals();
    assert_eq!(totals.started, totals.finished, "{totals:?}");
    assert_eq!(totals.outcomes.iter().sum::<usize>(), totals.finished as usize, "{totals:?}");
    assert!(totals.outcomes.iter().all(|count| *count > 0), "each of them should have occurred: {totals:?}");
}

#[test]
fn aborted_requests_leave_no_memory() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let keep = |seed| {
        let load = load(seed);
        tally::clear(load.requests);
        let kept = measure(|| runtime.block_on(load.run())).bytes_current;
        tally::totals();
        println!("{kept} bytes are left");
        kept
    };
    // The first run fills the runtime's own memory. A later one may still grow it, but a leak would be in each.
    keep(1);
    assert!((2..5).map(keep).any(|kept| kept < 4096));
}
