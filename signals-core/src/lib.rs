//! **This crate is exempt from semantic versioning.** Every release may change anything here. Depend on
//! [`signals-orm`](https://docs.rs/signals-orm), which re-exports what applications use and pins this crate
//! to its own version.
//!
//! This is the run time of Django's signals for Rust. ARCHITECTURE.md lists the layers of its modules. A
//! module imports only from the layers below it.

#![cfg_attr(docsrs, feature(doc_cfg))]
// A program with only custom signals uses a part of the modules below.
#![cfg_attr(not(feature = "_models"), allow(dead_code, reason = "it serves models"))]

#[cfg(all(feature = "_models", not(target_family = "wasm")))]
pub mod backend;
#[cfg(not(target_family = "wasm"))]
pub mod context;
#[cfg(all(feature = "_models", not(target_family = "wasm")))]
pub mod db;
#[cfg(not(target_family = "wasm"))]
pub mod dispatch;
#[cfg(not(target_family = "wasm"))]
pub mod error;
#[cfg(all(feature = "_models", not(target_family = "wasm")))]
pub mod model;
#[cfg(not(target_family = "wasm"))]
#[doc(hidden)]
pub mod private;
#[cfg(all(feature = "_models", not(target_family = "wasm")))]
pub mod query;
#[cfg(not(target_family = "wasm"))]
pub mod registry;
#[cfg(not(target_family = "wasm"))]
pub mod signal;
#[cfg(all(feature = "_models", not(target_family = "wasm")))]
mod sql;
#[cfg(all(feature = "_models", not(target_family = "wasm")))]
pub mod store;

#[cfg(target_family = "wasm")]
compile_error!(
    "`signals` does not support WebAssembly: receivers register before `main`, and databases need sockets and threads; \
     build it for another target"
);

#[cfg(all(feature = "_models", not(any(feature = "mysql", feature = "postgres", feature = "sqlite"))))]
compile_error!(
    "the feature `_models` needs a database: turn on `sqlite`, `postgres` or `mysql`, which turn it on themselves"
);
