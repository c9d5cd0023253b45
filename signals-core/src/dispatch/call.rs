//! The call of one receiver.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tracing::Span;
use tracing::level_filters::LevelFilter;

use super::frame::Site;
use super::running::{AtSite, InFrame};
use super::targets::{Calls, Next};
use super::{Frame, Targets, causes};
use crate::error::{BoxError, Error, ReceiverCall, ReceiverError, Result, escaped};
use crate::signal::ReceiverInfo;

/// Where the receivers of one send run: how deep, and under which span.
pub(super) struct CallContext {
    pub(super) frame: Frame,
    pub(super) span: Span,
}

impl CallContext {
    /// The place of a send that stops at the first failure.
    #[inline]
    pub(super) fn of_send(frame: Frame, signal: &'static str, sender: fn() -> &'static str) -> Self {
        let span = if traced() { send_span(signal, sender()) } else { Span::none() };
        Self { frame, span }
    }
}

/// What the failure of a receiver ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fails {
    /// The send, which returns the error to its caller.
    Send,
    /// The receiver alone, so that its event is all that is left of the error.
    Alone,
}

/// Whether anyone may want spans. It is one load, where each disabled span would cost several.
#[inline]
pub(super) fn traced() -> bool {
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

/// Calls the sync receivers at the head of the list, and returns the place of the first that is not called here.
///
/// The frame is set once for all of them, and none has a future: both would cost more than a small receiver does.
#[inline]
pub(super) fn call_sync<'t, R, T: Targets<'t, R>>(
    targets: &mut T,
    place: &CallContext,
    raw: bool,
    responses: &mut Vec<R>,
) -> Result<Option<usize>> {
    if traced() {
        return Ok(Some(0));
    }
    let (at, source) = match place.frame.run(|| targets.advance(0, raw, Calls::Sync, responses)) {
        Next::Done => return Ok(None),
        // Those that are async are not called here.
        Next::At(at) | Next::Called(at, _) => return Ok(Some(at)),
        Next::Failed(at, source) => (at, source),
    };
    Err(failed(targets, at, source, &place.span))
}

/// Names the receiver whose failure ends the send, and logs the failure.
#[cold]
pub(super) fn failed<R>(targets: &dyn Targets<'_, R>, at: usize, source: BoxError, span: &Span) -> Error {
    match targets.info(at) {
        Some(info) => failure(info, targets.names(), source, (Fails::Send, span)),
        None => no_receiver(),
    }
}

#[cold]
fn no_receiver() -> Error {
    Error::Internal("there is no such receiver".into())
}

/// Calls one receiver in its frame and span; its failure is named and logged.
pub(super) async fn call<R: Send>(
    targets: &mut dyn Targets<'_, R>,
    at: usize,
    place: &CallContext,
    fails: Fails,
) -> Result<R> {
    let Some(info) = targets.info(at) else { return Err(no_receiver()) };
    let span = if traced() { receiver_span(info, &place.span) } else { Span::none() };
    let names = targets.names();
    let future = place.frame.run(|| span.in_scope(|| targets.later(at)));
    let work = InSpan { work: AtSite { site: Site::of(info), future }, span: &span };
    let outcome = InFrame { frame: place.frame, work }.await;
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

/// Names the receiver that failed, and logs the failure. A recursion error that goes on collects its chain instead.
#[cold]
fn failure(
    info: &ReceiverInfo,
    (signal, sender): (&'static str, fn() -> &'static str),
    source: BoxError,
    place: (Fails, &Span),
) -> Error {
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

/// Logs that a receiver was not called, for which no send fails.
#[cold]
pub(super) fn not_called(info: &ReceiverInfo, (signal, sender): (&'static str, fn() -> &'static str), error: &Error) {
    log(&info.step(signal, sender()), error, info, (Fails::Alone, &Span::none()));
}

fn log(step: &ReceiverCall, source: &(dyn StdError + 'static), info: &ReceiverInfo, (fails, span): (Fails, &Span)) {
    // Entered and not named as the parent, since an event whose parent is filtered out would lose the caller's spans too.
    span.in_scope(|| match fails {
        Fails::Alone => {
            let message = if info.is_robust() { "a robust receiver failed" } else { "a receiver failed" };
            tracing::error!(
                target: "signals", signal = step.signal, sender = step.sender, receiver = step.receiver,
                file = step.file, line = step.line, error = causes(source), "{message}",
            );
        }
        Fails::Send => tracing::warn!(
            target: "signals", signal = step.signal, sender = step.sender, receiver = step.receiver,
            file = step.file, line = step.line, error = %escaped(source), "a receiver failed",
        ),
    });
}
