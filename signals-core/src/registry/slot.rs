//! The list of receivers that one signal and one sender read at every send, and whether some such lists are empty.

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
#[cfg(feature = "_models")]
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwapOption, Guard};

use super::{connect, linked};
#[cfg(feature = "_models")]
use crate::signal::Needs;
use crate::signal::{AnyReceiver, Receiver, ReceiverInfo, Signal};

/// A receiver of one signal and sender, whether it names the sender or not.
///
/// Its types are not named here, nor is what lists, sorts and swaps: a program has thousands of slots, and each would compile them anew.
#[derive(Clone)]
pub(crate) struct Entry {
    receiver: Held,
    names_sender: bool,
    /// Kept here, since a send asks for it before each call.
    is_conditional: bool,
    #[cfg(feature = "_models")]
    needs: Needs,
}

impl Entry {
    #[inline]
    pub(crate) fn info(&self) -> &ReceiverInfo {
        self.receiver.info()
    }

    fn new(receiver: Held, names_sender: bool) -> Self {
        let is_conditional = receiver.is_conditional();
        #[cfg(feature = "_models")]
        let needs = Needs::of(receiver.info().fields());
        Self {
            receiver,
            names_sender,
            is_conditional,
            #[cfg(feature = "_models")]
            needs,
        }
    }

    /// Whether a condition on the payload says if it is called.
    #[inline]
    pub(crate) fn is_conditional(&self) -> bool {
        self.is_conditional
    }

    /// Which fields of the payload it takes.
    #[cfg(feature = "_models")]
    #[inline]
    pub(crate) fn needs(&self) -> Needs {
        self.needs
    }

    /// Whether it is called for writes of this kind, whatever their payload.
    #[inline]
    pub(crate) fn receives(&self, raw: bool) -> bool {
        !raw || self.info().is_raw()
    }

    /// The receiver, if it names its sender.
    #[inline]
    pub(crate) fn own<S: Signal, M: Send + Sync + 'static>(&self) -> Option<&Receiver<S, M>> {
        if self.names_sender { self.receiver.as_any().downcast_ref() } else { None }
    }

    /// The receiver, if it is called for every sender.
    #[inline]
    pub(crate) fn any<S: Signal>(&self) -> Option<&Receiver<S, S::Any>> {
        if self.names_sender { None } else { self.receiver.as_any().downcast_ref() }
    }
}

/// A receiver that lives as long as the program, or as long as it is connected.
#[derive(Clone)]
enum Held {
    Linked(&'static dyn AnyReceiver),
    Connected(Arc<dyn AnyReceiver>),
}

impl Deref for Held {
    type Target = dyn AnyReceiver;

    #[inline]
    fn deref(&self) -> &(dyn AnyReceiver + 'static) {
        match self {
            Self::Linked(receiver) => *receiver,
            Self::Connected(receiver) => &**receiver,
        }
    }
}

/// The receivers of signal `S` and sender `M`, sorted once and read without a lock.
///
/// Until something is connected at run time, a send reads the frozen list of linked receivers. After that it reads a list that was merged for
/// the present generation of connections.
pub struct Slot<S, M> {
    lists: Lists,
    types: PhantomData<fn() -> (S, M)>,
}

impl<S: Signal, M> fmt::Debug for Slot<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("signal", &S::NAME).finish_non_exhaustive()
    }
}

impl<S: Signal, M: Send + Sync + 'static> Slot<S, M> {
    /// An empty slot, filled at its first use.
    #[doc(hidden)]
    pub const fn new() -> Self {
        Self { lists: Lists::new(), types: PhantomData }
    }

    /// Whether there are no receivers now.
    #[cfg(feature = "_models")]
    pub(crate) fn is_empty(&'static self) -> bool {
        self.snapshot().is_empty()
    }

    /// The receivers as they are now; what is connected later is not in it.
    pub(crate) fn snapshot(&'static self) -> Snapshot {
        let (signal, own, any) = (TypeId::of::<S>(), TypeId::of::<M>(), TypeId::of::<S::Any>());
        // A signal that is its own sender has its receivers under one key only.
        self.lists.snapshot((signal, own), (own != any).then_some((signal, any)))
    }
}

impl<S: Signal, M: Send + Sync + 'static> Default for Slot<S, M> {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether some signals have no receivers, found out once for each generation of connections.
///
/// Linked receivers stay as they are, so only a connection or its end can change the answer.
#[cfg(feature = "_models")]
#[derive(Debug)]
pub(crate) struct NoReceivers(AtomicU64);

/// Nothing was asked yet.
#[cfg(feature = "_models")]
const UNKNOWN: u64 = u64::MAX;

#[cfg(feature = "_models")]
impl NoReceivers {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(UNKNOWN))
    }

    /// The answer; `find_out` is asked where it is not known. It must read the slots alone: the answer holds for all
    /// databases, with or without guards of tests.
    #[inline]
    pub(crate) fn get(&self, find_out: impl FnOnce() -> bool) -> bool {
        // The lowest bit is the answer, the others are the generation that it is of.
        let generation = connect::generation() << 1;
        let known = self.0.load(Ordering::Relaxed);
        if known != UNKNOWN && known & !1 == generation {
            return known & 1 == 1;
        }
        let none = find_out();
        self.0.store(generation | u64::from(none), Ordering::Relaxed);
        none
    }
}

type Key = (TypeId, TypeId);

/// The lists of a slot.
struct Lists {
    linked: OnceLock<Box<[Entry]>>,
    merged: ArcSwapOption<Merged>,
}

pub(crate) struct Merged {
    generation: u64,
    entries: Box<[Entry]>,
}

impl Lists {
    const fn new() -> Self {
        Self { linked: OnceLock::new(), merged: ArcSwapOption::const_empty() }
    }

    fn snapshot(&'static self, own: Key, any: Option<Key>) -> Snapshot {
        let generation = connect::generation();
        if generation == 0 {
            return Snapshot::Linked(self.linked.get_or_init(|| merge(own, any, false)));
        }
        let merged = self.merged.load();
        if let Some(current) = &*merged
            && current.generation == generation
        {
            return Snapshot::Merged(merged);
        }
        let fresh = Some(Arc::new(Merged { generation, entries: merge(own, any, true) }));
        self.merged.store(fresh.clone());
        // Not what the slot holds by now, which may be another thread's older list.
        Snapshot::Merged(Guard::from_inner(fresh))
    }
}

/// The receivers of one send.
pub(crate) enum Snapshot {
    Linked(&'static [Entry]),
    Merged(Guard<Option<Arc<Merged>>>),
    /// Those of another snapshot that are not left out.
    Chosen(Box<[Entry]>),
}

impl Snapshot {
    /// The receivers that `keep` lets through.
    pub(crate) fn choose(&self, keep: impl Fn(&ReceiverInfo) -> bool) -> Self {
        Self::Chosen(self.iter().filter(|entry| keep(entry.info())).cloned().collect())
    }
}

impl Deref for Snapshot {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        match self {
            Self::Linked(entries) => entries,
            Self::Chosen(entries) => entries,
            Self::Merged(merged) => merged.as_ref().map_or(&[], |merged| &merged.entries),
        }
    }
}

/// Collects the receivers of one sender and those of every sender, in the order they run.
fn merge(own: Key, any: Option<Key>, connected: bool) -> Box<[Entry]> {
    let mut entries: Vec<Entry> = held(own, connected).map(|receiver| Entry::new(receiver, true)).collect();
    if let Some(any) = any {
        entries.extend(held(any, connected).map(|receiver| Entry::new(receiver, false)));
    }
    entries.sort_by(|a, b| a.info().order().cmp(&b.info().order()));
    entries.into()
}

/// The receivers under a key.
fn held(key: Key, connected: bool) -> impl Iterator<Item = Held> {
    let connected = if connected { connect::of(key) } else { Vec::new() };
    linked::of(key).iter().copied().map(Held::Linked).chain(connected.into_iter().map(Held::Connected))
}
