//! Request signals: with a service called directly, and with servers on loopback.
//!
//! Receivers are global to the binary. They record signals by the id of the request, and each test has its
//! own ids.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[cfg(feature = "auth")]
mod auth;
mod bodies;
mod context;
mod failures;
mod grpc;
mod ids;
#[cfg(feature = "auth")]
mod last_login;
mod loopback;
mod receivers;
mod recorded;
mod servers;
mod surface;
mod upgrades;
