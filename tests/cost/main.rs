//! What a save costs: round trips and spans. Times are for the benches; these are counts, and do not vary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![allow(clippy::unnecessary_wraps, clippy::unused_async, reason = "what counts is the shape of a receiver")]

mod cascades;
mod hops;
mod relations;
mod spans;
mod watch;
