//! Test tools of one database: guards that mute receivers and record signals while they live.
//!
//! They belong to a `Db` and not to the program, so that tests that run in parallel do not affect each other.
//! Guards of a `Db` within a transaction belong to the transaction, so that tests may also share a database.

mod mute;
mod record;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::registry::Snapshot;
use crate::signal::{ReceiverInfo, SignalKind};

pub(super) use mute::{Mute, is_named};
pub(super) use record::RecordLog;
pub use record::RecordedSignal;

/// The guards of a database that are alive.
#[derive(Default)]
pub(crate) struct TestHooks {
    /// The number of guards, to be read at each send without a lock.
    count: AtomicUsize,
    next: AtomicUsize,
    guarded: Mutex<Vec<(usize, Control)>>,
}

/// The effect of a guard.
pub(super) enum Control {
    Mute(Mute),
    Record(Arc<RecordLog>),
}

impl TestHooks {
    /// Locks the list. It stays consistent if a thread panics while it holds the lock: each change is one
    /// push or one removal.
    fn guarded(&self) -> MutexGuard<'_, Vec<(usize, Control)>> {
        self.guarded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether a guard mutes a receiver.
    fn mutes(&self, signal: SignalKind, receiver: &ReceiverInfo) -> bool {
        self.guarded()
            .iter()
            .any(|(_, control)| matches!(control, Control::Mute(mute) if mute.covers(signal, receiver)))
    }

    fn logs(&self) -> Vec<Arc<RecordLog>> {
        let log = |control: &Control| match control {
            Control::Record(log) => Some(Arc::clone(log)),
            Control::Mute(_) => None,
        };
        self.guarded().iter().filter_map(|(_, control)| log(control)).collect()
    }
}

/// The guards that apply to a send: those of its database, and those of its transaction. If there are none,
/// this costs two loads.
#[derive(Clone, Copy)]
pub(super) struct InForce<'a>([Option<&'a TestHooks>; 2]);

impl<'a> InForce<'a> {
    #[inline]
    pub(super) fn of(db: &'a TestHooks, tx: Option<&'a TestHooks>) -> Self {
        Self([Some(db), tx].map(|hooks| hooks.filter(|hooks| hooks.count.load(Ordering::Relaxed) > 0)))
    }

    fn each(self) -> impl Iterator<Item = &'a TestHooks> {
        self.0.into_iter().flatten()
    }

    /// Returns whether there are guards.
    #[inline]
    pub(super) fn is_any(self) -> bool {
        self.0.iter().any(Option::is_some)
    }

    /// Returns the receivers of a signal that no guard mutes.
    #[inline]
    pub(super) fn without_muted(self, signal: SignalKind, receivers: Snapshot) -> Snapshot {
        if self.is_any() { self.choose(signal, &receivers) } else { receivers }
    }

    #[cold]
    fn choose(self, signal: SignalKind, receivers: &Snapshot) -> Snapshot {
        receivers.choose(|receiver| !self.each().any(|hooks| hooks.mutes(signal, receiver)))
    }

    #[inline]
    pub(super) fn is_recorded(self) -> bool {
        self.each().any(|hooks| !hooks.logs().is_empty())
    }

    #[inline]
    pub(super) fn record_sent(self, signal: impl FnOnce() -> RecordedSignal) {
        if self.is_recorded() {
            self.keep(&signal());
        }
    }

    fn keep(self, signal: &RecordedSignal) {
        for log in self.each().flat_map(TestHooks::logs) {
            log.keep(signal.clone());
        }
    }
}

/// A control that ends when this is dropped.
pub(super) struct Guard {
    hooks: Arc<TestHooks>,
    id: usize,
}

impl Guard {
    pub(super) fn new(hooks: Arc<TestHooks>, control: Control) -> Self {
        let id = hooks.next.fetch_add(1, Ordering::Relaxed);
        hooks.guarded().push((id, control));
        hooks.count.fetch_add(1, Ordering::Relaxed);
        Self { hooks, id }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let hooks = &self.hooks;
        hooks.count.fetch_sub(1, Ordering::Relaxed);
        hooks.guarded().retain(|(id, _)| *id != self.id);
    }
}
