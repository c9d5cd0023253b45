//! Statements, and the forms that open a transaction or a savepoint on their way.

use std::sync::OnceLock;

use crate::backend::{Backend, Mode, Text};
use crate::error::Error;

/// How deep savepoints may be for their forms of a statement to be kept.
const KEPT_LEVELS: usize = 6;

/// How many values a statement of a list may bind for its text to be kept. The texts of longer lists are too large to keep many of them.
const KEPT_VALUES: usize = 1024;

/// With more values than these, the lists of a statement are not padded: twice as many could be more than SQLite takes.
pub(crate) const MOST_PADDED: usize = 16_000;

/// How many values are bound for a list of this length: the last one several times over, so that lists of many lengths have few texts.
pub(crate) fn padded(len: usize) -> usize {
    len.next_power_of_two()
}

/// A statement of a model.
#[derive(Debug)]
pub(crate) struct Statement {
    text: Text,
    /// The statement behind the one that opens each level: BEGIN at 0, a savepoint above. A built one keeps none, and opening takes a hop of its own.
    opening: Box<[OnceLock<&'static str>]>,
}

impl Statement {
    /// A statement that is kept as long as the program runs.
    pub(crate) fn kept(text: String) -> Self {
        Self::new(Text::Static(String::leak(text)), KEPT_LEVELS)
    }

    /// A statement for one call.
    pub(crate) fn built(text: String) -> Self {
        Self::new(Text::Built(text.into()), 0)
    }

    /// A statement for one call, whose like is hardly ever built again.
    pub(crate) fn once(text: String) -> Self {
        Self::new(Text::Once(text.into()), 0)
    }

    /// A statement for one call that binds so many values: one of very many is not kept.
    pub(crate) fn of_values(text: String, values: usize) -> Self {
        if values > KEPT_VALUES { Self::once(text) } else { Self::built(text) }
    }

    fn new(text: Text, kept_levels: usize) -> Self {
        Self { text, opening: std::iter::repeat_with(OnceLock::new).take(kept_levels).collect() }
    }

    pub(crate) fn text(&self) -> Text {
        self.text.clone()
    }

    /// The statement with the opening of `level` before it, in one string; `None` where it takes a hop of its own.
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

/// What a statement does, for the error if it fails: nothing is formatted until then.
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

/// Opens a level.
pub(super) fn open(backend: Backend, level: usize, mode: Mode) -> String {
    if level > 0 { format!("SAVEPOINT s{level}") } else { (backend.capabilities().transactions.begin)(mode) }
}

/// The end of a transaction whose connection may write again, whatever becomes of `end`.
pub(super) fn writable(end: Text) -> Text {
    match end {
        Text::Static("COMMIT") => Text::Static("PRAGMA query_only = OFF; COMMIT"),
        Text::Static("ROLLBACK") => Text::Static("PRAGMA query_only = OFF; ROLLBACK"),
        other => other,
    }
}

/// Makes what a level wrote part of the level below it, or commits it.
pub(super) fn close(level: usize) -> Text {
    match level {
        0 => Text::Static("COMMIT"),
        1 => Text::Static("RELEASE SAVEPOINT s1"),
        level => Text::Built(format!("RELEASE SAVEPOINT s{level}").into()),
    }
}

/// Undoes what a level wrote; a savepoint stays, to be closed.
pub(super) fn undo(level: usize) -> Text {
    match level {
        0 => Text::Static("ROLLBACK"),
        1 => Text::Static("ROLLBACK TO SAVEPOINT s1"),
        level => Text::Built(format!("ROLLBACK TO SAVEPOINT s{level}").into()),
    }
}

/// Opens a level that may be open, so that it can be undone, if the database would go on with nothing else after it was asked to undo one that is not there.
pub(super) fn make_sure_of(backend: Backend, level: usize) -> Option<Text> {
    let is_needed = level > 0 && backend.capabilities().transactions.savepoint_must_be_there;
    is_needed.then(|| Text::Built(open(backend, level, Mode::default()).into()))
}

/// Whether references may be wrong until the end of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deferral {
    On,
    Off,
}

/// Lets references be wrong, or minds them again; `None` if nothing need be said.
pub(super) fn references(backend: Backend, deferral: Deferral) -> Option<Text> {
    let references = &backend.capabilities().references;
    let text = match deferral {
        Deferral::On => Some(references.defer),
        Deferral::Off => references.recheck,
    };
    text.map(Text::Static)
}
