//! The errors of this crate.

mod chain;
#[cfg(feature = "_models")]
mod database;
mod display;
mod invalid;
mod missing;
mod other;
mod receiver;
mod recursion;

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "_models")]
pub(crate) use database::{application_error_is_retryable, copy};
#[doc(hidden)]
pub use display::escaped;
pub use invalid::{FieldName, Invalid};
pub use missing::MissingReceiver;
pub use receiver::{BoxError, ReceiverCall, ReceiverError};
pub use recursion::RecursionError;

/// A result whose error is [`enum@Error`] unless another is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of a call of this library.
///
/// [`Display`](std::fmt::Display) shows the cause too, with control characters escaped.
/// [`source`](std::error::Error::source) returns the first cause that `Display` does not show, so a log of
/// the whole chain has each cause once. `Debug` shows the text of `Display` and these causes, because
/// `fn main() -> Result<()>` and `unwrap` print it. [`Error::find`] and the predicates look at every cause, including
/// those of nested saves.
///
/// Match on a variant for an error that this library found, and call a predicate for an error of the
/// database. For example, a unique violation may be the [`Error::Database`] of the save itself. It may also
/// be the cause of an [`Error::Receiver`], if the receiver wrote another row.
/// [`is_unique_violation`](Self::is_unique_violation) returns true for both.
///
/// # Examples
///
/// ```standalone_crate
/// use std::fmt;
/// use signals::{Db, Error, Model, Result, pre_save, receiver};
///
/// #[derive(Debug, Model)]
/// struct User {
///     id: i64,
///     #[model(unique)]
///     email: String,
/// }
///
/// #[derive(Debug)]
/// struct Blocked;
/// # impl fmt::Display for Blocked {
/// #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
/// #         f.write_str("blocked")
/// #     }
/// # }
/// impl std::error::Error for Blocked {}
///
/// #[receiver(pre_save, sender = User)]
/// fn refuse(instance: &User) -> Result<(), Blocked> {
///     if instance.email.ends_with("@spam.example") { Err(Blocked) } else { Ok(()) }
/// }
///
/// async fn sign_up(db: &Db, email: &str) -> Result<&'static str> {
///     match (User { id: 0, email: email.into() }).create(db).await {
///         Ok(_) => Ok("welcome"),
///         Err(error) if error.is_unique_violation() => Ok("the email is taken"),
///         Err(error) if error.find::<Blocked>().is_some() => Ok("the domain is blocked"),
///         Err(Error::CommitUnknown { .. }) => Ok("please look whether you can log in"),
///         Err(error) => Err(error),
///     }
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<()> {
///     let db = Db::connect("sqlite::memory:").await?;
///     db.create_tables().await?;
///     assert_eq!(sign_up(&db, "ann@b.c").await?, "welcome");
///     assert_eq!(sign_up(&db, "ann@b.c").await?, "the email is taken");
///     assert_eq!(sign_up(&db, "bob@spam.example").await?, "the domain is blocked");
///     Ok(())
/// }
/// ```
#[non_exhaustive]
pub enum Error {
    /// The database refused a statement, or could not be reached.
    #[cfg(feature = "_models")]
    Database {
        /// What was being done, such as "INSERT of `User`".
        doing: String,
        /// The database's error.
        source: sqlx::Error,
    },
    /// A receiver failed, and the send stopped at it.
    Receiver(Box<ReceiverError>),
    /// Sends nested deeper than the limit. The usual cause is a receiver that saves its own sender.
    Recursion(Box<RecursionError>),
    /// Two receivers share a signal, a sender and a uid.
    DuplicateReceiver {
        /// The uid that both have.
        uid: String,
        /// The first receiver, with its signal and sender.
        first: Box<ReceiverCall>,
        /// The second receiver.
        second: Box<ReceiverCall>,
    },
    /// Receivers that [`expect_receivers!`] names are not linked.
    ///
    /// [`expect_receivers!`]: https://docs.rs/signals-orm/latest/signals/macro.expect_receivers.html
    MissingReceivers {
        /// The missing receivers, by the file and line that expect them.
        missing: Vec<MissingReceiver>,
    },
    /// No row has this key, or matches these conditions.
    DoesNotExist {
        /// The model's name.
        model: &'static str,
        /// The key that was looked for, or `(unset)`; `None` if the row was looked for by conditions.
        key: Option<String>,
    },
    /// Several rows match, but the call expects one.
    MultipleObjects {
        /// The model's name.
        model: &'static str,
        /// How many rows match, or fewer: the rest were not counted.
        at_least: u64,
    },
    /// No row was found for a forced UPDATE, a save with `update_fields`, or one of many instances.
    NotUpdated {
        /// The model's name.
        model: &'static str,
        /// The key of the instance.
        key: String,
    },
    /// A row was changed since its instance was read, as its `version` shows. Nothing was written.
    Stale {
        /// The model's name.
        model: &'static str,
        /// The key of the instance.
        key: String,
    },
    /// An instance did not pass the validation of its model. Nothing was written, and no signal was sent.
    Invalid(Box<Invalid>),
    /// A field holds a value that its column cannot store or return unchanged. The statement was not sent.
    #[cfg(feature = "_models")]
    Value {
        /// The model's name.
        model: &'static str,
        /// The field's name.
        field: &'static str,
        /// Why the value cannot be bound.
        source: sqlx::Error,
    },
    /// A save found no row of the key to update, and the INSERT that followed failed because the key is
    /// taken.
    #[cfg(feature = "_models")]
    KeyTaken {
        /// The model's name.
        model: &'static str,
        /// The key of the instance.
        key: String,
        /// The database's error.
        source: sqlx::Error,
    },
    /// An UPDATE changed no row although a row with the key exists: a trigger, a rule or a view skips the
    /// UPDATE.
    WriteSkipped {
        /// The model's name.
        model: &'static str,
        /// The key of the instance.
        key: String,
    },
    /// A statement reached more rows than it has keys: the key's column is not unique in the table.
    KeyNotUnique {
        /// The model's name.
        model: &'static str,
        /// The key's column. The columns of a composite key are joined by commas.
        column: &'static str,
        /// The key, or the number of keys.
        keys: String,
        /// How many rows the statement reached.
        rows: u64,
        /// Whether the statement was undone.
        ///
        /// It was not undone if the column was unique when the database was last asked and the table has
        /// changed since. On a `Db` the statement is then committed; in a transaction it stays until that is
        /// rolled back.
        undone: bool,
    },
    /// SQLite generates no keys for this column, so an instance without a key cannot be inserted. No row was
    /// inserted.
    KeyNotGenerated {
        /// The model's name.
        model: &'static str,
        /// The key's column.
        column: &'static str,
        /// What the column is instead, such as "declared `BIGINT`".
        declared: String,
    },
    /// The instance has no key yet, and the call needs one.
    KeyMissing {
        /// The model's name.
        model: &'static str,
        /// The operation that was called.
        operation: &'static str,
        /// What to do about it.
        fix: &'static str,
    },
    /// Rows reference what was to be deleted with `on_delete = protect`. Nothing was deleted, and no signal
    /// was sent.
    Protected {
        /// The name of the model whose delete was asked for.
        model: &'static str,
        /// The referencing rows, by the column that holds the reference.
        by: Vec<ReferencingRows>,
    },
    /// Rows that are not deleted themselves reference what was to be deleted with `on_delete = restrict`.
    /// Nothing was deleted, and no signal was sent.
    Restricted {
        /// The name of the model whose delete was asked for.
        model: &'static str,
        /// The referencing rows, by the column that holds the reference.
        by: Vec<ReferencingRows>,
    },
    /// Others inserted or deleted the rows of an upsert during each of its attempts. Nothing was written.
    UpsertContended {
        /// The model's name.
        model: &'static str,
        /// The number of attempts.
        attempts: usize,
    },
    /// The options of a save contradict each other.
    SaveOptions {
        /// The model's name.
        model: &'static str,
        /// The contradiction, and what to write instead.
        problem: String,
    },
    /// The transaction ended before this call: it was committed or rolled back, or the database ended it.
    TransactionEnded {
        /// What ended it.
        why: &'static str,
        /// The failure of the statement that ended it, if this transaction observed it. Failures of plain
        /// sqlx are not observed.
        source: Option<Arc<Error>>,
    },
    /// A handle was used while a savepoint inside it is open.
    SavepointOpen,
    /// A `Tx` was used while a stream of its rows is open.
    StreamOpen,
    /// The calling task itself holds this transaction's connection: a guard of `tx.sqlite()`, `tx.postgres()`
    /// or `tx.mysql()`.
    ConnectionLent,
    /// A call waited too long for another user of the same transaction.
    ///
    /// The limit is the builder's [`acquire_timeout`](crate::db::DbBuilder::acquire_timeout).
    WaitTimedOut {
        /// What it waited for.
        waited_for: &'static str,
        /// How long it waited.
        after: Duration,
    },
    /// A write was dropped while the database may have been executing it, and no savepoint covers it.
    InDoubt,
    /// The database did not answer a COMMIT, so the transaction is either committed or rolled back.
    ///
    /// The connection was lost, or the call was cancelled or panicked. Receivers that wait for the end of
    /// the transaction are not called.
    #[cfg(feature = "_models")]
    CommitUnknown {
        /// The error of sqlx, or an I/O error with the text of the panic.
        source: sqlx::Error,
    },
    /// A receiver used `&Db` while its transaction holds the only connection, so the call would wait for
    /// itself.
    ConnectionHeld {
        /// The database's name.
        using: String,
    },
    /// The database was closed by [`Db::close`](crate::db::Db::close).
    Closed {
        /// The database's name.
        using: String,
    },
    /// [`Db::close`](crate::db::Db::close) stopped waiting for connections that are in use. Each is closed
    /// when it is returned.
    StillInUse {
        /// The database's name.
        using: String,
        /// How many connections are in use.
        connections: usize,
        /// How long the call waited.
        waited: Duration,
    },
    /// The URL names no backend that is compiled in.
    UnknownBackend {
        /// The URL, without user, password and parameters that may be secret.
        url: String,
        /// The backends that are compiled in.
        backends: &'static str,
    },
    /// The migrations do not match those that the database has applied, or one of them failed.
    #[cfg(all(feature = "migrate", feature = "_models"))]
    Migration {
        /// The database's name.
        using: String,
        /// The error of the migrator.
        source: sqlx::migrate::MigrateError,
    },
    /// The database has another backend than the call needs.
    WrongBackend {
        /// The backend of the database.
        backend: &'static str,
        /// The backend that the call needs.
        wanted: &'static str,
    },
    /// The `Db` represents a transaction, like that of [`Tx::as_db`](crate::db::Tx::as_db), and the call
    /// needs a pool.
    NoPool {
        /// The database's name.
        using: String,
        /// What to use instead.
        instead: &'static str,
    },
    /// Migrations cannot run behind a pooler: their lock belongs to a session, and a pooler shares sessions.
    #[cfg(all(feature = "migrate", feature = "_models"))]
    BehindPooler {
        /// The database's name.
        using: String,
    },
    /// A model's table cannot be created in this database. Nothing was created.
    ///
    /// Another model has the same table, the database refuses the name of the table or of a column, or the
    /// model references one that is not linked.
    Schema {
        /// The model's name.
        model: &'static str,
        /// The model's table.
        table: &'static str,
        /// What is wrong, and what to write instead.
        problem: String,
    },
    /// The calls on a query set contradict each other, or an update sets nothing. No statement was sent.
    QueryOptions {
        /// The model's name.
        model: &'static str,
        /// The contradiction, and what to write instead.
        problem: String,
    },
    /// A statement has more values than the database accepts. It was not sent.
    TooManyValues {
        /// The model's name.
        model: &'static str,
        /// The field whose list alone has too many values; `None` if the whole statement has too many.
        field: Option<&'static str>,
        /// The number of values.
        values: usize,
        /// The database's backend.
        backend: &'static str,
        /// The maximum of values in one statement.
        most: usize,
    },
    /// A sum of integers does not fit an `i64`.
    SumOutOfRange {
        /// The model's name.
        model: &'static str,
        /// The field's name.
        field: &'static str,
    },
    /// A condition is nested too deeply. No statement was sent.
    ConditionTooDeep {
        /// The name of the model whose rows were asked for.
        model: &'static str,
        /// The maximum number of levels of AND and OR.
        most: usize,
    },
    /// A query compares a field that holds JSON, or sets it. No statement was sent.
    JsonValue {
        /// The model's name.
        model: &'static str,
        /// The field's name.
        field: &'static str,
    },
    /// It is ambiguous which fields of a through model hold the keys of the two sides of a many-to-many
    /// relation.
    ThroughFields {
        /// The through model's name.
        through: &'static str,
        /// What is unclear, and what to write instead.
        problem: String,
    },
    /// `through_defaults` sets a field that it cannot set, or omits a field that it must set. No link was
    /// made.
    ThroughDefaults {
        /// The through model's name.
        through: &'static str,
        /// The field's name.
        field: &'static str,
        /// Why, and what to do about it.
        problem: &'static str,
    },
    /// A receiver cannot be connected: its uid is empty, or it would never be called.
    UnusableReceiver {
        /// The receiver, with its signal and sender.
        receiver: Box<ReceiverCall>,
        /// What is wrong with it, and what to write instead.
        problem: String,
    },
    /// No receiver has this uid or path.
    UnknownReceiver {
        /// The name that was looked for.
        name: String,
        /// The names that are most similar to it, the most similar first, at most three.
        similar: Vec<String>,
    },
    /// A receiver waits for the end of the transaction, but an instance that it needs then cannot be copied.
    /// Nothing was written.
    NotClone {
        /// The model's name.
        model: &'static str,
    },
    /// The database generated a key that the key's type cannot hold. The INSERT was undone.
    KeyOutOfRange {
        /// The model's name.
        model: &'static str,
        /// The key that the database generated.
        key: i128,
    },
    /// The database inserted fewer rows than it was given, so their keys are unknown. The INSERT was undone.
    RowsLeftOut {
        /// The model's name.
        model: &'static str,
        /// How many rows were given.
        rows: usize,
        /// How many of them were inserted.
        inserted: usize,
    },
    /// A state that should be impossible: a bug of this library, of the code that it generates, or of a
    /// hand-written `impl` of its traits.
    Internal(String),
    /// An error of the application, made by [`Error::other`] or from a text or a [`BoxError`].
    Other(BoxError),
}

/// The text that errors show for an unset key.
pub(crate) const UNSET: &str = "(unset)";

/// Rows that prevent a delete because they reference what was to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ReferencingRows {
    /// The name of their model.
    pub model: &'static str,
    /// The field that holds the reference. The fields of a reference to a composite key are joined by commas.
    pub field: &'static str,
    /// The name of the model that is referenced.
    pub target: &'static str,
    /// The number of rows.
    pub rows: usize,
    /// The keys of the first rows, at most ten.
    pub keys: Vec<String>,
}
