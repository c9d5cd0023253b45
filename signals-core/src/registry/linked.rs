//! The receivers that the linker registered.

use std::any::TypeId;
use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use super::registered::RegisteredReceiver;
use crate::error::{Error, ReceiverCall, Result};
use crate::signal::AnyReceiver;

/// A receiver, as generated code submits it.
#[doc(hidden)]
pub struct Registration(pub &'static dyn AnyReceiver);

inventory::collect!(Registration);

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registration").field(self.0.info()).finish()
    }
}

type Linked = HashMap<(TypeId, TypeId), Vec<&'static dyn AnyReceiver>>;

/// Returns the linked receivers of each signal and sender, in the order in which they run.
fn receivers() -> &'static Linked {
    static LINKED: OnceLock<Linked> = OnceLock::new();
    LINKED.get_or_init(|| {
        let mut linked = Linked::new();
        for Registration(receiver) in inventory::iter::<Registration> {
            linked.entry(receiver.key()).or_default().push(*receiver);
        }
        for list in linked.values_mut() {
            list.sort_by(|a, b| a.info().order().cmp(&b.info().order()));
        }
        linked
    })
}

/// Returns the linked receivers of one signal and sender.
pub(super) fn of(key: (TypeId, TypeId)) -> &'static [&'static dyn AnyReceiver] {
    receivers().get(&key).map_or(&[], Vec::as_slice)
}

/// Returns every linked receiver, sorted by its signal and its place in the source.
pub(super) fn receivers_in_order() -> impl Iterator<Item = &'static dyn AnyReceiver> {
    let mut all: Vec<_> = receivers().values().flatten().copied().collect();
    all.sort_by_key(|receiver| (receiver.signal(), receiver.info().file(), receiver.info().line()));
    all.into_iter()
}

pub(super) fn all() -> Vec<RegisteredReceiver> {
    receivers().values().flatten().map(|receiver| registered(*receiver)).collect()
}

pub(super) fn registered(receiver: &dyn AnyReceiver) -> RegisteredReceiver {
    let info = receiver.info();
    // The call of a durable receiver is stored for sets of rows, and made for each row.
    let signal = if info.is_durable() { receiver.kind().family() } else { receiver.signal() };
    RegisteredReceiver { signal, sender: receiver.sender(), receiver: info.clone() }
}

pub(super) fn check() -> Result<()> {
    for list in receivers().values() {
        let mut seen = HashMap::new();
        for receiver in list {
            if let Some(first) = seen.insert(receiver.info().uid_or_path(), *receiver) {
                return Err(duplicate(first, *receiver));
            }
        }
    }
    Ok(())
}

/// Returns the error for a receiver that cannot be connected.
pub(super) fn unusable(receiver: &dyn AnyReceiver, problem: String) -> Error {
    Error::UnusableReceiver { receiver: Box::new(call_of(receiver)), problem }
}

/// Returns the receiver with its signal and sender.
fn call_of(receiver: &dyn AnyReceiver) -> ReceiverCall {
    receiver.info().step(receiver.signal(), receiver.sender().unwrap_or("every sender"))
}

/// Returns the error for two receivers with the same uid.
pub(super) fn duplicate(first: &dyn AnyReceiver, second: &dyn AnyReceiver) -> Error {
    let of = |receiver: &dyn AnyReceiver| Box::new(call_of(receiver));
    Error::DuplicateReceiver { uid: second.info().uid_or_path(), first: of(first), second: of(second) }
}
