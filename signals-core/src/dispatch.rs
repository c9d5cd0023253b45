//! Calling receivers: one after another, each under its span, with the policy for failures and the recursion limit.

mod call;
mod custom;
mod frame;

use std::future::Future;

use crate::error::{Error, RecursionError, Result};
use crate::registry::{Entry, Sender};
use crate::signal::{Event, ReceiverInfo, Response, Signal};

use call::{Place, call, call_sync};
pub use custom::CustomSignal;
pub(crate) use frame::{Frame, Scope};

/// How deep signals may nest unless a [`Builder`](crate::db::Builder) says otherwise.
pub const DEFAULT_RECURSION_LIMIT: u32 = 32;

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
pub(crate) trait Shield<E>: Sync {
    /// Before the receiver is called.
    fn raise(&self, event: &mut E) -> impl Future<Output = Result<()>> + Send;
    /// After it was called; `keep` says whether it succeeded.
    fn lower(&self, event: &mut E, keep: bool) -> impl Future<Output = Result<()>> + Send;
}

/// For sends without a transaction: there is nothing to keep.
pub(crate) struct NoShield;

impl<E: Send> Shield<E> for NoShield {
    async fn raise(&self, _: &mut E) -> Result<()> {
        Ok(())
    }

    async fn lower(&self, _: &mut E, _: bool) -> Result<()> {
        Ok(())
    }
}

/// Calls each receiver and stops at the first failure that is not a robust receiver's.
pub(crate) async fn send<'b, S, M, H>(
    receivers: &[Entry<S, M>],
    event: &mut Event<'b, S, M>,
    sending: Sending,
    shield: &H,
) -> Result<Vec<Response<S>>>
where
    S: Signal,
    M: Sender<S>,
    H: Shield<Event<'b, S, M>>,
{
    let mut responses = Vec::new();
    if receivers.is_empty() {
        return Ok(responses);
    }
    let place = Place::of_send::<S, M>(enter(sending)?);
    let mut left = receivers;
    loop {
        left = call_sync(left, event, &place, sending.raw, &mut responses)?;
        let Some((entry, rest)) = left.split_first() else { return Ok(responses) };
        left = rest;
        if !entry.is_called(event, sending.raw) {
            continue;
        }
        if !entry.info().is_robust() {
            responses.push(call(entry, event, &place).await?);
            continue;
        }
        shield.raise(event).await?;
        let outcome = call(entry, event, &place).await;
        // `call` has logged the receiver's own failure. That of ending its savepoint, which undoes it too, stops nothing either.
        if let Err(error) = shield.lower(event, outcome.is_ok()).await {
            let receiver = entry.info().path();
            tracing::error!(target: "signals", signal = S::NAME, receiver, %error, "a robust receiver's savepoint failed");
            continue;
        }
        responses.extend(outcome.ok());
    }
}

/// Calls every receiver that `chosen` lets through, also after one has failed; how many failed. Each failure is logged.
pub(crate) async fn tell<'b, S, M>(
    receivers: &[Entry<S, M>],
    chosen: fn(&ReceiverInfo) -> bool,
    event: &mut Event<'b, S, M>,
    sending: Sending,
) -> u64
where
    S: Signal,
    M: Sender<S>,
{
    let mut failures = 0;
    for entry in receivers {
        if !chosen(entry.info()) || !entry.is_called(event, sending.raw) {
            continue;
        }
        let outcome = match enter(sending) {
            Ok(frame) => call(entry, event, &Place::of_send::<S, M>(frame)).await.map(drop),
            Err(error) => Err(error),
        };
        failures += u64::from(outcome.is_err());
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
