//! The context of a request: its id and its trace.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::middleware::{Next, from_fn};
use axum::routing::get;
use http::{Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use signals::context::{self, Context};
use signals::web::{RequestId, SignalsLayer, request_finished, request_started};
use tower::{Layer as _, ServiceExt as _, service_fn};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

async fn text(body: impl http_body::Body<Data: Send, Error: std::fmt::Debug>) -> String {
    String::from_utf8(body.collect().await.unwrap().to_bytes().into()).unwrap()
}

#[tokio::test]
async fn the_service_its_body_and_the_receivers_are_in_the_context_of_the_request() {
    let seen: Arc<Mutex<Vec<(&str, Context)>>> = Arc::default();
    let (started, finished) = (Arc::clone(&seen), Arc::clone(&seen));
    let is_mine = |id: &str| id == "context-of-all";
    let _started = request_started.connect_scoped("context.started", move |event| {
        if is_mine(event.id) {
            started.lock().unwrap().push(("started", context::current()));
        }
        Ok(())
    });
    let _finished = request_finished.connect_scoped("context.finished", move |event| {
        if is_mine(event.id) {
            finished.lock().unwrap().push(("finished", context::current()));
        }
        Ok(())
    });
    let (layer, inner) = (SignalsLayer::new(), Arc::clone(&seen));
    let service = layer.layer(service_fn(move |_: Request<Body>| {
        let (called, body) = (Arc::clone(&inner), Arc::clone(&inner));
        called.lock().unwrap().push(("call", context::current()));
        async move {
            called.lock().unwrap().push(("service", context::current()));
            let chunk = futures_util::stream::once(async move {
                body.lock().unwrap().push(("body", context::current()));
                Ok::<_, Infallible>(http_body::Frame::data(bytes::Bytes::from("chunk")))
            });
            Ok::<_, Infallible>(Response::new(StreamBody::new(Box::pin(chunk))))
        }
    }));
    let request = Request::get("/").header("x-request-id", "context-of-all").header("traceparent", TRACE);
    let response = service.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(text(response.into_body()).await, "chunk");
    layer.drain().await;
    let seen = seen.lock().unwrap();
    assert_eq!(seen.iter().map(|(at, _)| *at).collect::<Vec<_>>(), ["started", "call", "service", "body", "finished"]);
    let expected = Context::new().with_request_id("context-of-all").with_traceparent(TRACE);
    for (at, context) in seen.iter() {
        assert_eq!(*context, expected, "{at}");
    }
}

#[tokio::test]
async fn a_request_has_its_id_and_a_fit_trace_and_a_middleware_adds_the_actor() {
    async fn act(request: Request<Body>, next: Next) -> Response<Body> {
        context::scope(Context::new().with_actor("user:7"), next.run(request)).await
    }
    async fn show(id: axum::Extension<RequestId>) -> String {
        let context = context::current();
        assert_eq!(context.request_id(), Some(id.as_str()));
        format!("{:?} {:?}", context.actor(), context.traceparent())
    }

    let layer = SignalsLayer::new();
    let app = Router::new().route("/", get(show)).layer(from_fn(act)).layer(layer.clone());
    for (sent, trace) in [(TRACE, Some(TRACE)), ("nonsense", None), (&TRACE.to_uppercase(), None)] {
        let request = Request::get("/").header("traceparent", sent).body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        assert_eq!(text(response.into_body()).await, format!("{:?} {trace:?}", Some("user:7")));
    }
    layer.drain().await;
    assert!(context::current().is_empty());
}
