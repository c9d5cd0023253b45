//! Signals that any type may send, and the slots of their receivers.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use super::sender::Sender;
use super::slot::Slot;
use crate::signal::{Event, Signal};

/// A signal that any type may send, since the application chooses its subject.
///
/// It is for libraries that define signals. An application's own signals need no senders, and `signal!`
/// defines them.
pub trait OpenSignal: Signal {
    /// Returns the payload without the sender's type, for receivers that name none.
    fn erase<'a, M: Send + Sync + 'static>(event: &'a mut Event<'_, Self, M>) -> Option<Event<'a, Self, Self::Any>>;
}

#[diagnostic::do_not_recommend]
impl<S: OpenSignal, M: Send + Sync + 'static> Sender<S> for M {
    fn name() -> &'static str {
        let path = type_name::<M>();
        path.rsplit("::").next().filter(|name| !name.contains('>')).unwrap_or(path)
    }

    fn slot() -> &'static Slot<S, M> {
        slot()
    }

    fn erase<'a>(event: &'a mut Event<'_, S, M>) -> Option<Event<'a, S, S::Any>> {
        S::erase(event)
    }
}

type Slots = HashMap<(TypeId, TypeId), &'static (dyn Any + Send + Sync)>;

static SLOTS: LazyLock<RwLock<Slots>> = LazyLock::new(RwLock::default);

/// Returns the slot of a signal and a sender. It is created at its first use and lives as long as the
/// program, since a generic function has no static of its own.
fn slot<S: OpenSignal, M: Send + Sync + 'static>() -> &'static Slot<S, M> {
    let key = (TypeId::of::<S>(), TypeId::of::<M>());
    let found = SLOTS.read().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
    found.and_then(<dyn Any + Send + Sync>::downcast_ref).unwrap_or_else(|| make(key))
}

fn make<S: OpenSignal, M: Send + Sync + 'static>(key: (TypeId, TypeId)) -> &'static Slot<S, M> {
    let mut slots = SLOTS.write().unwrap_or_else(PoisonError::into_inner);
    // Another thread may have created it meanwhile.
    if let Some(slot) = slots.get(&key).copied().and_then(<dyn Any + Send + Sync>::downcast_ref) {
        return slot;
    }
    let slot: &'static Slot<S, M> = Box::leak(Box::new(Slot::new()));
    slots.insert(key, slot);
    slot
}
