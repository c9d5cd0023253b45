//! A model with a type that neither SQLite nor PostgreSQL has. `tests/features.rs` reads the error.

use signals::Model;

#[derive(Model)]
struct Page {
    id: i64,
    hits: u64,
}

fn main() {}
