//! Receivers that are connected and disconnected while the program runs.

use std::any::TypeId;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;

use super::linked::{self, duplicate, registered};
use super::{Registered, Sender};
use crate::error::{BoxError, Error, Result};
use crate::signal::{AnyReceiver, Call, Connect, Event, Receiver, ReceiverInfo, Response, Signal};

type Connected = HashMap<(TypeId, TypeId), Vec<(ConnectionId, Arc<dyn AnyReceiver>)>>;

static CONNECTED: LazyLock<Mutex<Connected>> = LazyLock::new(Mutex::default);
/// Counts changes, so that a slot knows when its list is out of date; 0 means that nothing was ever connected.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// Names a connection, for `disconnect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConnectionId(u64);

#[inline]
pub(super) fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

/// The list stays whole if a thread panics while it holds the lock: each change is one push or one removal.
fn connected() -> MutexGuard<'static, Connected> {
    CONNECTED.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn of(key: (TypeId, TypeId)) -> Vec<Arc<dyn AnyReceiver>> {
    connected().get(&key).into_iter().flatten().map(|(_, receiver)| Arc::clone(receiver)).collect()
}

pub(super) fn all() -> Vec<Registered> {
    connected().values().flatten().map(|(_, receiver)| registered(&**receiver)).collect()
}

/// Registers a receiver, unless its uid is taken for its signal and sender.
fn connect(receiver: Arc<dyn AnyReceiver>) -> Result<ConnectionId> {
    let key = receiver.key();
    let uid = receiver.info().uid_or_path();
    if uid.is_empty() {
        let problem = format!("a receiver of {} was connected with an empty uid; give it a name", receiver.signal());
        return Err(Error::Schema(problem));
    }
    let mut connected = connected();
    let list = connected.entry(key).or_default();
    let same = |other: &&dyn AnyReceiver| other.info().uid_or_path() == uid;
    let mut others = linked::of(key).iter().copied().chain(list.iter().map(|(_, other)| &**other));
    if let Some(first) = others.find(same) {
        return Err(duplicate(first, &*receiver));
    }
    let id = ConnectionId(GENERATION.fetch_add(1, Ordering::AcqRel) + 1);
    list.push((id, receiver));
    Ok(id)
}

/// Removes a connection; false if it was gone.
pub(crate) fn disconnect(id: ConnectionId) -> bool {
    let mut connected = connected();
    for list in connected.values_mut() {
        if let Some(place) = list.iter().position(|(other, _)| *other == id) {
            let gone = list.remove(place);
            GENERATION.fetch_add(1, Ordering::AcqRel);
            // What the receiver captured may disconnect others when it is dropped, which takes the lock.
            drop(connected);
            drop(gone);
            return true;
        }
    }
    false
}

/// A connection that ends when this is dropped.
#[derive(Debug)]
#[must_use = "the receiver is disconnected when this is dropped"]
pub struct ScopedConnection(ConnectionId);

pub(crate) fn scoped(id: ConnectionId) -> ScopedConnection {
    ScopedConnection(id)
}

impl Drop for ScopedConnection {
    fn drop(&mut self) {
        disconnect(self.0);
    }
}

/// What can be done with a model signal at run time: the methods of `post_save` and its kin.
///
/// What is connected during a send is heard from the next one on. Prefer `#[receiver]` for what is always there: it is found by readers, and it
/// tells which fields it takes, while a connected receiver sees the whole payload and so makes each send open a transaction.
///
/// # Examples
///
/// ```
/// use signals::{Connect, Model, PostSave, Result, post_save};
///
/// #[derive(Model)]
/// struct Note { id: i64 }
///
/// # fn main() -> Result<()> {
/// let id = post_save.connect::<Note>("notes.count", |event: &mut PostSave<'_, Note>| {
///     println!("saved {}", event.instance.id);
///     Ok(())
/// })?;
/// let late = Connect::uid("notes.index").priority(10).robust();
/// let guard = post_save.connect_scoped::<Note>(late, |_| Ok(()))?;
///
/// assert!(post_save.disconnect(id));
/// drop(guard);
/// assert!(!post_save.has_receivers::<Note>());
/// # Ok(()) }
/// ```
pub struct ModelSignal<S>(PhantomData<fn() -> S>);

impl<S: Signal> ModelSignal<S> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }

    /// Connects a receiver for sender `M`, by a uid or with [`Connect`]'s options.
    ///
    /// # Errors
    ///
    /// [`Error::DuplicateReceiver`](crate::error::Error::DuplicateReceiver) if the uid is taken for this signal and sender.
    #[track_caller]
    pub fn connect<M: Sender<S>>(
        &self,
        options: impl Into<Connect>,
        receiver: impl for<'a, 'b> Fn(&'a mut Event<'b, S, M>) -> Result<Response<S>, BoxError> + Send + Sync + 'static,
    ) -> Result<ConnectionId> {
        own::<S, M>(&options.into(), Call::SyncClosure(Box::new(receiver)))
    }

    /// Connects an async receiver: a closure that returns `Box::pin(async move { .. })`.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    #[track_caller]
    pub fn connect_async<M: Sender<S>>(
        &self,
        options: impl Into<Connect>,
        receiver: impl for<'a, 'b> Fn(&'a mut Event<'b, S, M>) -> BoxFuture<'a, Result<Response<S>, BoxError>>
        + Send
        + Sync
        + 'static,
    ) -> Result<ConnectionId> {
        own::<S, M>(&options.into(), Call::AsyncClosure(Box::new(receiver)))
    }

    /// Connects a receiver until the guard is dropped.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    #[track_caller]
    pub fn connect_scoped<M: Sender<S>>(
        &self,
        options: impl Into<Connect>,
        receiver: impl for<'a, 'b> Fn(&'a mut Event<'b, S, M>) -> Result<Response<S>, BoxError> + Send + Sync + 'static,
    ) -> Result<ScopedConnection> {
        self.connect::<M>(options, receiver).map(scoped)
    }

    /// Connects a receiver for every sender.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    #[track_caller]
    pub fn connect_any(
        &self,
        options: impl Into<Connect>,
        receiver: impl for<'a, 'b> Fn(&'a mut Event<'b, S, S::Any>) -> Result<Response<S>, BoxError> + Send + Sync + 'static,
    ) -> Result<ConnectionId> {
        any::<S>(&options.into(), Call::SyncClosure(Box::new(receiver)))
    }

    /// Ends a connection; true if it was there.
    pub fn disconnect(&self, id: ConnectionId) -> bool {
        disconnect(id)
    }

    /// Whether a send from `M` would call anyone, those that hear every sender included.
    pub fn has_receivers<M: Sender<S>>(&self) -> bool {
        !M::slot().snapshot().is_empty()
    }
}

#[track_caller]
fn own<S: Signal, M: Sender<S>>(options: &Connect, call: Call<S, M>) -> Result<ConnectionId> {
    connect(Arc::new(Receiver::new(M::name, connected_here(options), call)))
}

#[track_caller]
pub(crate) fn any<S: Signal>(options: &Connect, call: Call<S, S::Any>) -> Result<ConnectionId> {
    connect(Arc::new(Receiver::any(connected_here(options), call)))
}

#[track_caller]
fn connected_here(options: &Connect) -> ReceiverInfo {
    let here = Location::caller();
    ReceiverInfo::connected(options, here.file(), here.line())
}
