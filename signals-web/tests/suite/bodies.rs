//! When and how a request is finished.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody as _};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt as _, StreamBody};
use signals::web::{RequestOutcome::*, SignalsLayer};

use crate::recorded::{Recorded, bare, chunks, flight, recorded, request, respond};

// H158, H159, H174
#[tokio::test]
async fn a_request_is_started_and_finished_once() {
    let (layer, id) = (SignalsLayer::new(), "bodies-once");
    let response = respond(&layer, request("/once", id), || Response::new(Body::from("hello"))).await;
    assert_eq!(recorded(id), [Recorded::Started("/once".into())], "the body is not read yet");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");
    layer.drain().await;
    assert_eq!(recorded(id), flight("/once", Some(200), 5, Completed));
}

// H160, H161, H162
#[tokio::test]
async fn a_stream_is_finished_after_its_last_chunk() {
    let (layer, id) = (SignalsLayer::new(), "bodies-stream");
    let mut body = respond(&layer, request("/stream", id), || chunks(3, None)).await.into_body();
    for _ in 0..3 {
        assert!(body.frame().await.unwrap().is_ok());
        tokio::task::yield_now().await;
        assert_eq!(recorded(id).len(), 1);
    }
    assert!(body.frame().await.is_none());
    layer.drain().await;
    assert_eq!(recorded(id), flight("/stream", Some(200), 9, Completed), "and not only when the body is dropped");
    drop(body);
    layer.drain().await;
    assert_eq!(recorded(id).len(), 2, "a second end sends nothing");
}

// H164
#[tokio::test]
async fn an_error_in_mid_stream_is_a_failure() {
    let (layer, id) = (SignalsLayer::new(), "bodies-error");
    let body = respond(&layer, request("/error", id), || chunks(2, Some("torn"))).await.into_body();
    assert_eq!(body.collect().await.unwrap_err().to_string(), "torn");
    layer.drain().await;
    assert_eq!(recorded(id), flight("/error", Some(200), 6, Failed));
}

#[tokio::test]
async fn a_body_that_is_dropped_in_mid_stream_is_aborted() {
    let (layer, id) = (SignalsLayer::new(), "bodies-dropped");
    let mut body = respond(&layer, request("/dropped", id), || chunks(2, None)).await.into_body();
    assert!(body.frame().await.unwrap().is_ok());
    drop(body);
    layer.drain().await;
    assert_eq!(recorded(id), flight("/dropped", Some(200), 3, Aborted));
}

#[tokio::test]
async fn a_body_that_panics_is_reported_as_panicked() {
    let (layer, id) = (SignalsLayer::new(), "bodies-panic");
    let make = || {
        let first = stream::iter([Ok::<_, std::io::Error>("abc")]);
        Response::new(Body::from_stream(first.chain(stream::poll_fn(|_| panic!("in the body")))))
    };
    let body = respond(&layer, request("/panic", id), make).await.into_body();
    assert!(AssertUnwindSafe(body.collect()).catch_unwind().await.is_err());
    layer.drain().await;
    assert_eq!(recorded(id), flight("/panic", Some(200), 3, Panicked));
}

#[tokio::test]
async fn a_response_that_has_no_body_to_be_read_is_completed() {
    let layer = SignalsLayer::new();
    for (id, status) in [("bodies-204", 204), ("bodies-304", 304), ("bodies-200", 200), ("bodies-404", 404)] {
        let status = StatusCode::from_u16(status).unwrap();
        drop(respond(&layer, request("/bare", id), move || bare(status)).await);
        layer.drain().await;
        assert_eq!(recorded(id), flight("/bare", Some(status.as_u16()), 0, Completed));
    }
    let with_a_body = || {
        let mut response = chunks(2, None);
        *response.status_mut() = StatusCode::NO_CONTENT;
        response
    };
    drop(respond(&layer, request("/unread", "bodies-unread"), with_a_body).await);
    layer.drain().await;
    assert_eq!(recorded("bodies-unread"), flight("/unread", Some(204), 0, Completed));
    let mut head = request("/head", "bodies-head");
    *head.method_mut() = Method::HEAD;
    drop(respond(&layer, head, || chunks(2, None)).await);
    layer.drain().await;
    assert_eq!(recorded("bodies-head"), flight("/head", Some(200), 0, Completed));
}

/// A body that reports its end before the next poll, but not its length.
struct Bare {
    ended: bool,
}

impl http_body::Body for Bare {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.ended = true;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"abc")))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }
}

#[tokio::test]
async fn a_body_that_reports_its_end_is_completed() {
    let (layer, id) = (SignalsLayer::new(), "bodies-ended");
    let make = || Response::new(Body::new(Bare { ended: false }));
    let mut body = respond(&layer, request("/ended", id), make).await.into_body();
    assert!(!body.is_end_stream());
    assert!(body.frame().await.unwrap().is_ok());
    assert!(body.is_end_stream());
    drop(body);
    layer.drain().await;
    assert_eq!(recorded(id), flight("/ended", Some(200), 3, Completed));
}

#[tokio::test]
async fn a_body_has_ended_with_its_trailers() {
    let (layer, id) = (SignalsLayer::new(), "bodies-trailers");
    let make = || {
        let frames = [Frame::data(Bytes::from_static(b"abc")), Frame::trailers(HeaderMap::new())];
        Response::new(Body::new(StreamBody::new(stream::iter(frames.map(Ok::<_, Infallible>)))))
    };
    for (frames, outcome) in [(2, Completed), (1, Aborted)] {
        let id = &format!("{id}-{frames}");
        let mut body = respond(&layer, request("/trailers", id), make).await.into_body();
        for _ in 0..frames {
            assert!(body.frame().await.unwrap().is_ok());
        }
        drop(body);
        layer.drain().await;
        assert_eq!(recorded(id), flight("/trailers", Some(200), 3, outcome));
    }
}

/// A body that panics in `is_end_stream` or `size_hint`.
struct Unsure {
    panics: &'static str,
}

impl http_body::Body for Unsure {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        assert_ne!(self.panics, "at its end");
        false
    }

    fn size_hint(&self) -> SizeHint {
        assert_ne!(self.panics, "at its size");
        SizeHint::new()
    }
}

#[tokio::test]
async fn a_body_that_panics_about_its_end_or_its_size_is_reported_as_panicked() {
    let layer = SignalsLayer::new();
    let end = respond(&layer, request("/end", "bodies-end"), || Response::new(Unsure { panics: "at its end" })).await;
    assert!(catch_unwind(AssertUnwindSafe(move || end.into_body().is_end_stream())).is_err());
    let size = respond(&layer, request("/size", "bodies-size"), || Response::new(Unsure { panics: "at its size" }));
    assert!(AssertUnwindSafe(size).catch_unwind().await.is_err());
    layer.drain().await;
    assert_eq!(recorded("bodies-end"), flight("/end", Some(200), 0, Panicked));
    assert_eq!(recorded("bodies-size"), flight("/size", Some(200), 0, Panicked));
}

#[tokio::test]
async fn a_body_dropped_outside_of_the_runtime_is_reported_too() {
    let (layer, id) = (SignalsLayer::new(), "bodies-outside");
    let body = respond(&layer, request("/outside", id), || chunks(2, None)).await.into_body();
    std::thread::spawn(move || drop(body)).join().unwrap();
    layer.drain().await;
    assert_eq!(recorded(id), flight("/outside", Some(200), 0, Aborted));
}

#[tokio::test]
async fn a_body_of_which_a_server_takes_all_that_was_announced_is_completed() {
    let (layer, id) = (SignalsLayer::new(), "bodies-length");
    let make = || {
        let mut response = chunks(2, None);
        response.headers_mut().insert("content-length", HeaderValue::from(6));
        response
    };
    for (frames, outcome) in [(2, Completed), (1, Aborted)] {
        let id = &format!("{id}-{frames}");
        let mut body = respond(&layer, request("/length", id), make).await.into_body();
        for _ in 0..frames {
            assert!(body.frame().await.unwrap().is_ok());
        }
        drop(body);
        layer.drain().await;
        assert_eq!(recorded(id), flight("/length", Some(200), 3 * frames, outcome));
    }
}
