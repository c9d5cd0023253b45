//! The receivers of a send through a handle, and whether it is recorded.

use super::Handle;
use super::db::Db;
use super::tx::Tx;
use crate::db::hooks::{InForce, RecordedSignal};
use crate::registry::{Sender, Snapshot};
use crate::signal::{Signal, SignalKind};

impl Handle<'_> {
    /// The receivers of a send by this call, as they are now: what is connected later is not among them.
    #[inline]
    pub(crate) fn heard<S: Signal, M: Sender<S>>(&self) -> Snapshot {
        self.without_muted(S::KIND, M::slot().snapshot())
    }

    /// Whether guards of tests hold for this call.
    #[inline]
    pub(crate) fn is_guarded(&self) -> bool {
        self.in_force().is_some_and(InForce::is_any)
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
    fn without_muted(&self, signal: SignalKind, receivers: Snapshot) -> Snapshot {
        match self.in_force() {
            Some(in_force) => in_force.without_muted(signal, receivers),
            None => receivers,
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
        InForce::of(self.database().hooks(), self.hooks_at_end().or_else(inside_tx))
    }

    /// As [`Handle::heard`], where no transaction is open.
    #[inline]
    pub(crate) fn heard<S: Signal, M: Sender<S>>(&self) -> Snapshot {
        self.in_force().without_muted(S::KIND, M::slot().snapshot())
    }

    /// As [`Handle::record_sent`], where no transaction is open.
    #[inline]
    #[cfg(feature = "migrate")]
    pub(crate) fn record_sent(&self, signal: impl FnOnce() -> RecordedSignal) {
        self.in_force().record_sent(signal);
    }
}
