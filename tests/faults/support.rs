//! Shared code of the tests: dropping futures, reading tables, and recording commits.

use std::future::{IntoFuture, poll_fn};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use signals::{Db, Error, Tx};
use sqlx::{AssertSqlSafe, SqliteConnection};

/// An empty database with the tables of every model of this binary.
pub async fn database() -> Db {
    let db = Db::connect("sqlite::memory:").await.unwrap();
    db.create_tables().await.unwrap();
    db
}

/// Makes every statement slow enough that a waiting call is observed.
pub async fn slow(db: &Db) {
    let mut connection = db.sqlite().unwrap().acquire().await.unwrap();
    let mut slept = Instant::now();
    connection.lock_handle().await.unwrap().set_progress_handler(1, move || {
        // The many operations of one statement follow each other faster than one statement another.
        if slept.elapsed() > Duration::from_micros(20) {
            std::thread::sleep(Duration::from_micros(100));
        }
        slept = Instant::now();
        true
    });
}

/// When a future is dropped at an await.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At once, so that what it has just sent may not have been executed.
    AtOnce,
    /// After the database had time to execute it, so that only the answer is lost.
    Executed,
}

/// Both moments, each with every await point: a test breaks out of the inner loop when the future completes.
pub const MOMENTS: [When; 2] = [When::AtOnce, When::Executed];

/// Polls the future and drops it at the await of this number. Returns `Some` if it completes before that.
pub async fn drop_at<F: IntoFuture>(future: F, await_point: usize, when: When) -> Option<F::Output> {
    let mut future = pin!(future.into_future());
    let mut seen = 0;
    let outcome = poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if seen == await_point => Poll::Ready(None),
        Poll::Pending => {
            seen += 1;
            Poll::Pending
        }
    })
    .await;
    if outcome.is_none() && when == When::Executed {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    outcome
}

/// The `name` of every row, sorted.
pub async fn names(connection: &mut SqliteConnection, table: &'static str) -> Vec<String> {
    let sql = AssertSqlSafe(format!("SELECT name FROM \"{table}\" ORDER BY name, id"));
    sqlx::query_scalar(sql).fetch_all(connection).await.unwrap()
}

/// The names as a transaction sees them.
pub async fn names_in(tx: &Tx, table: &'static str) -> Vec<String> {
    names(&mut tx.sqlite().await.unwrap(), table).await
}

/// The names as they are committed.
pub async fn names_of(db: &Db, table: &'static str) -> Vec<String> {
    names(&mut db.sqlite().unwrap().acquire().await.unwrap(), table).await
}

/// The error of ours that the outermost one goes back to.
pub fn cause(error: &Error) -> &Error {
    let mut cause = error;
    while let Error::Receiver(failure) = cause
        && let Some(inner) = failure.source.downcast_ref()
    {
        cause = inner;
    }
    cause
}

static COMMITTED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Notes, from an `on_commit` callback, that this was committed.
pub fn note(what: impl Into<String>) {
    COMMITTED.lock().unwrap_or_else(PoisonError::into_inner).push(what.into());
}

/// What was noted with this prefix since the last look.
pub fn noted(prefix: &str) -> Vec<String> {
    let mut all = COMMITTED.lock().unwrap_or_else(PoisonError::into_inner);
    all.extract_if(.., |what| what.starts_with(prefix)).collect()
}

/// Works as [`noted`], but waits a while for callbacks in progress.
pub async fn noted_in_time(prefix: &str, count: usize) -> Vec<String> {
    let mut seen = noted(prefix);
    for _ in 0..1000 {
        if seen.len() >= count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        seen.extend(noted(prefix));
    }
    seen
}
