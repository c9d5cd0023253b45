//! What receivers note, and what the library logs through tracing.

use std::fmt::{self, Write as _};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use signals::BoxError;
use tracing::field::{Field, Visit};
use tracing::{Dispatch, Event, Subscriber, subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// What a test's receivers note, in the order they note it.
#[derive(Debug, Default)]
pub struct Log(Mutex<Vec<String>>);

impl Log {
    /// A log without lines.
    pub const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line.
    pub fn note(&self, line: impl fmt::Display) {
        self.lines().push(line.to_string());
    }

    /// Notes a line and succeeds, which is all that most connected receivers do here.
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
