//! The records of receivers, and the events of the library through tracing.

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

    /// Adds a line and returns `Ok`, which is all that most connected receivers do here.
    pub fn record(&self, line: impl fmt::Display) -> Result<(), BoxError> {
        self.note(line);
        Ok(())
    }

    /// Returns the number of lines.
    pub fn lines_now(&self) -> usize {
        self.lines().len()
    }

    /// Returns the lines so far, and clears the log.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lines())
    }
}

/// Captures the library's events of this thread until the guard is dropped.
pub fn capture() -> (Arc<Log>, subscriber::DefaultGuard) {
    capture_of("signals")
}

/// Captures the events of this target and thread until the guard is dropped.
///
/// tracing decides once for each callsite whether a subscriber is interested. With one subscriber, it asks
/// only that of the first thread, which may belong to another test. With two subscribers that are never
/// dropped, it asks all of them.
pub fn capture_of(target: &'static str) -> (Arc<Log>, subscriber::DefaultGuard) {
    static ALIVE: LazyLock<[Dispatch; 2]> =
        LazyLock::new(|| [(); 2].map(|()| Dispatch::new(tracing_subscriber::registry())));
    LazyLock::force(&ALIVE);
    let log = Arc::new(Log::new());
    let subscriber = tracing_subscriber::registry().with(Capture { log: Arc::clone(&log), target });
    let guard = subscriber::set_default(subscriber);
    tracing::callsite::rebuild_interest_cache();
    (log, guard)
}

struct Capture {
    log: Arc<Log>,
    target: &'static str,
}

impl<S: Subscriber> Layer<S> for Capture {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == self.target {
            let mut line = Line(event.metadata().level().to_string());
            event.record(&mut line);
            self.log.note(line.0);
        }
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}
