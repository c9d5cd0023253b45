//! The call of one receiver.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use tracing::Span;

use super::Frame;
use crate::error::{BoxError, Error, ReceiverError, Result};
use crate::registry::{Entry, Sender};
use crate::signal::{Call, Event, Receiver, ReceiverInfo, Response, Signal};

/// Calls one receiver in its frame and span; its failure is named and logged.
pub(super) async fn call<S: Signal, M: Sender<S>>(
    entry: &Entry<S, M>,
    event: &mut Event<'_, S, M>,
    frame: Frame,
    parent: &Span,
) -> Result<Response<S>> {
    let info = entry.info();
    let span = tracing::debug_span!(
        target: "signals",
        parent: parent,
        "receiver",
        receiver = tracing::field::Empty,
        file = info.file(),
        line = info.line(),
    );
    if !span.is_disabled() {
        span.record("receiver", info.path());
    }
    let outcome = match entry {
        Entry::Own(receiver) => run(receiver, event, frame, &span).await,
        Entry::Any(receiver) => match M::erase(event) {
            Some(mut event) => run(receiver, &mut event, frame, &span).await,
            None => return Err(Error::Schema(format!("`{}` has no payload without a sender", S::NAME))),
        },
    };
    outcome.map_err(|source| failure::<S, M>(info, source, &span))
}

async fn run<S: Signal, M: ?Sized + Send + Sync + 'static>(
    receiver: &Receiver<S, M>,
    event: &mut Event<'_, S, M>,
    frame: Frame,
    span: &Span,
) -> Result<Response<S>, BoxError> {
    let future = match &receiver.call {
        Call::Sync(function) => return frame.run(|| span.in_scope(|| function(event))),
        Call::SyncClosure(function) => return frame.run(|| span.in_scope(|| function(event))),
        Call::Async(function) => frame.run(|| function(event)),
        Call::AsyncClosure(function) => frame.run(|| function(event)),
    };
    Running { future, frame, span }.await
}

/// A receiver's future, polled in its frame and its span.
struct Running<'a, T> {
    future: BoxFuture<'a, T>,
    frame: Frame,
    span: &'a Span,
}

impl<T> Future for Running<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Self { future, frame, span } = &mut *self;
        frame.run(|| span.in_scope(|| future.as_mut().poll(context)))
    }
}

/// Names the receiver that failed. A recursion error collects its chain on its way out instead.
fn failure<S: Signal, M: Sender<S>>(info: &ReceiverInfo, source: BoxError, span: &Span) -> Error {
    let step = info.step(S::NAME, M::name());
    match source.downcast::<Error>() {
        Ok(error) => match *error {
            Error::Recursion(mut recursion) => {
                recursion.chain.insert(0, step);
                Error::Recursion(recursion)
            }
            error => log(ReceiverError::new(step, error.into()), info, span),
        },
        Err(source) => log(ReceiverError::new(step, source), info, span),
    }
}

fn log(failure: ReceiverError, info: &ReceiverInfo, span: &Span) -> Error {
    let ReceiverError { step, source } = &failure;
    if info.is_robust() {
        tracing::error!(
            target: "signals", parent: span, signal = step.signal, sender = step.sender, receiver = step.receiver,
            file = step.file, line = step.line, error = %source, "a robust receiver failed",
        );
    } else {
        tracing::warn!(
            target: "signals", parent: span, signal = step.signal, sender = step.sender, receiver = step.receiver,
            file = step.file, line = step.line, error = %source, "a receiver failed",
        );
    }
    Error::Receiver(Box::new(failure))
}
