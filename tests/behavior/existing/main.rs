//! Databases that exist already: models from their tables, and models compared with tables.
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

mod adopted;
mod broken;
mod composite;
mod managed;
mod models;
mod printed;
mod schemas;
mod unique_columns;

signals_test_behavior::everywhere!();
