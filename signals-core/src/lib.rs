//! The run time of [`signals`](https://docs.rs/signals), Django's signals for Rust.
//!
//! Applications depend on `signals`, which re-exports what they use by name; this crate holds the rooms behind it.
//! ARCHITECTURE.md lists their floors: a room imports only from those below it.

pub mod db;
pub mod dispatch;
pub mod error;
pub mod field;
pub mod model;
#[doc(hidden)]
pub mod private;
#[allow(dead_code, unused_imports, reason = "the write side and relations build on the rest")]
pub mod query;
pub mod registry;
pub mod signal;
mod sql;
pub mod store;
