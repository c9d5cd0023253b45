//! Statements, and the forms that open a transaction or a savepoint on their way.

use std::sync::{Arc, OnceLock};

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::mode::Mode;
use crate::field::Backend;

/// The text of a statement: of a model, and so kept as long as the program runs, or built for one call.
#[derive(Debug, Clone)]
pub(crate) enum Text {
    Static(&'static str),
    Built(Arc<str>),
    /// Built for one call and hardly ever built again: not worth a place among the prepared statements that a connection keeps.
    Once(Arc<str>),
    /// The same of a model, where a connection may keep none.
    #[cfg(feature = "postgres")]
    StaticOnce(&'static str),
}

impl Text {
    /// The length of the text.
    #[cfg(feature = "mysql")]
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Static(text) => text.len(),
            #[cfg(feature = "postgres")]
            Self::StaticOnce(text) => text.len(),
            Self::Built(text) | Self::Once(text) => text.len(),
        }
    }

    /// Whether a connection keeps the prepared statement.
    pub(super) fn is_kept(&self) -> bool {
        matches!(self, Self::Static(_) | Self::Built(_))
    }

    /// The text where a connection may keep none.
    #[cfg(feature = "postgres")]
    pub(super) fn once(self) -> Self {
        match self {
            Self::Static(text) => Self::StaticOnce(text),
            Self::Built(text) => Self::Once(text),
            once => once,
        }
    }
}

impl SqlSafeStr for Text {
    fn into_sql_str(self) -> SqlStr {
        match self {
            Self::Static(text) => text.into_sql_str(),
            #[cfg(feature = "postgres")]
            Self::StaticOnce(text) => text.into_sql_str(),
            // Every built text comes from the modules `sql` and `query`, which quote names and bind values.
            Self::Built(text) | Self::Once(text) => AssertSqlSafe(text).into_sql_str(),
        }
    }
}

/// How deep savepoints may be for their forms of a statement to be kept.
const KEPT_LEVELS: usize = 6;

/// How many values one statement may bind.
pub(crate) fn most_values(backend: Backend) -> usize {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => 32_766,
        #[cfg(feature = "postgres")]
        Backend::Postgres => 65_535,
        #[cfg(feature = "mysql")]
        Backend::Mysql => 65_535,
    }
}

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
        if !several_in_one_string(backend) {
            return None;
        }
        let opening = self
            .opening
            .get(level)?
            .get_or_init(|| format!("{}; {text}", open(backend, level, Mode::default())).leak());
        Some(Text::Static(opening))
    }
}

/// Whether several statements with bound values go in one string.
fn several_in_one_string(backend: Backend) -> bool {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => true,
        // They prepare one statement at a time.
        #[cfg(feature = "postgres")]
        Backend::Postgres => false,
        #[cfg(feature = "mysql")]
        Backend::Mysql => false,
    }
}

/// Opens a level. A transaction of SQLite takes the write lock at once, so that two writers wait for each other instead of failing.
pub(super) fn open(backend: Backend, level: usize, mode: Mode) -> String {
    if level > 0 {
        return format!("SAVEPOINT s{level}");
    }
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite if mode.read_only => "BEGIN; PRAGMA query_only = ON".into(),
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => "BEGIN IMMEDIATE".into(),
        #[cfg(feature = "postgres")]
        Backend::Postgres => {
            let isolation = mode.isolation.map(|level| format!(" ISOLATION LEVEL {}", level.sql()));
            format!("BEGIN{}{}", isolation.unwrap_or_default(), if mode.read_only { " READ ONLY" } else { "" })
        }
        // The level is that of the next transaction alone.
        #[cfg(feature = "mysql")]
        Backend::Mysql => {
            let isolation = mode.isolation.map(|level| format!("SET TRANSACTION ISOLATION LEVEL {}; ", level.sql()));
            let begin = if mode.read_only { "START TRANSACTION READ ONLY" } else { "BEGIN" };
            format!("{}{begin}", isolation.unwrap_or_default())
        }
    }
}

/// Whether a read-only transaction leaves its connection read-only, unless its mode is reset.
pub(super) fn read_only_outlives_the_transaction(backend: Backend) -> bool {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => true,
        #[allow(unreachable_patterns, reason = "SQLite may be the only backend")]
        _ => false,
    }
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

/// Whether a COMMIT fails where the database has ended the transaction. PostgreSQL rolls back what a failed statement aborted, MySQL commits nothing,
/// and both say that all is well.
pub(super) fn commit_tells(backend: Backend) -> bool {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => true,
        #[cfg(feature = "postgres")]
        Backend::Postgres => false,
        #[cfg(feature = "mysql")]
        Backend::Mysql => false,
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

/// Opens a level that may be open, so that it can be undone. PostgreSQL takes no other statement after it was asked to undo a savepoint that is not there.
pub(super) fn make_sure_of(backend: Backend, level: usize) -> Option<Text> {
    match backend {
        #[cfg(feature = "postgres")]
        Backend::Postgres if level > 0 => Some(Text::Built(open(backend, level, Mode::default()).into())),
        _ => {
            let _ = level;
            None
        }
    }
}

/// Whether references can wait for the commit, which checks them. MySQL checks them row by row, or leaves them unchecked.
pub(crate) fn references_can_wait(backend: Backend) -> bool {
    match backend {
        #[cfg(feature = "mysql")]
        Backend::Mysql => false,
        #[allow(unreachable_patterns, reason = "MySQL may be the only backend")]
        _ => true,
    }
}

/// Whether references that may be wrong have to be minded again after the transaction. MySQL leaves them unchecked as long as the connection lasts.
pub(super) fn deferral_outlives_the_transaction(backend: Backend) -> bool {
    match backend {
        #[cfg(feature = "mysql")]
        Backend::Mysql => true,
        #[allow(unreachable_patterns, reason = "MySQL may be the only backend")]
        _ => false,
    }
}

/// Whether references may be wrong until the end of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deferral {
    On,
    Off,
}

/// Lets references be wrong, or minds them again; `None` where nothing need be said.
pub(super) fn references(backend: Backend, deferral: Deferral) -> Option<Text> {
    let text = match (backend, deferral) {
        #[cfg(feature = "sqlite")]
        (Backend::Sqlite, Deferral::On) => "PRAGMA defer_foreign_keys = ON",
        #[cfg(feature = "sqlite")]
        (Backend::Sqlite, Deferral::Off) => "PRAGMA defer_foreign_keys = OFF",
        #[cfg(feature = "postgres")]
        (Backend::Postgres, Deferral::On) => "SET CONSTRAINTS ALL DEFERRED",
        // The rollback has restored what held before, which may be a deferral of the application's own.
        #[cfg(feature = "postgres")]
        (Backend::Postgres, Deferral::Off) => return None,
        #[cfg(feature = "mysql")]
        (Backend::Mysql, Deferral::On) => "SET SESSION foreign_key_checks = 0",
        #[cfg(feature = "mysql")]
        (Backend::Mysql, Deferral::Off) => "SET SESSION foreign_key_checks = 1",
    };
    Some(Text::Static(text))
}

/// What a connection is told behind a rollback that nobody waited for.
pub(super) fn anew(backend: Backend) -> Option<Text> {
    references(backend, Deferral::Off).filter(|_| deferral_outlives_the_transaction(backend))
}
