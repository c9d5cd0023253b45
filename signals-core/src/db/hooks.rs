//! Test tools of one database: receivers that are muted, and signals that are recorded, while a guard lives.
//!
//! They belong to a [`Db`] and not to the program, so that tests that run beside each other stay apart. Those of a `Db` within a
//! transaction belong to the transaction, so that tests may also share a database.

mod muting;
mod recording;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use muting::{DbSignal, Muted};
pub use recording::{RecordedSignal, Recording};

use super::{Db, Handle, Tx};
use crate::registry::{Sender, Snapshot};
use crate::signal::{ReceiverInfo, Signal};

use muting::Mute;
use recording::RecordLog;

/// The guards of a database that are alive.
#[derive(Default)]
pub(super) struct TestHooks {
    /// How many there are, to be read at each send without a lock.
    count: AtomicUsize,
    next: AtomicUsize,
    guarded: Mutex<Vec<(usize, Control)>>,
}

/// What a guard does.
enum Control {
    Mute(Mute),
    Record(Arc<RecordLog>),
}

impl TestHooks {
    /// The list stays whole if a thread panics while it holds the lock: each change is one push or one removal.
    fn guarded(&self) -> MutexGuard<'_, Vec<(usize, Control)>> {
        self.guarded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a receiver is not to be called.
    fn mutes(&self, signal: &'static str, receiver: &ReceiverInfo) -> bool {
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

/// The guards that hold for a send: those of its database, and those of its transaction. A program that is no test has none, at the
/// cost of two loads.
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

    /// The receivers of a send, as they are now: what is connected later is not among them.
    #[inline]
    fn heard<S: Signal, M: Sender<S>>(self) -> Snapshot {
        let receivers = M::slot().snapshot();
        match self.0 {
            [None, None] => receivers,
            _ => receivers.choose(|receiver| !self.each().any(|hooks| hooks.mutes(S::NAME, receiver))),
        }
    }

    #[inline]
    fn is_recorded(self) -> bool {
        self.each().any(|hooks| !hooks.logs().is_empty())
    }

    #[inline]
    fn record_sent(self, signal: impl FnOnce() -> RecordedSignal) {
        let mut logs = self.each().flat_map(TestHooks::logs).peekable();
        if logs.peek().is_some() {
            let signal = signal();
            for log in logs {
                log.keep(signal.clone());
            }
        }
    }
}

impl Handle<'_> {
    /// The receivers of a send by this call, as they are now: what is connected later is not among them.
    #[inline]
    pub(crate) fn heard<S: Signal, M: Sender<S>>(&self) -> Snapshot {
        self.in_force().map_or_else(|| M::slot().snapshot(), InForce::heard::<S, M>)
    }

    /// Whether signals of this call are recorded, including those without receivers.
    #[inline]
    pub(crate) fn is_recorded(&self) -> bool {
        self.in_force().is_some_and(InForce::is_recorded)
    }

    /// Records a signal of this call, where that is asked for.
    #[inline]
    pub(crate) fn record_sent(&self, signal: impl FnOnce() -> RecordedSignal) {
        if let Some(in_force) = self.in_force() {
            in_force.record_sent(signal);
        }
    }

    #[inline]
    fn in_force(&self) -> Option<InForce<'_>> {
        match self {
            Self::Db(db) => Some(db.in_force()),
            Self::Tx(tx) => tx.in_force(),
        }
    }
}

impl Db {
    #[inline]
    fn in_force(&self) -> InForce<'_> {
        let inside_tx = || self.inside_tx().and_then(Tx::hooks);
        InForce::of(&self.shared.hooks, self.hooks_at_end.as_deref().or_else(inside_tx))
    }

    /// As [`Handle::heard`], where no transaction is open.
    #[inline]
    pub(crate) fn heard<S: Signal, M: Sender<S>>(&self) -> Snapshot {
        self.in_force().heard::<S, M>()
    }

    /// As [`Handle::record_sent`], where no transaction is open.
    #[inline]
    #[cfg(feature = "migrate")]
    pub(crate) fn record_sent(&self, signal: impl FnOnce() -> RecordedSignal) {
        self.in_force().record_sent(signal);
    }

    fn guard(&self, control: Control) -> Guard {
        let hooks = match self.inside_tx() {
            Some(tx) => tx.hooks_for_guard(),
            None => Arc::clone(&self.shared.hooks),
        };
        let id = hooks.next.fetch_add(1, Ordering::Relaxed);
        hooks.guarded().push((id, control));
        hooks.count.fetch_add(1, Ordering::Relaxed);
        Guard { hooks, id }
    }
}

/// A control that ends when this is dropped.
struct Guard {
    hooks: Arc<TestHooks>,
    id: usize,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let hooks = &self.hooks;
        hooks.count.fetch_sub(1, Ordering::Relaxed);
        hooks.guarded().retain(|(id, _)| *id != self.id);
    }
}
