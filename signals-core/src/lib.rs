//! **This crate is exempt from semantic versioning.** Depend on [`signals-orm`](https://docs.rs/signals-orm), which
//! re-exports what applications use and pins this crate to its own version. Every release may change anything here.
//!
//! It is the run time of Django's signals for Rust. Its modules stand in layers, which ARCHITECTURE.md lists: a module
//! imports only from those below it.

#![cfg_attr(docsrs, feature(doc_cfg))]
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
