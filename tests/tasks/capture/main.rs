//! Capture of writes that are not made by this library: durable receivers are called for them, once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test that fails should panic, and nobody reads its docs"
)]

mod cost;
mod migrating;
mod own;
mod plain;
mod refusing;
mod sending;
mod values;
mod versions;

behavior::everywhere!(run_on);
