//! What receivers noted, by the name of the database that they heard of.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use signals::Db;

static LINES: LazyLock<Mutex<HashMap<String, Vec<String>>>> = LazyLock::new(Mutex::default);

pub fn note(using: &str, line: impl Into<String>) {
    LINES.lock().unwrap().entry(using.into()).or_default().push(line.into());
}

/// The lines of a database so far; they are gone after it.
pub fn take(db: &Db) -> Vec<String> {
    LINES.lock().unwrap().remove(db.name()).unwrap_or_default()
}
