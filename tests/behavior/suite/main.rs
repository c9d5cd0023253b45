//! What Django's signals do, as this library does it. Each test carries the number of its entry in the table of tests/README.md.
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
mod cascades;
mod changes;
mod committing;
mod connections;
mod databases;
mod deleting;
mod ended;
mod everywhere;
mod fields;
mod many_to_many;
mod migrating;
mod parameters;
mod paths;
mod query;
mod registration;
mod saving;
mod sending;
mod support;
mod table;
mod tools;

// A crate that nobody names is not linked, and its receivers with it.
use plugin as _;
