//! What the tests share: a database each, a log for receivers, and a look at what was logged through tracing.

use std::fmt::{self, Write as _};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use signals::{BoxError, Db, Error};
use signals_test_behavior::{count, database};
use tokio::sync::RwLock;
use tracing::field::{Field, Visit};
use tracing::{Dispatch, Event, Subscriber, subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// A database of the test's own, with the tables of its module.
pub async fn db() -> Db {
    named_db("default").await
}

/// As [`db`], under a name.
pub async fn named_db(name: &str) -> Db {
    database(|builder| builder.name(name)).await
}

/// How many rows a table has.
pub async fn rows(db: &Db, table: &'static str) -> i64 {
    count(db, format!("SELECT count(*) FROM {table}")).await
}

/// Held, to write, by tests that connect a receiver of every delete, since that changes how all others delete; and to read, by those that would notice.
pub static DELETES_OF_ALL: RwLock<()> = RwLock::const_new(());

/// What a test's receivers note, in the order they note it.
pub struct Log(Mutex<Vec<String>>);

impl Log {
    pub const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn note(&self, line: impl fmt::Display) {
        self.lines().push(line.to_string());
    }

    /// Notes a line and succeeds, which is all that most connected receivers do here.
    #[expect(clippy::unnecessary_wraps, reason = "a connected receiver returns a result")]
    pub fn heard(&self, line: impl fmt::Display) -> Result<(), BoxError> {
        self.note(line);
        Ok(())
    }

    /// How many lines there are.
    pub fn lines_now(&self) -> usize {
        self.lines().len()
    }

    /// The lines so far; the log is empty after it.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lines())
    }
}

/// An error of the tests' own, as an application has its own.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused(pub &'static str);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused: {}", self.0)
    }
}

impl std::error::Error for Refused {}

/// The [`Refused`] somewhere in a library error.
pub fn refused(error: &Error) -> Option<&'static str> {
    error.find::<Refused>().map(|refused| refused.0)
}

/// Whether the database refused a second row of a unique value.
pub fn is_unique_violation(error: &Error) -> bool {
    error.is_unique_violation()
}

/// Keeps what this thread logs through tracing, until the guard is dropped.
///
/// tracing decides once for each place that logs whether anybody listens. While one subscriber is alive, it asks that of the thread
/// that comes there first, which may be another test's; two that live for ever make it ask them all.
pub fn capture() -> (Arc<Log>, subscriber::DefaultGuard) {
    static ALIVE: LazyLock<[Dispatch; 2]> =
        LazyLock::new(|| [(); 2].map(|()| Dispatch::new(tracing_subscriber::registry())));
    LazyLock::force(&ALIVE);
    let log = Arc::new(Log::new());
    let subscriber = tracing_subscriber::registry().with(Capture(Arc::clone(&log)));
    let guard = subscriber::set_default(subscriber);
    tracing::callsite::rebuild_interest_cache();
    (log, guard)
}

struct Capture(Arc<Log>);

impl<S: Subscriber> Layer<S> for Capture {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "signals" {
            let mut line = Line(event.metadata().level().to_string());
            event.record(&mut line);
            self.0.note(line.0);
        }
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}
