//! Queries and sets of rows: what the calls that read and write them send, as Django's signals do or on purpose unlike them, and relations of many to many.
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
mod many_to_many;
mod query;

signals_test_behavior::everywhere!();
