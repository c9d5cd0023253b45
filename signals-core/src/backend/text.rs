//! The text of a statement, and whether a connection keeps it.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// The text of a statement: of a model, and so kept as long as the program runs, or built for one call.
#[derive(Debug, Clone)]
pub(crate) enum Text {
    Static(&'static str),
    Built(Arc<str>),
    /// Built for one call and hardly ever built again: not worth a place among the prepared statements that a
    /// connection keeps.
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
