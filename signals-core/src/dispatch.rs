//! Calling receivers: one after another, each under its span, with the policy for failures and the recursion limit.

mod call;
mod causes;
mod custom;
mod frame;
mod running;
mod targets;

use std::any::Any;
use std::future::ready;
use std::panic::AssertUnwindSafe;
use std::pin::pin;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::error::{Error, RecursionError, Result};
use crate::registry::{Entry, Sender};
use crate::signal::{Event, ReceiverInfo, Response, Signal};

use call::{CallContext, Fails, call, call_sync, failed, not_called, traced};
pub(crate) use causes::causes;
pub use custom::{CustomSignal, notify_of};
pub use frame::DEFAULT_RECURSION_LIMIT;
#[cfg(feature = "_models")]
pub(crate) use frame::Site;
pub(crate) use frame::{Frame, Scope};
use running::InFrame;
use targets::{Calls, Next, Targets, Typed};

/// What a send needs to know beside its receivers and its payload.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sending {
    /// Whether only receivers that ask for raw writes are called.
    pub(crate) raw: bool,
    /// How deep sends may nest; that of the send around it, where there is no database to say.
    pub(crate) limit: Option<u32>,
    /// The transaction that the receivers are given.
    pub(crate) scope: Scope,
}

/// Keeps what a failing robust receiver wrote from staying.
pub(crate) trait SavepointGuard: Sync {
    /// Before the receiver is called: what its payload carries in place of the usual, such as a savepoint.
    fn enter(&self) -> BoxFuture<'_, Result<Option<Carried>>>;
    /// After it was called; `keep` says whether it succeeded.
    fn exit(&self, carried: Carried, keep: bool) -> BoxFuture<'_, Result<()>>;
    /// What payloads usually carry.
    fn usual(&self) -> &(dyn Any + Sync);
}

/// What a payload carries for one receiver.
pub(crate) type Carried = Box<dyn Any + Send + Sync>;

/// For sends without a transaction: there is nothing to keep.
pub(crate) struct NoSavepoint;

impl SavepointGuard for NoSavepoint {
    fn enter(&self) -> BoxFuture<'_, Result<Option<Carried>>> {
        Box::pin(ready(Ok(None)))
    }

    fn exit(&self, _: Carried, _: bool) -> BoxFuture<'_, Result<()>> {
        Box::pin(ready(Ok(())))
    }

    fn usual(&self) -> &(dyn Any + Sync) {
        &()
    }
}

/// Calls each receiver and stops at the first failure that is not a robust receiver's.
pub(crate) async fn send<S, M>(
    receivers: &[Entry],
    event: &mut Event<'_, S, M>,
    sending: Sending,
    guard: &dyn SavepointGuard,
) -> Result<Vec<Response<S>>>
where
    S: Signal,
    M: Sender<S>,
{
    if receivers.is_empty() {
        return Ok(Vec::new());
    }
    let place = CallContext::of_send(enter(sending)?, S::NAME, M::name);
    let mut targets = Typed::<S, M> { receivers, event };
    let mut responses = Vec::new();
    if let Some(next) = call_sync(&mut targets, &place, sending.raw, &mut responses)? {
        send_rest(&mut targets, next, sending.raw, &place, guard, &mut responses).await?;
    }
    Ok(responses)
}

/// Calls the receivers from `next` on. It knows no types, so that it is compiled once and not for each signal of each model.
async fn send_rest<R: Send>(
    targets: &mut dyn Targets<'_, R>,
    mut next: usize,
    raw: bool,
    place: &CallContext,
    guard: &dyn SavepointGuard,
    responses: &mut Vec<R>,
) -> Result<()> {
    // The frame is set once for each poll of the whole loop: to set it for each receiver would cost more than a small one does.
    let work = pin!(async move {
        loop {
            let calls = if traced() { Calls::Nobody } else { Calls::All };
            let (at, outcome) = match targets.advance(next, raw, calls, responses) {
                Next::Done => return Ok(()),
                Next::At(at) => (at, None),
                Next::Called(at, running) => (at, Some(running.await)),
                Next::Failed(at, source) => (at, Some(Err(source))),
            };
            match outcome {
                Some(Ok(response)) => responses.push(response),
                Some(Err(source)) => return Err(failed(targets, at, source, &place.span)),
                None => responses.extend(call_at(targets, at, place, guard).await?),
            }
            next = at + 1;
        }
    });
    InFrame { frame: place.frame, work }.await
}

/// Calls one receiver, robust or not.
async fn call_at<R: Send>(
    targets: &mut dyn Targets<'_, R>,
    at: usize,
    place: &CallContext,
    guard: &dyn SavepointGuard,
) -> Result<Option<R>> {
    if targets.info(at).is_some_and(ReceiverInfo::is_robust) {
        return call_guarded(targets, at, place, guard).await;
    }
    call(targets, at, place, Fails::Send).await.map(Some)
}

/// Calls a robust receiver, whose failure undoes what it wrote and stops nothing.
async fn call_guarded<R: Send>(
    targets: &mut dyn Targets<'_, R>,
    at: usize,
    place: &CallContext,
    guard: &dyn SavepointGuard,
) -> Result<Option<R>> {
    let carried = guard.enter().await?;
    if let Some(carried) = &carried {
        targets.carry(&**carried);
    }
    let outcome = call(targets, at, place, Fails::Alone).await;
    targets.carry(guard.usual());
    if let Some(carried) = carried
        && let Err(error) = guard.exit(carried, outcome.is_ok()).await
    {
        // `call` has logged the receiver's own failure. That of ending its savepoint, which undoes it too, stops nothing either.
        let receiver = targets.info(at).map(ReceiverInfo::path);
        let (signal, _) = targets.names();
        tracing::error!(target: "signals", signal, receiver, %error, "a robust receiver's savepoint failed");
        return Ok(None);
    }
    Ok(outcome.ok())
}

/// Calls every receiver that `chosen` lets through, also after one has failed or panicked; how many did. Each failure is logged.
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
    notify_all(&mut Typed::<S, M> { receivers, event }, chosen, sending).await
}

async fn notify_all<R: Send>(
    targets: &mut dyn Targets<'_, R>,
    chosen: fn(&ReceiverInfo) -> bool,
    sending: Sending,
) -> u64 {
    let mut failures = 0;
    let mut next = 0;
    while let Some(info) = targets.info(next) {
        if chosen(info) && targets.is_called(next, sending.raw) {
            let (signal, sender) = targets.names();
            let called = async {
                let frame = enter(sending).inspect_err(|error| not_called(info, (signal, sender), error))?;
                let place = CallContext::of_send(frame, signal, sender);
                call(targets, next, &place, Fails::Alone).await.map(drop)
            };
            let outcome = AssertUnwindSafe(called).catch_unwind().await;
            if outcome.is_err() {
                let (receiver, file, line) = (info.path(), info.file(), info.line());
                tracing::error!(target: "signals", signal, sender = sender(), receiver, file, line, "a receiver panicked");
            }
            failures += u64::from(!matches!(outcome, Ok(Ok(()))));
        }
        next += 1;
    }
    failures
}

/// One level deeper, unless that is past the limit.
#[inline]
fn enter(sending: Sending) -> Result<Frame> {
    let frame = Frame::current().deeper(sending.scope, sending.limit);
    if frame.depth() > frame.limit() {
        return Err(too_deep(frame.limit()));
    }
    Ok(frame)
}

#[cold]
fn too_deep(limit: u32) -> Error {
    Error::Recursion(Box::new(RecursionError::new(limit)))
}
