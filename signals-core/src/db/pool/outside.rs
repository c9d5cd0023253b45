//! Receivers that use their database outside of their own transaction.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::dispatch::current_receiver;
use crate::registry::Site;

/// Warns, once for each receiver, that the running one uses the `Db` while its own transaction is open on it.
#[cold]
pub(super) fn warn(using: &str) {
    static WARNED: LazyLock<Mutex<HashSet<Site>>> = LazyLock::new(Mutex::default);
    let Some(site) = current_receiver() else { return };
    // The set stays consistent if a thread panics while it holds the lock: each change is one insertion.
    if WARNED.lock().unwrap_or_else(PoisonError::into_inner).insert(site) {
        let (receiver, (file, line)) = (site.path(), site.file_and_line());
        tracing::warn!(
            target: "signals", using, receiver, file, line,
            "a receiver uses the `Db` while its own transaction is open on it: the call does not see what the transaction wrote, \
             is not undone with it, and may wait for its locks; take `tx: &Tx` as a parameter and use that",
        );
    }
}
