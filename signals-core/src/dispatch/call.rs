//! The call of one receiver.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use tracing::Span;
use tracing::level_filters::LevelFilter;

use super::Frame;
use crate::error::{BoxError, Error, ReceiverError, Result, Step};
use crate::registry::{Entry, Sender};
use crate::signal::{Call, Event, Receiver, ReceiverInfo, Response, Signal};

/// Where the receivers of one send run: how deep, and under which span.
pub(super) struct Place {
    pub(super) frame: Frame,
    pub(super) span: Span,
}

impl Place {
    /// The place of a send that stops at the first failure.
    #[inline]
    pub(super) fn of_send<S: Signal, M: Sender<S>>(frame: Frame) -> Self {
        let span = if traced() { send_span(S::NAME, M::name()) } else { Span::none() };
        Self { frame, span }
    }
}

/// Whether anyone may want spans. It is one load, where each disabled span would cost several.
#[inline]
fn traced() -> bool {
    LevelFilter::current() >= LevelFilter::DEBUG
}

#[cold]
fn send_span(signal: &'static str, sender: &'static str) -> Span {
    tracing::debug_span!(target: "signals", "send", signal, sender)
}

#[cold]
fn receiver_span(info: &ReceiverInfo, send: &Span) -> Span {
    let (file, line) = (info.file(), info.line());
    // Where a filter leaves the send's span out, this one goes under the caller's.
    let span = send
        .in_scope(|| tracing::debug_span!(target: "signals", "receiver", receiver = tracing::field::Empty, file, line));
    if !span.is_disabled() {
        span.record("receiver", info.path());
    }
    span
}

/// Calls the sync receivers at the head of the list and returns those left, the first of which takes the way of [`call`].
///
/// They share one turn in the frame, and none has a future: both would cost more than a small receiver does.
#[inline]
pub(super) fn call_sync<'r, S: Signal, M: Sender<S>>(
    receivers: &'r [Entry<S, M>],
    event: &mut Event<'_, S, M>,
    place: &Place,
    raw: bool,
    responses: &mut Vec<Response<S>>,
) -> Result<&'r [Entry<S, M>]> {
    let mut left = receivers;
    if traced() {
        return Ok(left);
    }
    place.frame.run(|| {
        while let Some((entry, rest)) = left.split_first() {
            if entry.is_called(event, raw) {
                if entry.info().is_robust() {
                    break;
                }
                match call_now(entry, event) {
                    Some(Ok(response)) => responses.push(response),
                    Some(Err(source)) => return Err(failure::<S, M>(entry.info(), source, &place.span)),
                    None => break,
                }
            }
            left = rest;
        }
        Ok(left)
    })
}

/// Calls a receiver that is sync.
#[inline]
fn call_now<S: Signal, M: Sender<S>>(
    entry: &Entry<S, M>,
    event: &mut Event<'_, S, M>,
) -> Option<Result<Response<S>, BoxError>> {
    match entry {
        Entry::Own(receiver) => receiver.call.now(event),
        Entry::Any(receiver) if receiver.call.is_sync() => receiver.call.now(&mut M::erase(event)?),
        Entry::Any(_) => None,
    }
}

/// Calls one receiver in its frame and span; its failure is named and logged.
pub(super) async fn call<S: Signal, M: Sender<S>>(
    entry: &Entry<S, M>,
    event: &mut Event<'_, S, M>,
    place: &Place,
) -> Result<Response<S>> {
    let info = entry.info();
    let span = if traced() { receiver_span(info, &place.span) } else { Span::none() };
    let outcome = match entry {
        Entry::Own(receiver) => run(receiver, event, place.frame, &span).await,
        Entry::Any(receiver) => match M::erase(event) {
            Some(mut event) => run(receiver, &mut event, place.frame, &span).await,
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
        Call::Async(function) => frame.run(|| span.in_scope(|| function(event))),
        Call::AsyncClosure(function) => frame.run(|| span.in_scope(|| function(event))),
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
#[cold]
fn failure<S: Signal, M: Sender<S>>(info: &ReceiverInfo, source: BoxError, span: &Span) -> Error {
    named(info, info.step(S::NAME, M::name()), source, span)
}

fn named(info: &ReceiverInfo, step: Step, source: BoxError, span: &Span) -> Error {
    match source.downcast::<Error>() {
        Ok(error) => match *error {
            Error::Recursion(mut recursion) => {
                recursion.chain.insert(0, step);
                if info.is_robust() {
                    // It stops here, so it is told here.
                    span.in_scope(
                        || tracing::error!(target: "signals", error = %recursion, "a robust receiver failed"),
                    );
                }
                Error::Recursion(recursion)
            }
            error => log(ReceiverError::new(step, error.into()), info, span),
        },
        Err(source) => log(ReceiverError::new(step, source), info, span),
    }
}

fn log(failure: ReceiverError, info: &ReceiverInfo, span: &Span) -> Error {
    let ReceiverError { step, source } = &failure;
    // Entered and not named as the parent, since an event whose parent is filtered out would lose the caller's spans too.
    span.in_scope(|| {
        if info.is_robust() {
            tracing::error!(
                target: "signals", signal = step.signal, sender = step.sender, receiver = step.receiver,
                file = step.file, line = step.line, error = %source, "a robust receiver failed",
            );
        } else {
            tracing::warn!(
                target: "signals", signal = step.signal, sender = step.sender, receiver = step.receiver,
                file = step.file, line = step.line, error = %source, "a receiver failed",
            );
        }
    });
    Error::Receiver(Box::new(failure))
}
