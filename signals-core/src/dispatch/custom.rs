//! The methods of the signals that `signal!` defines.

use std::fmt;
use std::marker::PhantomData;
use std::pin::pin;

use futures_util::future::BoxFuture;

use super::call::{Fails, call};
use super::frame::{CallContext, InFrame};
use super::{NoSavepoint, Sending, TooDeep, Typed, call_head, call_in_order, enter, notify};
use crate::error::{BoxError, Result};
use crate::registry::{ReceiverGuard, ReceiverId, Sender, connect, disconnect, scoped};
use crate::signal::{Call, ConnectOptions, Event, Outcome, Response, Signal};

/// The methods of a signal that `signal!` defines.
pub struct CustomSignal<S>(PhantomData<fn() -> S>);

impl<S> CustomSignal<S>
where
    S: Signal<Any = S> + Sender<S>,
{
    /// Returns the methods of `S`.
    #[doc(hidden)]
    pub const fn new() -> Self {
        Self(PhantomData)
    }

    /// Calls each receiver in order, and returns their responses. The first error stops the send.
    ///
    /// The failure of a receiver marked `robust` is logged, and does not stop the send. That receiver then
    /// adds no response.
    ///
    /// **Writes of receivers before a failure stay, even if the receiver is `robust`.** A custom signal has
    /// no transaction and no savepoint. Put a [`Tx`](crate::db::Tx) into the payload, and roll it back after
    /// an error.
    ///
    /// A panic of a receiver unwinds through the send.
    ///
    /// # Errors
    ///
    /// [`Error::Receiver`](crate::error::Error::Receiver) of the first receiver that failed, or
    /// [`Error::Recursion`](crate::error::Error::Recursion) past the limit of nested sends. This limit is
    /// that of the database whose send this one is nested in, else 32.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the running receiver. The receivers after it are not called.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Result, receiver};
    /// signals::signal! { pub order_paid { order_id: i64 } }
    ///
    /// #[receiver(order_paid)]
    /// fn check(order_id: i64) -> Result<()> {
    ///     if order_id > 0 { Ok(()) } else { Err("there is no order 0".into()) }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let error = order_paid.send(OrderPaid { order_id: 0 }).await.unwrap_err();
    /// assert!(error.to_string().ends_with("there is no order 0"), "{error}");
    /// order_paid.send(OrderPaid { order_id: 7 }).await?;
    /// # Ok(()) }
    /// ```
    pub async fn send(&self, event: Event<'_, S, S>) -> Result<Vec<Response<S>>> {
        if S::slot().is_empty() { Ok(Vec::new()) } else { self.send_to_some(event).await }
    }

    /// Sends, if there are receivers. It repeats the code of [`send`](super::send), since a future around
    /// that one would move its output.
    async fn send_to_some(&self, mut event: Event<'_, S, S>) -> Result<Vec<Response<S>>> {
        // Initialized only if a receiver was ever connected.
        let snapshot;
        let receivers = if let Some(linked) = S::slot().linked() {
            linked
        } else {
            snapshot = S::slot().snapshot();
            &*snapshot
        };
        let mut targets = Typed::<S, S, _> { event: &mut event, savepoint: NoSavepoint };
        let (rest, head) = call_head(&mut targets, receivers, &Sending::UNBOUND)?;
        if rest.is_empty() {
            return Ok(head);
        }
        let mut responses = head;
        let frame = enter(&Sending::UNBOUND).map_err(TooDeep::error)?;
        let called = {
            let work = pin!(call_in_order(&mut targets, rest, frame, false, &mut responses));
            InFrame { frame, work }.await
        };
        called.map(|()| responses).map_err(|error| *error)
    }

    /// Calls every receiver, and returns the outcome of each, failures included. Each failure is logged.
    ///
    /// There is one [`Outcome`] for each receiver, in the order of the calls. As with [`send`](Self::send),
    /// writes of a receiver before its failure stay. A panic of a receiver is not caught: it unwinds through
    /// the send.
    ///
    /// # Errors
    ///
    /// Returns no error itself. Past the recursion limit no receiver is called, and each outcome is
    /// [`Error::Recursion`](crate::error::Error::Recursion).
    ///
    /// # Cancel safety
    ///
    /// See [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Result, receiver};
    /// signals::signal! { pub order_paid { order_id: i64 } }
    ///
    /// #[receiver(order_paid)]
    /// fn fail() -> Result<()> {
    ///     Err("no printer".into())
    /// }
    ///
    /// #[receiver(order_paid)]
    /// fn succeed() {}
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let outcomes = order_paid.send_robust(OrderPaid { order_id: 7 }).await;
    /// let failed: Vec<_> = outcomes.iter().filter(|outcome| outcome.result.is_err()).collect();
    /// assert_eq!((outcomes.len(), failed.len()), (2, 1));
    /// assert!(failed[0].receiver.receiver.ends_with("::fail"));
    /// # Ok(()) }
    /// ```
    pub async fn send_robust(&self, mut event: Event<'_, S, S>) -> Vec<Outcome<Response<S>>> {
        let receivers = S::slot().snapshot();
        let mut outcomes = Vec::with_capacity(receivers.len());
        let span = tracing::debug_span!(target: "signals", "send_robust", signal = S::NAME);
        let mut targets = Typed::<S, S, _> { event: &mut event, savepoint: NoSavepoint };
        for entry in receivers.iter() {
            let step = entry.info().step(S::NAME, S::name());
            let result = match enter(&Sending::UNBOUND) {
                Ok(frame) => {
                    let fails = if entry.info().is_robust() { Fails::Alone } else { Fails::Send };
                    call(&mut targets, entry, &CallContext { frame, span: span.clone() }, fails).await
                }
                Err(too_deep) => Err(too_deep.error()),
            };
            outcomes.push(Outcome::new(step, result));
        }
        outcomes
    }

    /// Calls every receiver, even after one has failed or panicked, and returns how many failed. Each failure
    /// is logged.
    ///
    /// Use it if the sender needs no response, and no receiver may harm it. Past the recursion limit no
    /// receiver is called, and each counts as failed.
    ///
    /// # Cancel safety
    ///
    /// See [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Result, receiver};
    /// signals::signal! { pub order_paid { order_id: i64 } }
    ///
    /// #[receiver(order_paid)]
    /// fn fail() {
    ///     panic!("no printer");
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let failed = order_paid.notify(OrderPaid { order_id: 7 }).await;
    /// assert_eq!(failed, 1);
    /// # Ok(()) }
    /// ```
    pub async fn notify(&self, event: Event<'_, S, S>) -> u64 {
        notify_of::<S, S>(event).await
    }

    /// Connects a receiver, by a uid or with [`ConnectOptions`].
    ///
    /// # Errors
    ///
    /// [`Error::DuplicateReceiver`](crate::error::Error::DuplicateReceiver) if the uid is taken.
    #[track_caller]
    pub fn connect(
        &self,
        options: impl Into<ConnectOptions>,
        receiver: impl for<'a, 'b> Fn(&'a mut Event<'b, S, S>) -> Result<Response<S>, BoxError> + Send + Sync + 'static,
    ) -> Result<ReceiverId> {
        connect::any::<S>(&options.into(), Call::SyncClosure(Box::new(receiver)))
    }

    /// Connects an async receiver: a closure that returns `Box::pin(async move { .. })`.
    ///
    /// # Errors
    ///
    /// See [`connect`](Self::connect).
    #[track_caller]
    pub fn connect_async(
        &self,
        options: impl Into<ConnectOptions>,
        receiver: impl for<'a, 'b> Fn(&'a mut Event<'b, S, S>) -> BoxFuture<'a, Result<Response<S>, BoxError>>
        + Send
        + Sync
        + 'static,
    ) -> Result<ReceiverId> {
        connect::any::<S>(&options.into(), Call::AsyncClosure(Box::new(receiver)))
    }

    /// Connects a receiver until the guard is dropped.
    ///
    /// # Errors
    ///
    /// See [`connect`](Self::connect).
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Result};
    /// signals::signal! { pub order_paid { order_id: i64 } }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// {
    ///     let _guard = order_paid.connect_scoped("print", |event| {
    ///         println!("order {}", event.order_id);
    ///         Ok(())
    ///     })?;
    ///     assert!(order_paid.has_receivers());
    /// }
    /// assert!(!order_paid.has_receivers());
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn connect_scoped(
        &self,
        options: impl Into<ConnectOptions>,
        receiver: impl for<'a, 'b> Fn(&'a mut Event<'b, S, S>) -> Result<Response<S>, BoxError> + Send + Sync + 'static,
    ) -> Result<ReceiverGuard> {
        self.connect(options, receiver).map(scoped)
    }

    /// Disconnects a receiver. Returns whether it was connected.
    pub fn disconnect(&self, id: ReceiverId) -> bool {
        disconnect(id)
    }

    /// Returns whether the signal has receivers.
    pub fn has_receivers(&self) -> bool {
        !S::slot().snapshot().is_empty()
    }
}

/// Sends as [`CustomSignal::notify`] does, for a signal with senders.
pub async fn notify_of<S: Signal, M: Sender<S>>(mut event: Event<'_, S, M>) -> u64 {
    let receivers = M::slot().snapshot();
    if receivers.is_empty() {
        return 0;
    }
    notify::<S, M>(&receivers, |_| true, &mut event, Sending::UNBOUND).await
}

impl<S: Signal> fmt::Debug for CustomSignal<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(S::NAME)
    }
}
