//! Counts the calls of receivers, by signal and model.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

static HEARD: Mutex<BTreeMap<(&str, &str), u64>> = Mutex::new(BTreeMap::new());

/// Adds to a count.
pub(crate) fn add(signal: &'static str, model: &'static str, times: usize) {
    let mut heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
    *heard.entry((signal, model)).or_default() += times as u64;
}

/// Returns a count.
pub(crate) fn heard(signal: &str, model: &str) -> u64 {
    HEARD.lock().unwrap_or_else(PoisonError::into_inner).get(&(signal, model)).copied().unwrap_or_default()
}
