//! The payload of one send and its savepoint, without their types.

use futures_util::future::BoxFuture;

use super::SavepointGuard;
use crate::error::{BoxError, Error, Result};
use crate::registry::{Entry, Sender};
use crate::signal::{Call, Event, Receiver, Response, Signal};

/// The signal's name, and the function that returns the sender's.
pub(super) type Names = (&'static str, fn() -> &'static str);

/// The interface of a send to its payload. Only this is compiled for each signal of each model.
pub(super) trait Targets<R>: Send {
    /// Returns whether the receiver's condition on the payload holds.
    fn holds(&self, entry: &Entry) -> bool;
    /// Calls a receiver.
    fn start<'a>(&'a mut self, entry: &'a Entry) -> Started<'a, R>;
    /// Opens the savepoint of a robust receiver and puts it into the payload.
    fn enter_savepoint(&mut self) -> BoxFuture<'_, Result<()>>;
    /// Takes the savepoint out of the payload and ends it. `keep` is true if the receiver succeeded.
    fn exit_savepoint(&mut self, keep: bool) -> BoxFuture<'_, Result<()>>;
    /// Returns the names of the signal and the sender.
    fn names(&self) -> Names;
}

/// The receivers that are left and the responses, or the receiver that failed.
type Head<'r, S> = Result<(&'r [Entry], Vec<Response<S>>), (&'r Entry, BoxError)>;

/// Returns the list with another element. By reference, the list would be in memory, and the processor would
/// wait for its length.
#[inline]
fn pushed<T>(mut list: Vec<T>, element: T) -> Vec<T> {
    if list.len() == list.capacity() {
        return grown(list, element);
    }
    list.push(element);
    list
}

#[cold]
#[inline(never)]
fn grown<T>(mut list: Vec<T>, element: T) -> Vec<T> {
    list.push(element);
    list
}

/// A receiver that was called.
pub(super) enum Started<'a, R> {
    /// It has returned.
    Done(Result<R, BoxError>),
    /// It is still running.
    Running(BoxFuture<'a, Result<R, BoxError>>),
}

/// The payload and the savepoint with their types.
pub(super) struct Typed<'t, 'b, S: Signal, M: Sender<S>, G> {
    pub(super) event: &'t mut Event<'b, S, M>,
    pub(super) savepoint: G,
}

impl<S: Signal, M: Sender<S>, G> Typed<'_, '_, S, M, G> {
    /// Calls the sync receivers at the head of the list. Returns the receivers after them and the responses, or
    /// which receiver failed.
    #[inline]
    pub(super) fn call_head<'r>(&mut self, mut receivers: &'r [Entry], raw: bool) -> Head<'r, S> {
        let mut responses = Vec::new();
        while let [entry, rest @ ..] = receivers
            && entry.is_plain()
        {
            receivers = rest;
            if entry.receives(raw) && (!entry.is_conditional() || self.condition_holds(entry)) {
                responses = pushed(responses, self.call_sync(entry).map_err(|source| (entry, source))?);
            }
        }
        Ok((receivers, responses))
    }

    /// Calls a sync receiver.
    #[inline]
    fn call_sync(&mut self, entry: &Entry) -> Result<Response<S>, BoxError> {
        let outcome = match entry.own::<S, M>() {
            Some(receiver) => receiver.call.now(self.event),
            None => self.call_any_sync(entry),
        };
        outcome.unwrap_or_else(|| Err(no_payload(S::NAME)))
    }

    /// Calls a sync receiver of every sender.
    fn call_any_sync(&mut self, entry: &Entry) -> Option<Result<Response<S>, BoxError>> {
        entry.any::<S>()?.call.now(&mut M::erase(self.event)?)
    }

    fn condition_holds(&self, entry: &Entry) -> bool {
        let holds = |receiver: &Receiver<S, M>| receiver.when.is_none_or(|holds| holds(self.event));
        entry.own::<S, M>().is_none_or(holds)
    }
}

impl<'b, S, M, G> Targets<Response<S>> for Typed<'_, 'b, S, M, G>
where
    S: Signal,
    M: Sender<S>,
    G: SavepointGuard<Event<'b, S, M>>,
{
    fn holds(&self, entry: &Entry) -> bool {
        self.condition_holds(entry)
    }

    fn start<'a>(&'a mut self, entry: &'a Entry) -> Started<'a, Response<S>> {
        if let Some(receiver) = entry.own::<S, M>() {
            return start(receiver, self.event);
        }
        let (Some(receiver), Some(mut event)) = (entry.any::<S>(), M::erase(self.event)) else {
            return Started::Done(Err(no_payload(S::NAME)));
        };
        if let Some(outcome) = receiver.call.now(&mut event) {
            return Started::Done(outcome);
        }
        Started::Running(Box::pin(async move {
            match start(receiver, &mut event) {
                Started::Done(outcome) => outcome,
                Started::Running(future) => future.await,
            }
        }))
    }

    fn enter_savepoint(&mut self) -> BoxFuture<'_, Result<()>> {
        self.savepoint.enter(self.event)
    }

    fn exit_savepoint(&mut self, keep: bool) -> BoxFuture<'_, Result<()>> {
        self.savepoint.exit(self.event, keep)
    }

    fn names(&self) -> Names {
        (S::NAME, M::name)
    }
}

#[inline]
fn start<'a, S: Signal, M: ?Sized + Send + Sync + 'static>(
    receiver: &'a Receiver<S, M>,
    event: &'a mut Event<'_, S, M>,
) -> Started<'a, Response<S>> {
    match &receiver.call {
        Call::Sync(function) => Started::Done(function(event)),
        Call::SyncClosure(function) => Started::Done(function(event)),
        Call::Async(function) => Started::Running(function(event)),
        Call::AsyncClosure(function) => Started::Running(function(event)),
    }
}

#[cold]
fn no_payload(signal: &str) -> BoxError {
    Error::Internal(format!("`{signal}` has no payload without a sender")).into()
}
