//! The examples do what they say, and exit as they should.
//!
//! `cargo test` builds them before it runs this; after `cargo test --test examples` alone they are as old as their last build.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub, reason = "tests")]

mod chinook;
mod program;
mod quickstart;
mod web;
