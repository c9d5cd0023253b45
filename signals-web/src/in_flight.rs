//! A request between `request_started` and `request_finished`.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::panicking;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Fuse, FusedFuture as _};
use http::request::Parts;
use http::{Method, StatusCode};
use signals_core::context::Context;
use tokio::runtime::Handle;
use tracing::{Instrument as _, Span};

use crate::count::Counted;
use crate::request_id::RequestId;
use crate::sensitive::Line;
use crate::signals::{
    GotRequestException, RequestFinished, RequestOutcome, RequestStarted, got_request_exception, request_finished,
    request_started,
};

/// A request that was started. Dropping it sends `request_finished`, so the signal is always sent.
#[derive(Debug)]
pub(crate) struct InFlightRequest(Option<Box<State>>);

#[derive(Debug)]
struct State {
    head: Arc<Head>,
    span: Span,
    since: Instant,
    status: Option<StatusCode>,
    bytes: u64,
    /// The outcome, once it is certain.
    outcome: Option<RequestOutcome>,
    /// Whether the response is complete, so that dropping it aborts nothing.
    ended: AtomicBool,
    /// The length of the body, if its headers define it.
    length: Option<u64>,
    runtime: Option<Handle>,
    _counted: Counted,
}

/// The request without its body.
pub(crate) struct Head {
    pub(crate) parts: Parts,
    pub(crate) id: RequestId,
}

/// A function that returns a service's error as receivers get it.
pub(crate) type Show<E> = fn(&E) -> &(dyn Error + Send + Sync + 'static);

/// Returns whether the request signals have any receiver.
pub(crate) fn have_receivers() -> bool {
    request_started.has_receivers() || request_finished.has_receivers() || got_request_exception.has_receivers()
}

impl InFlightRequest {
    /// Sends `request_started`.
    pub(crate) async fn start(head: Arc<Head>, span: Span, counted: Counted) -> Self {
        let mut in_flight = Self(Some(Box::new(State::new(Arc::clone(&head), span, counted))));
        if request_started.has_receivers() {
            in_flight.notify(head.started()).await;
        }
        in_flight
    }

    /// Sends `got_request_exception`, and returns the error.
    pub(crate) async fn notify_exception<E: Send + 'static>(&mut self, error: E, show: Show<E>) -> E {
        match &self.0 {
            Some(state) if got_request_exception.has_receivers() => {
                let receivers = Arc::clone(&state.head).failed(error, show);
                self.notify(receivers).await
            }
            _ => error,
        }
    }

    /// Waits for receivers. They continue to run if the request is dropped.
    async fn notify<T: 'static>(&mut self, receivers: BoxFuture<'static, T>) -> T {
        let mut notifying = Notifying { in_flight: Self(self.0.take()), receivers: receivers.fuse() };
        let output = (&mut notifying.receivers).await;
        self.0 = notifying.in_flight.0.take();
        output
    }

    /// Returns the context of the request.
    pub(crate) fn context(&self) -> Option<Context> {
        self.0.as_ref().map(|state| state.head.id.context().clone())
    }

    /// Sets the certain outcome, or the outcome if the request were dropped now.
    pub(crate) fn set_outcome(&mut self, outcome: Option<RequestOutcome>) {
        self.change(|state| state.outcome = outcome);
    }

    /// Records the status of the response.
    pub(crate) fn set_status(&mut self, status: StatusCode) {
        self.change(|state| state.status = Some(status));
    }

    /// Records the length of the response's body, if it is known.
    pub(crate) fn set_length(&mut self, length: Option<u64>) {
        self.change(|state| {
            state.length = length;
            // For a response without a body, a server takes the head and drops the rest.
            let is_bare = state.status.is_some_and(|status| is_bare(&state.head.parts.method, status));
            *state.ended.get_mut() = length == Some(0) || is_bare;
        });
    }

    /// Records the number of bytes that were sent.
    pub(crate) fn sent(&mut self, bytes: u64) {
        self.change(|state| {
            state.bytes += bytes;
            // A server stops at this length, and drops the body without another poll.
            if state.length.is_some_and(|length| state.bytes >= length) {
                *state.ended.get_mut() = true;
            }
        });
    }

    /// Records that the response is complete.
    pub(crate) fn ended(&self) {
        if let Some(state) = &self.0 {
            state.ended.store(true, Ordering::Relaxed);
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut State)) {
        if let Some(state) = &mut self.0 {
            change(state);
        }
    }

    /// Sends `request_finished` on the runtime, after the future `before`.
    fn finish_after(&mut self, before: Option<BoxFuture<'static, ()>>) {
        let Some(mut state) = self.0.take() else { return };
        if before.is_none() && !request_finished.has_receivers() {
            return;
        }
        if panicking() && !*state.ended.get_mut() {
            state.outcome.get_or_insert(RequestOutcome::Panicked);
        }
        let elapsed = state.since.elapsed();
        let span = state.span.clone();
        // The body is dropped in a runtime. Otherwise the runtime of the service's call is used, which may
        // have ended.
        match Handle::try_current().ok().or_else(|| state.runtime.clone()) {
            Some(runtime) => {
                let context = state.head.id.context().clone();
                drop(runtime.spawn(context.around(state.finish(elapsed, before)).instrument(span)));
            }
            None => span.in_scope(|| tracing::error!(target: "signals", "request signals need a runtime of tokio")),
        }
    }
}

/// Returns whether a response has no body, whatever the service returned.
fn is_bare(method: &Method, status: StatusCode) -> bool {
    match *method {
        Method::HEAD => true,
        Method::CONNECT if status.is_success() => true,
        _ => status.is_informational() || [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&status),
    }
}

impl Drop for InFlightRequest {
    fn drop(&mut self) {
        self.finish_after(None);
    }
}

impl State {
    fn new(head: Arc<Head>, span: Span, counted: Counted) -> Self {
        Self {
            head,
            span,
            since: Instant::now(),
            status: None,
            bytes: 0,
            outcome: None,
            ended: AtomicBool::new(false),
            length: None,
            runtime: Handle::try_current().ok(),
            _counted: counted,
        }
    }

    /// Sends `request_finished`. The request is counted until that is done.
    async fn finish(self: Box<Self>, elapsed: Duration, before: Option<BoxFuture<'static, ()>>) {
        if let Some(before) = before {
            before.await;
        }
        let Head { parts, id } = &*self.head;
        let (id, status, bytes, outcome) = (id.as_str(), self.status, self.bytes, self.outcome());
        request_finished.notify(RequestFinished { parts, id, status, elapsed, bytes, outcome }).await;
    }

    fn outcome(&self) -> RequestOutcome {
        let has_ended = self.ended.load(Ordering::Relaxed);
        self.outcome.unwrap_or(if has_ended { RequestOutcome::Completed } else { RequestOutcome::Aborted })
    }
}

// The `Debug` of a response includes its body, and that includes the request.
impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", Line(&self.parts), self.id)
    }
}

// The futures are boxed here, because a future that is passed on takes its size in each caller.
impl Head {
    fn started(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            request_started.notify(RequestStarted { parts: &self.parts, id: self.id.as_str() }).await;
        })
    }

    fn failed<E: Send + 'static>(self: Arc<Self>, error: E, show: Show<E>) -> BoxFuture<'static, E> {
        Box::pin(async move {
            let (parts, id, shown) = (&self.parts, self.id.as_str(), show(&error));
            got_request_exception.notify(GotRequestException { parts, id, error: shown }).await;
            error
        })
    }
}

/// A request that waits for its receivers. If the client disconnects, the remaining receivers are called on
/// the runtime, before those of `request_finished`.
struct Notifying<T: 'static> {
    in_flight: InFlightRequest,
    receivers: Fuse<BoxFuture<'static, T>>,
}

impl<T: 'static> Drop for Notifying<T> {
    fn drop(&mut self) {
        // A future that panicked cannot be polled again.
        if !self.receivers.is_terminated() && !panicking() {
            let receivers = std::mem::replace(&mut self.receivers, Fuse::terminated());
            self.in_flight.finish_after(Some(Box::pin(async move { drop(receivers.await) })));
        }
    }
}
