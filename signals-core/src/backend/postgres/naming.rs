//! Whether statements have names.

use sqlx::postgres::PgConnectOptions;

use crate::backend::target::has_field;
use crate::backend::text::Text;
use crate::backend::url::parameters;

/// Whether a connection keeps statements. PostgreSQL keeps them by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    Kept,
    /// A pooler gives each transaction another server, which does not have the names. With its cache off,
    /// sqlx still makes names unless each statement disables it.
    Never,
}

impl Naming {
    pub(super) fn of_url(url: &str) -> Self {
        // The last one counts, as in sqlx.
        let capacities = parameters(url).filter(|(name, _)| name == "statement-cache-capacity");
        let capacity = capacities.last().and_then(|(_, capacity)| capacity.parse::<usize>().ok());
        if capacity == Some(0) { Self::Never } else { Self::Kept }
    }

    pub(in crate::backend) fn of_options(options: &PgConnectOptions) -> Self {
        if has_field(options, "statement_cache_capacity", "0") { Self::Never } else { Self::Kept }
    }

    /// Returns the statement as it is sent.
    pub(in crate::backend) fn of(self, text: Text) -> Text {
        match self {
            Self::Kept => text,
            Self::Never => text.once(),
        }
    }
}
