//! What the tables of a database say of their keys: asked once for each model, and kept as long as the database is open.
//!
//! Nothing tells when a table changes. A fact that a statement finds untrue is forgotten. What was asked in a transaction that may have changed tables is
//! kept by the transaction, until it is committed.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{Db, Handle};
use crate::backend::KeyFacts;
use crate::error::Result;
use crate::model::ModelMeta;

/// The facts of the models that were asked for in one transaction.
pub(super) type OwnTables = Vec<(&'static ModelMeta, KeyFacts)>;

/// The facts of each model that was asked for.
pub(super) type Tables = ArcSwap<HashMap<&'static ModelMeta, Arc<KeyFacts>>>;

impl Db {
    /// Reads what is known of the key of a model's table; `None` if nobody has asked the database yet.
    pub(crate) fn key_facts<T>(&self, meta: &ModelMeta, read: impl FnOnce(&KeyFacts) -> T) -> Option<T> {
        self.shared.tables.load().get(meta).map(|facts| read(facts))
    }

    /// Keeps what the database said of the key of a model's table.
    pub(super) fn keep_key_facts(&self, meta: &'static ModelMeta, facts: KeyFacts) {
        let facts = Arc::new(facts);
        self.shared.tables.rcu(|tables| {
            let mut tables = HashMap::clone(tables);
            tables.insert(meta, Arc::clone(&facts));
            tables
        });
    }

    /// Keeps what a committed transaction learned.
    pub(super) fn keep_own(&self, tables: OwnTables) {
        for (meta, facts) in tables {
            self.keep_key_facts(meta, facts);
        }
    }

    fn forget_key_facts_of(&self, meta: &'static ModelMeta) {
        self.shared.tables.rcu(|tables| {
            let mut tables = HashMap::clone(tables);
            tables.remove(meta);
            tables
        });
    }

    /// Forgets what is known, since the tables may be others now.
    #[cfg(feature = "migrate")]
    pub(super) fn forget_key_facts(&self) {
        self.shared.tables.store(Arc::default());
    }
}

impl Handle<'_> {
    /// Reads what is known of the key of a model's table; `None` if nobody has asked the database yet.
    pub(crate) fn key_facts<T>(&self, meta: &'static ModelMeta, read: impl Fn(&KeyFacts) -> T) -> Result<Option<T>> {
        if let Some(known) = self.db()?.key_facts(meta, &read) {
            return Ok(Some(known));
        }
        Ok(match self {
            Self::Db(_) => None,
            Self::Tx(tx) => tx.own_key_facts(meta, read)?,
        })
    }

    /// Keeps what the database said of the key of a model's table.
    pub(crate) fn keep_key_facts(&self, meta: &'static ModelMeta, facts: KeyFacts) -> Result<()> {
        let left = match self {
            Self::Db(_) => Some(facts),
            Self::Tx(tx) => tx.keep_own_key_facts(meta, facts)?,
        };
        if let Some(facts) = left {
            self.db()?.keep_key_facts(meta, facts);
        }
        Ok(())
    }

    /// Forgets what a statement found untrue.
    pub(crate) fn forget_key_facts(&self, meta: &'static ModelMeta) -> Result<()> {
        self.db()?.forget_key_facts_of(meta);
        match self {
            Self::Db(_) => Ok(()),
            Self::Tx(tx) => tx.forget_own_key_facts(meta),
        }
    }
}
