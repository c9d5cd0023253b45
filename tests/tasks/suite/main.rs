//! The promises of tasks, on every database.
//!
//! Tasks are global to a test binary, so every test declares its own tasks, and has its own database.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test that fails should panic, and nobody reads its docs"
)]
#![allow(clippy::unused_async, reason = "that a task is async is what counts, not that it waits")]

mod attached;
mod attached_keys;
mod beating;
mod blocking;
mod commands;
mod composite;
mod context;
mod durable;
mod eager;
mod enqueueing;
mod leases;
mod merging;
mod metrics;
mod names;
mod outage;
mod own;
mod plans;
mod retrying;
mod running;
mod scheduling;
mod serving;
mod spreading;
mod sweeping;
mod transactions;
mod waking;
mod working;

behavior::everywhere!(run_on_alone);
