//! The methods of model signals, such as `post_save`, at run time.

use std::fmt;
use std::marker::PhantomData;

use futures_util::future::BoxFuture;

use super::connect::{ReceiverGuard, ReceiverId, any, disconnect, own, scoped};
use super::sender::Sender;
use crate::error::{BoxError, Result};
use crate::signal::{Call, ConnectOptions, Event, Response, Signal};

/// The methods of model signals, such as `post_save`, and of other signals that have senders.
///
/// A receiver that is connected during a send is called from the next send on. Prefer `#[receiver]` for
/// permanent receivers. It is easier to find in the code, and it declares which fields it takes. A connected
/// receiver takes the whole payload, so each send opens a transaction.
///
/// # Examples
///
/// ```
/// use signals::receivers::ConnectOptions;
/// use signals::{Model, PostSave, Result, post_save};
///
/// #[derive(Model)]
/// struct Note { id: i64 }
///
/// # fn main() -> Result<()> {
/// let id = post_save.connect::<Note>("notes.count", |event: &mut PostSave<'_, Note>| {
///     println!("saved {}", event.instance.id);
///     Ok(())
/// })?;
/// let late = ConnectOptions::uid("notes.index").priority(10).robust();
/// let guard = post_save.connect_scoped::<Note>(late, |_| Ok(()))?;
///
/// assert!(post_save.disconnect(id));
/// drop(guard);
/// assert!(!post_save.has_receivers::<Note>());
/// # Ok(()) }
/// ```
pub struct ModelSignal<S>(PhantomData<fn() -> S>);

impl<S: Signal> ModelSignal<S> {
    /// Returns the methods of `S`.
    #[doc(hidden)]
    pub const fn new() -> Self {
        Self(PhantomData)
    }

    /// Connects a receiver for sender `M`, by a uid or with [`ConnectOptions`].
    ///
    /// # Errors
    ///
    /// [`Error::DuplicateReceiver`](crate::error::Error::DuplicateReceiver) if the uid is taken for this
    /// signal and sender; [`Error::UnusableReceiver`](crate::error::Error::UnusableReceiver) for an empty
    /// uid, and for a receiver of `m2m_changed` whose sender is not the through model of a relation.
    #[track_caller]
    pub fn connect<M: Sender<S>>(
        &self,
        options: impl Into<ConnectOptions>,
        receiver: impl for<'a, 'b> Fn(&'a mut Event<'b, S, M>) -> Result<Response<S>, BoxError> + Send + Sync + 'static,
    ) -> Result<ReceiverId> {
        own::<S, M>(M::name, &options.into(), Call::SyncClosure(Box::new(receiver)))
    }

    /// Connects an async receiver: a closure that returns `Box::pin(async move { .. })`.
    ///
    /// # Errors
    ///
    /// See [`connect`](Self::connect).
    ///
    /// # Examples
    ///
    /// ```
    /// use signals::{Model, PostSave, Result, post_save};
    ///
    /// #[derive(Model)]
    /// struct Note { id: i64 }
    ///
    /// #[derive(Model)]
    /// struct Entry { id: i64, note_id: i64 }
    ///
    /// # fn main() -> Result<()> {
    /// let id = post_save.connect_async::<Note>("notes.journal", |event: &mut PostSave<'_, Note>| {
    ///     Box::pin(async move {
    ///         Entry { id: 0, note_id: event.instance.id }.save(&event.tx).await?;
    ///         Ok(())
    ///     })
    /// })?;
    /// assert!(post_save.disconnect(id));
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn connect_async<M: Sender<S>>(
        &self,
        options: impl Into<ConnectOptions>,
        receiver: impl for<'a, 'b> Fn(&'a mut Event<'b, S, M>) -> BoxFuture<'a, Result<Response<S>, BoxError>>
        + Send
        + Sync
        + 'static,
    ) -> Result<ReceiverId> {
        own::<S, M>(M::name, &options.into(), Call::AsyncClosure(Box::new(receiver)))
    }

    /// Connects a receiver until the guard is dropped.
    ///
    /// # Errors
    ///
    /// See [`connect`](Self::connect).
    #[track_caller]
    pub fn connect_scoped<M: Sender<S>>(
        &self,
        options: impl Into<ConnectOptions>,
        receiver: impl for<'a, 'b> Fn(&'a mut Event<'b, S, M>) -> Result<Response<S>, BoxError> + Send + Sync + 'static,
    ) -> Result<ReceiverGuard> {
        self.connect::<M>(options, receiver).map(scoped)
    }

    /// Connects a receiver for every sender.
    ///
    /// # Errors
    ///
    /// See [`connect`](Self::connect).
    ///
    /// # Examples
    ///
    /// ```
    /// use signals::{AnyModel, PostSave, Result, post_save};
    ///
    /// # fn main() -> Result<()> {
    /// let id = post_save.connect_any("audit", |event: &mut PostSave<'_, dyn AnyModel>| {
    ///     println!("{} {:?} was saved", event.sender.name(), event.instance.pk());
    ///     Ok(())
    /// })?;
    /// assert!(post_save.disconnect(id));
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn connect_any(
        &self,
        options: impl Into<ConnectOptions>,
        receiver: impl for<'a, 'b> Fn(&'a mut Event<'b, S, S::Any>) -> Result<Response<S>, BoxError> + Send + Sync + 'static,
    ) -> Result<ReceiverId> {
        any::<S>(&options.into(), Call::SyncClosure(Box::new(receiver)))
    }

    /// Disconnects a receiver. Returns whether it was connected.
    pub fn disconnect(&self, id: ReceiverId) -> bool {
        disconnect(id)
    }

    /// Returns whether sender `M` has receivers, including those of every sender.
    pub fn has_receivers<M: Sender<S>>(&self) -> bool {
        !M::slot().snapshot().is_empty()
    }
}

impl<S: Signal> fmt::Debug for ModelSignal<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(S::NAME)
    }
}
