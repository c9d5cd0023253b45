//! Django's signals around the save or the delete of one row.
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

mod changes;
mod deleting;
mod saving;
mod upserts;
mod validation;
mod versions;
mod without_receivers;

signals_test_behavior::everywhere!();
