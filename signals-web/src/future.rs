//! The future of the service.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::future::BoxFuture;
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use signals_core::context::Context as Cause;
use tracing::Span;
use tracing::instrument::{Instrument as _, Instrumented};

use crate::body::SignalsBody;

/// The response, or the error, of a [`SignalsService`](crate::SignalsService).
type Outcome<B, E> = Result<Response<SignalsBody<B>>, E>;

pin_project! {
    /// The future of a [`SignalsService`](crate::SignalsService).
    pub struct SignalsFuture<F, B, E> {
        #[pin]
        way: Way<F, B, E>,
    }
}

pin_project! {
    #[project = WayProjection]
    enum Way<F, B, E> {
        WithoutSignals {
            #[pin]
            called: Instrumented<F>,
            cause: Option<Cause>,
        },
        WithSignals {
            called: BoxFuture<'static, Outcome<B, E>>,
        },
    }
}

impl<F, B, E> SignalsFuture<F, B, E> {
    /// Returns the service's own response, without signals. `cause` is the context of the request.
    pub(crate) fn without_signals(called: F, span: Span, cause: Option<Cause>) -> Self {
        Self { way: Way::WithoutSignals { called: called.instrument(span), cause } }
    }

    /// Sends signals before and after the service's response.
    pub(crate) fn with_signals(called: impl Future<Output = Outcome<B, E>> + Send + 'static) -> Self {
        Self { way: Way::WithSignals { called: Box::pin(called) } }
    }
}

impl<F, B, E> Future for SignalsFuture<F, B, E>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Outcome<B, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().way.project() {
            WayProjection::WithSignals { called } => called.as_mut().poll(context),
            WayProjection::WithoutSignals { mut called, cause } => {
                let mut poll = || called.as_mut().poll(context);
                let polled = match &*cause {
                    Some(cause) => cause.clone().run(poll),
                    None => poll(),
                };
                let response = ready!(polled)?;
                Poll::Ready(Ok(SignalsBody::unwatched(response, called.span().clone(), cause.take())))
            }
        }
    }
}

impl<F, B, E> fmt::Debug for SignalsFuture<F, B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignalsFuture").finish_non_exhaustive()
    }
}
