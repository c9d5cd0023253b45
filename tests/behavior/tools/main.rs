//! Receivers, their registry and their signals; the test tools; and whether the tables of the guide are
//! correct.
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

mod parameters;
mod paths;
mod registration;
mod sending;
mod table;
mod tools;

// A crate that is not named is not linked, and its receivers are missing.
use plugin as _;

// Every `Db` of this binary checks it.
signals::expect_receivers!["signals_test_plugin::tidy", "plugin.tidy", "signals_test_plugin::count_saves"];

signals_test_behavior::everywhere!();
