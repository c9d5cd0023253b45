//! Whether some signals of one sender have no receivers, kept from one send to the next.

use std::sync::atomic::{AtomicU64, Ordering};

use super::connect;

/// Whether some signals have no receivers, found out once for each generation of connections.
///
/// Linked receivers stay as they are, so only a connection or its end can change the answer.
#[derive(Debug)]
pub(crate) struct NoReceivers(AtomicU64);

/// Nothing was asked yet: no generation comes to it.
const UNKNOWN: u64 = u64::MAX;

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
        if known & !1 == generation {
            return known & 1 == 1;
        }
        let none = find_out();
        self.0.store(generation | u64::from(none), Ordering::Relaxed);
        none
    }
}
