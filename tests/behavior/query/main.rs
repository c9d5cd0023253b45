//! Queries and bulk writes, with the signals that they send.
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

mod bulk;
mod query;

signals_test_behavior::everywhere!();
