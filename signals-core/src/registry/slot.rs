//! The list of receivers that one signal and one sender read at every send.

use std::any::{Any, TypeId};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwapOption, Guard};

use super::{connect, linked};
use crate::signal::{AnyReceiver, Event, Receiver, ReceiverInfo, Signal};

/// A type that sends signal `S`.
///
/// Every model sends the model signals; a signal of one's own sends itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not send `{S}`",
    label = "not a sender of `{S}`",
    note = "a sender of the model signals is a struct with `#[derive(Model)]`; a signal made by `signal!` has no senders, so leave `sender` out"
)]
pub trait Sender<S: Signal>: Sized + Send + Sync + 'static {
    /// The sender's name, as errors and logs show it.
    fn name() -> &'static str;

    /// Where the receivers of this signal and sender are kept.
    fn slot() -> &'static Slot<S, Self>;

    /// The payload without the sender's type, for receivers that name none.
    ///
    /// A signal that is its own sender has no such form.
    fn erase<'a>(event: &'a mut Event<'_, S, Self>) -> Option<Event<'a, S, S::Any>> {
        let _ = event;
        None
    }
}

/// A receiver for sender `M`, whether it names it or not.
pub(crate) enum Entry<S: Signal, M: Send + Sync + 'static> {
    Own(Held<Receiver<S, M>>),
    Any(Held<Receiver<S, S::Any>>),
}

impl<S: Signal, M: Send + Sync + 'static> Entry<S, M> {
    #[inline]
    pub(crate) fn info(&self) -> &ReceiverInfo {
        match self {
            Self::Own(receiver) => &receiver.info,
            Self::Any(receiver) => &receiver.info,
        }
    }

    /// Whether it hears writes of this kind, whatever their payload.
    #[inline]
    pub(crate) fn hears(&self, raw: bool) -> bool {
        !raw || self.info().hears_raw()
    }

    /// Whether it is called for this payload, of a write that is raw or is not.
    #[inline]
    pub(crate) fn is_called(&self, event: &Event<'_, S, M>, raw: bool) -> bool {
        self.hears(raw)
            && match self {
                Self::Own(receiver) => receiver.when.is_none_or(|holds| holds(event)),
                Self::Any(_) => true,
            }
    }
}

impl<S: Signal, M: Send + Sync + 'static> Clone for Entry<S, M> {
    fn clone(&self) -> Self {
        match self {
            Self::Own(receiver) => Self::Own(receiver.clone()),
            Self::Any(receiver) => Self::Any(receiver.clone()),
        }
    }
}

/// A receiver that lives as long as the program, or as long as it is connected.
pub(crate) enum Held<T: 'static> {
    Linked(&'static T),
    Connected(Arc<T>),
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Linked(receiver) => Self::Linked(receiver),
            Self::Connected(receiver) => Self::Connected(Arc::clone(receiver)),
        }
    }
}

impl<T> Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Linked(receiver) => receiver,
            Self::Connected(receiver) => receiver,
        }
    }
}

/// The receivers of signal `S` and sender `M`, sorted once and read without a lock.
///
/// Until something is connected at run time, a send reads the frozen list of linked receivers. After that it reads a list that was merged for
/// the present generation of connections.
pub struct Slot<S: Signal, M: Send + Sync + 'static> {
    linked: OnceLock<Box<[Entry<S, M>]>>,
    merged: ArcSwapOption<Merged>,
}

/// A merged list. Its type is not named here, since a program has thousands of slots, and each would compile what swaps and sorts them anew.
pub(crate) struct Merged {
    generation: u64,
    entries: Box<dyn Any + Send + Sync>,
}

impl<S: Signal, M: Sender<S>> Slot<S, M> {
    /// An empty slot, filled at its first use.
    #[doc(hidden)]
    pub const fn new() -> Self {
        Self { linked: OnceLock::new(), merged: ArcSwapOption::const_empty() }
    }

    /// The receivers as they are now; what is connected later is not in it.
    pub(crate) fn snapshot(&'static self) -> Snapshot<S, M> {
        let generation = connect::generation();
        if generation == 0 {
            return Snapshot::Linked(self.linked.get_or_init(|| merge(false)));
        }
        let merged = self.merged.load();
        if let Some(current) = &*merged
            && current.generation == generation
        {
            return Snapshot::Merged(merged);
        }
        let fresh = Some(Arc::new(Merged { generation, entries: Box::new(merge::<S, M>(true)) }));
        self.merged.store(fresh.clone());
        // Not what the slot holds by now, which may be another thread's older list.
        Snapshot::Merged(Guard::from_inner(fresh))
    }
}

impl<S: Signal, M: Sender<S>> Default for Slot<S, M> {
    fn default() -> Self {
        Self::new()
    }
}

/// The receivers of a signal and a sender, in the order they run.
type List<S, M> = Box<[Entry<S, M>]>;

/// The receivers of one send.
pub(crate) enum Snapshot<S: Signal, M: Send + Sync + 'static> {
    Linked(&'static [Entry<S, M>]),
    Merged(Guard<Option<Arc<Merged>>>),
    /// Those of another snapshot that are not left out.
    Chosen(Box<[Entry<S, M>]>),
}

impl<S: Signal, M: Send + Sync + 'static> Snapshot<S, M> {
    /// The receivers that `keep` lets through.
    pub(crate) fn choose(&self, keep: impl Fn(&ReceiverInfo) -> bool) -> Self {
        Self::Chosen(self.iter().filter(|entry| keep(entry.info())).cloned().collect())
    }
}

impl<S: Signal, M: Send + Sync + 'static> Deref for Snapshot<S, M> {
    type Target = [Entry<S, M>];

    fn deref(&self) -> &[Entry<S, M>] {
        match self {
            Self::Linked(entries) => entries,
            Self::Chosen(entries) => entries,
            Self::Merged(merged) => {
                merged.as_ref().and_then(|merged| merged.entries.downcast_ref()).map_or(&[], List::<S, M>::as_ref)
            }
        }
    }
}

/// Collects the receivers of `M` and those of every sender, in the order they run.
fn merge<S: Signal, M: Sender<S>>(connected: bool) -> List<S, M> {
    let mut entries: Vec<Entry<S, M>> =
        handles::<Receiver<S, M>>((TypeId::of::<S>(), TypeId::of::<M>()), connected).map(Entry::Own).collect();
    // A signal that is its own sender has its receivers under one key only.
    if TypeId::of::<M>() != TypeId::of::<S::Any>() {
        let any = handles::<Receiver<S, S::Any>>((TypeId::of::<S>(), TypeId::of::<S::Any>()), connected);
        entries.extend(any.map(Entry::Any));
    }
    let places = sorted(entries.iter().map(Entry::info).collect());
    let mut entries: Vec<_> = entries.into_iter().map(Some).collect();
    places.into_iter().filter_map(|place| entries[place].take()).collect()
}

/// The places of receivers in the order they run.
fn sorted(receivers: Vec<&ReceiverInfo>) -> Vec<usize> {
    let mut places: Vec<usize> = (0..receivers.len()).collect();
    places.sort_by(|a, b| receivers[*a].order().cmp(&receivers[*b].order()));
    places
}

/// The receivers under a key, as their own type.
fn handles<R: AnyReceiver + 'static>(key: (TypeId, TypeId), connected: bool) -> impl Iterator<Item = Held<R>> {
    let linked = linked::of(key).iter().filter_map(|receiver| receiver.as_any().downcast_ref().map(Held::Linked));
    let connected = if connected { connect::of(key) } else { Vec::new() };
    linked.chain(connected.into_iter().filter_map(|receiver| receiver.into_any().downcast().ok().map(Held::Connected)))
}
