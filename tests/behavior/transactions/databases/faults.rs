//! An error at each statement of a call, and a future dropped at each of its awaits: everything is as before,
//! in a transaction and without one.

mod dropped;
mod errors;
mod models;
mod triggers;

use std::thread;

use signals::Db;
use signals_test_behavior::database;

/// Makes a database of one connection. The next call on it shows that the effects of a dropped call are
/// undone, and every definition is visible to all calls.
async fn db() -> Db {
    let name = thread::current().name().unwrap().to_owned();
    database(|builder| builder.name(&name).max_connections(1)).await
}
