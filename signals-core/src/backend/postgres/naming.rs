//! Whether statements have names.

use crate::backend::text::Text;
use crate::backend::url::parameters;

/// Whether statements are kept on a connection, which PostgreSQL does by a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    Kept,
    /// A pooler gives each transaction another server, which would not know the names: sqlx still makes them where its
    /// cache is off, unless told for each statement.
    Never,
}

impl Naming {
    pub(super) fn of_url(url: &str) -> Self {
        // The last one counts, as for sqlx.
        let capacities = parameters(url).filter(|(name, _)| name == "statement-cache-capacity");
        let capacity = capacities.last().and_then(|(_, capacity)| capacity.parse::<usize>().ok());
        if capacity == Some(0) { Self::Never } else { Self::Kept }
    }

    /// The statement as it is sent.
    pub(in crate::backend) fn of(self, text: Text) -> Text {
        match self {
            Self::Kept => text,
            Self::Never => text.once(),
        }
    }
}
