//! Counts the calls of receivers, by signal and model.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

static COUNTS: Mutex<BTreeMap<(&str, &str), u64>> = Mutex::new(BTreeMap::new());

/// Adds to a count.
pub(crate) fn add(signal: &'static str, model: &'static str, times: usize) {
    let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    *counts.entry((signal, model)).or_default() += times as u64;
}

/// Returns a count.
pub(crate) fn count(signal: &str, model: &str) -> u64 {
    COUNTS.lock().unwrap_or_else(PoisonError::into_inner).get(&(signal, model)).copied().unwrap_or_default()
}
