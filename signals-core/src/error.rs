//! What can go wrong, worded in one place.

#[cfg(feature = "models")]
mod database;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// An error of any type, boxed: what a receiver's `Result<(), E>` is turned into.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// A result whose error is [`enum@Error`] unless another is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a call of this library fails with.
///
/// Every variant keeps its source, so [`Error::find`] reaches the receiver's own error through any number of nested saves.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database refused a statement, or could not be reached.
    #[cfg(feature = "models")]
    #[error("{doing} failed: {source}{}", database::advice(source))]
    Database {
        /// What was being done, such as "INSERT of `User`".
        doing: String,
        /// The database's error.
        source: sqlx::Error,
    },
    /// A receiver failed, and the send that called it stopped there.
    #[error(transparent)]
    Receiver(Box<ReceiverError>),
    /// Sends nested deeper than the limit: most often a receiver that saves what it hears.
    #[error(transparent)]
    Recursion(Box<RecursionError>),
    /// Two receivers share a signal, a sender and a uid.
    #[error(
        "two receivers of {signal} for {sender} have the uid `{uid}`: {first} and {second}; give one of them another `uid`"
    )]
    DuplicateReceiver {
        /// The signal's name.
        signal: &'static str,
        /// The sender's name, or "every sender".
        sender: &'static str,
        /// The uid both have.
        uid: String,
        /// Where the first is.
        first: String,
        /// Where the second is.
        second: String,
    },
    /// No row has this key.
    #[error("no `{model}` has {}", looked_for(key))]
    DoesNotExist {
        /// The model's name.
        model: &'static str,
        /// The key that was looked for, or `(unset)`.
        key: String,
    },
    /// Several rows match where one was to be found.
    #[error("at least {at_least} rows of `{model}` match where one was to be found; make the conditions narrower")]
    MultipleObjects {
        /// The model's name.
        model: &'static str,
        /// How many rows match, or fewer: the rest were not counted.
        at_least: u64,
    },
    /// A forced UPDATE, one with `update_fields` or one of many instances found no row.
    #[error("no row of `{model}` has the key {key}, so nothing was updated; a plain `save` inserts it")]
    NotUpdated {
        /// The model's name.
        model: &'static str,
        /// The key of the instance.
        key: String,
    },
    /// A field holds a value that its column cannot store, or could never give back. No statement was sent.
    #[cfg(feature = "models")]
    #[error("the field `{field}` of `{model}` cannot be stored: {source}")]
    Value {
        /// The model's name.
        model: &'static str,
        /// The field's name.
        field: &'static str,
        /// Why the value cannot be bound.
        source: sqlx::Error,
    },
    /// A save found no row of the key to update, and the INSERT that followed failed because the key is taken.
    #[cfg(feature = "models")]
    #[error(
        "saving the `{model}` with the key {key}: the UPDATE matched no row, and the INSERT failed because the key is taken: {source}; \
         another transaction inserted it meanwhile, the column compares keys in its own way (padding, upper and lower case), \
         or a trigger, a rule or a view keeps the UPDATE from the row"
    )]
    KeyTaken {
        /// The model's name.
        model: &'static str,
        /// The key of the instance.
        key: String,
        /// The database's error.
        source: sqlx::Error,
    },
    /// An UPDATE changed no row although there is one of the key: a trigger, a rule or a view keeps the UPDATE from it.
    #[error(
        "the UPDATE of the `{model}` with the key {key} changed no row although there is one; \
         a trigger, a rule or a view keeps the UPDATE from the row, or another transaction inserted it meanwhile"
    )]
    WriteSkipped {
        /// The model's name.
        model: &'static str,
        /// The key of the instance.
        key: String,
    },
    /// A statement for some keys reached more rows than keys: the key's column is not unique in the table. The statement was undone.
    #[error(
        "{keys} of `{model}` reached {rows} rows: the column `{column}` is not unique in its table, and nothing was changed; \
         make it the PRIMARY KEY, or give it a UNIQUE index"
    )]
    KeyNotUnique {
        /// The model's name.
        model: &'static str,
        /// The key's column.
        column: &'static str,
        /// The key, or how many there were.
        keys: String,
        /// How many rows the statement reached.
        rows: u64,
    },
    /// SQLite makes no keys for this column, so that an instance without a key cannot be inserted. No row was inserted.
    #[error(
        "SQLite makes no keys for the column `{column}` of `{model}`, which is {declared}; \
         declare it `INTEGER PRIMARY KEY`, in exactly these words, or set the key before the save"
    )]
    KeyNotGenerated {
        /// The model's name.
        model: &'static str,
        /// The key's column.
        column: &'static str,
        /// What the column is instead, such as "declared `BIGINT`".
        declared: String,
    },
    /// The instance has no key yet, and the call needs one.
    #[error("cannot {operation} a `{model}` without a key; {fix}")]
    KeyMissing {
        /// The model's name.
        model: &'static str,
        /// What was asked for.
        operation: &'static str,
        /// What to do about it.
        fix: &'static str,
    },
    /// Rows protect what was to be deleted: they reference it with `on_delete = protect`. Nothing was deleted, and no signal sent.
    #[error(
        "cannot delete `{model}`, which is protected: {}; delete these first, or let them reference another",
        Referencing::all(by)
    )]
    Protected {
        /// The name of the model whose delete was asked for.
        model: &'static str,
        /// The rows in the way, by the column that references what was to be deleted.
        by: Vec<Referencing>,
    },
    /// Rows that are not deleted too restrict what was to be deleted: they reference it with `on_delete = restrict`. Nothing was deleted, and no signal sent.
    #[error(
        "cannot delete `{model}`, which is restricted: {}; delete these first, or let them reference another",
        Referencing::all(by)
    )]
    Restricted {
        /// The name of the model whose delete was asked for.
        model: &'static str,
        /// The rows in the way, by the column that references what was to be deleted.
        by: Vec<Referencing>,
    },
    /// The options of a save contradict each other.
    #[error("saving a `{model}`: {problem}")]
    SaveOptions {
        /// The model's name.
        model: &'static str,
        /// What contradicts what, and what to write instead.
        problem: String,
    },
    /// The transaction ended before this call: it was committed or rolled back, or the database ended it.
    #[error("the transaction has ended: {why}; begin another")]
    TransactionEnded {
        /// What ended it.
        why: &'static str,
    },
    /// A handle was used while a savepoint below it is open.
    #[error(
        "a savepoint of this transaction is open; use the savepoint's own handle until it is committed or rolled back"
    )]
    SavepointOpen,
    /// A `Tx` was used while a stream of its rows is being read.
    #[error("a stream of rows is open on this transaction; drop it first, or read the rows with `all` instead")]
    StreamOpen,
    /// A write was dropped while the database may have been executing it, and no savepoint covers it.
    #[error("a write was dropped while in flight, so whether it happened is unknown; roll this transaction back")]
    InDoubt,
    /// The connection was lost while the transaction was being committed. Receivers that wait for its end are not told of it.
    #[cfg(feature = "models")]
    #[error(
        "the connection was lost during COMMIT, so whether the transaction was committed is unknown: {source}; look for what it wrote before you do it again"
    )]
    CommitUnknown {
        /// What sqlx says.
        source: sqlx::Error,
    },
    /// A receiver used `&Db` while its transaction holds the only connection there is, and would wait for itself.
    #[error(
        "the transaction around this call holds the only connection of database `{using}`; use that instead of the `Db`; in a receiver, take `tx: &Tx` as a parameter"
    )]
    ConnectionHeld {
        /// The database's name.
        using: String,
    },
    /// The database was closed by [`Db::close`](crate::db::Db::close).
    #[error("database `{using}` was closed; connect to it again")]
    Closed {
        /// The database's name.
        using: String,
    },
    /// [`Db::close`](crate::db::Db::close) gave up waiting for connections that are in use. They are closed when they are given back.
    #[error(
        "database `{using}` is closed for new calls, but {connections} of its connections are still in use after {waited:?}; end the transactions and drop the streams that have them"
    )]
    StillInUse {
        /// The database's name.
        using: String,
        /// How many connections are in use.
        connections: usize,
        /// How long the call waited.
        waited: Duration,
    },
    /// The URL names no backend that is compiled in.
    #[error(
        "`{url}` names no backend of this build; it has: {backends} (a backend is a feature of the `signals` crate)"
    )]
    UnknownBackend {
        /// The URL, without user, password and parameters that may be secret.
        url: String,
        /// The backends that are compiled in.
        backends: &'static str,
    },
    /// Migrations do not fit what the database has applied, or one of them failed.
    #[cfg(all(feature = "migrate", feature = "models"))]
    #[error("migrating database `{using}` failed: {source}")]
    Migration {
        /// The database's name.
        using: String,
        /// What the migrator says.
        source: sqlx::migrate::MigrateError,
    },
    /// What the program declares and what the database or the call holds do not fit: two models of one table, a column or a backend that is not there,
    /// a generated key that is too large for the key's type.
    #[error("{0}")]
    Schema(String),
    /// An error of the application's own, made by [`Error::other`].
    #[error("{0}")]
    Other(#[source] BoxError),
}

impl Error {
    /// Wraps an error of the application's own, for use in [`Db::atomic`](crate::db::Db::atomic).
    pub fn other(error: impl Into<BoxError>) -> Self {
        Self::Other(error.into())
    }

    /// Whether a row has the same key, or the same values where they are unique, as one that is there. An error of a receiver that came of that is one too.
    #[cfg(feature = "models")]
    pub fn is_unique_violation(&self) -> bool {
        let database = self.find::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
        database.is_some_and(sqlx::error::DatabaseError::is_unique_violation)
    }

    /// Finds the first error of type `E` in this one's chain of sources.
    ///
    /// A receiver's own error type is found through any number of nested saves.
    pub fn find<E: StdError + 'static>(&self) -> Option<&E> {
        let mut next: Option<&(dyn StdError + 'static)> = match self {
            Self::Receiver(failure) => Some(&*failure.source),
            other => Some(other),
        };
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref::<E>() {
                return Some(found);
            }
            // `Receiver` shows its source in its own words, so the walk steps into it by hand.
            next = match error.downcast_ref::<Error>() {
                Some(Self::Receiver(failure)) => Some(&*failure.source),
                _ => error.source(),
            };
        }
        None
    }
}

/// How a key that is unset is shown.
pub(crate) const UNSET: &str = "(unset)";

fn looked_for(key: &str) -> String {
    if key == UNSET { "a key that is unset; pass that of a saved row".into() } else { format!("the key {key}") }
}

/// Rows that stand in the way of a delete, since they reference what was to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Referencing {
    /// The name of their model.
    pub model: &'static str,
    /// The field that holds the reference.
    pub field: &'static str,
    /// The name of the model that is referenced.
    pub target: &'static str,
    /// How many rows there are.
    pub rows: usize,
    /// The keys of the first of them, at most ten.
    pub keys: Vec<String>,
}

impl Referencing {
    fn all(several: &[Self]) -> String {
        several.iter().map(Self::to_string).collect::<Vec<_>>().join("; ")
    }
}

impl fmt::Display for Referencing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, field, target, rows, keys } = self;
        let (verb, noun) = if *rows == 1 { ("references", "row") } else { ("reference", "rows") };
        let (keys, more) = (keys.join(", "), if *rows > keys.len() { ", .." } else { "" });
        write!(f, "{rows} {noun} of `{model}` {verb} `{target}` by `{field}` ({keys}{more})")
    }
}

/// One call of a receiver: which signal, from which sender, to which receiver, and where that one is written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
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

impl Step {
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

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { signal, sender, receiver, file, line } = self;
        write!(f, "{signal} of `{sender}`: receiver `{receiver}` ({file}:{line})")
    }
}

/// The failure of one receiver, with the error it returned as its source.
#[derive(Debug, thiserror::Error)]
#[error("{step} failed: {source}")]
#[non_exhaustive]
pub struct ReceiverError {
    /// Which receiver of which signal failed.
    pub step: Step,
    /// What the receiver returned.
    pub source: BoxError,
}

impl ReceiverError {
    pub(crate) fn new(step: Step, source: BoxError) -> Self {
        Self { step, source }
    }
}

/// Sends that nested past the limit, outermost step first.
#[derive(Debug)]
#[non_exhaustive]
pub struct RecursionError {
    /// How deep sends may nest.
    pub limit: u32,
    /// Each receiver on the way down, outermost first.
    pub chain: Vec<Step>,
}

impl RecursionError {
    pub(crate) fn new(limit: u32) -> Self {
        Self { limit, chain: Vec::new() }
    }
}

impl fmt::Display for RecursionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "signals nested deeper than {} levels; the chain was:", self.limit)?;
        for step in &self.chain {
            write!(f, "\n  {step}")?;
        }
        Ok(())
    }
}

impl StdError for RecursionError {}
