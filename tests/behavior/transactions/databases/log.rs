//! The records of receivers, by the name of the database.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use signals::Db;

static LINES: LazyLock<Mutex<HashMap<String, Vec<String>>>> = LazyLock::new(Mutex::default);

pub fn note(using: &str, line: impl Into<String>) {
    LINES.lock().unwrap().entry(using.into()).or_default().push(line.into());
}

/// Returns the lines of a database so far, and removes them.
pub fn take(db: &Db) -> Vec<String> {
    LINES.lock().unwrap().remove(db.name()).unwrap_or_default()
}
