//! The call of one receiver, and the log of its failure.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tracing::Span;

use super::causes;
use super::frame::{AtSite, CallContext, InFrame, traced};
use super::targets::{Names, Started, Targets};
use crate::error::{BoxError, Error, ReceiverCall, ReceiverError, Result, escaped};
use crate::registry::Entry;
use crate::signal::ReceiverInfo;

/// The scope of a receiver's failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fails {
    /// The send ends, and returns the error to its caller.
    Send,
    /// Only the receiver ends. Its log event is the only record of the error.
    Alone,
}

#[cold]
fn receiver_span(info: &ReceiverInfo, send: &Span) -> Span {
    let (file, line) = (info.file(), info.line());
    // If a filter drops the send's span, this span is a child of the caller's.
    let span = send
        .in_scope(|| tracing::debug_span!(target: "signals", "receiver", receiver = tracing::field::Empty, file, line));
    if !span.is_disabled() {
        span.record("receiver", info.path());
    }
    span
}

/// Returns the error that names the receiver whose failure ends the send, and logs the failure.
#[cold]
pub(super) fn failed(info: &ReceiverInfo, names: Names, source: BoxError, span: &Span) -> Error {
    failure(info, names, source, (Fails::Send, span))
}

/// Calls one receiver in its frame and span. Its failure is named and logged.
pub(super) async fn call<R: Send>(
    targets: &mut dyn Targets<R>,
    entry: &Entry,
    place: &CallContext,
    fails: Fails,
) -> Result<R> {
    let info = entry.info();
    let span = if traced() { receiver_span(info, &place.span) } else { Span::none() };
    let names = targets.names();
    let outcome = match place.frame.run(|| span.in_scope(|| targets.start(entry))) {
        Started::Done(outcome) => outcome,
        Started::Running(future) => {
            let work = InSpan { work: AtSite { receiver: entry, future }, span: &span };
            InFrame { frame: place.frame, work }.await
        }
    };
    outcome.map_err(|source| failure(info, names, source, (fails, &span)))
}

/// A receiver's future, polled in its span.
struct InSpan<'a, T> {
    work: AtSite<'a, T>,
    span: &'a Span,
}

impl<T> Future for InSpan<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Self { work, span } = &mut *self;
        span.in_scope(|| Pin::new(work).poll(context))
    }
}

/// Returns the error that names the failed receiver, and logs the failure. A recursion error that is passed
/// on collects its chain instead.
#[cold]
fn failure(info: &ReceiverInfo, (signal, sender): Names, source: BoxError, place: (Fails, &Span)) -> Error {
    let step = info.step(signal, sender());
    let source = match source.downcast::<Error>() {
        Ok(error) => match *error {
            Error::Recursion(mut recursion) => {
                recursion.chain.insert(0, step);
                if let (Fails::Alone, Some(step)) = (place.0, recursion.chain.first()) {
                    log(step, &*recursion, info, place);
                }
                return Error::Recursion(recursion);
            }
            error => error.into(),
        },
        Err(source) => source,
    };
    log(&step, &*source, info, place);
    Error::Receiver(Box::new(ReceiverError::new(step, source)))
}

/// Logs that a receiver was not called. The send does not fail.
#[cold]
pub(super) fn not_called(info: &ReceiverInfo, (signal, sender): Names, error: &Error) {
    log(&info.step(signal, sender()), error, info, (Fails::Alone, &Span::none()));
}

fn log(step: &ReceiverCall, source: &(dyn StdError + 'static), info: &ReceiverInfo, (fails, span): (Fails, &Span)) {
    // Entered, and not named as the parent: if a filter drops an event's parent, the caller's spans are lost
    // too.
    span.in_scope(|| match fails {
        Fails::Alone => {
            let message = if info.is_robust() { "a robust receiver failed" } else { "a receiver failed" };
            tracing::error!(
                target: "signals", signal = step.signal, sender = step.sender, receiver = step.receiver,
                file = step.file, line = step.line, error = %causes(source), "{message}",
            );
        }
        Fails::Send => tracing::warn!(
            target: "signals", signal = step.signal, sender = step.sender, receiver = step.receiver,
            file = step.file, line = step.line, error = %escaped(source), "a receiver failed",
        ),
    });
}
