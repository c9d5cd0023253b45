//! Transactions of several tasks that end one another by deadlocks.

use std::future::Future;

use signals::{Error, Result};
use sqlx::error::DatabaseError;

/// Runs `work` again until no deadlock undoes it. A deadlock is an error of only one transaction.
///
/// # Panics
///
/// Panics if it fails in another way, or a thousand times by deadlocks.
pub async fn retried<T, F: Future<Output = Result<T>>>(mut work: impl FnMut() -> F) -> T {
    for _ in 0..1000 {
        match work().await {
            Ok(value) => return value,
            Err(error) if is_deadlock(&error) => {}
            Err(error) => panic!("{error}"),
        }
    }
    panic!("there was no end of deadlocks");
}

/// Whether it is a deadlock of PostgreSQL or MariaDB, or a failed serialization of PostgreSQL.
fn is_deadlock(error: &Error) -> bool {
    let code = error.find::<sqlx::Error>().and_then(sqlx::Error::as_database_error).and_then(DatabaseError::code);
    matches!(code.as_deref(), Some("40P01" | "40001"))
}
