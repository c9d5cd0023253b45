//! An app whose handlers stream, sleep, fail and panic.

use std::io;
use std::panic::resume_unwind;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::map_request;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use futures_util::{Stream, StreamExt as _, stream};
use http::StatusCode;
use signals::web::{
    RequestOutcome,
    RequestOutcome::{Completed, Failed, Panicked},
    ServerError,
};

use crate::tally;

/// A page of the app.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Page {
    /// A few bytes.
    Whole,
    /// A few bytes, after a while.
    Slow,
    /// Chunks, some of which are slow.
    Stream,
    /// Chunks until the client disconnects.
    Endless,
    /// A 500 with its cause.
    Fail,
    /// A body that fails after its first chunk.
    Torn,
    /// A handler that panics.
    Panic,
    /// A body that panics after its first chunk.
    Burst,
    /// Reads the whole body, and then responds.
    Upload,
    /// Returns the body of the request.
    Echo,
    /// Responds without reading the body.
    Deaf,
}

impl Page {
    pub const ALL: [Self; 11] = [
        Self::Whole,
        Self::Slow,
        Self::Stream,
        Self::Endless,
        Self::Fail,
        Self::Torn,
        Self::Panic,
        Self::Burst,
        Self::Upload,
        Self::Echo,
        Self::Deaf,
    ];

    pub fn path(self) -> &'static str {
        match self {
            Self::Whole => "/whole",
            Self::Slow => "/slow",
            Self::Stream => "/stream",
            Self::Endless => "/endless",
            Self::Fail => "/fail",
            Self::Torn => "/torn",
            Self::Panic => "/panic",
            Self::Burst => "/burst",
            Self::Upload => "/upload",
            Self::Echo => "/echo",
            Self::Deaf => "/deaf",
        }
    }

    /// Returns whether the client sends a body.
    pub fn takes_a_body(self) -> bool {
        matches!(self, Self::Upload | Self::Echo | Self::Deaf)
    }

    /// Returns whether a connection of HTTP/1.1 cannot be used after it, even if the client waited for the
    /// response.
    pub fn breaks_the_connection(self) -> bool {
        matches!(self, Self::Torn | Self::Panic | Self::Burst | Self::Deaf)
    }

    /// Returns the outcome for a client that waits for the response.
    pub fn outcome(self) -> RequestOutcome {
        match self {
            Self::Torn => Failed,
            Self::Panic | Self::Burst => Panicked,
            _ => Completed,
        }
    }

    /// Returns whether `got_request_exception` is sent.
    pub fn is_exception(self) -> bool {
        matches!(self, Self::Fail | Self::Panic)
    }
}

const CHUNK: Bytes = Bytes::from_static(&[b'a'; 1024]);

/// Returns the app. It records each request that passes through the layer.
pub fn app() -> Router {
    let app = Router::new()
        .route(Page::Whole.path(), get(|| async { "whole" }))
        .route(Page::Slow.path(), get(slow))
        .route(Page::Stream.path(), get(|| async { body(chunks().take(20)) }))
        .route(Page::Endless.path(), get(|| async { body(chunks()) }))
        .route(Page::Fail.path(), get(fail))
        .route(Page::Torn.path(), get(|| async { body(chunks().take(1).chain(stream::iter([torn()]))) }))
        .route(Page::Panic.path(), get(async || -> &'static str { burst() }))
        .route(Page::Burst.path(), get(|| async { body(chunks().take(1).chain(stream::poll_fn(|_| burst()))) }))
        .route(Page::Upload.path(), post(|sent: Bytes| async move { sent.len().to_string() }))
        .route(Page::Echo.path(), post(|sent: Body| async { sent }))
        .route(Page::Deaf.path(), post(|| async { "what?" }));
    app.layer(map_request(async |request: Request| {
        tally::called(request.headers());
        request
    }))
}

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_millis(3)).await;
    "slow"
}

async fn fail() -> Response {
    let cause = Extension(ServerError::new(io::Error::other("disk full")));
    (StatusCode::INTERNAL_SERVER_ERROR, cause, "Something went wrong").into_response()
}

fn body(chunks: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Body {
    Body::from_stream(chunks)
}

/// Returns chunks, of which every fourth is slow.
fn chunks() -> impl Stream<Item = io::Result<Bytes>> {
    stream::iter(1..).then(|number: u32| async move {
        if number.is_multiple_of(4) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(CHUNK)
    })
}

fn torn() -> io::Result<Bytes> {
    Err(io::Error::other("torn"))
}

/// Panics without printing.
fn burst<T>() -> T {
    resume_unwind(Box::new("burst"))
}

/// Returns the body of a client: some chunks, and an error at the chunk where the client disconnects.
pub fn sent(breaks_at: Option<u64>) -> Body {
    let chunks = stream::iter(0..8).then(move |number| async move {
        tokio::task::yield_now().await;
        if breaks_at == Some(number) { torn() } else { Ok::<_, io::Error>(CHUNK) }
    });
    Body::from_stream(chunks)
}
