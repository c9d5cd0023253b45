//! Receivers that fail, panic or take their time, and the server that does not mind.

use std::error::Error;
use std::time::Duration;

use axum::body::Body;
use http::request::Parts;
use http::{Response, StatusCode};
use http_body_util::BodyExt as _;
use signals::receiver;
use signals::web::{
    RequestOutcome::*, ServerError, SignalsLayer, got_request_exception, request_finished, request_started,
};

use crate::heard::{bare, exception, flight, heard, request, respond};

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

#[tokio::test]
async fn receivers_that_fail_or_panic_change_no_response_and_stop_no_other() {
    let layer = SignalsLayer::new();
    let response = respond(&layer, request("/harmed", "receivers-ok"), || Response::new(Body::from("hello"))).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");
    let make = || {
        let mut response = bare(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(ServerError::new("disk full"));
        response
    };
    assert_eq!(respond(&layer, request("/harmed", "receivers-500"), make).await.status(), 500);
    layer.drain().await;
    assert_eq!(heard("receivers-ok"), flight("/harmed", Some(200), 5, Completed));
    assert_eq!(heard("receivers-500"), exception("/harmed", "disk full", Some(500), 0, Completed));
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
    assert_eq!(heard(id).len(), 1);
    assert!(!drained.is_finished());
    drained.await.unwrap();
    assert_eq!(heard(id), flight("/slow", Some(200), 5, Completed));
    layer.drain().await;
}
