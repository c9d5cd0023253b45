//! The run time of [`signals`](https://docs.rs/signals), Django's signals for Rust.
//!
//! Applications depend on `signals`, which re-exports what they use by name; this crate holds the modules behind it.
//! ARCHITECTURE.md lists their layers: a module imports only from those below it.

// Signals of one's own use the modules below only in part.
#![cfg_attr(not(feature = "_models"), allow(dead_code, reason = "it serves models"))]

#[cfg(feature = "_models")]
pub mod backend;
#[cfg(feature = "_models")]
pub mod db;
pub mod dispatch;
pub mod error;
#[cfg(feature = "_models")]
pub mod model;
#[doc(hidden)]
pub mod private;
#[cfg(feature = "_models")]
pub mod query;
pub mod registry;
pub mod signal;
#[cfg(feature = "_models")]
mod sql;
#[cfg(feature = "_models")]
pub mod store;

#[cfg(all(feature = "_models", not(any(feature = "mysql", feature = "postgres", feature = "sqlite"))))]
compile_error!(
    "the feature `_models` needs a database: turn on `sqlite`, `postgres` or `mysql`, which turn it on themselves"
);
