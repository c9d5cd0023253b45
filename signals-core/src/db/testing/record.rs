//! Recorded signals, which are kept while a guard lives.

use std::fmt;
use std::sync::Arc;

use super::guard::guard;
use crate::db::handle::Db;
use crate::db::hooks::{Control, Guard, RecordLog, RecordedSignal};

/// The signals that were sent through a [`Db`] until this is dropped. `Display` shows one line for each.
///
/// [`Db::record`] returns it. It keeps every signal that is sent from then on, without a limit.
/// [`take`](Self::take) empties it.
#[must_use = "signals are kept until this is dropped"]
pub struct Recording {
    log: Arc<RecordLog>,
    _guard: Guard,
}

impl Recording {
    /// Returns the signals so far, in the order in which they were sent.
    pub fn signals(&self) -> Vec<RecordedSignal> {
        self.log.signals().clone()
    }

    /// Returns the signals since the last call, and empties the recording.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use signals::{Db, Model, Result};
    /// # #[derive(Debug, Clone, Model)]
    /// # struct Note { id: i64, text: String, stars: i32 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # let db = Db::connect("sqlite::memory:").await?;
    /// # db.create_tables().await?;
    /// let recording = db.record();
    /// let mut note = Note { id: 0, text: "a".into(), stars: 0 }.create(&db).await?;
    /// assert_eq!(recording.take().len(), 2);                      // pre_save, post_save
    /// note.delete(&db).await?;
    /// assert_eq!(recording.lines(), ["pre_delete Note 1", "post_delete Note 1"]);
    /// # note.stars = 1;
    /// # Ok(()) }
    /// ```
    pub fn take(&self) -> Vec<RecordedSignal> {
        std::mem::take(&mut self.log.signals())
    }

    /// Returns the summaries of the signals so far.
    pub fn lines(&self) -> Vec<String> {
        self.log.signals().iter().map(|signal| signal.summary.clone()).collect()
    }
}

impl Db {
    /// Records every signal that is sent through this database, until the guard is dropped. Signals without
    /// receivers are included, and those whose transaction is rolled back.
    ///
    /// As with [`mute`](Self::mute), it applies to clones of this `Db` and to transactions on it, and not to
    /// other databases. On a `Db` within a transaction ([`Tx::as_db`](crate::db::Tx::as_db)), it applies only
    /// to that transaction. A signal is recorded before its receivers are called, so the signals that
    /// receivers send come after it. `connection_created`, and signals of your own, are sent without a `Db`
    /// and are not recorded.
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
        Recording { log: Arc::clone(&log), _guard: guard(self, Control::Record(log)) }
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
