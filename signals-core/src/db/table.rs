//! What the tables of a database say of their keys: asked once for each model, and kept as long as the database is open.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::Db;
use crate::model::ModelMeta;

/// What a model's table says of the key's column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyFacts {
    /// Whether the schema lets no two rows have the same key.
    pub(crate) unique: bool,
    /// What the column is that the database makes no keys for. Only SQLite is asked.
    pub(crate) unmade: Option<String>,
    /// The type that a text has to be cast to so that it is compared as the column is. Only PostgreSQL is asked.
    pub(crate) compared_as: Option<String>,
}

/// The facts of each model that was asked for.
pub(super) type Tables = ArcSwap<HashMap<&'static ModelMeta, Arc<KeyFacts>>>;

impl Db {
    /// Reads what is known of the key of a model's table; `None` if nobody has asked the database yet.
    pub(crate) fn key_facts<T>(&self, meta: &ModelMeta, read: impl FnOnce(&KeyFacts) -> T) -> Option<T> {
        self.shared.tables.load().get(meta).map(|facts| read(facts))
    }

    /// Keeps what the database said of the key of a model's table.
    pub(crate) fn keep_key_facts(&self, meta: &'static ModelMeta, facts: KeyFacts) {
        let facts = Arc::new(facts);
        self.shared.tables.rcu(|tables| {
            let mut tables = HashMap::clone(tables);
            tables.insert(meta, Arc::clone(&facts));
            tables
        });
    }

    /// Forgets what is known, since the tables may be others now.
    #[cfg(feature = "migrate")]
    pub(super) fn forget_key_facts(&self) {
        self.shared.tables.store(Arc::default());
    }
}
