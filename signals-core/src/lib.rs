//! **This crate is exempt from semantic versioning.** Every release may change anything here. Depend on
//! [`signals-orm`](https://docs.rs/signals-orm), which re-exports what applications use and pins this crate
//! to its own version.
//!
//! This is the run time of Django's signals for Rust. ARCHITECTURE.md lists the layers of its modules. A
//! module imports only from the layers below it.

#![cfg_attr(docsrs, feature(doc_cfg))]
// A program with only custom signals uses a part of the modules below.
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
