//! The fields of a model and their columns, and migrations with their signals.
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

mod fields;
mod migrating;
mod planning;

signals_test_behavior::everywhere!();
