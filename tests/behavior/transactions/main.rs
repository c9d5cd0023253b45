//! Connections, transactions and `on_commit`, and what the databases do unlike one another.
//!
//! Receivers are global to a test binary, so every test declares models and signals of its own, inside its function.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test that fails should panic, and nobody reads its docs"
)]
#![allow(clippy::unused_async, reason = "that a receiver is async is what counts, not that it waits")]

mod committing;
mod connections;
mod databases;
mod ended;

signals_test_behavior::everywhere!();
