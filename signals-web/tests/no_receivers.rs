//! Requests without receivers: this binary has none. Its allocator counts.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use allocation_counter::measure;
use axum::body::{Body, Bytes, HttpBody as _};
use axum::routing::get;
use axum::{Extension, Router};
use futures_util::FutureExt as _;
use futures_util::stream;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use signals::context;
use signals::web::{RequestId, SignalsLayer, got_request_exception, request_finished, request_started};
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

#[tokio::test]
async fn a_request_without_receivers_has_the_same_response() {
    assert!(!request_started.has_receivers() && !request_finished.has_receivers());
    assert!(!got_request_exception.has_receivers());
    let layer = SignalsLayer::new();
    let app = Router::new()
        .route("/id", get(|id: Extension<RequestId>, body: Bytes| async move { format!("{} {}", *id, body.len()) }))
        .route("/fails", get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, HeaderMap::new(), "sorry") }))
        .layer(layer.clone());
    let request = Request::get("/id").header("x-request-id", "mine").body(Body::from("hello")).unwrap();
    let body = app.clone().oneshot(request).await.unwrap().into_body();
    assert_eq!(body.size_hint().exact(), Some(6));
    assert_eq!(body.collect().await.unwrap().to_bytes(), "mine 5");
    let response = app.oneshot(Request::get("/fails").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 500);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "sorry");
    layer.drain().await;
}

#[tokio::test]
async fn the_layer_wraps_layers_that_respond_with_an_empty_body() {
    // Such layers make a body by `Default`, as those of sessions and of CORS do.
    let body = signals::web::SignalsBody::<Body>::default();
    assert!(body.is_end_stream());
}

/// Locked while a subscriber is set and while allocations are counted: the first span after a subscriber was set
/// allocates in each thread.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

type Answer = Result<Response<Body>, Infallible>;

/// Returns the ids that a service gets for a request, by each way to read it.
async fn ids_of(request: Request<Body>) -> [String; 3] {
    let seen = Arc::new(Mutex::new(None));
    let see = Arc::clone(&seen);
    let service = SignalsLayer::new().layer(service_fn(move |request: Request<Body>| {
        let id = request.extensions().get::<RequestId>().unwrap();
        *see.lock().unwrap() = Some([id.clone().to_string(), id.as_str().to_owned(), id.to_string()]);
        async { Answer::Ok(Response::default()) }
    }));
    service.oneshot(request).await.unwrap();
    seen.lock().unwrap().take().unwrap()
}

#[tokio::test]
async fn a_request_has_one_id() {
    let ids = ids_of(Request::default()).await;
    assert_eq!(HashSet::from(ids.clone()).len(), 1, "{ids:?}");
    assert_eq!(ids[0].len(), 36);
    assert_ne!(ids_of(Request::default()).await, ids);
    let chosen = Request::get("/").header("x-request-id", "mine").body(Body::empty()).unwrap();
    assert_eq!(ids_of(chosen).await, ["mine"; 3]);
}

#[tokio::test]
async fn a_request_without_receivers_has_its_context() {
    let layer = SignalsLayer::new();
    let app = Router::new()
        .route(
            "/",
            get(|| async {
                let chunk = async { Ok::<_, Infallible>(context::current().request_id().unwrap().to_owned()) };
                Body::from_stream(stream::once(chunk))
            }),
        )
        .layer(layer);
    let request = Request::get("/").header("x-request-id", "mine").body(Body::empty()).unwrap();
    let body = app.oneshot(request).await.unwrap().into_body();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "mine");
    assert!(context::current().is_empty());
}

/// Records the spans of events.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<&'static str>>>);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let span = context.event_span(event);
        self.0.lock().unwrap().push(span.map_or("none", |span| span.name()));
    }
}

#[tokio::test]
async fn it_runs_in_its_span() {
    let _alone = ALONE.lock().await;
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(spans.clone()));
    let service = SignalsLayer::new().layer(service_fn(|_: Request<Body>| {
        tracing::info!("call");
        async {
            tracing::info!("service");
            let body = stream::once(async {
                tracing::info!("body");
                Ok::<_, Infallible>("abc")
            });
            Answer::Ok(Response::new(Body::from_stream(body)))
        }
    }));
    let response = service.oneshot(Request::default()).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "abc");
    tracing::info!("after");
    assert_eq!(*spans.0.lock().unwrap(), ["request", "request", "request", "none"]);
}

#[test]
fn it_allocates_no_more_than_what_holds_its_context() {
    let _alone = ALONE.blocking_lock();
    let mut plain = service_fn(|_: Request<Body>| async { Answer::Ok(Response::default()) });
    let mut layered = SignalsLayer::new().layer(plain);
    let allocated = |call: &mut dyn FnMut()| {
        call();
        measure(call).count_total
    };
    let theirs = allocated(&mut || drop(plain.call(Request::default()).now_or_never()));
    let ours = allocated(&mut || drop(layered.call(Request::default()).now_or_never()));
    // The extensions, their table, the id in it, and the context that has the id. Without optimization `http` allocates
    // once more.
    assert!((4..=5).contains(&(ours - theirs)), "{ours} allocations, and {theirs} without the layer");
}
