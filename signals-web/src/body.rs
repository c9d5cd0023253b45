//! The body of a response. Its end is the end of the request.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf as _;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Response};
use http_body::{Body, Frame, SizeHint};
use signals_core::context::Context as Cause;
use tracing::Span;

use crate::in_flight::InFlightRequest;
use crate::signals::RequestOutcome;

pin_project_lite::pin_project! {
    /// The body of a response that passed through [`SignalsLayer`](crate::SignalsLayer): the service's own,
    /// watched to its end.
    #[derive(Debug)]
    pub struct SignalsBody<B> {
        #[pin]
        body: B,
        // This field is after the body, so that the body's values are dropped before receivers are called.
        in_flight: Option<InFlightRequest>,
        span: Span,
        cause: Option<Cause>,
    }
}

impl<B: Body> SignalsBody<B> {
    /// Returns a response of a request without receivers. `cause` is its context.
    pub(crate) fn unwatched(response: Response<B>, span: Span, cause: Option<Cause>) -> Response<Self> {
        response.map(|body| Self { body, in_flight: None, span, cause })
    }

    /// Returns a response whose end is the end of the request.
    pub(crate) fn watched(response: Response<B>, mut in_flight: InFlightRequest, span: Span) -> Response<Self> {
        let length = response.body().size_hint().exact().or_else(|| content_length(response.headers()));
        in_flight.set_length(length);
        let cause = in_flight.context();
        response.map(|body| Self { body, in_flight: Some(in_flight), span, cause })
    }
}

/// A body without a request, for services that return an empty one.
impl<B: Default> Default for SignalsBody<B> {
    fn default() -> Self {
        Self { body: B::default(), in_flight: None, span: Span::none(), cause: None }
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl<B: Body> Body for SignalsBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let _entered = this.span.enter();
        let body = this.body;
        let poll = || body.poll_frame(context);
        let poll = || match this.cause {
            Some(cause) => cause.clone().run(poll),
            None => poll(),
        };
        let Some(in_flight) = this.in_flight else { return poll() };
        // The outcome remains if the body panics.
        in_flight.set_outcome(Some(RequestOutcome::Panicked));
        let polled = poll();
        in_flight.set_outcome(outcome(&polled));
        match &polled {
            Poll::Ready(Some(Ok(frame))) => match frame.data_ref() {
                Some(data) => in_flight.sent(data.remaining() as u64),
                // Nothing follows trailers, and a server polls no further.
                None => in_flight.ended(),
            },
            Poll::Ready(_) => *this.in_flight = None,
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        let is_ended = self.body.is_end_stream();
        if is_ended && let Some(in_flight) = &self.in_flight {
            in_flight.ended();
        }
        is_ended
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Returns the outcome of a poll, if it ends the body.
fn outcome<T, E>(polled: &Poll<Option<Result<T, E>>>) -> Option<RequestOutcome> {
    match polled {
        Poll::Ready(None) => Some(RequestOutcome::Completed),
        Poll::Ready(Some(Err(_))) => Some(RequestOutcome::Failed),
        Poll::Ready(Some(Ok(_))) | Poll::Pending => None,
    }
}
