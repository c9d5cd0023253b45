//! Differences between the databases, and the results that are still the same.

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

/// Makes a database named for the test. Its receivers record signals under this name.
async fn db() -> Db {
    named_db(thread::current().name().unwrap()).await
}
