//! Signals match what the statements did, exactly, under races and on every path.
//!
//! Receivers are global to a test binary, so every test declares its own models and signals inside its
//! function.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test that fails should panic, and nobody reads its docs"
)]
#![allow(clippy::unused_async, reason = "that a receiver is async is what counts, not that it waits")]

mod deletes;
mod everyday;
mod keys;
mod links;
mod lists;
mod net;
mod previous;
mod surface;
mod tables;
mod upserts;
mod values;

signals_test_behavior::everywhere!();
