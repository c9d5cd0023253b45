//! Receivers that are connected and disconnected while the program runs.

use std::any::TypeId;
use std::collections::HashMap;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use super::linked::{self, duplicate, registered, unusable};
use super::registered::RegisteredReceiver;
use crate::error::Result;
use crate::signal::{AnyReceiver, Call, ConnectOptions, Receiver, ReceiverInfo, Signal};

type Connected = HashMap<(TypeId, TypeId), Vec<(ReceiverId, Arc<dyn AnyReceiver>)>>;

static CONNECTED: LazyLock<Mutex<Connected>> = LazyLock::new(Mutex::default);
/// Counts changes, so that a slot detects when its list is out of date. 0 means that no receiver was ever
/// connected.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// The identity of a connected receiver, for `disconnect`.
///
/// It may be dropped: the receiver stays connected until the end of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReceiverId(u64);

#[inline]
pub(super) fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

/// Locks the list. It stays consistent if a thread panics while it holds the lock: each change is one push or
/// one removal.
fn connected() -> MutexGuard<'static, Connected> {
    CONNECTED.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn of(key: (TypeId, TypeId)) -> Vec<Arc<dyn AnyReceiver>> {
    connected().get(&key).into_iter().flatten().map(|(_, receiver)| Arc::clone(receiver)).collect()
}

pub(super) fn all() -> Vec<RegisteredReceiver> {
    connected().values().flatten().map(|(_, receiver)| registered(&**receiver)).collect()
}

/// Registers a receiver, unless its uid is taken for its signal and sender.
fn connect(receiver: Arc<dyn AnyReceiver>) -> Result<ReceiverId> {
    let key = receiver.key();
    let uid = receiver.info().uid_or_path();
    if uid.is_empty() {
        return Err(unusable(&*receiver, "has an empty uid; give it a name".into()));
    }
    #[cfg(feature = "_models")]
    super::relations::check_one(&*receiver)?;
    let mut connected = connected();
    let list = connected.entry(key).or_default();
    let same = |other: &&dyn AnyReceiver| other.info().uid_or_path() == uid;
    let mut others = linked::of(key).iter().copied().chain(list.iter().map(|(_, other)| &**other));
    if let Some(first) = others.find(same) {
        return Err(duplicate(first, &*receiver));
    }
    let id = ReceiverId(GENERATION.fetch_add(1, Ordering::AcqRel) + 1);
    list.push((id, receiver));
    Ok(id)
}

/// Disconnects a receiver. Returns false if it was not connected.
pub(crate) fn disconnect(id: ReceiverId) -> bool {
    let mut connected = connected();
    for list in connected.values_mut() {
        if let Some(place) = list.iter().position(|(other, _)| *other == id) {
            let gone = list.remove(place);
            GENERATION.fetch_add(1, Ordering::AcqRel);
            // A value that the receiver captured may disconnect others in its drop, which takes the lock.
            drop(connected);
            drop(gone);
            return true;
        }
    }
    false
}

/// A guard that disconnects its receiver when it is dropped.
///
/// **Bind it to a name, such as `let _guard = ..`.** `let _ = ..` drops it at once, so the receiver is never
/// called. A send that is running when the guard is dropped still calls the receiver.
#[derive(Debug)]
#[must_use = "the receiver is disconnected when this is dropped"]
pub struct ReceiverGuard(ReceiverId);

pub(crate) fn scoped(id: ReceiverId) -> ReceiverGuard {
    ReceiverGuard(id)
}

impl Drop for ReceiverGuard {
    fn drop(&mut self) {
        disconnect(self.0);
    }
}

#[track_caller]
pub(super) fn own<S: Signal, M: Send + Sync + 'static>(
    sender: fn() -> &'static str,
    options: &ConnectOptions,
    call: Call<S, M>,
) -> Result<ReceiverId> {
    connect(Arc::new(Receiver::new(sender, connected_here(options), call)))
}

#[track_caller]
pub(crate) fn any<S: Signal>(options: &ConnectOptions, call: Call<S, S::Any>) -> Result<ReceiverId> {
    connect(Arc::new(Receiver::any(connected_here(options), call)))
}

#[track_caller]
fn connected_here(options: &ConnectOptions) -> ReceiverInfo {
    let here = Location::caller();
    ReceiverInfo::connected(options, here.file(), here.line())
}
