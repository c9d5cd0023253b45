//! Request signals: with a service called directly, and with servers on loopback.
//!
//! Receivers are global to the binary, so those here write down what they hear by the request's id, and each test has ids of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[cfg(feature = "auth")]
mod auth;
mod bodies;
mod failures;
mod grpc;
mod heard;
mod ids;
#[cfg(feature = "auth")]
mod last_login;
mod loopback;
mod receivers;
mod servers;
mod surface;
mod upgrades;
