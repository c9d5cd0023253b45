//! Failures: failing receivers, panics, dropped futures, and errors of the database itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub, reason = "tests")]

mod atomicity;
mod bulk;
mod callbacks;
mod cancel;
mod cascades;
mod creating;
mod doubt;
mod edges;
mod ends;
mod filled;
mod graphs;
mod handles;
mod inject;
mod many_to_many;
mod panics;
mod quiet;
mod recursion;
mod relations;
mod savepoints;
mod support;
mod trees;
mod versions;
mod waiting;
