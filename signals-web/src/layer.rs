//! The layer and the service that it makes.

use std::future::ready;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;

use futures_util::FutureExt as _;
use futures_util::future::Either;
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;
use tracing::level_filters::LevelFilter;
use tracing::{Instrument as _, Span};

use crate::body::SignalsBody;
use crate::count::{Count, Counted};
use crate::exception::{AsError, RequestPanic, ServerError, TypedError};
use crate::future::SignalsFuture;
use crate::in_flight::{Head, InFlightRequest, have_receivers};
use crate::request_id::RequestId;
use crate::sensitive::mark_sensitive;
use crate::signals::RequestOutcome;

/// A tower layer that sends the request signals.
///
/// Put it outside of all that makes responses, such as timeouts and CORS, and inside of a layer that makes a 500 of a
/// panic: it sends `got_request_exception` and lets the panic go on. A request that reaches
/// the layer carries its [`RequestId`] as an extension, and runs in a span `request` of the target `signals`, as its receivers do, those of models too.
/// The span has the id, the method and the path, not the query, which may hold secrets; a path that holds one, such as a link to a new password, is there in full.
///
/// If these signals have no receivers when a request comes in, none are sent for that request. A layer within another
/// one leaves the request to it, and the outermost is the one to be drained. An error that a service
/// answers with before it takes a request, in `poll_ready`, sends no signal.
///
/// `Kind` says whether the service's error is a type or boxed; the compiler finds it where the layer is used, and a field or a `static` names it: `SignalsLayer<BoxedError>`.
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::get};
/// use signals::web::SignalsLayer;
///
/// let layer = SignalsLayer::new();
/// let app: Router = Router::new().route("/", get(|| async { "Hello" })).layer(layer.clone());
/// ```
#[derive(Debug, Clone)]
pub struct SignalsLayer<Kind = TypedError> {
    count: Count,
    kind: PhantomData<fn() -> Kind>,
}

impl<Kind> SignalsLayer<Kind> {
    /// Makes a layer; its clones share what [`drain`](Self::drain) waits for.
    pub fn new() -> Self {
        Self { count: Count::default(), kind: PhantomData }
    }

    /// Waits until each request that was started is finished and its receivers have returned.
    ///
    /// To be called when the server takes no requests any more, after its graceful shutdown: while requests come in, it waits for those too. In a
    /// service or a receiver of these signals it would wait for itself, and it waits as long as the slowest of them: `tokio::time::timeout(LONGEST, layer.drain())` does not.
    /// A connection that was upgraded is not waited for.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future waits no longer; the receivers run on.
    pub async fn drain(&self) {
        self.count.wait().await;
    }
}

impl<Kind> Default for SignalsLayer<Kind> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S, Kind> Layer<S> for SignalsLayer<Kind> {
    type Service = SignalsService<S, Kind>;

    fn layer(&self, service: S) -> Self::Service {
        SignalsService { service, count: self.count.clone(), kind: PhantomData }
    }
}

/// A service that sends the request signals, made by [`SignalsLayer`].
#[derive(Debug, Clone)]
pub struct SignalsService<S, Kind = TypedError> {
    service: S,
    count: Count,
    kind: PhantomData<fn() -> Kind>,
}

impl<S, Kind, Sent, Answer> Service<Request<Sent>> for SignalsService<S, Kind>
where
    S: Service<Request<Sent>, Response = Response<Answer>, Future: Send> + Clone + Send + 'static,
    S::Error: AsError<Kind> + Send,
    Sent: Send + 'static,
    Answer: Body + Send + 'static,
    Kind: 'static,
{
    type Response = Response<SignalsBody<Answer>>;
    type Error = S::Error;
    type Future = SignalsFuture<S::Future, Answer, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Sent>) -> Self::Future {
        if request.extensions().get::<RequestId>().is_some() {
            // A layer around this one sends the signals of the request.
            return SignalsFuture::without_signals(self.service.call(request), Span::none());
        }
        let id = RequestId::of(request.headers());
        let span = span(&request, &id);
        if !have_receivers() {
            request.extensions_mut().insert(id);
            let called = span.in_scope(|| self.service.call(request));
            return SignalsFuture::without_signals(called, span);
        }
        request.extensions_mut().insert(id.clone());
        // The one that was asked for its readiness is called; the clone is for the next request.
        let clone = self.service.clone();
        let mut service = std::mem::replace(&mut self.service, clone);
        let (parts, body) = request.into_parts();
        let head = Arc::new(Head { parts: mark_sensitive(parts.clone()), id });
        let request = Request::from_parts(parts, body);
        let answer = respond(head, self.count.enter(), move || service.call(request), span.clone());
        SignalsFuture::with_signals(answer.instrument(span))
    }
}

fn span<B>(request: &Request<B>, id: &RequestId) -> Span {
    // One load, where a disabled span may ask for its fields all the same: it does with the feature `log` of tracing.
    if LevelFilter::current() < LevelFilter::INFO {
        return Span::none();
    }
    let (method, path) = (request.method().as_str(), request.uri().path());
    tracing::info_span!(target: "signals", "request", id = id.as_str(), method, path)
}

/// Calls the service between the signals. Where this is dropped, the flight is.
#[allow(clippy::manual_async_fn, reason = "an `async fn` keeps what it is given twice")]
fn respond<F, Answer, E, Kind>(
    head: Arc<Head>,
    counted: Counted,
    calling: impl FnOnce() -> F,
    span: Span,
) -> impl Future<Output = Result<Response<SignalsBody<Answer>>, E>>
where
    F: Future<Output = Result<Response<Answer>, E>>,
    Answer: Body + Send + 'static,
    E: AsError<Kind> + Send + 'static,
{
    async move {
        let mut in_flight = InFlightRequest::start(head, span.clone(), counted).await;
        match caught(calling).await {
            Ok(Ok(response)) => {
                in_flight.set_status(response.status());
                if let Some(error) = cause(&response) {
                    in_flight.notify_exception(error, ServerError::error).await;
                }
                Ok(SignalsBody::watched(response, in_flight, span))
            }
            Ok(Err(error)) => {
                in_flight.set_outcome(Some(RequestOutcome::Failed));
                Err(in_flight.notify_exception(error, E::as_error).await)
            }
            Err(panic) => {
                in_flight.set_outcome(Some(RequestOutcome::Panicked));
                in_flight.notify_exception(RequestPanic::new(&*panic), |panic| panic).await;
                resume_unwind(panic)
            }
        }
    }
}

/// Calls the service, and catches a panic of the call and of its future.
fn caught<F: Future>(calling: impl FnOnce() -> F) -> impl Future<Output = thread::Result<F::Output>> {
    match catch_unwind(AssertUnwindSafe(calling)) {
        Ok(called) => Either::Left(AssertUnwindSafe(called).catch_unwind()),
        Err(panic) => Either::Right(ready(Err(panic))),
    }
}

/// What a service says that its 5xx came of.
fn cause<B>(response: &Response<B>) -> Option<ServerError> {
    let error = response.extensions().get::<ServerError>()?;
    response.status().is_server_error().then(|| error.clone())
}
