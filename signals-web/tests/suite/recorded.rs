//! The signals that the receivers of this binary recorded for a request, and services to call.

use std::collections::HashMap;
use std::convert::Infallible;
use std::error::Error;
use std::sync::{Mutex, PoisonError};

use axum::body::{Body, Bytes};
use futures_util::stream;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use signals::receiver;
use signals::web::{
    RequestFinished, RequestOutcome, SignalsBody, SignalsLayer, got_request_exception, request_finished,
    request_started,
};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing_subscriber::layer::SubscriberExt as _;

/// A recorded signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// `request_started`, with the path.
    Started(String),
    /// `got_request_exception`, with the error and its sources.
    Exception(String),
    /// `request_finished`.
    Finished(Option<u16>, u64, RequestOutcome),
}

static RECORDED: Mutex<Option<HashMap<String, Vec<Recorded>>>> = Mutex::new(None);

fn note(id: &str, recorded: Recorded) {
    let mut all = RECORDED.lock().unwrap_or_else(PoisonError::into_inner);
    all.get_or_insert_default().entry(id.to_owned()).or_default().push(recorded);
}

/// Returns all signals of a request so far.
pub(crate) fn recorded(id: &str) -> Vec<Recorded> {
    let all = RECORDED.lock().unwrap_or_else(PoisonError::into_inner);
    all.as_ref().and_then(|all| all.get(id)).cloned().unwrap_or_default()
}

/// Returns the signals of a request without an exception.
pub(crate) fn flight(path: &str, status: Option<u16>, bytes: u64, outcome: RequestOutcome) -> Vec<Recorded> {
    vec![Recorded::Started(path.to_owned()), Recorded::Finished(status, bytes, outcome)]
}

/// Returns the signals of a request with an exception.
pub(crate) fn exception(
    path: &str,
    cause: &str,
    status: Option<u16>,
    bytes: u64,
    outcome: RequestOutcome,
) -> Vec<Recorded> {
    let mut all = flight(path, status, bytes, outcome);
    all.insert(1, Recorded::Exception(cause.to_owned()));
    all
}

#[receiver(request_started)]
fn record_start(parts: &Parts, id: &str) {
    note(id, Recorded::Started(parts.uri.path().to_owned()));
}

#[receiver(got_request_exception)]
fn record_exception(error: &(dyn Error + 'static), id: &str) {
    let mut words = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        words.push(error.to_string());
        source = error.source();
    }
    note(id, Recorded::Exception(words.join(" < ")));
}

#[receiver(request_finished)]
async fn record_end(event: &RequestFinished<'_>) {
    tokio::task::yield_now().await;
    let status = event.status.map(|status| status.as_u16());
    note(event.id, Recorded::Finished(status, event.bytes, event.outcome));
}

/// Returns a request with an id.
pub(crate) fn request(path: &str, id: &str) -> Request<Body> {
    Request::get(path).header("x-request-id", id).body(Body::empty()).unwrap()
}

/// Sends a request through the layer and returns the response.
pub(crate) async fn respond<B: http_body::Body + Send + 'static>(
    layer: &SignalsLayer,
    request: Request<Body>,
    make: impl Fn() -> Response<B> + Clone + Send + 'static,
) -> Response<SignalsBody<B>> {
    let service = service_fn(move |_| std::future::ready(Ok::<_, Infallible>(make())));
    layer.layer(service).oneshot(request).await.unwrap()
}

/// Returns a response with a body of this number of chunks of three bytes, followed by the error if one is
/// given.
pub(crate) fn chunks(count: usize, error: Option<&'static str>) -> Response<Body> {
    let chunks = (0..count).map(|_| Ok(Bytes::from_static(b"abc")));
    Response::new(Body::from_stream(stream::iter(chunks.chain(error.map(|error| Err(std::io::Error::other(error)))))))
}

/// Returns a response without a body.
pub(crate) fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Captures spans and events of this thread, until both guards are dropped.
///
/// With only one subscriber, another thread may reach a callsite first and disable it for all, so there are
/// two.
pub(crate) fn watch<L>(layer: L) -> (tracing::Dispatch, tracing::subscriber::DefaultGuard)
where
    L: tracing_subscriber::Layer<tracing_subscriber::Registry> + Send + Sync,
{
    let other = tracing::Dispatch::new(tracing_subscriber::registry());
    (other, tracing::subscriber::set_default(tracing_subscriber::registry().with(layer)))
}
