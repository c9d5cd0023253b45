//! The list of receivers that each send of one signal by one sender reads, and a cache of whether such lists
//! are empty.

use std::any::{Any, TypeId};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwapOption, Guard};

use super::site::Site;
use super::{connect, linked};
#[cfg(feature = "_models")]
use crate::signal::Needs;
use crate::signal::{AnyReceiver, Receiver, ReceiverInfo, Signal};

/// A receiver of one signal and sender, whether it names the sender or not.
///
/// It does not depend on the types of its signal and sender. A program has thousands of slots, and would
/// compile the code that lists, sorts and swaps for each.
#[derive(Clone)]
pub(crate) struct Entry {
    receiver: Held,
    // Each send reads these before each call, and would ask the receiver for each of them.
    names_sender: bool,
    is_conditional: bool,
    manner: Manner,
    site: Site,
    #[cfg(feature = "_models")]
    needs: Needs,
    #[cfg(feature = "_models")]
    attachment: Option<&'static (dyn Any + Send + Sync)>,
}

impl Entry {
    #[inline]
    pub(crate) fn info(&self) -> &ReceiverInfo {
        self.receiver.info()
    }

    fn new(receiver: Held, names_sender: bool) -> Self {
        let (is_conditional, site) = (receiver.is_conditional(), receiver.site());
        let info = receiver.info();
        let manner = Manner::of(info);
        #[cfg(feature = "_models")]
        let (needs, attachment) = (Needs::of(info.fields()), receiver.attachment());
        Self {
            receiver,
            names_sender,
            is_conditional,
            manner,
            site,
            #[cfg(feature = "_models")]
            needs,
            #[cfg(feature = "_models")]
            attachment,
        }
    }

    /// Returns whether it is called only if a condition on the payload holds.
    #[inline]
    pub(crate) fn is_conditional(&self) -> bool {
        self.is_conditional
    }

    /// Returns whether its failure is only logged, and does not stop the send.
    #[inline]
    pub(crate) fn is_robust(&self) -> bool {
        self.manner == Manner::Robust
    }

    /// Returns whether it is called without a future, and its failure stops the send.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.manner == Manner::Plain
    }

    /// Returns the receiver's place in the source.
    #[inline]
    pub(crate) fn site(&self) -> Site {
        self.site
    }

    /// Returns the fields of the payload that it takes.
    #[cfg(feature = "_models")]
    #[inline]
    pub(crate) fn needs(&self) -> Needs {
        self.needs
    }

    /// Returns what it gives to the code that sends its signal.
    #[cfg(feature = "_models")]
    #[inline]
    pub(crate) fn attachment(&self) -> Option<&'static (dyn Any + Send + Sync)> {
        self.attachment
    }

    /// Returns whether it is called for writes of this kind, whatever their payload.
    #[inline]
    pub(crate) fn receives(&self, raw: bool) -> bool {
        !raw || self.info().is_raw()
    }

    /// Returns the receiver, if it names its sender.
    #[inline]
    pub(crate) fn own<S: Signal, M: Send + Sync + 'static>(&self) -> Option<&Receiver<S, M>> {
        if self.names_sender { self.receiver.as_any().downcast_ref() } else { None }
    }

    /// Returns the receiver, if it is called for every sender.
    #[inline]
    pub(crate) fn any<S: Signal>(&self) -> Option<&Receiver<S, S::Any>> {
        if self.names_sender { None } else { self.receiver.as_any().downcast_ref() }
    }
}

/// How a send calls a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Without a future. Its failure stops the send.
    Plain,
    /// As a future. Its failure stops the send.
    Async,
    /// With or without a future. Its failure is only logged.
    Robust,
}

impl Manner {
    fn of(info: &ReceiverInfo) -> Self {
        match (info.is_robust(), info.is_async()) {
            (true, _) => Self::Robust,
            (false, true) => Self::Async,
            (false, false) => Self::Plain,
        }
    }
}

/// A receiver that lives as long as the program, or as long as it is connected.
#[derive(Clone)]
enum Held {
    Linked(&'static dyn AnyReceiver),
    Connected(Arc<dyn AnyReceiver>),
}

impl Held {
    fn site(&self) -> Site {
        match self {
            Self::Linked(receiver) => Site::Linked(receiver.info()),
            Self::Connected(receiver) => Site::Connected { file: receiver.info().file(), line: receiver.info().line() },
        }
    }

    #[inline]
    fn as_any(&self) -> &dyn Any {
        &**self
    }
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
/// Until a receiver is connected at run time, a send reads the frozen list of linked receivers. After that it
/// reads a list that was merged for the current generation of connections.
pub struct Slot<S, M> {
    none: NoReceivers,
    lists: Lists,
    types: PhantomData<fn() -> (S, M)>,
}

impl<S: Signal, M> fmt::Debug for Slot<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("signal", &S::NAME).finish_non_exhaustive()
    }
}

impl<S: Signal, M: Send + Sync + 'static> Slot<S, M> {
    /// Returns an empty slot, filled at its first use.
    #[doc(hidden)]
    pub const fn new() -> Self {
        Self { none: NoReceivers::new(), lists: Lists::new(), types: PhantomData }
    }

    /// Returns whether there are no receivers now.
    #[inline]
    pub(crate) fn is_empty(&'static self) -> bool {
        self.none.get(|| self.snapshot().is_empty())
    }

    /// Returns the current receivers. Receivers that are connected later are not included.
    #[inline]
    pub(crate) fn snapshot(&'static self) -> Snapshot {
        self.linked().map_or_else(|| self.merged(), Snapshot::Linked)
    }

    /// Returns the linked receivers, if they were read before and no receiver was ever connected.
    #[inline]
    pub(crate) fn linked(&'static self) -> Option<&'static [Entry]> {
        self.lists.linked()
    }

    fn merged(&'static self) -> Snapshot {
        let (signal, own, any) = (TypeId::of::<S>(), TypeId::of::<M>(), TypeId::of::<S::Any>());
        // A signal that is its own sender has its receivers under only one key.
        self.lists.snapshot((signal, own), (own != any).then_some((signal, any)))
    }
}

impl<S: Signal, M: Send + Sync + 'static> Default for Slot<S, M> {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether some signals have no receivers, computed once for each generation of connections.
///
/// Linked receivers do not change, so only a connect or a disconnect can change the result.
#[derive(Debug)]
pub(crate) struct NoReceivers(AtomicU64);

/// Not computed yet. No generation is so high.
const UNKNOWN: u64 = u64::MAX;

impl NoReceivers {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(UNKNOWN))
    }

    /// Returns the result. Calls `find_out` if it is not known. `find_out` must read only the slots, since
    /// the result applies to all databases, with or without guards of tests.
    #[inline]
    pub(crate) fn get(&self, find_out: impl FnOnce() -> bool) -> bool {
        // The lowest bit is the result, and the others are its generation: in one word, so that no thread reads
        // the result of one generation with the number of another. The order of memory does not matter, because
        // nothing else is read by it. A connect during `find_out` only makes the next call compute it again.
        let generation = connect::generation() << 1;
        let known = self.0.load(Ordering::Relaxed);
        if known & !1 == generation {
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

    /// Returns the linked receivers, if they were read before and no receiver was ever connected.
    #[inline]
    fn linked(&'static self) -> Option<&'static [Entry]> {
        if connect::generation() == 0 { self.linked.get().map(|linked| &**linked) } else { None }
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
        // The generation was read before the list. If a receiver is connected in between, the list has it already,
        // and the next send merges once more. In the other order the list could miss it until the next connect.
        let fresh = Some(Arc::new(Merged { generation, entries: merge(own, any, true) }));
        self.merged.store(fresh.clone());
        // Not the current list of the slot, which may be another thread's older list.
        Snapshot::Merged(Guard::from_inner(fresh))
    }
}

/// The receivers of one send.
pub(crate) enum Snapshot {
    Linked(&'static [Entry]),
    Merged(Guard<Option<Arc<Merged>>>),
    /// The receivers of another snapshot that were chosen.
    Chosen(Box<[Entry]>),
}

impl Snapshot {
    /// Returns the receivers for whose entries `keep` returns true.
    #[cfg(feature = "_models")]
    pub(crate) fn filtered(&self, keep: impl Fn(&Entry) -> bool) -> Self {
        if self.iter().any(&keep) {
            Self::Chosen(self.iter().filter(|entry| keep(entry)).cloned().collect())
        } else {
            Self::Linked(&[])
        }
    }

    /// Returns the receivers for which `keep` returns true.
    pub(crate) fn choose(&self, keep: impl Fn(&ReceiverInfo) -> bool) -> Self {
        Self::Chosen(self.iter().filter(|entry| keep(entry.info())).cloned().collect())
    }
}

impl Deref for Snapshot {
    type Target = [Entry];

    #[inline]
    fn deref(&self) -> &[Entry] {
        match self {
            Self::Linked(entries) => entries,
            Self::Chosen(entries) => entries,
            Self::Merged(merged) => merged.as_ref().map_or(&[], |merged| &merged.entries),
        }
    }
}

/// Collects the receivers of one sender and those of every sender, in the order in which they run.
fn merge(own: Key, any: Option<Key>, connected: bool) -> Box<[Entry]> {
    let mut entries: Vec<Entry> = held(own, connected).map(|receiver| Entry::new(receiver, true)).collect();
    if let Some(any) = any {
        entries.extend(held(any, connected).map(|receiver| Entry::new(receiver, false)));
    }
    entries.sort_by(|a, b| a.info().order().cmp(&b.info().order()));
    entries.into()
}

/// Returns the receivers under a key.
fn held(key: Key, connected: bool) -> impl Iterator<Item = Held> {
    let connected = if connected { connect::of(key) } else { Vec::new() };
    linked::of(key).iter().copied().map(Held::Linked).chain(connected.into_iter().map(Held::Connected))
}
