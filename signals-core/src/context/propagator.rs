//! The connection to the application's tracing system.

use std::sync::OnceLock;

use tracing::Span;

static PROPAGATOR: OnceLock<Box<dyn Propagator>> = OnceLock::new();

/// Connects runs of tasks to the application's tracing system, such as OpenTelemetry.
///
/// This library does not depend on OpenTelemetry, whose crates must have the same versions in the whole program.
/// The chapter on tasks shows an implementation with `tracing-opentelemetry`.
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
    PROPAGATOR.get()?.traceparent().filter(|value| super::is_traceparent(value))
}

/// Links the span of a run to the span that enqueued it.
#[doc(hidden)]
pub fn link(run: &Span, traceparent: &str) {
    if let Some(propagator) = PROPAGATOR.get() {
        propagator.link(run, traceparent);
    }
}
