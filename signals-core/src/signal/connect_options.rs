//! The options of receivers that are connected at run time.

use std::sync::Arc;

/// The options of a receiver connected at run time: a uid, and those of the attribute.
///
/// A plain string is enough for a uid without options.
///
/// # Examples
///
/// ```
/// use signals::receivers::ConnectOptions;
/// use signals::{Model, Result, post_save};
///
/// #[derive(Model)]
/// struct Note { id: i64, text: String }
///
/// # fn main() -> Result<()> {
/// let options = ConnectOptions::uid("notes.journal").priority(10).robust().previous();
/// let _guard = post_save.connect_scoped::<Note>(options, |event| {
///     if let Some(previous) = event.previous {
///         println!("{} became {}", previous.text, event.instance.text);
///     }
///     Ok(())
/// })?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConnectOptions {
    pub(crate) uid: Arc<str>,
    pub(super) priority: i32,
    pub(super) robust: bool,
    pub(super) raw: bool,
    pub(super) previous: bool,
}

impl ConnectOptions {
    /// Sets the uid of the receiver. It must be unique among the receivers of its signal and sender, and not
    /// empty.
    pub fn uid(uid: impl Into<Arc<str>>) -> Self {
        Self { uid: uid.into(), priority: 0, robust: false, raw: false, previous: false }
    }

    /// Sets the priority; lower runs first, and 0 is the default.
    #[must_use]
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// Logs its failures instead of letting them undo the save.
    ///
    /// If the signal belongs to a save, a delete or a relation, a savepoint undoes the writes of the
    /// receiver. A panic is not a failure: it unwinds to the caller.
    #[must_use]
    pub fn robust(mut self) -> Self {
        self.robust = true;
        self
    }

    /// Calls it for raw writes too.
    #[must_use]
    pub fn raw(mut self) -> Self {
        self.raw = true;
        self
    }

    /// Reads the row as it was before each save or delete, for the payload's `previous`.
    ///
    /// Each delete, and each save whose key is set, then reads the row first. Without this option `previous`
    /// is `None`, unless another receiver requests it.
    #[must_use]
    pub fn previous(mut self) -> Self {
        self.previous = true;
        self
    }
}

impl From<&str> for ConnectOptions {
    fn from(uid: &str) -> Self {
        Self::uid(uid)
    }
}

impl From<String> for ConnectOptions {
    fn from(uid: String) -> Self {
        Self::uid(uid)
    }
}
