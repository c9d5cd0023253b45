//! The error of a receiver, and the call that failed.

use std::error::Error as StdError;

/// A boxed error of any type. The `Result<(), E>` of a receiver is converted to it.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// One call of a receiver: the signal, the sender, the receiver, and the location of the receiver's code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ReceiverCall {
    /// The signal's name.
    pub signal: &'static str,
    /// The sender's name.
    pub sender: &'static str,
    /// The receiver's path, or its uid if it was connected at run time.
    pub receiver: String,
    /// The file the receiver is written in.
    pub file: &'static str,
    /// The line of that file.
    pub line: u32,
}

impl ReceiverCall {
    pub(crate) fn new(
        signal: &'static str,
        sender: &'static str,
        receiver: String,
        file: &'static str,
        line: u32,
    ) -> Self {
        Self { signal, sender, receiver, file, line }
    }
}

/// The failure of one receiver. Its source is the error that the receiver returned.
///
/// # Examples
///
/// ```standalone_crate
/// # use signals::{Db, Error, Model, Result, pre_save, receiver};
/// # #[derive(Debug, Clone, Model)]
/// # struct Note { id: i64, text: String, stars: i32 }
/// #[receiver(pre_save, sender = Note)]
/// fn refuse_empty(instance: &Note) -> Result<()> {
///     if instance.text.is_empty() { Err("the text is empty".into()) } else { Ok(()) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let db = Db::connect("sqlite::memory:").await?;
/// # db.create_tables().await?;
/// let error = Note { id: 0, text: String::new(), stars: 0 }.create(&db).await.unwrap_err();
/// let Error::Receiver(failure) = error else { unreachable!() };
/// assert_eq!((failure.step.signal, failure.step.sender), ("pre_save", "Note"));
/// assert!(failure.step.receiver.ends_with("::refuse_empty"));
/// assert_eq!(failure.source.to_string(), "the text is empty");
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct ReceiverError {
    /// The call that failed.
    pub step: ReceiverCall,
    /// The error that the receiver returned.
    pub source: BoxError,
}

impl ReceiverError {
    pub(crate) fn new(step: ReceiverCall, source: BoxError) -> Self {
        Self { step, source }
    }
}
