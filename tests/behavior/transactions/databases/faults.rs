//! An error at each statement of a call, and a future dropped at each of its awaits: everything is as before, in a transaction and without one.

mod dropped;
mod errors;
mod models;
mod triggers;

use std::thread;

use signals::Db;
use signals_test_behavior::database;

/// A database of one connection: whoever gets it next knows that what was dropped on it has been undone, and what was defined is known to all.
async fn db() -> Db {
    let name = thread::current().name().unwrap().to_owned();
    database(|builder| builder.name(&name).max_connections(1)).await
}
