//! Shared code of the tests of each database.
#![allow(dead_code, reason = "without a database there is no test")]

use std::env;

use signals::{Error, ModelMeta, Result};

/// The address that this variable holds.
pub(crate) fn server(variable: &str) -> Result<String> {
    env::var(variable).map_err(|_| Error::other(format!("set {variable} to the address of a server")))
}

/// Returns whether a model is none of the database of others.
pub(crate) fn is_own(model: &ModelMeta) -> bool {
    !model.path().contains("::existing::")
}
