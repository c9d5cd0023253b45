//! Primary keys of several columns, on every path that takes, finds or lists keys.

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
mod cascades;
mod keys;
mod links;
mod plans;
mod previous;
mod relations;
mod tables;

signals_test_behavior::everywhere!();
