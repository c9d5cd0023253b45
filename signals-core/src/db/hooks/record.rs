//! Recorded signals.

use std::fmt::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::escaped;

/// A signal that was sent, as a [`Recording`](crate::db::Recording) keeps it. `Display` shows its summary.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RecordedSignal {
    /// The signal's name.
    pub signal: &'static str,
    /// The sender's name.
    pub sender: &'static str,
    /// The key of the instance as text, or `None` if it is unset.
    pub key: Option<String>,
    /// Whether an INSERT was executed, for `post_save`.
    pub created: Option<bool>,
    /// A summary in one line, such as `post_save User 7 created`.
    pub summary: String,
}

impl RecordedSignal {
    /// Returns a signal without details.
    pub(crate) fn new(signal: &'static str, sender: &'static str) -> Self {
        // A signal that is its own sender is named once.
        let summary = if sender == signal { signal.to_owned() } else { format!("{signal} {sender}") };
        Self { signal, sender, key: None, created: None, summary }
    }

    /// Adds the key of the instance.
    pub(crate) fn key(mut self, key: Option<impl fmt::Display>) -> Self {
        self.key = key.map(|key| key.to_string());
        match self.key.clone() {
            Some(key) => self.with(key),
            None => self,
        }
    }

    /// Adds whether the instance is new.
    pub(crate) fn created(mut self, created: bool) -> Self {
        self.created = Some(created);
        self.with(if created { "created" } else { "updated" })
    }

    /// Adds a word to the summary. Control characters are escaped, so that a key cannot begin a new line.
    pub(crate) fn with(mut self, word: impl fmt::Display) -> Self {
        // Writing to a string cannot fail.
        let _ = write!(self.summary, " {}", escaped(word));
        self
    }
}

impl fmt::Display for RecordedSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary)
    }
}

/// The signals of a recording.
#[derive(Default)]
pub(in crate::db) struct RecordLog(Mutex<Vec<RecordedSignal>>);

impl RecordLog {
    pub(super) fn keep(&self, signal: RecordedSignal) {
        self.signals().push(signal);
    }

    /// Locks the list. It stays consistent if a thread panics while it holds the lock: each change is one
    /// push, or takes the whole list.
    pub(in crate::db) fn signals(&self) -> MutexGuard<'_, Vec<RecordedSignal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
