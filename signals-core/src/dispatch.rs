//! Calls of receivers: in order, each in its span, with the policy for failures and the recursion limit.

mod call;
mod causes;
mod custom;
mod frame;
mod savepoint;
mod targets;

use std::panic::AssertUnwindSafe;
use std::pin::pin;

use futures_util::FutureExt as _;
use tracing::Span;

#[cfg(feature = "_models")]
use crate::error::BoxError;
use crate::error::{Error, RecursionError, Result};
use crate::registry::{Entry, Sender};
use crate::signal::{Event, ReceiverInfo, Response, Signal};

use call::{Fails, call, failed, not_called};
pub(crate) use causes::causes;
pub use custom::{CustomSignal, notify_of};
pub use frame::DEFAULT_RECURSION_LIMIT;
#[cfg(feature = "_models")]
pub(crate) use frame::current_receiver;
use frame::{AtSite, CallContext, InFrame, note_receiver, traced};
pub(crate) use frame::{Frame, Scope};
pub(crate) use savepoint::{NoSavepoint, SavepointGuard};
use targets::{Started, Targets, Typed};

/// The settings of a send, beside its receivers and its payload.
#[derive(Clone, Copy)]
pub(crate) struct Sending {
    /// Whether only receivers marked `raw` are called.
    pub(crate) raw: bool,
    /// How deep sends may nest. If `None`, the limit of the send around it applies.
    pub(crate) limit: Option<u32>,
    /// The transaction that the receivers get.
    pub(crate) scope: Scope,
}

impl Sending {
    /// The settings of a send without a database.
    pub(crate) const UNBOUND: Self = Self { raw: false, limit: None, scope: Scope { db: 0, tx: 0, level: 0 } };
}

/// Calls each receiver, and stops at the first failure, unless the receiver is robust.
pub(crate) async fn send<'b, S, M>(
    receivers: &[Entry],
    event: &mut Event<'b, S, M>,
    sending: Sending,
    savepoint: impl SavepointGuard<Event<'b, S, M>>,
) -> Result<Vec<Response<S>>>
where
    S: Signal,
    M: Sender<S>,
{
    if receivers.is_empty() {
        return Ok(Vec::new());
    }
    let mut targets = Typed::<S, M, _> { event, savepoint };
    let (rest, head) = call_head(&mut targets, receivers, &sending)?;
    if rest.is_empty() {
        return Ok(head);
    }
    let mut responses = head;
    let frame = enter(&sending).map_err(TooDeep::error)?;
    let called = {
        let work = pin!(call_in_order(&mut targets, rest, frame, sending.raw, &mut responses));
        InFrame { frame, work }.await
    };
    called.map(|()| responses).map_err(|error| *error)
}

/// Calls the sync receivers at the head of the list. Returns the receivers after them, and the responses.
///
/// The frame is set once for all of them, and none has a future. Both would cost more than a small receiver.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "it has one caller for each payload, and a call takes as long as a small receiver"
)]
fn call_head<'r, 'b, S, M, G>(
    targets: &mut Typed<'_, 'b, S, M, G>,
    receivers: &'r [Entry],
    sending: &Sending,
) -> Result<(&'r [Entry], Vec<Response<S>>)>
where
    S: Signal,
    M: Sender<S>,
    G: SavepointGuard<Event<'b, S, M>>,
{
    if !receivers.first().is_some_and(Entry::is_plain) || traced() {
        return Ok((receivers, Vec::new()));
    }
    let frame = enter(sending).map_err(TooDeep::error)?;
    let called = frame.run(|| targets.call_head(receivers, sending.raw));
    called.map_err(|(entry, source)| failed(entry.info(), targets.names(), source, &Span::none()))
}

/// Calls the receivers in order, in an [`InFrame`]. It does not depend on their types, so it is compiled once
/// and not for each signal of each model.
///
/// The frame is set once for each poll of the whole loop. To set it for each receiver would cost more than a
/// small receiver. The error is boxed, since each outer future moves its output.
async fn call_in_order<R: Send>(
    targets: &mut dyn Targets<R>,
    receivers: &[Entry],
    frame: Frame,
    raw: bool,
    responses: &mut Vec<R>,
) -> Result<(), Box<Error>> {
    let place = CallContext::of_send(frame, || targets.names());
    for entry in receivers {
        if !entry.receives(raw) || (entry.is_conditional() && !targets.holds(entry)) {
            continue;
        }
        if entry.is_robust() {
            responses.extend(call_guarded(targets, entry, &place).await?);
        } else if traced() {
            responses.push(call(targets, entry, &place, Fails::Send).await?);
        } else {
            if entry.is_plain() {
                note_receiver(entry);
            }
            let outcome = match targets.start(entry) {
                Started::Done(outcome) => outcome,
                Started::Running(future) => AtSite { receiver: entry, future }.await,
            };
            match outcome {
                Ok(response) => responses.push(response),
                Err(source) => return Err(failed(entry.info(), targets.names(), source, &place.span).into()),
            }
        }
    }
    Ok(())
}

/// Calls a robust receiver. Its failure undoes its writes, and does not stop the send.
async fn call_guarded<R: Send>(targets: &mut dyn Targets<R>, entry: &Entry, place: &CallContext) -> Result<Option<R>> {
    targets.enter_savepoint().await?;
    let outcome = call(targets, entry, place, Fails::Alone).await;
    if let Err(error) = targets.exit_savepoint(outcome.is_ok()).await {
        // `call` has logged the receiver's own failure. A failure of its savepoint also undoes the writes,
        // and does not stop the send.
        let ((signal, _), receiver) = (targets.names(), entry.info().path());
        tracing::error!(target: "signals", signal, receiver, %error, "a robust receiver's savepoint failed");
        return Ok(None);
    }
    Ok(outcome.ok())
}

/// Returns the error of a receiver that failed without a call, and logs the failure.
#[cfg(feature = "_models")]
#[cold]
pub(crate) fn refused<S: Signal, M: Sender<S>>(entry: &Entry, source: BoxError) -> Error {
    failed(entry.info(), (S::NAME, M::name), source, &Span::none())
}

/// Calls every receiver that `chosen` accepts, even after one has failed or panicked. Returns how many
/// failed. Each failure is logged.
pub(crate) async fn notify<S, M>(
    receivers: &[Entry],
    chosen: fn(&ReceiverInfo) -> bool,
    event: &mut Event<'_, S, M>,
    sending: Sending,
) -> u64
where
    S: Signal,
    M: Sender<S>,
{
    notify_all(&mut Typed::<S, M, _> { event, savepoint: NoSavepoint }, receivers, chosen, sending).await
}

async fn notify_all<R: Send>(
    targets: &mut dyn Targets<R>,
    receivers: &[Entry],
    chosen: fn(&ReceiverInfo) -> bool,
    sending: Sending,
) -> u64 {
    let names = targets.names();
    let mut failures = 0;
    for entry in receivers.iter().filter(|entry| chosen(entry.info()) && entry.receives(sending.raw)) {
        if entry.is_conditional() && !targets.holds(entry) {
            continue;
        }
        let info = entry.info();
        let called = async {
            let frame = enter(&sending).map_err(TooDeep::error).inspect_err(|error| not_called(info, names, error))?;
            call(targets, entry, &CallContext::of_send(frame, || names), Fails::Alone).await.map(drop)
        };
        let outcome = AssertUnwindSafe(called).catch_unwind().await;
        if outcome.is_err() {
            let ((signal, sender), receiver) = (names, info.path());
            let (sender, file, line) = (sender(), info.file(), info.line());
            tracing::error!(target: "signals", signal, sender, receiver, file, line, "a receiver panicked");
        }
        failures += u64::from(!matches!(outcome, Ok(Ok(()))));
    }
    failures
}

/// Returns the frame one level deeper, unless that exceeds the limit.
#[inline]
fn enter(sending: &Sending) -> Result<Frame, TooDeep> {
    let frame = Frame::current().deeper(sending.scope, sending.limit);
    if frame.depth() > frame.limit() { Err(TooDeep(frame.limit())) } else { Ok(frame) }
}

/// A send past the recursion limit. It is smaller than an [`Error`], which each send would move.
struct TooDeep(u32);

impl TooDeep {
    #[cold]
    fn error(self) -> Error {
        Error::Recursion(Box::new(RecursionError::new(self.0)))
    }
}
