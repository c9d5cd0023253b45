//! Signals that are kept while a guard lives.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Control, Guard};
use crate::db::Db;
use crate::error::escaped;

/// A signal that was sent, as a [`Recording`] keeps it. It is shown as its summary.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RecordedSignal {
    /// The signal's name.
    pub signal: &'static str,
    /// The sender's name.
    pub sender: &'static str,
    /// The key of the instance, as text; `None` while it has none.
    pub key: Option<String>,
    /// Whether an INSERT was executed, for `post_save`.
    pub created: Option<bool>,
    /// All of it in a line, such as `post_save User 7 created`.
    pub summary: String,
}

impl RecordedSignal {
    /// A signal without anything to tell of.
    pub(crate) fn new(signal: &'static str, sender: &'static str) -> Self {
        // A signal that is its own sender is named once.
        let summary = if sender == signal { signal.to_owned() } else { format!("{signal} {sender}") };
        Self { signal, sender, key: None, created: None, summary }
    }

    /// With the key of the instance.
    pub(crate) fn key(mut self, key: Option<impl fmt::Display>) -> Self {
        self.key = key.map(|key| key.to_string());
        match self.key.clone() {
            Some(key) => self.with(key),
            None => self,
        }
    }

    /// With whether the instance is new.
    pub(crate) fn created(mut self, created: bool) -> Self {
        self.created = Some(created);
        self.with(if created { "created" } else { "updated" })
    }

    /// With a word more in the summary, where a key with control characters begins no line.
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

/// What a recording has kept.
#[derive(Default)]
pub(super) struct RecordLog(Mutex<Vec<RecordedSignal>>);

impl RecordLog {
    pub(super) fn keep(&self, signal: RecordedSignal) {
        self.signals().push(signal);
    }

    /// The list stays whole if a thread panics while it holds the lock: each change is one push, or takes all of it.
    fn signals(&self) -> MutexGuard<'_, Vec<RecordedSignal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The signals that were sent through a [`Db`], kept until this is dropped. It is shown with a line for each.
#[must_use = "signals are kept until this is dropped"]
pub struct Recording {
    log: Arc<RecordLog>,
    _guard: Guard,
}

impl Recording {
    /// The signals so far, in the order in which they were sent.
    pub fn signals(&self) -> Vec<RecordedSignal> {
        self.log.signals().clone()
    }

    /// The signals since the last call; the recording is empty after it.
    pub fn take(&self) -> Vec<RecordedSignal> {
        std::mem::take(&mut self.log.signals())
    }

    /// The summaries of the signals so far.
    pub fn lines(&self) -> Vec<String> {
        self.log.signals().iter().map(|signal| signal.summary.clone()).collect()
    }
}

impl Db {
    /// Keeps every signal that is sent through this database, until the guard is dropped: also those that nobody hears, and those whose
    /// transaction is rolled back.
    ///
    /// For tests, and as those of [`mute`](Self::mute) it holds for clones of this `Db` and for transactions on it, and for nobody
    /// else's; on a `Db` within a transaction ([`Tx::as_db`](crate::db::Tx::as_db)) it holds for that transaction alone. A signal is kept when it is sent, before its receivers are called, so those that receivers send stand after it.
    /// `connection_created`, and signals of one's own, are sent without a `Db` and are not kept.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Model)]
    /// # struct User { id: i64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let db = Db::connect("sqlite::memory:").await?;
    /// db.create_tables().await?;
    /// let recording = db.record();
    /// User { id: 0 }.save(&db).await?;
    /// assert_eq!(recording.lines(), ["pre_save User", "post_save User 1 created"]);
    /// # Ok(()) }
    /// ```
    pub fn record(&self) -> Recording {
        let log = Arc::new(RecordLog::default());
        Recording { log: Arc::clone(&log), _guard: self.guard(Control::Record(log)) }
    }
}

impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.log.signals().iter().try_for_each(|signal| writeln!(f, "{signal}"))
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lines()).finish()
    }
}
