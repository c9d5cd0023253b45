//! The layer and its service.

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
/// Put it outside of every layer that makes responses, such as timeouts and CORS, and inside of a layer that
/// turns a panic into a 500. It sends `got_request_exception` and then resumes the panic.
///
/// A request in the layer has its [`RequestId`] as an extension. It runs in a
/// [`Context`](signals_core::context::Context) with this id and with the client's header `traceparent`, if that has
/// the form of the W3C. So receivers of models and runs of tasks have the context of the request. It also runs in a
/// span `request` of the target `signals`. Its receivers run in the same span, including those of models. The span
/// has the id, the method and the path. It omits the query, which may contain secrets. **A path is shown in full**,
/// even if it contains a secret, such as a link to a new password.
///
/// If these signals have no receivers when a request arrives, none are sent for that request. Inside another
/// such layer, this layer does nothing for a request; drain the outermost one. If a service returns an error
/// from `poll_ready`, before it takes a request, no signal is sent.
///
/// `Kind` is whether the service's error is a concrete type or boxed. The compiler infers it where the layer
/// is used. A field or a `static` must name it: `SignalsLayer<BoxedError>`.
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
    /// Makes a layer. All its clones share the requests that [`drain`](Self::drain) waits for.
    pub fn new() -> Self {
        Self { count: Count::default(), kind: PhantomData }
    }

    /// Waits until every started request is finished and its receivers have returned.
    ///
    /// Call it after the graceful shutdown of the server, when no more requests arrive: it also waits for
    /// requests that arrive meanwhile. **Do not call it in a service or in a receiver of these signals**: it
    /// would wait for itself. It waits as long as the slowest receiver; set a limit with
    /// `tokio::time::timeout(LONGEST, layer.drain())`. It does not wait for upgraded connections.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the wait. The receivers continue.
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
            return SignalsFuture::without_signals(self.service.call(request), Span::none(), None);
        }
        let id = RequestId::of(request.headers());
        let span = span(&request, &id);
        if !have_receivers() {
            let context = id.context().clone();
            request.extensions_mut().insert(id);
            let called = context.clone().run(|| span.in_scope(|| self.service.call(request)));
            return SignalsFuture::without_signals(called, span, Some(context));
        }
        request.extensions_mut().insert(id.clone());
        // The service that was polled ready is called. The clone is for the next request.
        let clone = self.service.clone();
        let mut service = std::mem::replace(&mut self.service, clone);
        let (parts, body) = request.into_parts();
        let context = id.context().clone();
        let head = Arc::new(Head { parts: mark_sensitive(parts.clone()), id });
        let request = Request::from_parts(parts, body);
        let answer = respond(head, self.count.enter(), move || service.call(request), span.clone());
        SignalsFuture::with_signals(context.around(answer.instrument(span)))
    }
}

fn span<B>(request: &Request<B>, id: &RequestId) -> Span {
    // This is one load. A disabled span may still evaluate its fields, as it does with the feature `log` of
    // tracing.
    if LevelFilter::current() < LevelFilter::INFO {
        return Span::none();
    }
    let (method, path) = (request.method().as_str(), request.uri().path());
    tracing::info_span!(target: "signals", "request", id = id.as_str(), method, path)
}

/// Calls the service between the signals. Dropping this future drops the request in flight.
#[allow(clippy::manual_async_fn, reason = "an `async fn` stores its arguments twice")]
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

/// Calls the service, and catches a panic of the call or of its future.
fn caught<F: Future>(calling: impl FnOnce() -> F) -> impl Future<Output = thread::Result<F::Output>> {
    match catch_unwind(AssertUnwindSafe(calling)) {
        Ok(called) => Either::Left(AssertUnwindSafe(called).catch_unwind()),
        Err(panic) => Either::Right(ready(Err(panic))),
    }
}

/// Returns the service's own cause of a 5xx response.
fn cause<B>(response: &Response<B>) -> Option<ServerError> {
    let error = response.extensions().get::<ServerError>()?;
    response.status().is_server_error().then(|| error.clone())
}
