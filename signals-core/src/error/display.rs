//! The texts of all errors.

use std::error::Error as StdError;
use std::fmt::{self, Write};
use std::iter::successors;

#[cfg(feature = "_models")]
use super::database::advice::advice;
#[cfg(feature = "_models")]
use super::database::backends::write_more;
use super::missing::MissingReceiver;
use super::receiver::{ReceiverCall, ReceiverError};
use super::{Error, ReferencingRows, UNSET};

/// Shows a text with its control characters escaped, so that a user's value cannot begin a line of a log.
pub fn escaped(text: impl fmt::Display) -> impl fmt::Display {
    Escaped(text)
}

struct Escaped<T>(T);

impl<T: fmt::Display> fmt::Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

/// Writes with control characters escaped.
struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let breaks = |char: char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}');
        for part in text.split_inclusive(breaks) {
            match part.chars().next_back().filter(|last| breaks(*last)) {
                Some(last) => write!(self.0, "{}{}", &part[..part.len() - last.len_utf8()], last.escape_default())?,
                None => self.0.write_str(part)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // It has one line per step.
            Self::Recursion(recursion) => recursion.fmt(f),
            other => write(other, &mut Escaping(f)),
        }
    }
}

/// Shows the text with its advice, and then the causes that it leaves out.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        for cause in successors(self.source(), |&cause| cause.source()) {
            write!(f, "\ncaused by: {}", escaped(cause))?;
        }
        Ok(())
    }
}

impl fmt::Display for ReceiverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{} failed: {}", self.step, Shown(&*self.source))
    }
}

impl fmt::Display for ReceiverCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { signal, sender, receiver, file, line } = self;
        write!(Escaping(f), "{signal} of `{sender}`: receiver `{receiver}` ({file}:{line})")
    }
}

impl ReferencingRows {
    fn all(several: &[Self]) -> String {
        several.iter().map(Self::to_string).collect::<Vec<_>>().join("; ")
    }
}

impl fmt::Display for ReferencingRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, field, target, rows, keys } = self;
        let (verb, noun) = if *rows == 1 { ("references", "row") } else { ("reference", "rows") };
        let (keys, more) = (keys.join(", "), if *rows > keys.len() { ", .." } else { "" });
        write!(Escaping(f), "{rows} {noun} of `{model}` {verb} `{target}` by `{field}` ({keys}{more})")
    }
}

/// A cause inside another text. An error of sqlx is shown with everything that the database reported.
struct Shown<'a>(&'a (dyn StdError + 'static));

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0, f)?;
        #[cfg(feature = "_models")]
        if let Some(error) = self.0.downcast_ref() {
            write_more(error, f)?;
        }
        Ok(())
    }
}

fn looked_for(key: &str) -> String {
    if key == UNSET { "an unset key; pass the key of a saved row".into() } else { format!("the key {key}") }
}

#[expect(
    clippy::too_many_lines,
    reason = "it has an arm for each variant, and the compiler checks that none is missing"
)]
fn write(error: &Error, f: &mut impl Write) -> fmt::Result {
    match error {
        #[cfg(feature = "_models")]
        Error::Database { doing, source } => {
            write!(f, "{doing} failed: {}{}", Shown(source), advice(source))
        }
        Error::Receiver(failure) => write!(f, "{failure}"),
        Error::Recursion(recursion) => write!(f, "{recursion}"),
        Error::DuplicateReceiver { uid, first, second } => {
            let ReceiverCall { signal, sender, receiver, file, line } = &**first;
            write!(f, "two receivers of {signal} for {sender} have the uid `{uid}`: `{receiver}` ({file}:{line})")?;
            let ReceiverCall { receiver, file, line, .. } = &**second;
            write!(f, " and `{receiver}` ({file}:{line}); give one of them another `uid`")
        }
        Error::MissingReceivers { missing } => f.write_str(&MissingReceiver::all(missing)),
        Error::DoesNotExist { model, key: Some(key) } => write!(f, "no `{model}` has {}", looked_for(key)),
        Error::DoesNotExist { model, key: None } => write!(f, "no row of `{model}` matches the conditions"),
        Error::MultipleObjects { model, at_least } => write!(
            f,
            "at least {at_least} rows of `{model}` match, but the call expects one; narrow the conditions"
        ),
        Error::NotUpdated { model, key } => {
            write!(f, "no row of `{model}` has the key {key}, so nothing was updated; a plain `save` inserts it")
        }
        Error::Invalid(invalid) => write!(f, "{invalid}"),
        Error::Stale { model, key } => write!(
            f,
            "the `{model}` with the key {key} was changed since it was read, so nothing was written; \
             read it again, and repeat the change (also after a rollback of a transaction that saved it)"
        ),
        #[cfg(feature = "_models")]
        Error::Value { model, field, source } => {
            write!(f, "the field `{field}` of `{model}` cannot be stored: {source}")
        }
        #[cfg(feature = "_models")]
        Error::KeyTaken { model, key, source } => write!(
            f,
            "saving the `{model}` with the key {key}: the UPDATE matched no row, and the INSERT failed because the key is taken: {}; \
             another transaction inserted it meanwhile, the column compares keys in its own way (padding, upper and lower case), \
             or a trigger, a rule or a view keeps the UPDATE from the row",
            Shown(source)
        ),
        Error::WriteSkipped { model, key } => write!(
            f,
            "the UPDATE of the `{model}` with the key {key} changed no row although there is one; \
             a trigger, a rule or a view keeps the UPDATE from the row, or another transaction inserted it meanwhile"
        ),
        Error::KeyNotUnique { model, column, keys, rows, undone } => write!(
            f,
            "{keys} of `{model}` reached {rows} rows: the column `{column}` is not unique in its table, {}; \
             make it the PRIMARY KEY, or give it a UNIQUE index",
            if *undone {
                "and nothing was changed"
            } else {
                "though it was before, so the statement is undone only if its transaction is rolled back"
            }
        ),
        Error::KeyNotGenerated { model, column, declared } => write!(
            f,
            "SQLite makes no keys for the column `{column}` of `{model}`, which is {declared}; \
             declare it `INTEGER PRIMARY KEY`, in exactly these words, or set the key before the save"
        ),
        Error::KeyMissing { model, operation, fix } => write!(f, "cannot {operation} a `{model}` without a key; {fix}"),
        Error::Protected { model, by } => refused_delete(f, model, "protected", by),
        Error::Restricted { model, by } => refused_delete(f, model, "restricted", by),
        Error::UpsertContended { model, attempts } => write!(
            f,
            "others inserted or deleted rows of `{model}` with the same keys during each of {attempts} attempts of the upsert; call it again"
        ),
        Error::SaveOptions { model, problem } => write!(f, "saving a `{model}`: {problem}"),
        Error::TransactionEnded { why, .. } => write!(f, "the transaction has ended: {why}; begin another"),
        Error::SavepointOpen => f.write_str(
            "a savepoint of this transaction is open; use the savepoint's own handle until it is committed or rolled back",
        ),
        Error::StreamOpen => f.write_str(
            "a stream of rows is open on this transaction; drop it first, or read the rows with `all` instead",
        ),
        Error::ConnectionLent => f.write_str(
            "this task holds the transaction's connection for plain sqlx, so the call would wait for itself; drop the guard of \
             `tx.sqlite()`, `tx.postgres()` or `tx.mysql()` first: the head of a `for`, `match` or `if let` holds it for the whole body",
        ),
        Error::WaitTimedOut { waited_for, after } => write!(
            f,
            "waited {after:?} for {waited_for}, which has this transaction's connection; end that first (the builder's `acquire_timeout` is the limit)"
        ),
        Error::InDoubt => f.write_str(
            "a write was dropped while in flight, so whether it happened is unknown; roll this transaction back",
        ),
        #[cfg(feature = "_models")]
        Error::CommitUnknown { source } => write!(
            f,
            "COMMIT was not answered, so whether the transaction was committed is unknown: {source}; look for what it wrote before you do it again"
        ),
        Error::ConnectionHeld { using } => write!(
            f,
            "the transaction around this call holds the only connection of database `{using}`; use that instead of the `Db`; in a receiver, take `tx: &Tx` as a parameter"
        ),
        Error::Closed { using } => write!(f, "database `{using}` was closed; connect to it again"),
        Error::StillInUse { using, connections, waited } => write!(
            f,
            "database `{using}` is closed for new calls, but {connections} of its connections are still in use after {waited:?}; end the transactions and drop the streams that have them"
        ),
        Error::UnknownBackend { url, backends } => write!(
            f,
            "`{url}` names no backend of this build; it has: {backends} (a backend is a feature of the package `signals-orm`)"
        ),
        #[cfg(all(feature = "migrate", feature = "_models"))]
        Error::Migration { using, source } => write!(f, "migrating database `{using}` failed: {source}"),
        Error::WrongBackend { backend, wanted } => write!(f, "this database is {backend}, and not {wanted}"),
        Error::NoPool { instead, .. } => {
            write!(f, "this `Db` stands for a transaction and has no pool; use {instead}")
        }
        #[cfg(all(feature = "migrate", feature = "_models"))]
        Error::BehindPooler { using } => write!(
            f,
            "migrations of database `{using}` hold a lock of their session, which a pooler gives to others; run them by a `Db` with the server's own URL"
        ),
        Error::Schema { model, table, problem } => write!(f, "the table `{table}` of `{model}`: {problem}"),
        Error::QueryOptions { model, problem } => write!(f, "a query of `{model}`: {problem}"),
        Error::TooManyValues { model, field, values, backend, most } => write!(
            f,
            "{} of `{model}` has {values} values, and {backend} takes at most {most} in one statement; split the list given to `in_` or `not_in`",
            field.map_or_else(|| "a query".into(), |field| format!("the list for `{field}`"))
        ),
        Error::SumOutOfRange { model, field } => {
            write!(f, "the sum of `{field}` of `{model}` does not fit an `i64`")
        }
        Error::ConditionTooDeep { model, most } => {
            write!(f, "a condition on `{model}` nests deeper than {most} levels of AND and OR")
        }
        Error::JsonValue { model, field } => write!(
            f,
            "the field `{field}` of `{model}` holds JSON, which no plain value equals; use `is_null` or `is_not_null`"
        ),
        Error::ThroughFields { through, problem } => write!(f, "the through model `{through}`: {problem}"),
        Error::ThroughDefaults { through, field, problem } => {
            write!(f, "`through_defaults` and the field `{field}` of `{through}`: {problem}")
        }
        Error::UnusableReceiver { receiver, problem } => {
            let ReceiverCall { signal, receiver, file, line, .. } = &**receiver;
            write!(f, "receiver `{receiver}` ({file}:{line}) of {signal} {problem}")
        }
        Error::UnknownReceiver { name, similar } => {
            write!(f, "no receiver has the uid or the path `{name}`; {}", meant(similar))
        }
        Error::NotClone { model } => write!(
            f,
            "a receiver waits for the end of the transaction, so a copy of each `{model}` is kept until then; write `#[derive(Clone)]` on `{model}`"
        ),
        Error::KeyOutOfRange { model, key } => write!(f, "the key {key} does not fit the key of `{model}`"),
        Error::RowsLeftOut { model, rows, inserted } => write!(
            f,
            "the database inserted {inserted} of {rows} rows of `{model}`, and does not report which; a trigger or an ON CONFLICT of the table skips some"
        ),
        Error::Internal(problem) => {
            write!(f, "{problem}; this is a bug of `signals`, unless an `impl` of its traits is written by hand")
        }
        Error::Other(error) => write!(f, "{}", Shown(&**error)),
    }
}

/// Returns the advice for a receiver name that is not registered.
fn meant(similar: &[String]) -> String {
    if similar.is_empty() {
        return "`signals::registry()` lists all receivers".into();
    }
    let similar: Vec<String> = similar.iter().map(|name| format!("`{name}`")).collect();
    format!("did you mean {}?", similar.join(" or "))
}

fn refused_delete(f: &mut impl Write, model: &str, how: &str, by: &[ReferencingRows]) -> fmt::Result {
    let by = ReferencingRows::all(by);
    write!(f, "cannot delete `{model}`, which is {how}: {by}; delete these first, or let them reference another")
}
