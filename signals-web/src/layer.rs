//! The layer and the service that it makes.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;
use tracing::{Instrument as _, Span};

use crate::body::SignalsBody;
use crate::count::Count;
use crate::exception::{AsError, RequestPanic, ServerError, TypedError};
use crate::flight::{Flight, Head, is_heard};
use crate::request_id::RequestId;
use crate::sensitive::mark_sensitive;
use crate::signals::RequestOutcome;

/// A tower layer that sends the request signals.
///
/// Put it outside of all that makes responses, such as timeouts and CORS, and inside of a layer that makes a 500 of a panic: it hears of the panic and lets it go on. A request that reaches
/// the layer carries its [`RequestId`] as an extension, and runs in a span `request` of the target `signals`, as its receivers do, those of models too.
/// The span has the id, the method and the path, not the query, which may hold secrets; a path that holds one, such as a link to a new password, is there in full.
///
/// Where no receiver of these signals is registered when a request comes in, none is told of that request. A layer within another one leaves the request to it, and the outermost is the one to be drained. An error that a service
/// answers with before it takes a request, in `poll_ready`, is told nowhere.
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

/// A service whose requests are told of, made by [`SignalsLayer`].
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
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Sent>) -> Self::Future {
        // The one that was asked for its readiness is called; the clone is for the next request.
        let clone = self.service.clone();
        let mut service = std::mem::replace(&mut self.service, clone);
        if request.extensions().get::<RequestId>().is_some() {
            // A layer around this one tells of the request.
            return Box::pin(async move { Ok(SignalsBody::unwatched(service.call(request).await?, Span::none())) });
        }
        let id = RequestId::of(request.headers());
        let span = span(&request, &id);
        request.extensions_mut().insert(id.clone());
        if !is_heard() {
            let called = async move { service.call(request).await }.instrument(span.clone());
            return Box::pin(async move { Ok(SignalsBody::unwatched(called.await?, span)) });
        }
        let (parts, body) = request.into_parts();
        let start = Flight::start(Head { parts: mark_sensitive(parts.clone()), id }, span.clone(), self.count.enter());
        let called = async move { service.call(Request::from_parts(parts, body)).await };
        Box::pin(respond(start, called, span.clone()).instrument(span))
    }
}

fn span<B>(request: &Request<B>, id: &RequestId) -> Span {
    let (method, path) = (request.method().as_str(), request.uri().path());
    tracing::info_span!(target: "signals", "request", id = id.as_str(), method, path)
}

/// Calls the service between the signals. Where this is dropped, the flight is.
async fn respond<Answer, E, Kind>(
    start: impl Future<Output = Flight>,
    called: impl Future<Output = Result<Response<Answer>, E>>,
    span: Span,
) -> Result<Response<SignalsBody<Answer>>, E>
where
    Answer: Body + Send + 'static,
    E: AsError<Kind> + Send + 'static,
{
    let mut flight = start.await;
    match AssertUnwindSafe(called).catch_unwind().await {
        Ok(Ok(response)) => {
            flight.set_status(response.status());
            if let Some(error) = cause(&response) {
                flight.tell_exception(error, ServerError::error).await;
            }
            Ok(SignalsBody::watched(response, flight, span))
        }
        Ok(Err(error)) => {
            flight.set_outcome(Some(RequestOutcome::Failed));
            Err(flight.tell_exception(error, E::as_error).await)
        }
        Err(panic) => {
            flight.set_outcome(Some(RequestOutcome::Panicked));
            flight.tell_exception(RequestPanic::new(&*panic), |panic| panic).await;
            resume_unwind(panic)
        }
    }
}

/// What a service says that its 5xx came of.
fn cause<B>(response: &Response<B>) -> Option<ServerError> {
    let error = response.extensions().get::<ServerError>()?;
    response.status().is_server_error().then(|| error.clone())
}
