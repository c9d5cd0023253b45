//! Test tools of one database: receivers that are muted, and signals that are recorded, while a guard lives.
//!
//! They belong to a [`Db`] and not to the program, so that tests that run beside each other stay apart.

mod muting;
mod recording;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use muting::{DbSignal, Muted};
pub use recording::{Recorded, Recording};

use super::{Db, Shared};
use crate::registry::{Sender, Snapshot};
use crate::signal::{ReceiverInfo, Signal};

use muting::Silence;
use recording::Tape;

/// The guards of a database that are alive.
#[derive(Default)]
pub(super) struct Controls {
    /// How many there are, to be read at each send without a lock.
    count: AtomicUsize,
    next: AtomicUsize,
    guarded: Mutex<Vec<(usize, Control)>>,
}

/// What a guard does.
enum Control {
    Silence(Silence),
    Record(Arc<Tape>),
}

impl Controls {
    /// The list stays whole if a thread panics while it holds the lock: each change is one push or one removal.
    fn guarded(&self) -> MutexGuard<'_, Vec<(usize, Control)>> {
        self.guarded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a receiver is not to be called.
    fn silences(&self, signal: &'static str, receiver: &ReceiverInfo) -> bool {
        self.guarded()
            .iter()
            .any(|(_, control)| matches!(control, Control::Silence(silence) if silence.covers(signal, receiver)))
    }

    fn tapes(&self) -> Vec<Arc<Tape>> {
        let tape = |control: &Control| match control {
            Control::Record(tape) => Some(Arc::clone(tape)),
            Control::Silence(_) => None,
        };
        self.guarded().iter().filter_map(|(_, control)| tape(control)).collect()
    }
}

impl Db {
    /// The guards of this database; none in a program that is no test, at the cost of one load.
    #[inline]
    fn controls(&self) -> Option<&Controls> {
        let controls = &self.shared.controls;
        (controls.count.load(Ordering::Relaxed) > 0).then_some(controls)
    }

    /// The receivers of a send through this database, as they are now: what is connected later is not among them.
    #[inline]
    pub(crate) fn heard<S: Signal, M: Sender<S>>(&self) -> Snapshot {
        let receivers = M::slot().snapshot();
        match self.controls() {
            None => receivers,
            Some(controls) => receivers.choose(|receiver| !controls.silences(S::NAME, receiver)),
        }
    }

    /// Whether signals are recorded, also those that nobody hears.
    #[inline]
    pub(crate) fn is_recorded(&self) -> bool {
        self.controls().is_some_and(|controls| !controls.tapes().is_empty())
    }

    /// Records a signal, where one is asked for.
    #[inline]
    pub(crate) fn record_sent(&self, signal: impl FnOnce() -> Recorded) {
        let Some(controls) = self.controls() else { return };
        let tapes = controls.tapes();
        if !tapes.is_empty() {
            let signal = signal();
            for tape in tapes {
                tape.keep(signal.clone());
            }
        }
    }

    fn guard(&self, control: Control) -> Guard {
        let controls = &self.shared.controls;
        let id = controls.next.fetch_add(1, Ordering::Relaxed);
        controls.guarded().push((id, control));
        controls.count.fetch_add(1, Ordering::Relaxed);
        Guard { shared: Arc::clone(&self.shared), id }
    }
}

/// A control that ends when this is dropped.
struct Guard {
    shared: Arc<Shared>,
    id: usize,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let controls = &self.shared.controls;
        controls.count.fetch_sub(1, Ordering::Relaxed);
        controls.guarded().retain(|(id, _)| *id != self.id);
    }
}
