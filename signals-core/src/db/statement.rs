//! Statements, and the forms that open a transaction or a savepoint on their way.

use std::sync::{Arc, OnceLock};

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use crate::field::Backend;

/// The text of a statement: of a model, and so kept as long as the program runs, or built for one call.
#[derive(Debug, Clone)]
pub(crate) enum Text {
    Static(&'static str),
    Built(Arc<str>),
    /// Built for one call and hardly ever built again: not worth a place among the prepared statements that a connection keeps.
    Once(Arc<str>),
}

impl Text {
    /// Whether a connection keeps the prepared statement.
    pub(super) fn is_kept(&self) -> bool {
        !matches!(self, Self::Once(_))
    }
}

impl SqlSafeStr for Text {
    fn into_sql_str(self) -> SqlStr {
        match self {
            Self::Static(text) => text.into_sql_str(),
            // Every built text comes from the rooms `sql` and `query`, which quote names and bind values.
            Self::Built(text) | Self::Once(text) => AssertSqlSafe(text).into_sql_str(),
        }
    }
}

/// How deep savepoints may be for their forms of a statement to be kept.
const KEPT_LEVELS: usize = 6;

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

    fn new(text: Text, kept_levels: usize) -> Self {
        Self { text, opening: std::iter::repeat_with(OnceLock::new).take(kept_levels).collect() }
    }

    pub(crate) fn text(&self) -> Text {
        self.text.clone()
    }

    /// The statement with the opening of `level` before it, in one string; `None` where it takes a hop of its own.
    pub(super) fn opening(&self, backend: Backend, level: usize) -> Option<Text> {
        let Text::Static(text) = self.text else { return None };
        if !several_in_one_string(backend) {
            return None;
        }
        let opening = self.opening.get(level)?.get_or_init(|| format!("{}; {text}", open(backend, level)).leak());
        Some(Text::Static(opening))
    }
}

/// Whether several statements with bound values go in one string.
fn several_in_one_string(backend: Backend) -> bool {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => true,
    }
}

/// Opens a level. A transaction of SQLite takes the write lock at once, so that two writers wait for each other instead of failing.
pub(super) fn open(backend: Backend, level: usize) -> String {
    match (level, backend) {
        #[cfg(feature = "sqlite")]
        (0, Backend::Sqlite) => "BEGIN IMMEDIATE".into(),
        (level, _) => format!("SAVEPOINT s{level}"),
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

/// Whether references may be wrong until the end of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deferral {
    On,
    Off,
}

/// Lets references be wrong, or minds them again.
pub(super) fn references(backend: Backend, deferral: Deferral) -> Text {
    match (backend, deferral) {
        #[cfg(feature = "sqlite")]
        (Backend::Sqlite, Deferral::On) => Text::Static("PRAGMA defer_foreign_keys = ON"),
        #[cfg(feature = "sqlite")]
        (Backend::Sqlite, Deferral::Off) => Text::Static("PRAGMA defer_foreign_keys = OFF"),
    }
}
