//! Shared code of the tests: dropping futures, reading tables, and recording commits.

use std::future::{IntoFuture, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use signals::{Db, Error, Tx};
use sqlx::{AssertSqlSafe, SqliteConnection};

/// An empty database with the tables whose names begin so: tests make thousands of databases.
pub async fn database(prefix: &str) -> Db {
    let db = Db::connect("sqlite::memory:").await.unwrap();
    db.create_tables_of(|model| model.table().starts_with(prefix)).await.unwrap();
    db
}

/// Holds the database back while this thread's call is polled, so that each wait of the call is seen, on a busy
/// machine too.
#[derive(Default)]
struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Default)]
struct GateState {
    closed: bool,
    /// How many operations of the database have passed.
    passed: u64,
}

thread_local! {
    static GATE: Arc<Gate> = Arc::default();
}

impl Gate {
    /// Nothing that is polled waits for longer in its own thread.
    const LONGEST: Duration = Duration::from_mins(1);

    fn state(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_closed(&self, closed: bool) {
        self.state().closed = closed;
        self.changed.notify_all();
    }

    /// Called by the database's thread before an operation.
    fn pass(&self) {
        let waited = self.changed.wait_timeout_while(self.state(), Self::LONGEST, |state| state.closed);
        let (mut state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!waited.timed_out(), "the poll of a call blocked its thread");
        state.passed += 1;
    }

    fn passed(&self) -> u64 {
        self.state().passed
    }

    /// Waits until the database has executed what was sent, or has nothing to execute.
    async fn executed(&self) {
        const LONGEST_START: Duration = Duration::from_millis(20);
        const QUIET: Duration = Duration::from_millis(2);
        let (begin, first) = (Instant::now(), self.passed());
        self.set_closed(false);
        while self.passed() == first && begin.elapsed() < LONGEST_START {
            tokio::time::sleep(Duration::from_micros(100)).await;
        }
        loop {
            let before = self.passed();
            tokio::time::sleep(QUIET).await;
            if self.passed() == before {
                break;
            }
        }
    }
}

/// Lets the database execute only while no call is polled by [`drop_at`].
pub async fn hold_back(db: &Db) {
    let mut connection = db.sqlite().unwrap().acquire().await.unwrap();
    let mut handle = connection.lock_handle().await.unwrap();
    let (at_commit, at_operation) = (GATE.with(Arc::clone), GATE.with(Arc::clone));
    // A COMMIT has few operations.
    handle.set_commit_hook(move || {
        at_commit.pass();
        true
    });
    handle.set_progress_handler(1, move || {
        at_operation.pass();
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

/// How often a call completes before its await points are taken to be exhausted: there is one less if a row and the
/// end of its statement come together.
pub const ENOUGH: usize = 3;

/// Polls the future and drops it at the await of this number. Returns `Some` if it completes before that.
pub async fn drop_at<F: IntoFuture>(future: F, await_point: usize, when: When) -> Option<F::Output> {
    let gate = GATE.with(Arc::clone);
    let outcome = {
        let mut future = pin!(future.into_future());
        let mut seen = 0;
        let outcome = poll_fn(|context| {
            gate.set_closed(true);
            match future.as_mut().poll(context) {
                Poll::Ready(output) => Poll::Ready(Some(output)),
                Poll::Pending if seen == await_point => Poll::Ready(None),
                Poll::Pending => {
                    seen += 1;
                    gate.set_closed(false);
                    Poll::Pending
                }
            }
        })
        .await;
        if outcome.is_none() && when == When::Executed {
            gate.executed().await;
        }
        outcome
    };
    gate.set_closed(false);
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
    for _ in 0..12_000 {
        if seen.len() >= count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        seen.extend(noted(prefix));
    }
    seen
}
