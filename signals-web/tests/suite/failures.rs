//! Services that fail, panic or are dropped, and the signals of that.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Ready, pending, ready};
use std::panic::AssertUnwindSafe;
use std::task::{Context, Poll};

use axum::body::Body;
use futures_util::FutureExt as _;
use http::{Request, Response, StatusCode};
use signals::web::{RequestOutcome::*, ServerError, SignalsLayer};
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

use crate::recorded::{bare, exception, flight, recorded, request, respond};

/// An error with a source.
#[derive(Debug, thiserror::Error)]
#[error("no such page")]
struct NoPage(#[source] std::fmt::Error);

const CAUSE: &str = "no such page < an error occurred when formatting an argument";

// H168, H171
#[tokio::test]
async fn the_error_of_a_service_is_told_and_goes_on() {
    let (layer, id) = (SignalsLayer::new(), "failures-typed");
    let service = layer.layer(service_fn(|_| ready(Err::<Response<Body>, _>(NoPage(std::fmt::Error)))));
    let error = service.oneshot(request("/typed", id)).await.unwrap_err();
    assert_eq!(error.to_string(), "no such page");
    layer.drain().await;
    assert_eq!(recorded(id), exception("/typed", CAUSE, None, 0, Failed));
}

#[tokio::test]
async fn a_boxed_error_is_sent_as_its_inner_error() {
    let (layer, id) = (SignalsLayer::new(), "failures-boxed");
    let boxed = || Box::<dyn Error + Send + Sync>::from(NoPage(std::fmt::Error));
    let service = layer.layer(service_fn(move |_| ready(Err::<Response<Body>, _>(boxed()))));
    let error = service.oneshot(request("/boxed", id)).await.unwrap_err();
    assert!(error.is::<NoPage>());
    layer.drain().await;
    assert_eq!(recorded(id), exception("/boxed", CAUSE, None, 0, Failed));
}

// H171
#[tokio::test]
async fn a_panic_is_told_and_goes_on() {
    let layer = SignalsLayer::new();
    let late = layer.layer(service_fn(|_| async { panic!("in the future") as Result<Response<Body>, Infallible> }));
    let early = layer.layer(service_fn(|_| -> std::future::Ready<Result<Response<Body>, Infallible>> {
        panic!("in the {}", std::hint::black_box("call"))
    }));
    let panic = AssertUnwindSafe(late.oneshot(request("/late", "failures-late"))).catch_unwind().await.unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"in the future"));
    let panic = AssertUnwindSafe(early.oneshot(request("/early", "failures-early"))).catch_unwind().await.unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&String::from("in the call")));
    layer.drain().await;
    assert_eq!(recorded("failures-late"), exception("/late", "in the future", None, 0, Panicked));
    assert_eq!(recorded("failures-early"), exception("/early", "in the call", None, 0, Panicked));
}

// H166, H169
#[tokio::test]
async fn a_5xx_with_its_cause_is_an_exception_and_a_4xx_is_none() {
    let layer = SignalsLayer::new();
    for status in [200, 404, 500, 503] {
        let id = &format!("failures-{status}");
        let make = move || {
            let mut response = bare(StatusCode::from_u16(status).unwrap());
            response.extensions_mut().insert(ServerError::new(NoPage(std::fmt::Error)));
            response
        };
        let response = respond(&layer, request("/cause", id), make).await;
        assert_eq!(recorded(id).len(), if status < 500 { 1 } else { 2 }, "before the response is given back");
        drop(response);
        layer.drain().await;
        if status < 500 {
            assert_eq!(recorded(id), flight("/cause", Some(status), 0, Completed));
        } else {
            assert_eq!(recorded(id), exception("/cause", CAUSE, Some(status), 0, Completed));
        }
    }
}

// H166
#[tokio::test]
async fn a_5xx_that_a_service_means_is_no_exception() {
    let (layer, id) = (SignalsLayer::new(), "failures-meant");
    drop(respond(&layer, request("/meant", id), || bare(StatusCode::SERVICE_UNAVAILABLE)).await);
    layer.drain().await;
    assert_eq!(recorded(id), flight("/meant", Some(503), 0, Completed));
}

// H167
#[tokio::test]
async fn what_a_middleware_answers_is_no_exception_and_what_it_fails_at_is_one() {
    let layer = SignalsLayer::new();
    let fails = service_fn(|_| ready(Err::<Response<Body>, _>(NoPage(std::fmt::Error))));
    let answered = layer.layer(fails.then(|_| ready(Ok::<_, NoPage>(bare(StatusCode::NOT_FOUND)))));
    assert_eq!(answered.oneshot(request("/answered", "failures-answered")).await.unwrap().status(), 404);
    let finds = service_fn(|_| ready(Ok::<_, NoPage>(bare(StatusCode::NOT_FOUND))));
    let failed = layer.layer(finds.and_then(|_| ready(Err::<Response<Body>, _>(NoPage(std::fmt::Error)))));
    failed.oneshot(request("/failed", "failures-failed")).await.unwrap_err();
    layer.drain().await;
    assert_eq!(recorded("failures-answered"), flight("/answered", Some(404), 0, Completed));
    assert_eq!(recorded("failures-failed"), exception("/failed", CAUSE, None, 0, Failed));
}

/// A service that can only be called after its own `poll_ready`, not after that of a clone.
struct Asked {
    is_ready: bool,
}

impl Clone for Asked {
    fn clone(&self) -> Self {
        Self { is_ready: false }
    }
}

impl Service<Request<Body>> for Asked {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "`poll_ready` should be called first");
        ready(Ok(bare(StatusCode::OK)))
    }
}

#[tokio::test]
async fn the_service_that_was_ready_is_the_one_that_is_called() {
    let mut service = SignalsLayer::new().layer(Asked { is_ready: false });
    for _ in 0..2 {
        let answered = service.ready().await.unwrap().call(request("/ready", "failures-ready")).await;
        assert_eq!(answered.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn a_service_that_is_dropped_is_aborted() {
    let (layer, id) = (SignalsLayer::new(), "failures-dropped");
    let service = layer.layer(service_fn(|_| pending::<Result<Response<Body>, Infallible>>()));
    assert!(service.oneshot(request("/dropped", id)).now_or_never().is_none());
    layer.drain().await;
    assert_eq!(recorded(id), flight("/dropped", None, 0, Aborted));
}

#[tokio::test]
async fn what_is_not_started_is_not_finished() {
    let (layer, id) = (SignalsLayer::new(), "failures-unpolled");
    let mut service = layer.layer(service_fn(|_| pending::<Result<Response<Body>, Infallible>>()));
    drop(tower::Service::call(&mut service, request("/unpolled", id)));
    layer.drain().await;
    assert_eq!(recorded(id), []);
}
