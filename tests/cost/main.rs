//! The cost of a save: round trips and spans. The benches measure times; these are counts, which do not vary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![allow(clippy::unnecessary_wraps, clippy::unused_async, reason = "what counts is the shape of a receiver")]

mod captured;
mod cascades;
mod computing;
mod durable;
mod hops;
mod reading;
mod relations;
mod spans;
mod upserts;
mod watch;
