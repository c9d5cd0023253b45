//! Statements, and their forms that also open a transaction or a savepoint.

use std::sync::{Arc, OnceLock};

use crate::backend::{Backend, Mode, Text, UNMARK, is_marked};
use crate::error::Error;

/// The number of levels for which the forms of a statement are kept.
const KEPT_LEVELS: usize = 6;

/// The largest number of values for which the text of a list statement is kept. Longer texts take too much
/// memory.
const KEPT_VALUES: usize = 1024;

/// The largest number of values up to which lists are padded. Twice as many could exceed the limit of SQLite.
pub(crate) const MOST_PADDED: usize = 16_000;

/// Returns the number of values to bind for a list of this length. The last value is repeated, so that lists
/// of many lengths share few texts.
pub(crate) fn padded(len: usize) -> usize {
    len.next_power_of_two()
}

/// A statement of a model.
#[derive(Debug)]
pub(crate) struct Statement {
    text: Text,
    /// Whether another statement before it marks it for triggers.
    is_marked: bool,
    /// The statement with the one that opens each level before it: BEGIN at 0, a savepoint above. A built
    /// statement keeps none, and the opening takes a round trip of its own.
    opening: Box<[OnceLock<&'static str>]>,
    /// The statement in a transaction of its own, in one string.
    alone: OnceLock<&'static str>,
}

impl Statement {
    /// Returns a statement that is kept as long as the program runs.
    pub(crate) fn kept(text: String) -> Self {
        Self::new(Text::Static(String::leak(text)), KEPT_LEVELS)
    }

    /// Returns a statement for one call.
    pub(crate) fn built(text: String) -> Self {
        Self::new(Text::Built(text.into()), 0)
    }

    /// Returns a statement for one call that is unlikely to be built again.
    pub(crate) fn once(text: String) -> Self {
        Self::new(Text::unkept(text), 0)
    }

    /// Returns a statement for one call that binds this number of values. It is not kept if there are too
    /// many.
    pub(crate) fn of_values(text: String, values: usize) -> Self {
        if values > KEPT_VALUES { Self::once(text) } else { Self::built(text) }
    }

    /// Names statements whose columns have the types of this one's columns and parameters, for a connection that does
    /// not keep this one.
    pub(crate) fn with_types_of<S: Into<Arc<str>>>(mut self, statements: impl IntoIterator<Item = S>) -> Self {
        if let Text::Once { type_sources, .. } = &mut self.text {
            type_sources.extend(statements.into_iter().map(Into::into));
        }
        self
    }

    fn new(text: Text, kept_levels: usize) -> Self {
        let opening = std::iter::repeat_with(OnceLock::new).take(kept_levels).collect();
        let is_marked = is_marked(text.as_str());
        Self { text, is_marked, opening, alone: OnceLock::new() }
    }

    pub(crate) fn text(&self) -> Text {
        self.text.clone()
    }

    /// Returns whether its text begins with another statement, which marks it for triggers until the mark is removed.
    pub(in crate::db) fn is_marked(&self) -> bool {
        self.is_marked
    }

    /// Returns the statement, or several in its text, in a transaction of their own, in one string.
    pub(in crate::db) fn alone(&self, backend: Backend) -> Text {
        let begin = || open(backend, 0, Mode::default());
        match &self.text {
            Text::Static(text) => {
                Text::Static(self.alone.get_or_init(|| format!("{}; {text}; COMMIT", begin()).leak()))
            }
            text => Text::Built(format!("{}; {}; COMMIT", begin(), text.as_str()).into()),
        }
    }

    /// Returns the statement with the opening of `level` before it, in one string, or `None` if the opening
    /// takes a round trip of its own.
    pub(super) fn opening(&self, backend: Backend, level: usize) -> Option<Text> {
        let Text::Static(text) = self.text else { return None };
        if !backend.capabilities().several_in_one_string {
            return None;
        }
        let opening = self
            .opening
            .get(level)?
            .get_or_init(|| format!("{}; {text}", open(backend, level, Mode::default())).leak());
        Some(Text::Static(opening))
    }
}

/// The description of a statement for its error. It is formatted only then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doing {
    /// The statement's kind, such as `INSERT`.
    pub(crate) verb: &'static str,
    /// The model's name.
    pub(crate) model: &'static str,
}

impl Doing {
    pub(crate) fn failed(self, source: sqlx::Error) -> Error {
        Error::database(format!("{} of `{}`", self.verb, self.model))(source)
    }
}

/// Returns the text that opens a level.
pub(super) fn open(backend: Backend, level: usize, mode: Mode) -> String {
    if level > 0 { format!("SAVEPOINT s{level}") } else { (backend.capabilities().transactions.begin)(mode) }
}

/// Returns the end of a transaction, after which the connection can write again whether or not `end`
/// succeeds.
pub(super) fn writable(end: Text) -> Text {
    match end {
        Text::Static("COMMIT") => Text::Static("PRAGMA query_only = OFF; COMMIT"),
        Text::Static("ROLLBACK") => Text::Static("PRAGMA query_only = OFF; ROLLBACK"),
        other => other,
    }
}

/// Returns the text that merges the writes of a level into the one below it, or commits them.
pub(super) fn close(level: usize) -> Text {
    match level {
        0 => Text::Static("COMMIT"),
        1 => Text::Static("RELEASE SAVEPOINT s1"),
        level => Text::Built(format!("RELEASE SAVEPOINT s{level}").into()),
    }
}

/// Returns the text that undoes the writes of a level. A savepoint stays open.
pub(super) fn undo(level: usize) -> Text {
    match level {
        0 => Text::Static("ROLLBACK"),
        1 => Text::Static("ROLLBACK TO SAVEPOINT s1"),
        level => Text::Built(format!("ROLLBACK TO SAVEPOINT s{level}").into()),
    }
}

/// Returns the text that opens a level that may already be open, so that it can be undone. It is only needed
/// if the database rejects all other statements after an undo of a missing savepoint.
pub(super) fn make_sure_of(backend: Backend, level: usize) -> Option<Text> {
    let is_needed = level > 0 && backend.capabilities().transactions.savepoint_must_be_there;
    is_needed.then(|| Text::Built(open(backend, level, Mode::default()).into()))
}

/// Whether the check of references is deferred until the end of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deferral {
    On,
    Off,
}

/// Returns the text that defers the check of references or turns it on again, or `None` if no statement is
/// needed.
pub(super) fn references(backend: Backend, deferral: Deferral) -> Option<Text> {
    let references = &backend.capabilities().references;
    let text = match deferral {
        Deferral::On => Some(references.defer),
        Deferral::Off => references.recheck,
    };
    text.map(Text::Static)
}

/// Returns a text after the statement that removes the mark of this library's writes.
pub(super) fn unmarked(text: Text) -> Text {
    match text {
        Text::Static("COMMIT") => Text::Static("DELETE FROM signals_capture WHERE id = 0; COMMIT"),
        other => Text::Built(format!("{UNMARK}; {}", other.as_str()).into()),
    }
}
