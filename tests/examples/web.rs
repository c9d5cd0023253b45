//! `examples/web`, over real HTTP on loopback, and in a browser.

mod accounts;
mod browser;
mod chromium;
mod ending;
mod halfway;
mod kept;
mod requests;
mod site;
mod visitor;
