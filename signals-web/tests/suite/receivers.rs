//! Receivers that fail, panic or are slow do not affect the server.

use std::error::Error;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::task::Poll::{Pending, Ready};
use std::time::Duration;

use axum::body::Body;
use futures_util::FutureExt as _;
use http::request::Parts;
use http::{Response, StatusCode};
use http_body_util::BodyExt as _;
use signals::receiver;
use signals::web::{
    RequestOutcome::*, ServerError, SignalsLayer, got_request_exception, request_finished, request_started,
};

use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::recorded::{bare, exception, flight, recorded, request, respond};

#[receiver([request_started, got_request_exception, request_finished], priority = -2)]
fn fail(parts: &Parts) -> Result<(), Box<dyn Error + Send + Sync>> {
    if parts.uri.path() == "/harmed" { Err("a receiver's own failure".into()) } else { Ok(()) }
}

#[receiver([request_started, got_request_exception, request_finished], priority = -1)]
async fn panic(parts: &Parts) {
    tokio::task::yield_now().await;
    assert_ne!(parts.uri.path(), "/harmed", "a receiver panics");
}

#[receiver(request_finished, priority = -1)]
async fn wait(parts: &Parts) {
    if parts.uri.path() == "/slow" {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The ids of requests with slow receivers.
static LINGERING: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[receiver(request_started, priority = -1)]
async fn linger_at_the_start(parts: &Parts, id: &str) {
    linger(parts, "/left-at-start", id).await;
}

#[receiver(got_request_exception, priority = -1)]
async fn linger_at_the_failure(parts: &Parts, id: &str) {
    linger(parts, "/left-at-failure", id).await;
}

async fn linger(parts: &Parts, path: &str, id: &str) {
    if parts.uri.path() == path {
        LINGERING.lock().unwrap().push(id.to_owned());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Fails in one of the possible ways.
#[allow(clippy::unused_async, reason = "a service answers with a future")]
async fn fail_by(way: &str) -> std::io::Result<Response<Body>> {
    let cause = std::io::Error::other("disk full");
    match way {
        "an answer" => {
            let mut response = bare(StatusCode::INTERNAL_SERVER_ERROR);
            response.extensions_mut().insert(ServerError::new(cause));
            Ok(response)
        }
        "an error" => Err(cause),
        _ => panic!("disk full"),
    }
}

/// Calls a failing service, and drops the call while receivers run.
async fn leave(layer: &SignalsLayer, path: &str, id: &str, way: &'static str) {
    let lingers = poll_fn(|_| if LINGERING.lock().unwrap().iter().any(|it| it == id) { Ready(()) } else { Pending });
    tokio::select! {
        biased;
        _ = layer.layer(service_fn(move |_| fail_by(way))).oneshot(request(path, id)) => panic!("it should wait for receivers"),
        () = lingers => {}
    }
}

#[tokio::test]
async fn a_client_that_leaves_while_receivers_run_drops_none_of_them() {
    let layer = SignalsLayer::new();
    leave(&layer, "/left-at-start", "left-start", "an error").await;
    for (id, way) in [("left-answer", "an answer"), ("left-error", "an error"), ("left-panic", "a panic")] {
        leave(&layer, "/left-at-failure", id, way).await;
    }
    layer.drain().await;
    assert_eq!(recorded("left-start"), flight("/left-at-start", None, 0, Aborted));
    for (id, status, outcome) in
        [("left-answer", Some(500), Aborted), ("left-error", None, Failed), ("left-panic", None, Panicked)]
    {
        assert_eq!(recorded(id), exception("/left-at-failure", "disk full", status, 0, outcome));
    }
}

// H170
#[tokio::test]
async fn receivers_that_fail_or_panic_change_no_response_and_stop_no_other() {
    let layer = SignalsLayer::new();
    let response = respond(&layer, request("/harmed", "receivers-ok"), || Response::new(Body::from("hello"))).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");
    let call = |way, id| layer.layer(service_fn(move |_| fail_by(way))).oneshot(request("/harmed", id));
    assert_eq!(call("an answer", "receivers-500").await.unwrap().status(), 500);
    assert_eq!(call("an error", "receivers-error").await.unwrap_err().to_string(), "disk full");
    let panic = AssertUnwindSafe(call("a panic", "receivers-panic")).catch_unwind().await.unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"disk full"));
    layer.drain().await;
    assert_eq!(recorded("receivers-ok"), flight("/harmed", Some(200), 5, Completed));
    assert_eq!(recorded("receivers-500"), exception("/harmed", "disk full", Some(500), 0, Completed));
    assert_eq!(recorded("receivers-error"), exception("/harmed", "disk full", None, 0, Failed));
    assert_eq!(recorded("receivers-panic"), exception("/harmed", "disk full", None, 0, Panicked));
}

// H159
#[tokio::test]
async fn who_is_connected_when_a_signal_is_sent_hears_it() {
    let (layer, id) = (SignalsLayer::new(), "receivers-between");
    let times = Arc::new(Mutex::new(Vec::new()));
    let connect = |uid: &'static str| {
        let times = Arc::clone(&times);
        let connected = request_finished.connect_scoped(uid, move |event| {
            times.lock().unwrap().extend((event.id == id).then_some((uid, event.elapsed)));
            Ok(())
        });
        connected.unwrap()
    };
    let gone = connect("receivers.gone");
    let response = respond(&layer, request("/between", id), || Response::new(Body::from("hello"))).await;
    drop(gone);
    let _here = connect("receivers.here");
    tokio::time::sleep(Duration::from_millis(20)).await;
    response.into_body().collect().await.unwrap();
    layer.drain().await;
    let times = times.lock().unwrap();
    assert!(matches!(times[..], [("receivers.here", elapsed)] if elapsed >= Duration::from_millis(20)), "{times:?}");
}

#[tokio::test]
async fn the_response_does_not_wait_for_the_end_of_receivers_and_drain_does() {
    let (layer, id) = (SignalsLayer::new(), "receivers-slow");
    let response = respond(&layer, request("/slow", id), || Response::new(Body::from("hello"))).await;
    let drained = tokio::spawn({
        let layer = layer.clone();
        async move { layer.drain().await }
    });
    response.into_body().collect().await.unwrap();
    tokio::task::yield_now().await;
    assert_eq!(recorded(id).len(), 1);
    assert!(!drained.is_finished());
    drained.await.unwrap();
    assert_eq!(recorded(id), flight("/slow", Some(200), 5, Completed));
    layer.drain().await;
}
