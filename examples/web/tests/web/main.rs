//! The example over real HTTP on loopback, and in a browser.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub, reason = "tests")]

mod accounts;
mod browser;
mod chromium;
mod ending;
mod halfway;
mod kept;
mod requests;
mod site;
mod visitor;

/// The program.
const WEB: &str = env!("CARGO_BIN_EXE_web");
