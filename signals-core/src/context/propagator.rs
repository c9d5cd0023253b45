//! The connection to the application's tracing system.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use tracing::Span;

static PROPAGATOR: OnceLock<Box<dyn Propagator>> = OnceLock::new();

/// Connects runs of tasks to the application's tracing system, such as OpenTelemetry.
///
/// This library does not depend on OpenTelemetry, whose crates must have the same versions in the whole program.
/// The guide's chapter on the worker describes an implementation with `tracing-opentelemetry`.
///
/// A panic of a propagator is logged, and has no effect on the call that enqueues a run or on the run.
pub trait Propagator: Send + Sync + 'static {
    /// Returns the present span in the form of the header `traceparent`, if it is part of a trace. It is called for
    /// each run that is enqueued.
    fn traceparent(&self) -> Option<String>;

    /// Adds a link to the span of a run: to the span that enqueued it, which has usually ended.
    fn link(&self, run: &Span, traceparent: &str);
}

/// Sets the propagator of the process. Returns whether there was none before; a second one is ignored.
pub fn set_propagator(propagator: impl Propagator) -> bool {
    PROPAGATOR.set(Box::new(propagator)).is_ok()
}

/// Returns the trace of the present span, in the form of the header.
#[doc(hidden)]
pub fn traceparent() -> Option<String> {
    let propagator = PROPAGATOR.get()?;
    caught("traceparent", || propagator.traceparent()).flatten().filter(|value| super::is_traceparent(value))
}

/// Links the span of a run to the span that enqueued it.
#[doc(hidden)]
pub fn link(run: &Span, traceparent: &str) {
    if let Some(propagator) = PROPAGATOR.get() {
        caught("link", || propagator.link(run, traceparent));
    }
}

/// Returns the output of a propagator's method, or `None` if it panics.
fn caught<T>(method: &str, call: impl FnOnce() -> T) -> Option<T> {
    let output = catch_unwind(AssertUnwindSafe(call));
    if output.is_err() {
        tracing::error!(target: "signals", method, "the propagator of the context panicked");
    }
    output.ok()
}
