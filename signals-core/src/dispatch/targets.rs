//! The receivers of one send and its payload, without their types.

use std::any::Any;
use std::future::ready;

use futures_util::future::BoxFuture;

use super::frame::Site;
use super::running::AtSite;
use crate::error::{BoxError, Error};
use crate::registry::{Entry, Sender};
use crate::signal::{Call, Event, Receiver, ReceiverInfo, Response, Signal};

/// What a send needs of its receivers: all that is compiled for each signal of each model.
pub(super) trait Targets<'t, R>: Send {
    /// What is known of a receiver; `None` past the last.
    fn info(&self, at: usize) -> Option<&'t ReceiverInfo>;
    /// Whether it is called, for a write that is raw or is not.
    fn is_called(&self, at: usize, raw: bool) -> bool;
    /// Calls the receivers from `at` on. Stops at the first that this call may not run, that is async, or that fails.
    fn advance(&mut self, at: usize, raw: bool, calls: Calls, responses: &mut Vec<R>) -> Next<'_, R>;
    /// Calls it, and returns what is left to wait for.
    fn later(&mut self, at: usize) -> BoxFuture<'_, Result<R, BoxError>>;
    /// Gives the payload something else to carry.
    fn carry(&mut self, carried: &dyn Any);
    /// The signal's name, and the function that tells the sender's.
    fn names(&self) -> (&'static str, fn() -> &'static str);
}

/// Which receivers [`Targets::advance`] calls. A robust one it never calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Calls {
    /// Those that are sync.
    Sync,
    /// Those that are sync, and the first that is async.
    All,
    /// None.
    Nobody,
}

/// What [`Targets::advance`] came to.
pub(super) enum Next<'a, R> {
    /// The end of the list.
    Done,
    /// A receiver that was not called.
    At(usize),
    /// A receiver that was called, and what is left to wait for.
    Called(usize, AtSite<'a, Result<R, BoxError>>),
    /// A receiver that failed.
    Failed(usize, BoxError),
}

/// The receivers and the payload with their types.
pub(super) struct Typed<'t, 'b, S: Signal, M: Sender<S>> {
    pub(super) receivers: &'t [Entry],
    pub(super) event: &'t mut Event<'b, S, M>,
}

impl<S: Signal, M: Sender<S>> Typed<'_, '_, S, M> {
    /// Calls a receiver, if it is sync.
    #[inline]
    fn call_sync(&mut self, entry: &Entry) -> Option<Result<Response<S>, BoxError>> {
        if let Some(receiver) = entry.own::<S, M>() {
            return receiver.call.now(self.event);
        }
        let receiver = entry.any::<S>().filter(|receiver| receiver.call.is_sync())?;
        receiver.call.now(&mut M::erase(self.event)?)
    }
}

impl<'t, S: Signal, M: Sender<S>> Targets<'t, Response<S>> for Typed<'t, '_, S, M> {
    #[inline]
    fn info(&self, at: usize) -> Option<&'t ReceiverInfo> {
        self.receivers.get(at).map(Entry::info)
    }

    #[inline]
    fn is_called(&self, at: usize, raw: bool) -> bool {
        let Some(entry) = self.receivers.get(at) else { return false };
        let holds = |receiver: &Receiver<S, M>| receiver.when.is_none_or(|holds| holds(self.event));
        entry.receives(raw) && (!entry.is_conditional() || entry.own::<S, M>().is_none_or(holds))
    }

    fn advance(
        &mut self,
        mut at: usize,
        raw: bool,
        calls: Calls,
        responses: &mut Vec<Response<S>>,
    ) -> Next<'_, Response<S>> {
        let receivers = self.receivers;
        while let Some(entry) = receivers.get(at) {
            if self.is_called(at, raw) {
                if calls == Calls::Nobody || entry.info().is_robust() {
                    return Next::At(at);
                }
                match self.call_sync(entry) {
                    Some(Ok(response)) => responses.push(response),
                    Some(Err(source)) => return Next::Failed(at, source),
                    None if calls == Calls::Sync => return Next::At(at),
                    None => return Next::Called(at, AtSite { site: Site::of(entry.info()), future: self.later(at) }),
                }
            }
            at += 1;
        }
        Next::Done
    }

    fn later(&mut self, at: usize) -> BoxFuture<'_, Result<Response<S>, BoxError>> {
        let entry = self.receivers.get(at);
        if let Some(receiver) = entry.and_then(Entry::own::<S, M>) {
            return start(receiver, self.event);
        }
        match (entry.and_then(Entry::any::<S>), M::erase(self.event)) {
            (Some(receiver), Some(mut event)) => Box::pin(async move { start(receiver, &mut event).await }),
            _ => Box::pin(ready(Err(no_payload(S::NAME)))),
        }
    }

    fn carry(&mut self, carried: &dyn Any) {
        M::carry(self.event, carried);
    }

    fn names(&self) -> (&'static str, fn() -> &'static str) {
        (S::NAME, M::name)
    }
}

fn start<'a, S: Signal, M: ?Sized + Send + Sync + 'static>(
    receiver: &'a Receiver<S, M>,
    event: &'a mut Event<'_, S, M>,
) -> BoxFuture<'a, Result<Response<S>, BoxError>> {
    match &receiver.call {
        Call::Sync(function) => Box::pin(ready(function(event))),
        Call::SyncClosure(function) => Box::pin(ready(function(event))),
        Call::Async(function) => function(event),
        Call::AsyncClosure(function) => function(event),
    }
}

#[cold]
fn no_payload(signal: &str) -> BoxError {
    Error::Internal(format!("`{signal}` has no payload without a sender")).into()
}
