//! What the databases do unlike one another, and what comes out the same all the same.

mod capabilities;
mod concurrency;
mod deadlocks;
mod deletes;
mod faults;
mod log;
mod lost_commit;
mod outage;
mod pooler;
mod rows;
mod sets;
mod sqlite;
mod transactions;

use std::thread;

use signals::Db;
use signals_test_behavior::named_db;

/// A database named after the test, by whose name its receivers note what they hear.
async fn db() -> Db {
    named_db(thread::current().name().unwrap()).await
}
