//! Requests that no receiver hears, since this binary has none.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use axum::body::{Body, Bytes, HttpBody as _};
use axum::routing::get;
use axum::{Extension, Router};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use signals::web::{RequestId, SignalsLayer, got_request_exception, request_finished, request_started};
use tower::ServiceExt as _;

#[tokio::test]
async fn a_request_that_nobody_hears_is_answered_as_it_would_be() {
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
async fn the_layer_goes_around_those_that_answer_with_an_empty_body() {
    // They make one by `Default`, as the layers of sessions and of CORS do.
    let body = signals::web::SignalsBody::<Body>::default();
    assert!(body.is_end_stream());
}
