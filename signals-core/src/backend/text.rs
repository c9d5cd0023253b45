//! The text of a statement, and whether a connection keeps it.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// The text of a statement. A model's text is kept as long as the program runs; others are built for one
/// call.
#[derive(Debug, Clone)]
pub(crate) enum Text {
    Static(&'static str),
    Built(Arc<str>),
    /// Built for one call and rarely built again, so a connection does not keep it as a prepared statement.
    Once {
        text: Arc<str>,
        /// Statements whose columns have the types of this one's columns and parameters.
        type_sources: Vec<Arc<str>>,
    },
    /// A model's text for a connection that keeps no prepared statements.
    #[cfg(feature = "postgres")]
    StaticOnce(&'static str),
}

impl Text {
    /// Returns a text that a connection does not keep.
    pub(crate) fn unkept(text: impl Into<Arc<str>>) -> Self {
        Self::Once { text: text.into(), type_sources: Vec::new() }
    }

    /// Returns the statements from which a connection learns the types of this one, if it does not keep it.
    #[cfg(feature = "postgres")]
    pub(super) fn type_sources(&self) -> &[Arc<str>] {
        if let Self::Once { type_sources, .. } = self { type_sources } else { &[] }
    }

    /// Returns the text.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Static(text) => text,
            #[cfg(feature = "postgres")]
            Self::StaticOnce(text) => text,
            Self::Built(text) | Self::Once { text, .. } => text,
        }
    }

    /// Returns whether a connection keeps the prepared statement.
    pub(super) fn is_kept(&self) -> bool {
        matches!(self, Self::Static(_) | Self::Built(_))
    }

    /// Returns the text for a connection that keeps no prepared statements.
    #[cfg(feature = "postgres")]
    pub(super) fn once(self) -> Self {
        match self {
            Self::Static(text) => Self::StaticOnce(text),
            Self::Built(text) | Self::Once { text, .. } => Self::unkept(text),
            once @ Self::StaticOnce(_) => once,
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
            Self::Built(text) | Self::Once { text, .. } => AssertSqlSafe(text).into_sql_str(),
        }
    }
}
